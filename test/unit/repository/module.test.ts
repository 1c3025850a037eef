import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import ts from "typescript"
import { describe, expect, test } from "vitest"

import { containersOf } from "../../../.dagger/src/manifests/pods.ts"
import type { Container } from "../../../.dagger/src/manifests/shapes.ts"
import { cliName } from "../../engine/cli/flags.ts"
import { ownFile, ownManifests } from "../manifests/files.ts"

const ROOT = join(import.meta.dirname, "../../..")
const MODULE = files(".dagger/src", ".ts").map(path => parse(path, ownFile(path)))
const DOCKERFILES = files("docker", ".dockerfile").map(path => ({ path, text: ownFile(path) }))

/** What the library that a real engine bundles with a module exports, beside the generated client. The npm package exports more. */
const BUNDLED = [
  "connection",
  "connect",
  "Context",
  "func",
  "check",
  "generate",
  "argument",
  "object",
  "field",
  "enumType",
  "entrypoint",
]
const CLIENT = exportsOf(
  parse(
    "client.gen.d.ts",
    readFileSync(join(ROOT, "node_modules/@dagger.io/dagger/dist/src/api/client.gen.d.ts"), "utf8"),
  ),
)

describe("the module", () => {
  test("is all looked at", () => {
    expect(MODULE.map(file => file.fileName)).toContain(".dagger/src/index.ts")
    expect(CLIENT).toEqual(expect.arrayContaining(["dag", "Container", "ReturnType", "CacheSharingMode"]))
  })

  test("imports only what a real engine has for it", () => {
    expect(MODULE.flatMap(wrongImports)).toEqual([])
  })
  test.each([
    ['import { ExecError } from "@dagger.io/dagger"', "ExecError is not in the bundled library"],
    ['import * as dagger from "@dagger.io/dagger"', "imports the bundled library whole"],
    ['import { labUp } from "../../test/lab/lab.js"', "../../test/lab/lab.js is outside the module"],
    ['import { Config } from "./config.ts"', "./config.ts does not end in .js"],
    ['export { Config } from "./config"', "./config does not end in .js"],
    ['import { parse } from "js-yaml"', "js-yaml is not a dependency of the module"],
  ])("cannot say: %s", (code, problem) => {
    expect(wrongImports(parse(".dagger/src/index.ts", code))).toEqual([`.dagger/src/index.ts: ${problem}`])
  })

  test("imports run down: a file uses folders below its own, or beside it, never above", () => {
    expect(upwardImports(MODULE)).toEqual([])
    const folders = new Set(MODULE.map(({ fileName }) => folderOf(fileName)))
    expect(FLOORS.flat().sort()).toEqual([...folders].sort())
  })
  test.each([
    ["a file of a floor above", ["util/a.ts", "../config/b.js"], [".dagger/src/util/a.ts: up to config"]],
    ["the chain", ["deploy/a.ts", "../tested.js"], [".dagger/src/deploy/a.ts: up to chain"]],
    ["a folder on the same floor", ["release/a.ts", "../status/b.js"], []],
    [
      "one that it is used by",
      ["release/a.ts", "../status/b.js", "status/b.ts", "../release/a.js"],
      [".dagger/src/release/a.ts: round about with status", ".dagger/src/status/b.ts: round about with release"],
    ],
    ["what is below", ["deploy/a.ts", "../util/b.js", "index.ts", "./deploy/a.js"], []],
  ])("is held to its floors: %s", (_, [...pairs], expected) => {
    const sources = Array.from({ length: pairs.length / 2 }, (_, index) =>
      parse(`.dagger/src/${pairs[2 * index]}`, `import { x } from "${pairs[2 * index + 1]}"`),
    )
    expect(upwardImports(sources)).toEqual(expected)
  })

  test("has in its objects only scalars and objects of the API", () => {
    expect(foreignTypes(MODULE)).toEqual([])
  })
  // An interface without functions is one that every object of the API has: registered, it makes a real engine crash.
  test.each([
    ["constructor(access: Access) {}", ["A: Access"]],
    ["private access?: Access", ["A: Access"]],
    ["@func() b(access: Access): Promise<string[]> {}", ["A: Access"]],
    ["@func() b(c?: Directory): Promise<B[]> {}", []],
    ["b(access: Access): Access {}", []],
  ])("cannot have in an object: %s", (member, expected) => {
    expect(
      foreignTypes([parse("x.ts", `@object() class A { ${member} }\n@object() class B {}\ninterface Access {}`)]),
    ).toEqual(expected)
  })

  test("knows nothing of the sample application", () => {
    const named = MODULE.filter(({ text }) => /test\/app|\/api\/tasks|\btasks-/.test(text))
    expect(named.map(({ fileName }) => fileName)).toEqual([])
  })

  test("gives every command as a list of arguments", () => {
    expect(MODULE.flatMap(shellStrings)).toEqual([])
  })
  test.each([
    'c.withExec(["sh", "-c", "ls | wc"])',
    'c.withEntrypoint(["/bin/bash", "-ec", script])',
    'spawn("ls | wc", { shell: true })',
  ])("cannot say: %s", code => {
    expect(shellStrings(parse("x.ts", code))).toHaveLength(1)
  })

  test("describes every function and argument: it is the CLI's help", () => {
    expect(MODULE.flatMap(undescribed)).toEqual([])
    expect(MODULE.flatMap(publicMembers).length).toBeGreaterThan(20)
  })
  test.each([
    ["@object() class A {}", ["A"]],
    ["/** A. */ @object() class A {\n @func() b(): string {} }", ["A.b"]],
    ["/** A. */ @object() class A {\n /** B. */ @func() b(c: string, d?: string) {} }", ["A.b(c)", "A.b(d)"]],
    [
      "/** A. */ @object() class A {\n /** B.\n * @param c The c.\n * @param d\n */ @func() b(c: string, d?: string) {} }",
      ["A.b(d)"],
    ],
    ["/** A. */ @object() class A { constructor(c: string) {} }", ["A.constructor(c)"]],
    ["/** A. */ @object() class A {\n /** B. */ @func() b: string\n private c: string\n d() {} }", []],
  ])("is read for descriptions: %j", (code, expected) => {
    expect(undescribed(parse("x.ts", code))).toEqual(expected)
  })
})

