import { z } from "zod"

/*
 * What the module reads of Kubernetes objects. Everything else passes through as it is: the API server, not this
 * file, knows the whole schema.
 */

const Strings = z.record(z.string(), z.string())

const Metadata = z.looseObject({
  name: z.string().min(1),
  namespace: z.string().optional(),
  labels: Strings.optional(),
  annotations: Strings.optional(),
})

const Selector = z.looseObject({ matchLabels: Strings.optional() })
const Port = z.union([z.string(), z.number()])

const LabelSelector = Selector.extend({
  matchExpressions: z
    .array(z.looseObject({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }))
    .optional(),
})
export type LabelSelector = z.infer<typeof LabelSelector>

const PolicyPeers = z
  .array(
    z.looseObject({
      podSelector: LabelSelector.optional(),
      namespaceSelector: LabelSelector.optional(),
      ipBlock: z.looseObject({}).optional(),
    }),
  )
  .optional()
const PolicyPorts = z
  .array(z.looseObject({ protocol: z.string().optional(), port: Port.optional(), endPort: z.number().optional() }))
  .optional()

const Named = z.looseObject({ name: z.string(), optional: z.boolean().optional() })
const Keyed = Named.extend({ key: z.string() })
const Items = z.array(z.looseObject({ key: z.string() })).optional()
const ConfigMapSource = Named.extend({ items: Items })

const Headers = z.array(z.looseObject({ name: z.string(), value: z.string() })).optional()

const Probe = z.looseObject({
  httpGet: z.looseObject({ path: z.string().optional(), port: Port, httpHeaders: Headers }).optional(),
})

const Container = z.looseObject({
  name: z.string(),
  image: z.string(),
  imagePullPolicy: z.string().optional(),
  restartPolicy: z.string().optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  ports: z
    .array(z.looseObject({ name: z.string().optional(), containerPort: z.number(), hostPort: z.number().optional() }))
    .optional(),
  env: z
    .array(
      z.looseObject({
        name: z.string(),
        value: z.string().optional(),
        valueFrom: z
          .looseObject({
            configMapKeyRef: Keyed.optional(),
            secretKeyRef: Keyed.optional(),
            fieldRef: z.looseObject({ fieldPath: z.string() }).optional(),
          })
          .optional(),
      }),
    )
    .optional(),
  envFrom: z
    .array(
      z.looseObject({ prefix: z.string().optional(), configMapRef: Named.optional(), secretRef: Named.optional() }),
    )
    .optional(),
  workingDir: z.string().optional(),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).optional(),
  startupProbe: Probe.optional(),
  livenessProbe: Probe.optional(),
  readinessProbe: Probe.optional(),
  lifecycle: z
    .looseObject({ preStop: z.looseObject({ sleep: z.looseObject({ seconds: z.number() }).optional() }).optional() })
    .optional(),
  resources: z
    .looseObject({ requests: z.record(z.string(), Port).optional(), limits: z.record(z.string(), Port).optional() })
    .optional(),
  securityContext: z
    .looseObject({
      privileged: z.boolean().optional(),
      allowPrivilegeEscalation: z.boolean().optional(),
      runAsNonRoot: z.boolean().optional(),
      runAsUser: z.number().optional(),
      runAsGroup: z.number().optional(),
      seccompProfile: z.looseObject({ type: z.string() }).optional(),
      capabilities: z
        .looseObject({ add: z.array(z.string()).optional(), drop: z.array(z.string()).optional() })
        .optional(),
    })
    .optional(),
})
export type Container = z.infer<typeof Container>

const Volume = z.looseObject({
  name: z.string(),
  emptyDir: z.looseObject({}).optional(),
  configMap: ConfigMapSource.optional(),
  secret: z.looseObject({ secretName: z.string(), optional: z.boolean().optional(), items: Items }).optional(),
  projected: z
    .looseObject({
      sources: z.array(z.looseObject({ configMap: ConfigMapSource.optional(), secret: ConfigMapSource.optional() })),
    })
    .optional(),
})

const Toleration = z.looseObject({
  key: z.string().optional(),
  operator: z.string().optional(),
  value: z.string().optional(),
  effect: z.string().optional(),
})
export type Toleration = z.infer<typeof Toleration>

const PodSpec = z.looseObject({
  containers: z.array(Container).min(1),
  initContainers: z.array(Container).optional(),
  volumes: z.array(Volume).optional(),
  imagePullSecrets: z.array(z.looseObject({ name: z.string() })).optional(),
  serviceAccountName: z.string().optional(),
  nodeSelector: Strings.optional(),
  tolerations: z.array(Toleration).optional(),
  affinity: z
    .looseObject({
      nodeAffinity: z.looseObject({ requiredDuringSchedulingIgnoredDuringExecution: z.unknown() }).optional(),
    })
    .optional(),
  terminationGracePeriodSeconds: z.number().optional(),
  hostNetwork: z.boolean().optional(),
  hostPID: z.boolean().optional(),
  hostIPC: z.boolean().optional(),
  securityContext: z
    .looseObject({
      runAsNonRoot: z.boolean().optional(),
      runAsUser: z.number().optional(),
      runAsGroup: z.number().optional(),
      seccompProfile: z.looseObject({ type: z.string() }).optional(),
    })
    .optional(),
})

const PodTemplate = z.looseObject({
  metadata: z.looseObject({ labels: Strings.optional(), annotations: Strings.optional() }).optional(),
  spec: PodSpec,
})
export type PodTemplate = z.infer<typeof PodTemplate>

export const KubernetesObject = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: Metadata })
export type KubernetesObject = z.infer<typeof KubernetesObject>

