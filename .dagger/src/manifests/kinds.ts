/** Kinds that belong to no namespace: a release is made of what its namespace holds. */
export const CLUSTER_SCOPED = new Set([
  "APIService",
  "CSIDriver",
  "CertificateSigningRequest",
  "ClusterIssuer",
  "ClusterRole",
  "ClusterRoleBinding",
  "CustomResourceDefinition",
  "GatewayClass",
  "IngressClass",
  "MutatingWebhookConfiguration",
  "Node",
  "PersistentVolume",
  "PriorityClass",
  "RuntimeClass",
  "StorageClass",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
])

/** What migrations may need, and what changes no pod that runs: applied before them. */
const CONFIG = [
  "ServiceAccount",
  "Role",
  "RoleBinding",
  "ConfigMap",
  "SecretStore",
  "ExternalSecret",
  "SealedSecret",
  "Issuer",
  "Certificate",
  "PersistentVolumeClaim",
]

/** What others rely on comes first; what relies on Deployments last. Kinds not named here stand in between. */
const FIRST = ["ResourceQuota", "LimitRange", ...CONFIG, "NetworkPolicy", "PodDisruptionBudget", "Service"]
const LAST = ["StatefulSet", "DaemonSet", "Deployment", "CronJob", "HorizontalPodAutoscaler", "Ingress"]

/** Kinds whose pods run for as long as the object is there. */
const WORKLOADS = ["Deployment", "StatefulSet", "DaemonSet"]

export function isWorkload(kind: string): boolean {
  return WORKLOADS.includes(kind)
}

export function isConfig(kind: string): boolean {
  return CONFIG.includes(kind)
}

/** Whether an object is one that Dapr's sidecars read when they start: a Component, Configuration, Subscription and the like. */
export function isDapr(apiVersion: string): boolean {
  return apiVersion.startsWith("dapr.io/")
}

/** Where a kind stands in the order of applying. */
export function applyRank(kind: string): number {
  const last = LAST.indexOf(kind)
  const first = FIRST.indexOf(kind)
  if (last >= 0) return FIRST.length + 1 + last
  return first >= 0 ? first : FIRST.length
}

/** Whether a version is of an API group of Kubernetes itself: those of custom kinds have a domain of their own. */
export function isBuiltIn(apiVersion: string): boolean {
  const [group] = apiVersion.split("/") as [string]
  return !group.includes(".") || group.endsWith(".k8s.io")
}