describe("arguments", () => {
  const parameters = MODULE.flatMap(parametersOf)

  test("are all looked at", () => {
    expect(parameters.map(({ name }) => name)).toEqual(expect.arrayContaining(["ws", "registry", "createPullSecret"]))
  })
  test("none is called like a flag of the CLI: the module could not be called at all", () => {
    expect(parameters.filter(({ name }) => CLI_FLAGS.includes(cliName(name)))).toEqual([])
  })
  test("six at most for a function: what a team sets once is a setting, and described once", () => {
    const settings = parameters.filter(({ of }) => of === "CloudNative.constructor").map(({ name }) => name)
    const own = parameters.filter(({ of }) => !of.endsWith(".constructor"))
    expect(own.filter(({ of }) => own.filter(each => each.of === of).length > 6)).toEqual([])
    const again = own.filter(({ name }) => settings.includes(name))
    expect(again.map(({ of, name }) => `${of}(${name})`)).toEqual(["CloudNative.checkSecrets(ws)"])
  })
  test("no description has a word in back quotes: Dagger 1.0 shows it as the type", () => {
    expect(parameters.filter(({ description }) => description.includes("`"))).toEqual([])
  })
  test("none has a default path: on Dagger 1.0, that is the module's own repository", () => {
    expect(parameters.filter(({ decorators }) => decorators.includes("defaultPath"))).toEqual([])
  })
  test.each([
    ["/** @param a `x` of it */ @func() b(a: string) {}", { name: "a", description: "`x` of it", decorators: "" }],
    [
      '/** */ constructor(@argument({ defaultPath: "/" }) a: Directory) {}',
      { name: "a", description: "", decorators: '@argument({ defaultPath: "/" })' },
    ],
  ])("are read: %s", (member, expected) => {
    expect(parametersOf(parse("x.ts", `@object() class A {\n ${member} }`))).toMatchObject([expected])
  })
})

