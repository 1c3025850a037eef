import { expect, test } from "vitest"

import { refusals } from "../../../.dagger/src/preflight/dry-run.ts"

test.each<[string, string, string[]]>([
  ["nothing", "", []],
  [
    "a field that is unknown",
    'error: error validating "STDIN": error validating data: ValidationError(Deployment.spec): unknown field "minReadySecond" in io.k8s.api.apps.v1.DeploymentSpec; if you choose to ignore these errors, turn validation off with --validate=false',
    ['ValidationError(Deployment.spec): unknown field "minReadySecond" in io.k8s.api.apps.v1.DeploymentSpec'],
  ],
  [
    "a field that cannot be changed",
    'The Deployment "backend" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable',
    [
      'The Deployment "backend" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable',
    ],
  ],
  [
    "a field of another type",
    "Error from server: failed to create typed patch object (shop/backend; apps/v1, Kind=Deployment): .spec.minReadySeconds: expected numeric (int or float), got string",
    [
      "failed to create typed patch object (shop/backend; apps/v1, Kind=Deployment): .spec.minReadySeconds: expected numeric (int or float), got string",
    ],
  ],
  [
    "what a policy thinks of images that are not pushed yet",
    'Error from server (BadRequest): admission webhook "images.example.com" denied the request: no signature',
    [],
  ],
  [
    "what is looked for elsewhere: rights",
    'Error from server (Forbidden): deployments.apps "backend" is forbidden: User "deployer" cannot patch resource "deployments"',
    [],
  ],
  ["what is looked for elsewhere: the namespace", 'Error from server (NotFound): namespaces "nowhere" not found', []],
])("the API server says of the manifests: %s", (_, stderr, expected) => {
  expect(refusals(stderr)).toEqual(expected)
})
