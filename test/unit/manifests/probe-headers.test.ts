import { expect, test } from "vitest"

import { probeHeadersOf } from "../../../.dagger/src/manifests/probe-headers.ts"

const get = (...httpHeaders: { name: string; value: string }[]) => ({ httpGet: { port: 8000, httpHeaders } })
const HOST = { name: "Host", value: "shop.example.com" }

test.each<[what: string, probes: object, headers: Record<string, string>]>([
  ["none without probes", {}, {}],
  ["none of a probe that asks a socket", { readinessProbe: { tcpSocket: { port: 8000 } } }, {}],
  ["none of a request without headers", { readinessProbe: { httpGet: { port: 8000 } } }, {}],
  [
    "the startup probe's first",
    { startupProbe: get(HOST), readinessProbe: get({ name: "A", value: "1" }) },
    { Host: HOST.value },
  ],
  ["of the first probe that sends any", { startupProbe: get(), livenessProbe: get(HOST) }, { Host: HOST.value }],
  ["Host in whatever case", { readinessProbe: get({ ...HOST, name: "hOST" }) }, { Host: HOST.value }],
  [
    "others as they are written, though Host is part of their names",
    { readinessProbe: get({ name: "x-forwarded-host", value: "a" }, { name: "host-id", value: "b" }) },
    { "x-forwarded-host": "a", "host-id": "b" },
  ],
])("what a container's probes send: %s", (_, probes, headers) => {
  expect(probeHeadersOf({ name: "main", image: "backend", ...probes })).toStrictEqual(headers)
})
