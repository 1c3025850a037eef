import { describe, expect, test } from "vitest"

import { asksForMoreThanAll } from "../../../.dagger/src/status/quota.ts"

const REFUSED = 'create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: exceeded quota: small, '
const said = (requested: string, limited: string) =>
  `${REFUSED}requested: ${requested}, used: ${requested.replace(/=[^,]*/g, "=1")}, limited: ${limited}`

describe("a pod that a quota has no room for", () => {
  test.each([
    ["never has, where it asks for more than all of it", "limits.memory=2Gi", "limits.memory=1Gi", true],
    ["may have later, where another pod has to leave", "limits.memory=1Gi", "limits.memory=1Gi", false],
    ["never has, where one of several resources is beyond it", "limits.cpu=500m,pods=2", "limits.cpu=2,pods=1", true],
    ["may have later, where none of them is", "limits.cpu=1500m,pods=1", "limits.cpu=2,pods=1", false],
    ["is compared by units: decimal and binary", "limits.memory=1100M", "limits.memory=1Gi", true],
    ["is compared by units: binary and decimal", "limits.memory=1Gi", "limits.memory=1100M", false],
    ["is compared by units: none", "limits.memory=2000000000", "limits.memory=1G", true],
    ["is compared by units: an exponent", "limits.memory=1e9", "limits.memory=999999k", true],
    ["is compared by units: an exponent of two digits", "limits.memory=1e10", "limits.memory=9G", true],
    ["may have later, where more than a quantity stands there", "limits.memory=~2Gi", "limits.memory=1Gi", false],
    ["may have later, where something follows the quantity", "limits.memory=2Gi!", "limits.memory=1Gi", false],
    ["is compared by units: thousandths", "requests.cpu=999m", "requests.cpu=1", false],
    ["may have later, where its quantity cannot be read", "limits.memory=much", "limits.memory=1Gi", false],
    ["may have later, where the limit's unit is unknown", "limits.memory=2Gi", "limits.memory=1X", false],
    ["is compared with the limit of the same resource", "limits.memory=2Gi", "requests.memory=1Gi", false],
  ])("%s", (_, requested, limited, expected) => {
    expect(asksForMoreThanAll(said(requested, limited))).toBe(expected)
  })

  test.each([
    ["exceeded quota: small"],
    [""],
    [`${said("pods=2", "pods=1")}; see the log`],
    [`${said("pods=2", "pods=1")} for now`],
  ])("may have later, where the message says no amounts: %j", message => {
    expect(asksForMoreThanAll(message)).toBe(false)
  })

  test("is told with spaces after the message as well", () => {
    expect(asksForMoreThanAll(`${said("pods=2", "pods=1")} \n`)).toBe(true)
  })
})
