import type { Case, Measurement, Verdict } from "../../../bench/schema.ts"

/** A measurement of a fault that was found and undone, unless it says otherwise. */
export const measured = (change: Partial<Measurement> = {}): Measurement => ({
  outcome: "failed",
  seen: 5,
  verdict: 4,
  cause: 2,
  whole: 10,
  call: 20,
  requests: { sent: 100, failed: 0 },
  ...change,
})

const good = (change: Partial<Measurement> = {}) =>
  measured({ outcome: "succeeded", cause: undefined, whole: undefined, ...change })

const one = (name: string, kind: Case["kind"], rounds: Case["rounds"], family?: number): Case => ({
  name,
  kind,
  family,
  rounds,
})

/** Three rounds in which the module keeps every limit, and tracker, which is quicker, raises a false alarm. */
export const VERDICT: Verdict = {
  rounds: 3,
  cap: 90,
  tools: [
    { name: "module", label: "this module" },
    { name: "kubectl", label: "kubectl" },
    { name: "helm-30s", label: "Helm" },
    { name: "tracker", label: "tracker" },
    { name: "argo-rollouts", label: "Argo Rollouts", unmeasured: "it is not there" },
  ],
  cases: [
    one(
      "crashes-at-once/Deployment",
      "fault",
      {
        module: [measured({ verdict: 3 }), measured(), measured({ verdict: 9, cause: 7, whole: 12 })],
        kubectl: [measured({ outcome: "capped", verdict: 90, whole: undefined })],
        "helm-30s": [31, 30, 32].map(verdict => measured({ verdict, whole: verdict + 1 })),
        tracker: [measured({ verdict: 2, whole: undefined })],
      },
      4,
    ),
    one("service-selects-nothing/Deployment", "fault", {
      module: [measured({ outcome: "refused", seen: undefined, verdict: 9, cause: undefined, whole: 0 })],
      kubectl: [measured({ outcome: "succeeded", requests: { sent: 100, failed: 60 } })],
      "helm-30s": [measured({ outcome: "succeeded" })],
      tracker: [measured({ outcome: "succeeded" })],
    }),
    one("unready-for-seven-seconds", "control", {
      module: [good(), good()],
      kubectl: [good()],
      "helm-30s": [good()],
      tracker: [good(), measured()],
    }),
    one("unchanged", "change", { module: [good({ call: 11, step: 4.5 })], kubectl: [good({ call: 2 })] }),
    one("one-variable", "change", {
      module: [good({ call: 30, step: 9, monitor: 6 })],
      kubectl: [good({ call: 2.5 })],
    }),
    one("rollback", "change", {
      module: [good({ seen: 2.5, whole: 5, call: 20 })],
      kubectl: [good({ seen: 0.2, whole: 3, call: 4 })],
    }),
  ],
  missed: {},
}
