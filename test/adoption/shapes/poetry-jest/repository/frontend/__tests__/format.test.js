import { format } from "../lib/format"

test("has the sign of the currency", () => {
  expect(format(2, "EUR")).toBe("€2.00")
})
test.todo("rounds yen")