/** Every flag that `dagger call` or `dagger check` knows by itself, of 0.21 and of 1.0. */
const CLI_FLAGS = [
  ...[
    "allow-llm",
    "auto-apply",
    "cloud",
    "debug",
    "dot-focus-field",
    "dot-output",
    "dot-show-internal",
    "eager-runtime",
  ],
  ...[
    "engine",
    "env",
    "failfast",
    "generate",
    "help",
    "interactive",
    "interactive-command",
    "json",
    "list",
    "load-module",
    "lock",
    "mod",
  ],
  ...["model", "no-exit", "no-generate", "no-load-module", "no-mod", "org", "output", "profile", "progress", "quiet"],
  ...["scale-out", "shell-command-on-error", "shell-on-error", "silent", "skip", "verbose", "web", "workdir"],
  ...["workspace", "x-release"],
]

describe("a module that calls this one", () => {
  // On 1.0 it fails otherwise: no Workspace is inherited by the call of a module.
  test("passes on the Workspace that it is given", () => {
    const consumer = parse("index.ts", ownFile("test/consumer/src/index.ts"))
    expect(withoutWorkspace(consumer)).toEqual([])
    expect(consumer.text.match(/dag\.cloudNative\(/g)).toHaveLength(5)
  })
  test.each(["dag.cloudNative()", "dag.cloudNative({ source })"])("is not one that calls %s", code => {
    expect(withoutWorkspace(parse("x.ts", `class A { b() { return ${code}.test() } }`))).toEqual([code])
  })
})

describe("versions", () => {
  const json = (path: string) => JSON.parse(ownFile(path)) as Record<string, Record<string, string>>
  const { devDependencies } = json("package.json")
  const { dependencies } = json(".dagger/package.json")

  // Dagger's runtime fails to install an exact version of its own dependency typescript: there a caret is due.
  test.each(Object.entries(dependencies!))("%s is the same for the module and for its tests", (name, version) => {
    expect(version).toBe(name === "typescript" ? `^${devDependencies![name]}` : devDependencies![name])
  })
  test.each([
    ["dagger.json", /"engineVersion": "(.*)"/],
    ["test/consumer/dagger.json", /"engineVersion": "(.*)"/],
    [".github/workflows/deploy.yml", /DAGGER_VERSION: (.*)/],
    ["README.md", /^Dagger (v\S+) \(CLI and engine\)/m],
    ["docs/scaling-out.md", /dagger-helm --version (\S+)/],
  ])("%s: the engine is as old as its client", (path, version) => {
    expect(version.exec(ownFile(path))?.[1]?.replace(/^v/, "")).toBe(devDependencies!["@dagger.io/dagger"])
  })
  // dagger setup of 1.0 replaces the first by the others, which 0.21 does not know. Why there are none: docs/dagger-lines.md.
  test("both lines of Dagger load dagger.json, and nothing else defines the module", () => {
    const definitions = readdirSync(ROOT).filter(name => /^dagger(-module)?\.(json|toml)$/.test(name))
    expect(definitions).toEqual(["dagger.json"])
  })
})

describe("Dockerfiles", () => {
  const BASES: Record<string, string> = {
    "docker/backend.dockerfile": "python:3.13-slim",
    "docker/frontend.dockerfile": "node:20-alpine",
  }
  test("are of both applications", () => {
    expect(DOCKERFILES.map(({ path }) => path).sort()).toEqual(Object.keys(BASES))
  })
  test.each(DOCKERFILES)(
    "$path: its task, several stages, the last of the base that was asked for",
    ({ path, text }) => {
      const stages = [...text.matchAll(/^FROM (\S+)/gm)].map(match => match[1])
      expect(text).toMatch(/^# .*T-401/m)
      expect(stages.length).toBeGreaterThan(1)
      expect(stages.at(-1)).toBe(BASES[path])
      expect(text.split(/^FROM /m).at(-1)).toMatch(/^USER [1-9]\d*/m)
    },
  )
})

describe("secrets", () => {
  const containers = ownManifests().flatMap(({ object }) => containersOf(object).map(({ container }) => container))
  test("reach the applications by secretKeyRef only", () => {
    expect(containers.flatMap(secretsByOtherWays)).toEqual([])
    expect(JSON.stringify(containers)).toContain("secretKeyRef")
  })
  test.each([
    { env: [{ name: "DATABASE_URL", value: "postgresql://postgres/app" }] },
    { env: [{ name: "BETTER_AUTH_SECRET", valueFrom: { configMapKeyRef: { name: "settings", key: "secret" } } }] },
    { envFrom: [{ secretRef: { name: "app-secrets" } }] },
  ])("are found on another way: %j", container => {
    expect(secretsByOtherWays({ name: "app", image: "backend", ...container })).toHaveLength(1)
  })
})

/** Calls of this module that do not pass `ws`. */
function withoutWorkspace(file: ts.SourceFile): string[] {
  const found = (node: ts.Node): string[] => {
    const inside = node.getChildren().flatMap(found)
    if (!ts.isCallExpression(node) || node.expression.getText() !== "dag.cloudNative") return inside
    const [given] = node.arguments
    const names = given && ts.isObjectLiteralExpression(given) ? given.properties.map(each => each.name?.getText()) : []
    return names.includes("ws") ? inside : [node.getText(), ...inside]
  }
  return found(file)
}

/** The folders of the module from the ground up; "chain" is its root. */
const FLOORS = [
  ["util"],
  ["config"],
  ["manifests", "registry", "gate"],
  ["kubernetes", "verify"],
  ["status", "release", "push", "build", "init"],
  ["monitor", "preflight"],
  ["schema"],
  ["report"],
  ["deploy"],
  ["ephemeral"],
  ["chain"],
]

function folderOf(path: string): string {
  const [folder = "", ...rest] = path.replace(".dagger/src/", "").split("/")
  return rest.length > 0 ? folder : "chain"
}

/** Imports of a floor above, and of a folder that imports in turn. */
function upwardImports(module: ts.SourceFile[]): string[] {
  const floorOf = (folder: string) => FLOORS.findIndex(floor => floor.includes(folder))
  const edges = module.flatMap(file => {
    const from = folderOf(file.fileName)
    const targets = ts
      .preProcessFile(file.text)
      .importedFiles.filter(({ fileName }) => fileName.startsWith("."))
      .map(({ fileName }) => folderOf(join(file.fileName, "..", fileName)))
    return [...new Set(targets)].filter(to => to !== from).map(to => ({ file: file.fileName, from, to }))
  })
  return edges.flatMap(({ file, from, to }) => {
    if (floorOf(to) > floorOf(from)) return [`${file}: up to ${to}`]
    return edges.some(edge => edge.from === to && edge.to === from) ? [`${file}: round about with ${to}`] : []
  })
}

/** The files below a folder of the repository whose names end so. */
function files(folder: string, ending: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true }) as string[]
  return names
    .filter(name => name.endsWith(ending))
    .map(name => join(folder, name))
    .sort()
}

