import type { Kubectl } from "../kubernetes/kubectl.js"
import { type Reached, recordStep, type Step } from "../release/history.js"
import type { Moments } from "./moments.js"

/** Writes down where a deployment is, beside its work: `report` tells it of one that is killed. */
export class Steps {
  private last: Promise<void> = Promise.resolve()

  constructor(
    private readonly kubectl: Kubectl,
    private readonly id: string,
    private readonly kind: Reached["kind"],
    private readonly moments: Moments,
  ) {}

  enter(step: Step): void {
    const noted = this.kubectl.now().then(now => this.moments.enterStep(step, now))
    const reached = { kind: this.kind, step, at: new Date().toISOString() }
    const written = this.last.then(() => recordStep(this.kubectl, this.id, reached))
    this.last = Promise.allSettled([noted, written]).then(() => undefined)
  }

  /** Resolves once all of it is written, or could not be. */
  written(): Promise<void> {
    return this.last
  }
}
