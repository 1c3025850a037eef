import { expect, test } from "vitest"

import { constraintsOf, takesConstraints } from "../../../.dagger/src/config/constraints.js"

test("constraints are what is installed from an index, in an order that never changes", () => {
  const installed = [
    "uvicorn==0.54.0",
    "SQLAlchemy==2.1.9",
    "-e git+https://example.com/x.git#egg=x",
    "prices @ file:///app/prices",
    "# Editable install with no version control (own==0.1.0)",
    "torch==2.9.0+cpu",
    "",
  ].join("\n")
  expect(constraintsOf(installed)).toBe("SQLAlchemy==2.1.9 torch==2.9.0+cpu uvicorn==0.54.0")
})

test.each([
  ['ARG CLOUD_NATIVE_CONSTRAINTS=""', true],
  ["  arg CLOUD_NATIVE_CONSTRAINTS", true],
  ["# ARG CLOUD_NATIVE_CONSTRAINTS", false],
  ["ARG CLOUD_NATIVE_CONSTRAINTS_FILE", false],
  ["RUN echo $CLOUD_NATIVE_CONSTRAINTS", false],
])("a Dockerfile takes them by an ARG: %s", (line, expected) => {
  expect(takesConstraints(`FROM python:3.13-slim\n${line}\n`)).toBe(expected)
})
