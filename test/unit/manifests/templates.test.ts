import { describe, expect, test } from "vitest"

import { looksUp, onAnotherDay } from "../../../.dagger/src/manifests/templates.ts"

const DAY = '(toDate "2006-01-02" "2001-02-03")'

describe("what a template makes of now is another on another day", () => {
  test.each([
    ['{{ now | date "2006-01-02" }}', `{{ ${DAY} | date "2006-01-02" }}`],
    ['{{- $day := date "2006" (now) -}}', `{{- $day := date "2006" (${DAY}) -}}`],
    ["{{ if true\n}}{{now|unixEpoch}}{{ end }}", `{{ if true\n}}{{${DAY}|unixEpoch}}{{ end }}`],
  ])("%s", (template, other) => expect(onAnotherDay(template)).toBe(other))

  test.each([
    ["a text beside the code", "do it now: {{ .Values.a }} now"],
    ["a text in the code", '{{ fail "set \\"a\\" now" }}{{ print `now` }}'],
    ["a comment", "{{/* not now */}}"],
    ["fields and variables", "{{ .now }}{{ .Values.now }}{{ $now }}"],
    ["other names", "{{ include nowhere }}{{ snow }}"],
  ])("but not %s", (_, template) => expect(onAnotherDay(template)).toBe(template))
})

test.each([
  ['{{- $old := lookup "v1" "Secret" .Release.Namespace "a" }}', true],
  ['{{ if (lookup "v1" "Secret" "" "a") }}', true],
  ['{{ .Values.a }}{{ lookup "v1" "Secret" "" "a" }}', true],
  ["{{/* no lookup */}}{{ .Values.lookup }} lookup", false],
])("a template that asks the cluster: %s", (template, expected) => expect(looksUp(template)).toBe(expected))