function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
}

function exportsOf(file: ts.SourceFile): string[] {
  return file.statements.flatMap(statement => {
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => name.getText())
    const { name } = statement as { name?: ts.Node }
    return name ? [name.getText()] : []
  })
}

function wrongImports(file: ts.SourceFile): string[] {
  const known = Object.keys((JSON.parse(ownFile(".dagger/package.json")) as { dependencies: object }).dependencies)
  return file.statements
    .flatMap(statement => {
      if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return []
      if (!statement.moduleSpecifier) return []
      const from = (statement.moduleSpecifier as ts.StringLiteral).text
      if (from === "@dagger.io/dagger") return wrongNames(statement)
      if (from === "@dagger.io/dagger/telemetry") return []
      if (from.startsWith(".")) {
        if (!join(file.fileName, "..", from).startsWith(".dagger/src/")) return `${from} is outside the module`
        return from.endsWith(".js") ? [] : `${from} does not end in .js`
      }
      return from.startsWith("node:") || known.includes(from) ? [] : `${from} is not a dependency of the module`
    })
    .map(problem => `${file.fileName}: ${problem}`)
}

function wrongNames(statement: ts.ImportDeclaration | ts.ExportDeclaration): string[] {
  const names = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : statement.exportClause
  if (!names || !("elements" in names)) return ["imports the bundled library whole"]
  return names.elements
    .map(element => (element.propertyName ?? element.name).text)
    .filter(name => !BUNDLED.includes(name) && !CLIENT.includes(name))
    .map(name => `${name} is not in the bundled library`)
}

