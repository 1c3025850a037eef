import { expect, test } from "vitest"

import { constraintsOf, openVersions, placeIn } from "../../../.dagger/src/gate/pinned.js"

test("constraints are what is installed from an index, in an order that never changes", () => {
  const installed = [
    "uvicorn==0.54.0",
    "SQLAlchemy==2.1.9",
    "-e git+https://example.com/x.git#egg=x",
    "prices @ file:///app/prices",
    "# Editable install with no version control (own==0.1.0)",
    "torch==2.9.0+cpu",
    "colorama==0.4.6 ; sys_platform == 'win32'",
    "",
  ].join("\n")
  expect(constraintsOf(installed)).toBe("SQLAlchemy==2.1.9\ntorch==2.9.0+cpu\nuvicorn==0.54.0\n")
})

test.each<[string, string, string, string | undefined]>([
  ["COPY package.json package-lock.json* ./", "web", "web/package-lock.json", "package-lock.json"],
  ["COPY --link package*.json ./", "./web/", "web/package-lock.json", "package-lock.json"],
  ["copy ./poetry.loc[k] pyproject.toml \\\n  /app/", "api", "api/poetry.lock", "poetry.lock"],
  ["ADD a?b.lock /", ".", "axb.lock", "axb.lock"],
  ["COPY web/package.json web/package-lock.json* web/", ".", "web/package-lock.json", "web/package-lock.json"],
  ["COPY package-lock.json* ./", ".", "web/package-lock.json", undefined],
  ["COPY */package-lock.json ./", ".", "apps/web/package-lock.json", undefined],
  ["COPY package-lock.json* ./", "web", "package-lock.json", undefined],
  ["COPY package-lock.json* ./", "web", "web2/package-lock.json", undefined],
  ["COPY package.json pnpm-lock.yaml* ./", "web", "web/package-lock.json", undefined],
  ["COPY package.json ./package-lock.json", "web", "web/package-lock.json", undefined],
  ["COPY --from=deps package-lock.json* ./", "web", "web/package-lock.json", undefined],
  ["COPY package-lock.json*   ./", "web", "web/package-lock.json", "package-lock.json"],
  ["COPY  --from=deps package-lock.json* ./", "web", "web/package-lock.json", undefined],
  ["COPY --link  --from=deps package-lock.json* ./", "web", "web/package-lock.json", undefined],
  ["  COPY package-lock.json* ./  ", "web", "web/package-lock.json", "package-lock.json"],
  ["RUN echo COPY package-lock.json* ./", "web", "web/package-lock.json", undefined],
  ["COPY *.lock ./", "web", "api/poetry.lock", undefined],
  ["# COPY package-lock.json* ./", "web", "web/package-lock.json", undefined],
  ["COPY . .", "web", "web/package-lock.json", undefined],
])("%s, built in %s: the place of %s is %s", (line, context, file, place) => {
  expect(placeIn(context, `FROM node:20-alpine\n${line}\n`, file)).toBe(place)
})

test("a person hears whether the image has what was tested", () => {
  const open = { what: "web has no lockfile", fix: "make one", file: "web/package-lock.json" }
  expect(openVersions(open, true)).toBe(
    "web has no lockfile: the image gets those that the tests ran on, which another day are others; make one",
  )
  expect(openVersions(open, false)).toBe(
    "web has no lockfile: the image may get others than the tests ran on; make one",
  )
})
