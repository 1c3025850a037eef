import { expect, test } from "vitest"

import { Config } from "../../../.dagger/src/config/schema.ts"
import { k6Objects } from "../../../.dagger/src/monitor/k6-job.ts"

test("its pod has the config's resources and pull secrets, and the Secret's keys, but no permissions", () => {
  const config = Config.parse({
    monitor: { resources: { limits: { cpu: "200m" } }, imagePullSecrets: ["registry"] },
    images: { k6: "mirror.example.com/k6:1" },
  })
  const secret = { name: "app-secrets-1a2b", keys: ["PASSWORD"] }
  const [settings, job] = k6Objects(
    { name: "m", config, script: "monitor.js", scenario: {}, deadline: 120, secret },
    { a: "b" },
  )
  expect(settings).toMatchObject({ kind: "ConfigMap", data: { a: "b" } })
  expect(job).toMatchObject({
    spec: {
      activeDeadlineSeconds: 120,
      template: {
        spec: {
          automountServiceAccountToken: false,
          imagePullSecrets: [{ name: "registry" }],
          containers: [
            {
              image: "mirror.example.com/k6:1",
              resources: { requests: { cpu: "50m" }, limits: { cpu: "200m" } },
              env: [
                { name: "HOME" },
                { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "app-secrets-1a2b", key: "PASSWORD" } } },
              ],
            },
          ],
        },
      },
    },
  })
})

test("its pod asks for all that a quota may ask for, and stays on its node", () => {
  const [, job] = k6Objects(
    { name: "m", config: Config.parse({}), script: "monitor.js", scenario: {}, deadline: 1 },
    {},
  )
  const { metadata, spec } = (job as any).spec.template
  for (const kind of ["requests", "limits"])
    expect(Object.keys(spec.containers[0].resources[kind])).toEqual(["cpu", "memory", "ephemeral-storage"])
  expect(metadata.annotations).toEqual({
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    "karpenter.sh/do-not-disrupt": "true",
  })
})

test("its pod trusts the authorities of a ConfigMap beside those of the image", () => {
  const podOf = (monitor: object) => {
    const config = Config.parse({ monitor })
    const [, job] = k6Objects({ name: "m", config, script: "monitor.js", scenario: {}, deadline: 1 }, {})
    const { containers, volumes } = (job as any).spec.template.spec
    return { env: containers[0].env, mounts: containers[0].volumeMounts, volumes }
  }
  const { env, mounts, volumes } = podOf({ caConfigMap: "company-ca" })
  expect(env).toContainEqual({ name: "SSL_CERT_DIR", value: "/etc/ssl/certs:/etc/pki/tls/certs:/authorities" })
  expect(mounts).toContainEqual({ name: "authorities", mountPath: "/authorities", readOnly: true })
  expect(volumes).toContainEqual({ name: "authorities", configMap: { name: "company-ca" } })
  expect(JSON.stringify(podOf({}))).not.toContain("authorities")
})
