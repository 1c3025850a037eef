// The API over HTTP: graphql-js resolves what schema.graphql describes.
import { once } from "node:events"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"

import {
  execute,
  type ExecutionResult,
  getNamedType,
  GraphQLError,
  isInterfaceType,
  isObjectType,
  parse,
  validate,
} from "graphql"

import { platform } from "./container.ts"
import { canMake, evaluate, evaluateArgs } from "./evaluate.ts"
import { addLeaves, leaf } from "./leaf.ts"
import { expectedType, schema } from "./model.ts"
import { showing } from "./progress.ts"
import { type Args, byId, Recipe, recipe } from "./recipe.ts"
import { ENCAPSULATED } from "./telemetry.ts"

/** A call of a function of the module: what its process is told, and what it answers. */
export interface Call {
  module: string
  source: Recipe
  parentName: string
  function: string
  parent: unknown
  args: Record<string, unknown>
  /** Whether it has looked into the caller's repository: its answer is of that moment. */
  readsWorkspace?: boolean
  answer?: { value: unknown } | { error: Recipe }
}
interface Context {
  call?: Call
}

/** Fields that depend on who asks. */
const callFields: Record<string, (call: Call, args: any) => unknown> = {
  "CurrentModule.name": ({ module }) => module,
  "CurrentModule.source": ({ source }) => source,
  "FunctionCall.name": call => call.function,
  "FunctionCall.parentName": ({ parentName }) => parentName,
  "FunctionCall.parent": ({ parent }) => JSON.stringify(parent),
  "FunctionCall.inputArgs": ({ args }) =>
    Object.entries(args).map(([name, value]) =>
      recipe("FunctionCallArgValue", "FunctionCallArgValue.of", undefined, { name, value: JSON.stringify(value) }),
    ),
  "FunctionCall.returnValue": (call, { value }) => {
    call.answer = { value: JSON.parse(value) }
  },
  "FunctionCall.returnError": (call, { error }) => {
    call.answer = { error }
  },
}
const argValues: Record<string, (of: Recipe) => unknown> = {
  "FunctionCallArgValue.name": ({ args }) => args.name,
  "FunctionCallArgValue.value": ({ args }) => args.value,
}
/** Types that only describe a module: their recipes are read, never evaluated. */
const descriptive =
  /^(TypeDef|Function|Module|SourceMap|Error)\.|^Query\.(typeDef|function|module|sourceMap|error|currentFunctionCall|currentModule)$/

addLeaves({ "Query.version": () => "v0.21.9", "Query.defaultPlatform": () => platform })

const toRecipes = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(toRecipes) : value === null || value === undefined ? value : byId(value as string)

/** How a field of the schema is answered; undefined when it is not. */
const resolver = (field: string, type: string, isObject: boolean) => {
  const name = field.split(".")[1]!,
    give = leaf(field)
  if (callFields[field])
    return async (_: unknown, args: Args, { call }: Context) => {
      if (!call) throw new GraphQLError("no current function call")
      return callFields[field]!(call, args) ?? null
    }
  if (argValues[field]) return (of: Recipe) => argValues[field]!(of)
  if (name === "id") return (of: Recipe) => of.id
  if (name === "sync")
    return async (of: Recipe) => {
      await evaluate(of)
      return of.id
    }
  // Read now, so that the folder is known by content, as the real engine's results are.
  if (field === "Workspace.directory")
    return async (of: Recipe, args: Args, { call }: Context) => {
      if (call) call.readsWorkspace = true
      return recipe(type, "Directory.stored", undefined, { ...(await evaluate<object>(recipe(type, field, of, args))) })
    }
  if (field === "Query.node") return (_: unknown, { id }: Args) => id
  if (give)
    return async (of: Recipe | undefined, args: Args) =>
      give(of instanceof Recipe ? await evaluate(of) : undefined, await evaluateArgs(args), of as Recipe)
  if (isObject && (canMake(field) || descriptive.test(field)))
    return (of: Recipe | undefined, args: Args) => recipe(type, field, of instanceof Recipe ? of : undefined, args)
  return undefined
}

/** Gives the schema's fields their answers, and tells which ones have none. */
export const installResolvers = (): string[] => {
  const unanswered: string[] = []
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInterfaceType(type)) type.resolveType = (of: Recipe) => of.type
    if (!isObjectType(type) || type.name.startsWith("__")) continue
    for (const field of Object.values(type.getFields())) {
      const key = `${type.name}.${field.name}`,
        result = getNamedType(field.type)
      const resolve = resolver(key, result.name, isObjectType(result))
      const ids = field.args.filter(arg => expectedType(arg) || key === "Query.node").map(({ name }) => name)
      if (!resolve) unanswered.push(key)
      field.resolve = (of, args: Args, context: Context) => {
        if (!resolve) throw new GraphQLError(`${key} is not supported by the embedded engine`)
        return resolve(
          of,
          Object.fromEntries(
            Object.entries(args).map(([name, value]) => [name, ids.includes(name) ? toRecipes(value) : value]),
          ),
          context,
        )
      }
    }
  }
  return unanswered
}

const unsupported = (error: GraphQLError): GraphQLError => {
  const [, field, type] = /^Cannot query field "(\w+)" on type "(\w+)"/.exec(error.message) ?? []
  const [, argument, of] = /^Unknown argument "(\w+)" on field "([\w.]+)"/.exec(error.message) ?? []
  const [, unknown] = /^Unknown type "(\w+)"/.exec(error.message) ?? []
  const name = field ? `${type}.${field}` : argument ? `${of}(${argument}:)` : unknown
  return name ? new GraphQLError(`${name} is not supported by the embedded engine`) : error
}

export const answer = async (
  source: string,
  variables: Record<string, unknown> | undefined,
  context: Context,
): Promise<ExecutionResult> => {
  let document
  try {
    document = parse(source)
  } catch (error) {
    return { errors: [error as GraphQLError] }
  }
  const errors = validate(schema, document)
  if (errors.length > 0) return { errors: errors.map(unsupported) }
  return execute({ schema, document, variableValues: variables, contextValue: context })
}

const calls = new Map<string, Call | undefined>()
/** Lets a client in: as the caller of a session, or as the process of one function call. */
export const admit = (token: string, call?: Call): void => {
  calls.set(token, call)
}
export const dismiss = (token: string): void => {
  calls.delete(token)
}

const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const token = Buffer.from((request.headers.authorization ?? "").replace(/^Basic /, ""), "base64")
    .toString()
    .replace(/:$/, "")
  if (!calls.has(token) || request.method !== "POST" || request.url !== "/query")
    return void response.writeHead(calls.has(token) ? 404 : 401).end()
  let body = ""
  request.setEncoding("utf8").on("data", part => {
    body += part
  })
  await once(request, "end")
  const { query, variables } = JSON.parse(body) as { query: string; variables?: Record<string, unknown> }
  const isShown = !(ENCAPSULATED in request.headers)
  const result = await showing(isShown, () => answer(query, variables, { call: calls.get(token) }))
  response.setHeader("content-type", "application/json")
  response.end(JSON.stringify(result))
}

export const serve = async (): Promise<{ server: Server; port: number }> => {
  installResolvers()
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  // A client that scans for longer than Node's five seconds sends its next query on the connection it has.
  server.keepAliveTimeout = 0
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return { server, port: (server.address() as { port: number }).port }
}
