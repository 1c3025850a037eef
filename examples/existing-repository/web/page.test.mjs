import assert from "node:assert/strict"
import { test } from "node:test"
import { page } from "./page.mjs"

test("the page has every price", () => assert.match(page({ apple: 3, pear: 4 }), /apple: 3.*pear: 4/))
