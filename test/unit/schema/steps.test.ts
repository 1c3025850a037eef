import { expect, test } from "vitest"

import { oldSchemaSteps, type Step, upgradeSteps } from "../../../.dagger/src/schema/steps.ts"
import { sampleTrial } from "./releases.ts"

const briefly = (steps: Step[]) =>
  steps.map(step => {
    const { of, kind } = step
    if (kind === "request") return `${of} ${step.when} ${step.asked.length}${step.goesOn ? " …" : ""}`
    return `${of} ${kind}`
  })

test("the running release stays up while the migrations of the new one run, and is asked before and after", () => {
  expect(briefly(upgradeSteps(sampleTrial()))).toEqual([
    "running migrate",
    "running migrate",
    "running start",
    "running before 4",
    "running before 9",
    "new migrate",
    "new migrate",
    "running after 4 …",
    "running after 9 …",
    "new start",
    "new after 4",
    "new after 9",
  ])
})

test("a step is named by what it does and whose it is, as a time-out tells it", () => {
  const names = upgradeSteps(sampleTrial()).map(({ name }) => name.replace(/-[0-9a-f]{10}/, ""))
  expect(names.filter((_, index) => [0, 2, 3, 4, 5, 9, 10].includes(index))).toEqual([
    "the migration backend-migration of the running release",
    "the running release to start",
    "the monitor's requests of the running release, before the migrations of this release",
    "the handshake of the running release, before the migrations of this release",
    "the migration backend-migration of this release",
    "this release to start",
    "the monitor's requests of this release, after the migrations of this release",
  ])
})

test("on a database of its own, the new release has the migrations of the running one", () => {
  expect(briefly(oldSchemaSteps(sampleTrial()))).toEqual([
    "running migrate",
    "running migrate",
    "new start",
    "new before 4",
    "new before 9",
  ])
})

test("the monitor's requests: those of nobody, the sign-in, those of who has signed in", () => {
  const request = upgradeSteps(sampleTrial()).find(step => step.kind === "request")
  expect(request!.asked.map(({ name }) => name)).toEqual([
    "the sign-in page",
    "the backend's health",
    "sign in",
    "the user's tasks, through the frontend",
  ])
  expect(request!.values).toMatchObject({
    PUBLIC_URL: "https://tasks.example.com",
    MONITOR_EMAIL: "monitor@example.com",
    MONITOR_PASSWORD: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
})

test("a handshake makes another account each time, and the same ones whenever all is done once more", () => {
  const randoms = () => upgradeSteps(sampleTrial()).flatMap(step => (step.kind === "request" ? step.values.random : []))
  expect(new Set(randoms()).size).toBe(6)
  expect(randoms()).toEqual(randoms())
  for (const random of randoms()) expect(random).toMatch(/^[0-9a-f]{32}$/)
})

test("without a handshake, the monitor's requests alone are sent", () => {
  const trial = sampleTrial()
  trial.running.expectations.handshake = []
  const ofRunning = briefly(upgradeSteps(trial)).filter(step => /^running (before|after)/.test(step))
  expect(ofRunning).toEqual(["running before 4", "running after 4 …"])
})
