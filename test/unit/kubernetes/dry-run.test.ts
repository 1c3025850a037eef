import { expect, test } from "vitest"

import { refusals } from "../../../.dagger/src/kubernetes/dry-run.ts"

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
    "several fields of one object, and another object",
    'The Deployment "web" is invalid: \n* spec.a: Forbidden: no\n* spec.b: Required value\nThe Service "web" is invalid: spec.c: Forbidden: no',
    [
      'The Deployment "web" is invalid: spec.a: Forbidden: no; spec.b: Required value',
      'The Service "web" is invalid: spec.c: Forbidden: no',
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
    "a volume that cannot grow",
    'Error from server (Forbidden): persistentvolumeclaims "data" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    [
      'persistentvolumeclaims "data" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    ],
  ],
  [
    "a quota of the namespace",
    'Error from server (Forbidden): services "web" is forbidden: exceeded quota: few, requested: count/services=1, used: count/services=2, limited: count/services=2',
    [
      'services "web" is forbidden: exceeded quota: few, requested: count/services=1, used: count/services=2, limited: count/services=2',
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
