import { expect, test } from "vitest"

import { createCommand, regionOf } from "../../../.dagger/src/registry/ecr.js"

test.each([
  ["111122223333.dkr.ecr.eu-central-1.amazonaws.com", "eu-central-1"],
  ["111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"],
  ["111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"],
  ["public.ecr.aws", undefined],
  ["ghcr.io", undefined],
  ["localhost:5000", undefined],
  ["1112.dkr.ecr.eu-central-1.amazonaws.com", undefined],
  ["9111122223333.dkr.ecr.eu-central-1.amazonaws.com", undefined],
  ["111122223333.dkr.ecr.eu-central-1.amazonaws.com.example.com", undefined],
  ["111122223333.dkr.ecr.eu-central-1.amazonaws.com:5000", undefined],
])("the region of %s in Amazon ECR: %s", (host, expected) => {
  expect(regionOf(host)).toBe(expected)
})

test("a repository of Amazon ECR is created by a command; one of another registry by the registry's own means", () => {
  const repository = "acme/shop-backend"
  expect(createCommand({ host: "111122223333.dkr.ecr.eu-central-1.amazonaws.com", repository })).toBe(
    "aws ecr create-repository --repository-name acme/shop-backend --region eu-central-1",
  )
  expect(createCommand({ host: "ghcr.io", repository })).toBeUndefined()
})
