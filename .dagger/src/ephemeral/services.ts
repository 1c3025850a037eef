import type { Config } from "../config/schema.js"

/** A Deployment and a Service for each backing service of an ephemeral cluster, called as in the config; their data goes with the pod. */
export function backingManifests(config: Config): object[] {
  return config.ephemeral.services.flatMap(name => {
    const { image, port, env, user } = config.services[name]!
    const labels = { "app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "cloud-native" }
    const container = {
      name,
      image,
      env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
      ports: [{ containerPort: port }],
      readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    }
    const pod = {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        ...(user && { runAsUser: user, fsGroup: user }),
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [container],
    }
    return [
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, labels },
        spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
      },
      { apiVersion: "v1", kind: "Service", metadata: { name, labels }, spec: { selector: labels, ports: [{ port }] } },
    ]
  })
}
