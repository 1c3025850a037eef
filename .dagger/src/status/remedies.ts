type Advice = (match: RegExpExecArray, namespace: string) => string

/** What to do about a cause, by what it says; the first that fits. */
const ADVICE: [RegExp, Advice][] = [
  [
    /couldn't find key (\S+) in (Secret|ConfigMap) \S+?\/(\S+)/,
    ([, key, kind, name]) =>
      `add the key ${key} to the ${kind} ${name}${kind === "Secret" ? " (a line of the file that --secrets names)" : ""}, and deploy again`,
  ],
  [
    /references non-existent (?:secret|config) key: (\S+)/,
    ([, key]) => `add the key ${key} to what the volume mounts, or take it out of the volume's items, and deploy again`,
  ],
  [
    /secret "([^"]+)" not found/,
    ([, name], namespace) =>
      `create it with the keys that the manifests refer to: kubectl --namespace=${namespace} create secret generic ${name} --from-env-file=FILE, and deploy again`,
  ],
  [/configmap "([^"]+)" not found/, ([, name]) => `add the ConfigMap ${name} to the manifests, and deploy again`],
  [
    /the image cannot be pulled: .*(unauthorized|authentication required|denied|forbidden|no basic auth)/i,
    () => "give the service account of the pods an imagePullSecret that the registry accepts, and deploy again",
  ],
  [
    /the image cannot be pulled: .*(not found|manifest unknown|name unknown)/i,
    () => "see that the image was pushed to this registry under this name, and deploy again",
  ],
  [
    /the image cannot be pulled/,
    () => "see that the registry is up and that the cluster's nodes reach it, and deploy again",
  ],
  [/the image's name is invalid/, () => "mend the image's name in the manifests, and deploy again"],
  [
    /run as root/,
    () => "set USER in the Dockerfile or runAsUser in the manifest to another user than root, and deploy again",
  ],
  [/OOMKilled/, () => "raise resources.limits.memory, or have the application use less, and deploy again"],
  [
    /exit code 137/,
    () =>
      "see in the log and the events what ended it: the kernel or the kubelet sent the signal, or the application itself; deploy again",
  ],
  [/exit code 0/, () => "let the command be a server that keeps running in the foreground, and deploy again"],
  [
    /ends again and again/,
    () =>
      "mend what the log names (a wrong value in a Secret or the configuration shows there, as a password that the database refuses), and deploy again",
  ],
  [
    /its readiness probe/,
    () =>
      "mend what keeps the application from answering its readiness probe (the log; a dependency that it waits for), or the probe, and deploy again",
  ],
  [
    /its startup probe/,
    () =>
      "mend what keeps the application from starting (the log), or give the startupProbe more time, and deploy again",
  ],
  [
    /its liveness probe/,
    () => "mend what keeps the application from answering its livenessProbe, or the probe, and deploy again",
  ],
  [/no node takes the pod/, () => "lower resources.requests, or give the cluster more room, and deploy again"],
  [
    /exceeded quota/,
    () =>
      "lower resources.requests and limits or the replicas, or have the namespace's ResourceQuota raised, and deploy again",
  ],
  [/violates PodSecurity/, () => "set the securityContext fields that the message names, and deploy again"],
  [/error looking up service account/, () => "add the ServiceAccount to the manifests, and deploy again"],
  [/the container cannot be started/, () => "mend the command or the mounts that the message names, and deploy again"],
]

/** What to do about the cause of a rollout's failure. */
export function adviceFor(cause: string, namespace: string): string {
  for (const [pattern, advice] of ADVICE) {
    const match = pattern.exec(cause)
    if (match) return advice(match, namespace)
  }
  return "mend it and deploy again"
}
