import { expect, test } from "vitest"

import { endOfCredentials } from "../../../.dagger/src/kubernetes/credentials.ts"

/** Of a certificate that ends at 2036-11-25T16:27:37Z. */
const CERTIFICATE =
  "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJiRENDQVJPZ0F3SUJBZ0lVRzlCUjVObldBTVFTK3NJVkZxWUhwUkNNbHhZd0NnWUlLb1pJemowRUF3SXcKRERFS01BZ0dBMVVFQXd3Qll6QWVGdzB5TmpFeE1qZ3hOakkzTXpkYUZ3MHpOakV4TWpVeE5qSTNNemRhTUF3eApDakFJQmdOVkJBTU1BV013V1RBVEJnY3Foa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVFxSld0VS82c0YzU3pPClJoK1lEMVJ3QTZaVHRwV1lYZVJtaVN6R3lLYTY4YlhhYk5HTG82MzNhenJzU3h0Wk9vQjlsbHFZb2NDRlIxM3EKVkFGaFFmelBvMU13VVRBZEJnTlZIUTRFRmdRVWtmT3NqU0gvU21wZis4cWxpRC92emlFS1Fub3dId1lEVlIwagpCQmd3Rm9BVWtmT3NqU0gvU21wZis4cWxpRC92emlFS1Fub3dEd1lEVlIwVEFRSC9CQVV3QXdFQi96QUtCZ2dxCmhrak9QUVFEQWdOSEFEQkVBaUJQUnBueFMxYkFuR0E4KzNBbGlMRHRBeDQ0R2JocTUraGtQUkdNSlpLemRnSWcKSzJVZVdGZ0o2N1JWTEtleDY0OTAyaUpCUXJVV3VxRU1PYnZEUEJrUHVIYz0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
const tokenOf = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.signature`

test.each<[string, Parameters<typeof endOfCredentials>[0], string | undefined]>([
  ["a token's claim", { token: tokenOf({ exp: 1767225600 }) }, "2026-01-01T00:00:00.000Z"],
  ["a certificate", { "client-certificate-data": CERTIFICATE }, "2036-11-25T16:27:37.000Z"],
  [
    "the one that lasts longer, of both",
    { token: tokenOf({ exp: 1767225600 }), "client-certificate-data": CERTIFICATE },
    "2036-11-25T16:27:37.000Z",
  ],
])("credentials end with %s", (_, user, end) => {
  expect(new Date(endOfCredentials(user)!).toISOString()).toBe(end)
})

test.each<[string, Parameters<typeof endOfCredentials>[0]]>([
  [
    "a token that is no JSON Web Token",
    { token: `k8s-aws-v1.${Buffer.from("https://example").toString("base64url")}` },
  ],
  ["a token without a claim", { token: tokenOf({ sub: "me" }) }],
  ["a token of one part", { token: "abc" }],
  ["what is no certificate", { "client-certificate-data": "bm9uZQ==" }],
  ["a token that says nothing, beside a certificate", { token: "abc", "client-certificate-data": CERTIFICATE }],
  ["no credentials", {}],
])("of %s nothing is known", (_, user) => {
  expect(endOfCredentials(user)).toBeUndefined()
})
