import { dag, File, func, object } from "@dagger.io/dagger"

import { assertPassed, decodeFacts, type FactRow, hasPassed } from "./verify/facts.js"

/** One thing that was found out about an image. */
@object()
export class Fact {
  /** The image; "source" for what was found out about the source. */
  @func()
  image: string
  /** What was looked at: size, own layers, base, final stage, file modes, user, secrets, given secrets, confined, start, stop, request in flight, SBOM, vulnerabilities. */
  @func()
  name: string
  /** What it had to be. */
  @func()
  limit: string
  /** What it is. */
  @func()
  actual: string
  /** pass, warn, fail, or "not checked": nothing is known. */
  @func()
  verdict: string
  /** How it was found. */
  @func()
  how: string
  /** Where, one by one: a layer and a path, a package; never a secret. */
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

/** What was found out about one image or more, and whether it is as it has to be. */
@object()
export class Verification {
  private facts: string

  constructor(facts: string) {
    this.facts = facts
  }

  /** Whether no fact is other than it has to be; warnings and what was not checked do not count. */
  @func()
  passed(): boolean {
    return hasPassed(this.read())
  }

  /** The facts, a row each. */
  @func()
  rows(): Fact[] {
    return this.read().map(
      row => new Fact(row.image, row.name, row.limit, row.actual, row.verdict, row.how, row.findings),
    )
  }

  /** The facts as JSON: {passed, facts: [{image, name, limit, actual, verdict, how, findings}]}. */
  @func()
  json(): File {
    const text = JSON.stringify({ passed: this.passed(), facts: this.read() }, null, 2)
    return dag
      .directory()
      .withNewFile("verification.json", text + "\n")
      .file("verification.json")
  }

  /** The facts as a table, then what was found, one by one. Fails, with the table, when one of them is not as it has to be. */
  @func()
  summary(): string {
    return assertPassed(this.read())
  }

  private read(): FactRow[] {
    return decodeFacts(this.facts)
  }
}
