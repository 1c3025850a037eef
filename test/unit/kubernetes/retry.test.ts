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
  'Error from server (InternalError): an error on the server ("<html>\\n<h1>502 Bad Gateway</h1></html>") has prevented the request from succeeding',
  "Unable to connect to the server: http2: server sent GOAWAY and closed the connection; LastStreamID=3",
  'Error from server (Forbidden): pods "x" is forbidden: not yet ready to handle request',
  'Error from server (InternalError): Internal error occurred: failed calling webhook "w": Post "https://w.shop.svc:443/": no endpoints available for service "w"',
  'Error from server (Conflict): Operation cannot be fulfilled on resourcequotas "small": the object has been modified; please apply your changes to the latest version and try again',
  'Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods": RBAC: clusterrole.rbac.authorization.k8s.io "edit" not found',
  "the server has asked for the client to provide credentials ( pods/log web-1)",
])("an API server that is away: %s", message => expect(isTransient(message)).toBe(true))

test.each([
  'Error from server (NotFound): secrets "app-secrets" not found',
  'Error from server (Conflict): Operation cannot be fulfilled on pods "a": Precondition failed: UID in precondition: b, UID in object meta: c',
  'Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods" in API group ""',
  'The Deployment "backend" is invalid: spec.template.spec.containers[0].image: Required value',
  "error: You must be logged in to the server (the server has asked for the client to provide credentials)",
  "error: unable to read client-cert /nowhere: no such file or directory",
])("a refusal, which another try does not help: %s", message => expect(isTransient(message)).toBe(false))
