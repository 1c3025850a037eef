import { describe } from "../manifest.js"
import { containersOf, podsOf } from "../pods.js"
import { type Problem, problemAt } from "../problem.js"
import type { Container, PodTemplate } from "../shapes.js"
import type { Context } from "./context.js"

type Pod = PodTemplate["spec"]

/** The `restricted` Pod Security Standard, in the words of the admission controller. */
const POD: Record<string, (pod: Pod) => boolean> = {
  "hostNetwork, hostPID and hostIPC must not be set": pod => !pod.hostNetwork && !pod.hostPID && !pod.hostIPC,
  "volumes must be of the allowed types": pod =>
    (pod.volumes ?? []).every(volume => Object.keys(volume).every(key => VOLUMES.has(key))),
}
const CONTAINER: Record<string, (container: Container, pod: Pod) => boolean> = {
  "privileged must not be true": ({ securityContext }) => !securityContext?.privileged,
  "allowPrivilegeEscalation must be false": ({ securityContext }) =>
    securityContext?.allowPrivilegeEscalation === false,
  'capabilities.drop must include "ALL"': ({ securityContext }) =>
    securityContext?.capabilities?.drop?.includes("ALL") ?? false,
  'capabilities.add may hold "NET_BIND_SERVICE" only': ({ securityContext }) =>
    (securityContext?.capabilities?.add ?? []).every(capability => capability === "NET_BIND_SERVICE"),
  "runAsNonRoot must be true": ({ securityContext }, pod) =>
    (securityContext?.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) === true,
  "runAsUser must not be 0": ({ securityContext }, pod) =>
    (securityContext?.runAsUser ?? pod.securityContext?.runAsUser) !== 0,
  'seccompProfile.type must be "RuntimeDefault" or "Localhost"': ({ securityContext }, pod) =>
    ["RuntimeDefault", "Localhost"].some(
      type => type === (securityContext?.seccompProfile ?? pod.securityContext?.seccompProfile)?.type,
    ),
  "hostPort must not be set": ({ ports }) => !ports?.some(({ hostPort }) => hostPort),
}
const VOLUMES = new Set([
  "name",
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
])

export function* podNotRestricted({ manifests }: Context): Generator<Problem> {
  for (const manifest of manifests) {
    const pods = podsOf(manifest.object)
    if (!pods) continue
    const { spec } = pods.template
    const podBroken = broken(POD, holds => holds(spec))
    if (podBroken.length > 0)
      yield problemAt(manifest, [...pods.path, "spec"], problem(describe(manifest.object), podBroken))
    for (const { container, path } of containersOf(manifest.object)) {
      const containerBroken = broken(CONTAINER, holds => holds(container, spec))
      if (containerBroken.length > 0)
        yield problemAt(
          manifest,
          path,
          problem(`${describe(manifest.object)}: container ${container.name}`, containerBroken),
        )
    }
  }
}

function broken<T>(requirements: Record<string, T>, holds: (requirement: T) => boolean): string[] {
  return Object.entries(requirements).flatMap(([words, requirement]) => (holds(requirement) ? [] : [words]))
}

function problem(what: string, violations: string[]): Omit<Problem, "where"> {
  return {
    code: "POD_NOT_RESTRICTED",
    what: `${what} violates the restricted pod security standard: ${violations.join("; ")}`,
    fix: "fix securityContext; a namespace that enforces the standard refuses the pod",
  }
}
