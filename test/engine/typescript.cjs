// TypeScript as the worker's bundle has it, with what V8 has compiled of it: to compile nine megabytes takes longer than to read a
// module's types with them. It is run, not imported: Node would parse an import once more to find out what it exports.
/* global TYPESCRIPT, COMPILED */
const { existsSync, readFileSync, renameSync, writeFileSync } = require("node:fs")
const { createRequire, wrap } = require("node:module")
const { dirname } = require("node:path")
const process = require("node:process")
const { Script } = require("node:vm")

const script = new Script(wrap(readFileSync(TYPESCRIPT, "utf8")), {
  filename: TYPESCRIPT,
  cachedData: existsSync(COMPILED) ? readFileSync(COMPILED) : undefined,
})
script.runInThisContext()(exports, createRequire(TYPESCRIPT), module, TYPESCRIPT, dirname(TYPESCRIPT))

// False: of the data that was given, V8 could use all.
if (script.cachedDataRejected !== false)
  process.once("exit", () => {
    const own = `${COMPILED}.${process.pid}`
    writeFileSync(own, script.createCachedData())
    renameSync(own, COMPILED)
  })
