// The functions that the module registers, with the help that the CLI shows.
import { enumOf } from "../engine/cli/command.ts"
import { cliName, flagType, isRequired } from "../engine/cli/flags.ts"
import type { Argument, FunctionType, Model, ObjectType, TypeRef } from "../engine/model.ts"
import type { Registered } from "../engine/registered.ts"
import { plain, table } from "./markdown.ts"

export function functionReference({ model, main }: Registered): string {
  const others = Object.values(model.objects)
    .filter(object => object !== main)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return (
    [
      "# Functions",
      main.description,
      `\`dagger call [settings] <function> [arguments]\` calls a function in this repository, \`dagger call cloud-native [settings] <function> [arguments]\` where the module is installed. A function that returns one of the objects below can be followed by a function of that object. Secrets are references: \`env:NAME\`, \`file:PATH\` or \`cmd:COMMAND\`.`,
      ...(main.constructor ? ["## Settings", argumentTable(main.constructor.args, model)] : []),
      ...functionsOf(main, model),
      ...others.flatMap(object => [`# ${object.name}`, object.description, ...functionsOf(object, model)]),
    ].join("\n\n") + "\n"
  )
}

function functionsOf({ functions }: ObjectType, model: Model): string[] {
  return [...functions].sort((a, b) => (a.name < b.name ? -1 : 1)).map(of => functionSection(of, model))
}

function functionSection(of: FunctionType, model: Model): string {
  const title = `## ${cliName(of.name)} → ${typeName(of.returns)}`
  return [title, plain(of.description), argumentTable(of.args, model)].filter(Boolean).join("\n\n")
}

/** A row for each argument that is a flag; empty where there is none. */
function argumentTable(args: Argument[], model: Model): string {
  const flags = args
    .map(arg => ({ arg, type: flagType(arg.type, { enumOf: enumOf(model) }) }))
    .filter(({ type }) => type !== undefined)
  if (flags.length === 0) return ""
  return table(
    ["Argument", "Type", "What it is"],
    flags.map(({ arg, type: flag }) => {
      const type = flag || "boolean"
      const value =
        arg.default === undefined || arg.default === "" ? "" : ` Default: \`${JSON.stringify(arg.default)}\`.`
      return [
        `\`--${cliName(arg.name)}\``,
        isRequired(arg) ? `${type}, required` : type,
        plain(arg.description) + value,
      ]
    }),
  )
}

function typeName(type: TypeRef): string {
  if (type.kind === "LIST") return `list of ${typeName(type.of!)}`
  const plain: Partial<Record<TypeRef["kind"], string>> = {
    STRING: "text",
    INTEGER: "number",
    FLOAT: "number",
    BOOLEAN: "true or false",
    VOID: "nothing",
  }
  return plain[type.kind] ?? type.name!
}
