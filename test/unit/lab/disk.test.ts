import { expect, test } from "vitest"

import { describeFullDisk } from "../../lab/disk.ts"

test.each([
  "ENOSPC: no space left on device, write",
  "tar: layer.tar: Wrote only 2048 of 10240 bytes: No space left on device",
])("a full disk is named, with what frees it: %s", text => {
  expect(describeFullDisk(text, "/cache")).toMatch(/^the disk is full that holds \/cache: .*npm run lab:prune$/)
})

test("another error is no full disk", () => {
  expect(describeFullDisk("ENOENT: no such file or directory", "/cache")).toBeUndefined()
})
