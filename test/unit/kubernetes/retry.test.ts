import { expect, test } from "vitest"

import { isTransient } from "../../../.dagger/src/kubernetes/retry.ts"

test.each([
  "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?",
  "Unable to connect to the server: dial tcp 10.0.0.1:6443: i/o timeout",
  "Unable to connect to the server: net/http: TLS handshake timeout",
  "Unable to connect to the server: unexpected EOF",
  'error: unable to recognize "STDIN": Get "https://10.0.0.1:6443/api?timeout=32s": net/http: request canceled (Client.Timeout exceeded while awaiting headers)',
  "Error from server (ServiceUnavailable): the server is currently unable to handle the request",
  "Error from server: etcdserver: leader changed",
  "Error from server (Timeout): the server was unable to return a response in the time allotted, but may still be processing the request",
  'Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods": RBAC: clusterrole.rbac.authorization.k8s.io "edit" not found',
])("an API server that is away: %s", message => expect(isTransient(message)).toBe(true))

test.each([
  'Error from server (NotFound): secrets "app-secrets" not found',
  'Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods" in API group ""',
  'The Deployment "backend" is invalid: spec.template.spec.containers[0].image: Required value',
  "error: unable to read client-cert /nowhere: no such file or directory",
])("a refusal, which another try does not help: %s", message => expect(isTransient(message)).toBe(false))
