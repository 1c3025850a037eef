import { expect, test } from "vitest"

import { Outages } from "../../../.dagger/src/status/outages.ts"

/** The time to judge by at each answer, all in seconds. */
function patientAt(...answers: number[]): number[] {
  const outages = new Outages(0)
  return answers.map(second => {
    outages.answered(second * 1000)
    return outages.patient(second * 1000) / 1000
  })
}

test("an API server that answers every few seconds was not away", () => {
  expect(patientAt(1, 5, 13)).toEqual([1, 5, 13])
})

test("time stands still during an outage, and for as long again", () => {
  expect(patientAt(1, 21, 26, 31, 36, 41, 42, 46)).toEqual([1, 1, 1, 1, 1, 1, 2, 6])
})

test("only what of a span was in an outage is of it", () => {
  const outages = new Outages(10_000)
  outages.answered(20_000)
  expect(outages.within(0, 9_000)).toBe(0)
  expect(outages.within(15_000, 40_000)).toBe(15_000)
  expect(outages.within(12_000, 14_000)).toBe(2_000)
})