function shape<K extends string, S extends z.ZodRawShape>(apiVersions: string[], kind: K, fields: S) {
  return KubernetesObject.extend({ apiVersion: z.enum(apiVersions), kind: z.literal(kind), ...fields })
}

const Workload = z.looseObject({ template: PodTemplate, selector: Selector.optional() })

const SHAPES = {
  Deployment: shape(["apps/v1"], "Deployment", {
    spec: Workload.extend({
      replicas: z.number().optional(),
      strategy: z
        .looseObject({
          type: z.string().optional(),
          rollingUpdate: z.looseObject({ maxUnavailable: Port.optional(), maxSurge: Port.optional() }).optional(),
        })
        .optional(),
    }),
  }),
  StatefulSet: shape(["apps/v1"], "StatefulSet", { spec: Workload.extend({ replicas: z.number().optional() }) }),
  DaemonSet: shape(["apps/v1"], "DaemonSet", { spec: Workload }),
  ReplicaSet: shape(["apps/v1"], "ReplicaSet", { spec: Workload }),
  Job: shape(["batch/v1"], "Job", { spec: Workload }),
  CronJob: shape(["batch/v1"], "CronJob", { spec: z.looseObject({ jobTemplate: z.looseObject({ spec: Workload }) }) }),
  Pod: shape(["v1"], "Pod", { spec: PodSpec }),
  ConfigMap: shape(["v1"], "ConfigMap", {
    data: Strings.optional(),
    binaryData: Strings.optional(),
    immutable: z.boolean().optional(),
  }),
  Secret: shape(["v1"], "Secret", {
    type: z.string().optional(),
    data: Strings.optional(),
    stringData: Strings.optional(),
    immutable: z.boolean().optional(),
  }),
  ServiceAccount: shape(["v1"], "ServiceAccount", {
    imagePullSecrets: z.array(z.looseObject({ name: z.string() })).optional(),
  }),
  Service: shape(["v1"], "Service", {
    spec: z.looseObject({
      type: z.string().optional(),
      clusterIP: z.string().optional(),
      selector: Strings.optional(),
      ports: z
        .array(z.looseObject({ name: z.string().optional(), port: z.number(), targetPort: Port.optional() }))
        .optional(),
    }),
  }),
  Ingress: shape(["networking.k8s.io/v1"], "Ingress", {
    spec: z.looseObject({
      rules: z.array(z.looseObject({ host: z.string().optional() })).optional(),
      tls: z.array(z.looseObject({ hosts: z.array(z.string()).optional() })).optional(),
    }),
  }),
  NetworkPolicy: shape(["networking.k8s.io/v1"], "NetworkPolicy", {
    spec: z.looseObject({
      podSelector: LabelSelector.optional(),
      policyTypes: z.array(z.string()).optional(),
      ingress: z.array(z.looseObject({ from: PolicyPeers, ports: PolicyPorts })).optional(),
      egress: z.array(z.looseObject({ to: PolicyPeers, ports: PolicyPorts })).optional(),
    }),
  }),
  HorizontalPodAutoscaler: shape(["autoscaling/v2", "autoscaling/v1"], "HorizontalPodAutoscaler", {
    spec: z.looseObject({
      scaleTargetRef: z.looseObject({ kind: z.string(), name: z.string() }),
      minReplicas: z.number().optional(),
    }),
  }),
  ExternalSecret: shape(["external-secrets.io/v1", "external-secrets.io/v1beta1"], "ExternalSecret", {
    spec: z.looseObject({ target: z.looseObject({ name: z.string().optional() }).optional() }),
  }),
  SealedSecret: shape(["bitnami.com/v1alpha1"], "SealedSecret", {
    spec: z.looseObject({
      template: z.looseObject({ metadata: z.looseObject({ name: z.string().optional() }).nullish() }).optional(),
    }),
  }),
  Certificate: shape(["cert-manager.io/v1"], "Certificate", { spec: z.looseObject({ secretName: z.string() }) }),
  PodDisruptionBudget: shape(["policy/v1"], "PodDisruptionBudget", {
    spec: z.looseObject({ selector: Selector.optional() }),
  }),
  CustomResourceDefinition: shape(["apiextensions.k8s.io/v1"], "CustomResourceDefinition", {
    spec: z.looseObject({
      group: z.string(),
      names: z.looseObject({ kind: z.string(), plural: z.string() }),
      versions: z.array(z.looseObject({ name: z.string(), served: z.boolean() })),
    }),
  }),
}

export const { NetworkPolicy } = SHAPES

type Shapes = { [K in keyof typeof SHAPES]: z.infer<(typeof SHAPES)[K]> }
export type Deployment = Shapes["Deployment"]
export type Service = Shapes["Service"]
export type NetworkPolicy = Shapes["NetworkPolicy"]
export type CustomResourceDefinition = Shapes["CustomResourceDefinition"]

/** The schema to check an object with: that of its kind where the module reads it, else that of any object. */
export function schemaOf(apiVersion: unknown, kind: unknown): z.ZodType<KubernetesObject> {
  const found = Object.values(SHAPES).find(
    ({ shape }) => shape.kind.value === kind && shape.apiVersion.options.includes(apiVersion as string),
  )
  return found ?? KubernetesObject
}

/** Whether the object is of a kind that the module reads: of that name and of Kubernetes' own API group. */
export function isKind<K extends keyof Shapes>(object: KubernetesObject, kind: K): object is Shapes[K] {
  return object.kind === kind && SHAPES[kind].shape.apiVersion.options.includes(object.apiVersion)
}
