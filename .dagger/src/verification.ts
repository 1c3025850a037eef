import { dag, File, func, object } from "@dagger.io/dagger"

import { assertPassed, decodeFacts, type FactRow, hasPassed } from "./verify/facts.js"

/** The result of one check of an image or of the source. */
@object()
export class Fact {
  /** The image, or "source". */
  @func()
  image: string
  /** The check: size, own layers, base, final stage, file modes, browser code, user, secrets, given secrets, confined, start, stop, request in flight, SBOM, vulnerabilities; of the source, build arguments too. */
  @func()
  name: string
  /** The limit. */
  @func()
  limit: string
  /** The actual value. */
  @func()
  actual: string
  /** pass, warn, fail, or "not checked". */
  @func()
  verdict: string
  /** How it was checked. */
  @func()
  how: string
  /** What was found, one by one: a layer and a path, a package; never a secret. */
  @func()
  findings: string[]

  constructor(
    image: string,
    name: string,
    limit: string,
    actual: string,
    verdict: string,
    how: string,
    findings: string[],
  ) {
    this.image = image
    this.name = name
    this.limit = limit
    this.actual = actual
    this.verdict = verdict
    this.how = how
    this.findings = findings
  }
}

/** The results of all checks. */
@object()
export class Verification {
  private facts: string

  constructor(facts: string) {
    this.facts = facts
  }

  /** Whether no check failed; warnings and unchecked facts do not count. */
  @func()
  passed(): boolean {
    return hasPassed(this.read())
  }

  /** The results, one per check. */
  @func()
  rows(): Fact[] {
    return this.read().map(
      row => new Fact(row.image, row.name, row.limit, row.actual, row.verdict, row.how, row.findings),
    )
  }

  /** The results as JSON: {passed, facts: [{image, name, limit, actual, verdict, how, findings}]}. */
  @func()
  json(): File {
    const text = JSON.stringify({ passed: this.passed(), facts: this.read() }, null, 2)
    return dag
      .directory()
      .withNewFile("verification.json", text + "\n")
      .file("verification.json")
  }

  /** The results as a table, then what was found, one by one. Fails with the table if any check failed. */
  @func()
  summary(): string {
    return assertPassed(this.read())
  }

  private read(): FactRow[] {
    return decodeFacts(this.facts)
  }
}
