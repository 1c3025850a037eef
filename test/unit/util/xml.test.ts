import { expect, test } from "vitest"

import { escapeXml } from "../../../.dagger/src/util/xml.ts"

test.each([
  ["an ampersand, once", "a & b &lt;", "a &amp; b &amp;lt;"],
  ["an element", "<script>", "&lt;script&gt;"],
  ["the quotes that end an attribute", `"it's"`, "&quot;it&apos;s&quot;"],
  ["lines and tabs, which stay", "a\n\tb\r\n", "a\n\tb\r\n"],
  ["characters that XML cannot hold", "a\u0000\u0008\u000b\u000c\u000e\u001b\u001f\ufffe\uffffb", "ab"],
])("text in XML: %s", (_, text, escaped) => {
  expect(escapeXml(text)).toBe(escaped)
})
