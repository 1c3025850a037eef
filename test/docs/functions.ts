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
      `Every function is called as \`dagger call <function>\`, here, or \`dagger call cloud-native <function>\` where the module is a toolchain. What returns one of the objects below can be followed by one of its functions. Secrets are given as \`env:NAME\`, \`file:PATH\` or \`cmd:COMMAND\`.`,
      ...(main.constructor ? ["## Before the function", argumentTable(main.constructor.args, model)] : []),
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
  return [title, plain(of.description), of.args.length > 0 ? argumentTable(of.args, model) : ""]
    .filter(Boolean)
    .join("\n\n")
}

function argumentTable(args: Argument[], model: Model): string {
  return table(
    ["Argument", "Type", "What it is"],
    args.map(arg => {
      const type = flagType(arg.type, { enumOf: enumOf(model) }) || "boolean"
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