/** Where a shell is given a command as text. */
function shellStrings(file: ts.SourceFile): string[] {
  const found = file.text.match(/["'`]-[a-z]*c["'`]\s*,|\bshell:\s*true/g) ?? []
  return found.map(text => `${file.fileName}: ${text}`)
}

function decorated(node: ts.HasDecorators, name: string): boolean {
  return (ts.getDecorators(node) ?? []).some(
    ({ expression }) => ts.isCallExpression(expression) && expression.expression.getText() === name,
  )
}

function objects(file: ts.SourceFile): ts.ClassDeclaration[] {
  return file.statements.filter(ts.isClassDeclaration).filter(statement => decorated(statement, "object"))
}

/** What the CLI shows: functions, fields, and the constructors' arguments. Only the main object is constructed by it. */
function publicMembers(file: ts.SourceFile): ts.ClassElement[] {
  return objects(file).flatMap(({ members }) =>
    members.filter(
      member => (ts.isMethodDeclaration(member) || ts.isPropertyDeclaration(member)) && decorated(member, "func"),
    ),
  )
}

interface Parameter {
  of: string
  name: string
  description: string
  decorators: string
}

/** The arguments that the CLI has flags for: of functions, and of the main object's constructor. */
function parametersOf(file: ts.SourceFile): Parameter[] {
  return objects(file).flatMap(object =>
    object.members
      .filter(member => ts.isConstructorDeclaration(member) || ts.isMethodDeclaration(member))
      .filter(member => ts.isConstructorDeclaration(member) || decorated(member, "func"))
      .flatMap(member =>
        member.parameters.map(parameter => ({
          of: `${object.name!.text}.${member.name?.getText() ?? "constructor"}`,
          name: parameter.name.getText(),
          description: ts
            .getJSDocParameterTags(parameter)
            .map(tag => ts.getTextOfJSDocComment(tag.comment) ?? "")
            .join(),
          decorators: (ts.getDecorators(parameter) ?? []).map(each => each.getText()).join(),
        })),
      ),
  )
}

/** What the engine is told of an object that is neither a scalar nor an object of the API, nor one of the module. */
function foreignTypes(module: ts.SourceFile[]): string[] {
  const own = module.flatMap(objects)
  const known = ["Promise", ...CLIENT, ...own.map(({ name }) => name!.text)]
  return own.flatMap(object => {
    const told = object.members.filter(member => !ts.isMethodDeclaration(member) || decorated(member, "func"))
    const named = (node: ts.Node): string[] => {
      if (ts.isBlock(node)) return []
      if (ts.isTypeReferenceNode(node) && !known.includes(node.typeName.getText()))
        return [`${object.name!.text}: ${node.typeName.getText()}`]
      return node.getChildren().flatMap(named)
    }
    return told.flatMap(named)
  })
}

function undescribed(file: ts.SourceFile): string[] {
  return objects(file).flatMap(object => {
    const name = object.name!.text
    const constructors =
      file.fileName.endsWith("/index.ts") || file.fileName === "x.ts"
        ? object.members.filter(ts.isConstructorDeclaration)
        : []
    const members = publicMembers(file).filter(member => member.parent === object)
    return [
      ...(hasText(object) ? [] : [name]),
      ...members.filter(member => !hasText(member)).map(member => `${name}.${member.name!.getText()}`),
      ...[...constructors, ...members.filter(ts.isMethodDeclaration)].flatMap(member =>
        member.parameters
          .filter(
            parameter =>
              !ts.getJSDocParameterTags(parameter).some(tag => ts.getTextOfJSDocComment(tag.comment)?.trim()),
          )
          .map(parameter => `${name}.${member.name?.getText() ?? "constructor"}(${parameter.name.getText()})`),
      ),
    ]
  })
}

function hasText(node: ts.Node): boolean {
  return ts.getJSDocCommentsAndTags(node).some(doc => ts.isJSDoc(doc) && ts.getTextOfJSDocComment(doc.comment)?.trim())
}

const SENSITIVE = /DATABASE_URL|SECRET|PASSWORD|TOKEN|PRIVATE_KEY|API_KEY/

function secretsByOtherWays(container: Container): string[] {
  const { env = [], envFrom = [] } = container as { env?: { name: string; valueFrom?: object }[]; envFrom?: object[] }
  return [
    ...env
      .filter(({ name, valueFrom }) => SENSITIVE.test(name) && !(valueFrom && "secretKeyRef" in valueFrom))
      .map(({ name }) => name),
    ...envFrom.filter(source => "secretRef" in source).map(source => JSON.stringify(source)),
  ]
}
