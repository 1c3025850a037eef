import type { Kubectl } from "../kubernetes/kubectl.js"
import { type Reached, recordStep, type Step } from "../release/history.js"

/** Writes down where a deployment is, beside its work: `report` tells it of one that is killed. */
export class Steps {
  private last: Promise<void> = Promise.resolve()

  constructor(
    private readonly kubectl: Kubectl,
    private readonly id: string,
    private readonly kind: Reached["kind"],
  ) {}

  enter(step: Step): void {
    const reached = { kind: this.kind, step, at: new Date().toISOString() }
    this.last = this.last.then(() => recordStep(this.kubectl, this.id, reached)).catch(() => undefined)
  }

  /** Resolves once all of it is written, or could not be. */
  written(): Promise<void> {
    return this.last
  }
}
