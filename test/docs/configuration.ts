// The keys of cloud-native.yaml: what each is, from the schema's comments; what it expects and its default, from the schema at work.
import { readFileSync } from "node:fs"
import { join } from "node:path"

import ts from "typescript"

import { Config } from "../../.dagger/src/config/schema.ts"
import { plain, table } from "./markdown.ts"

export interface Key {
  /** As people write it: backend.test.command, handshake[].name, services.<name>.image. */
  path: string
  description: string
  expected: string
  default: string
}

const PATH = join(import.meta.dirname, "../../.dagger/src/config/schema.ts")
const SCHEMA = ts.createSourceFile(PATH, readFileSync(PATH, "utf8"), ts.ScriptTarget.Latest, true)
const DEFAULTS = Config.parse({})

export function configurationKeys(): Key[] {
  const shape = shapeOf(declared("Config"))!
  return keysOf(shape.members, "").filter(({ expected }) => !expected.startsWith("a mapping with "))
}

export function configurationReference(): string {
  const keys = configurationKeys()
  const section = ({ path }: Key) => /^(\w+)[.[]/.exec(path)?.[1] ?? ""
  const names = [...new Set(keys.map(section))].sort((a, b) => Number(a !== "") - Number(b !== ""))
  return (
    [
      "# cloud-native.yaml",
      "At the source's root, or given as `--config`; a key is optional unless its default is `required`. A mistake is reported by line and column.",
      ...names.flatMap(name => [...(name ? [`## ${name}`] : []), keyTable(keys.filter(key => section(key) === name))]),
    ].join("\n\n") + "\n"
  )
}

function keyTable(keys: Key[]): string {
  return table(
    ["Key", "What it is", "Expected", "Default"],
    keys.map(key => [`\`${key.path}\``, plain(key.description), key.expected, key.default && `\`${key.default}\``]),
  )
}

interface Shape {
  members: ts.ObjectLiteralExpression
  /** How one of several is written: "[]" in a list, ".<name>" in a mapping by name. */
  suffix: string
}

function keysOf(members: ts.ObjectLiteralExpression, prefix: string): Key[] {
  return members.properties.flatMap(property => {
    if (ts.isSpreadAssignment(property))
      return keysOf(declared(property.expression.getText()) as ts.ObjectLiteralExpression, prefix)
    const path = prefix + property.name.getText()
    const inner = shapeOf(ts.isPropertyAssignment(property) ? property.initializer : declared(property.name.getText()))
    const description = commentOn(property)
    const own = {
      path,
      description,
      expected: expectedAt(path),
      default: description.includes("Default:") ? "" : defaultAt(path),
    }
    return [own, ...(inner ? keysOf(inner.members, `${path}${inner.suffix}.`) : [])]
  })
}

/** The mapping that an expression of the schema describes, if it describes one. */
function shapeOf(node: ts.Node | undefined): Shape | undefined {
  if (!node) return undefined
  if (ts.isIdentifier(node)) return shapeOf(declared(node.text))
  if (ts.isFunctionDeclaration(node)) return shapeOf(node.body!.statements.find(ts.isReturnStatement)?.expression)
  if (!ts.isCallExpression(node)) return undefined
  const [first, second] = node.arguments
  const within = (inner: ts.Node | undefined, suffix: string) => {
    const shape = shapeOf(inner)
    return shape && { ...shape, suffix: suffix + shape.suffix }
  }
  switch (node.expression.getText()) {
    case "section":
    case "z.strictObject":
      return first && ts.isObjectLiteralExpression(first) ? { members: first, suffix: "" } : undefined
    case "list":
      return within(first, "[]")
    case "app":
      return shapeOf(declared("app"))
  }
  if (ts.isPropertyAccessExpression(node.expression)) {
    if (node.expression.getText().match(/^z\s*\.record$/)) return within(second, ".<name>")
    return shapeOf(node.expression.expression)
  }
  return undefined
}

function declared(name: string): ts.Node | undefined {
  for (const statement of SCHEMA.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name?.text === name) return statement
    if (!ts.isVariableStatement(statement)) continue
    const found = statement.declarationList.declarations.find(declaration => declaration.name.getText() === name)
    if (found) return found.initializer
  }
  return undefined
}

function commentOn(property: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(property).filter(ts.isJSDoc)
  return comment ? (ts.getTextOfJSDocComment(comment.comment) ?? "").replaceAll("\n", " ") : ""
}

/** What the schema says that it expects, when it is given what nothing expects. */
function expectedAt(path: string): string {
  const steps = stepsOf(path)
  return (
    issueAt(
      steps,
      nested(steps, () => undefined),
    ) ?? "any value"
  )
}

function stepsOf(path: string): string[] {
  return path.replaceAll("[]", ".0").replace("<name>", "example").split(".")
}

function nested(steps: string[], innermost: unknown): unknown {
  return steps.reduceRight<unknown>((value, step) => (step === "0" ? [value] : { [step]: value }), innermost)
}

function issueAt(steps: string[], value: unknown): string | undefined {
  return Config.safeParse(value).error?.issues.find(issue => issue.path.join(".") === steps.join("."))?.message
}

function defaultAt(path: string): string {
  if (/[[<]/.test(path)) {
    const steps = stepsOf(path)
    return issueAt(steps, nested(steps.slice(0, -1), {})) === undefined ? "" : "required"
  }
  const value = path
    .split(".")
    .reduce<unknown>((inside, step) => (inside as Record<string, unknown> | undefined)?.[step], DEFAULTS)
  return value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value)
}
