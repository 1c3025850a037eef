import { isBeforeOthers } from "./hooks.js"
import { appOf } from "./images.js"
import { describe, type Manifest } from "./manifest.js"
import { type Problem, problemAt } from "./problem.js"
import { isKind } from "./shapes.js"

const WAVE = "argocd.argoproj.io/sync-wave"

/** Jobs that Argo CD would run once an application's workload is healthy, such as a smoke test: this module runs Jobs before. */
export function* waveProblems(manifests: Manifest[], apps: string[]): Generator<Problem> {
  const [first] = manifests
    .filter(({ object }) => !isKind(object, "Job") && !isKind(object, "CronJob") && appOf(object, apps))
    .sort((a, b) => waveOf(a) - waveOf(b))
  if (!first) return
  for (const manifest of manifests) {
    const { object } = manifest
    if (!isKind(object, "Job") || isBeforeOthers(object) || waveOf(manifest) <= waveOf(first)) continue
    yield problemAt(manifest, ["metadata", "annotations", WAVE], {
      code: "HOOK_NOT_RUN",
      what: `${describe(object)}: ${WAVE}: ${waveOf(manifest)}: it is to run after ${describe(first.object)}, which is in wave ${waveOf(first)}, and this module runs Jobs before the rollout, as migrations`,
      fix: `a migration belongs in a wave that is not above ${waveOf(first)}, or is a PreSync hook; take any other Job out of the manifests that are deployed: handshake in cloud-native.yaml proves a release after its rollout`,
    })
  }
}

function waveOf({ object }: Manifest): number {
  return parseInt(String(object.metadata.annotations?.[WAVE])) || 0
}
