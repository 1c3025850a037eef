import { expect, test } from "vitest"
import { title } from "./title"

test("counts the notes", () => {
  expect(title("Notes", 2)).toBe("Notes: 2")
})
test.todo("says what one note is called")
