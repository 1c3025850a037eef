import { type Fact, noneChecked, type Row } from "../facts.js"
import type { PodSettings } from "./pod.js"
import type { Trial, Trials } from "./trial.js"

/** What only a run shows. `startup` and `grace` are in seconds. */
export function runFacts(startup: number, grace?: number) {
  return {
    confined: { name: "confined", limit: "read-only root, no capabilities" },
    start: { name: "start", limit: `< ${startup} s` },
    stop: { name: "stop", limit: grace === undefined ? "in time" : `< ${grace} s` },
    inFlight: { name: "request in flight", limit: "finished" },
  } satisfies Record<string, Fact>
}

/** The results of an image's runs; undefined: it was not run. */
export function runRows(
  trials: (Trials & { grace: number } & Pick<PodSettings, "unknown" | "volumes">) | undefined,
  startup: number,
): Row[] {
  const facts = runFacts(startup, trials?.grace)
  const { confined, start, stop, inFlight } = facts
  if (!trials) return noneChecked(Object.values(facts), "say where it answers: --port and --health")
  if (trials.unknown?.length && trials.free?.problem) {
    return noneChecked(
      Object.values(facts),
      `it does not run without ${trials.unknown.join(", ")}: only a cluster has that, or ephemeral.secrets for what is a secret`,
    )
  }
  const ran = trials.free && !trials.free.problem ? trials.free : trials.confined
  return [
    confinedRow(confined, trials, trials.volumes),
    startRow(start, ran, startup),
    stopRow(stop, ran),
    inFlightRow(inFlight, ran),
  ]
}

function confinedRow(fact: Fact, { confined, free }: Trials, volumes: string[] = []): Row {
  const how = `tried: it ${answers(confined) ? "answers" : "runs"} like that`
  if (!confined.problem) return { ...fact, actual: "runs", verdict: "pass", how }
  if (free?.problem) return { ...fact, actual: "—", verdict: "not checked", how: "it does not run at all" }
  // What it writes to may be there.
  if (volumes.length > 0) {
    const how = `it may need the volume ${volumes.join(", ")}, which only a cluster has: ${confined.problem}`
    return { ...fact, actual: "—", verdict: "not checked", how, findings: confined.output }
  }
  return {
    ...fact,
    actual: "does not run",
    verdict: "fail",
    how: `tried: ${confined.problem}; with more rights it runs`,
    findings: confined.output,
  }
}

/** Whether a run that started was of an image that answers requests. */
function answers({ inFlight }: Trial): boolean {
  return inFlight !== undefined
}

function startRow(fact: Fact, trial: Trial, startup: number): Row {
  const { problem, startSeconds, starvedSeconds, output } = trial
  if (problem) return { ...fact, actual: "did not answer", verdict: "fail", how: problem, findings: output }
  if (!answers(trial))
    return {
      ...fact,
      actual: "runs",
      verdict: "pass",
      how: `tried: it has no port, and went on for ${startSeconds.toFixed(1)} s`,
    }
  const seconds = startSeconds - starvedSeconds
  return {
    ...fact,
    actual: `${seconds.toFixed(1)} s`,
    verdict: seconds < startup ? "pass" : "fail",
    how: `tried: until its health path answered, less ${starvedSeconds.toFixed(1)} s without a processor`,
  }
}

function stopRow(fact: Fact, { problem, stopSeconds }: Trial): Row {
  if (problem) return { ...fact, actual: "—", verdict: "not checked", how: "it does not run" }
  if (typeof stopSeconds === "number")
    return {
      ...fact,
      actual: `${stopSeconds.toFixed(1)} s`,
      verdict: "pass",
      how: "tried: from SIGTERM until it had ended",
    }
  return { ...fact, actual: "had to be killed", verdict: "fail", how: "tried: SIGTERM did not end it" }
}

function inFlightRow(fact: Fact, trial: Trial): Row {
  const { problem, inFlight } = trial
  if (problem) return { ...fact, actual: "—", verdict: "not checked", how: "it does not run" }
  if (!answers(trial)) return { ...fact, actual: "—", verdict: "not checked", how: "it has no port" }
  if (inFlight === "not held")
    return {
      ...fact,
      actual: "—",
      verdict: "not checked",
      how: "none stays open: name a path whose POST reads a body (inFlight)",
    }
  if (inFlight === "finished")
    return { ...fact, actual: "finished", verdict: "pass", how: "tried: SIGTERM came while its body was being sent" }
  return {
    ...fact,
    actual: "lost",
    verdict: "fail",
    how: `tried: SIGTERM came while its body was being sent; ${inFlight}`,
  }
}
