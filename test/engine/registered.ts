// The functions that a module registers, without calling one.
import { mainObject, missingFlags, noGlobals, readChain } from "./cli/command.ts"
import { startEngine } from "./engine.ts"
import type { Model, ObjectType } from "./model.ts"
import { findModule, register } from "./module.ts"

export interface Registered {
  model: Model
  main: ObjectType
}

export const registered = async (root: string): Promise<Registered> => {
  const engine = await startEngine()
  try {
    const module = findModule(root),
      model = await register(module, engine.port)
    return { model, main: mainObject(model, module.name) }
  } finally {
    await engine.stop()
  }
}

/** What `dagger call` would say of its words before it runs anything; undefined when they can be run. */
export const mistakeIn = (words: string[], { model, main }: Registered): string | undefined => {
  try {
    const missing = readChain([...words], model, main, { ...noGlobals }).flatMap(missingFlags)
    return missing.length > 0 ? `missing: ${missing.map(({ name }) => name).join(", ")}` : undefined
  } catch (error) {
    return (error as Error).message
  }
}
