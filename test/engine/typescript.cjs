// TypeScript as the worker's bundle has it: required, since Node would parse an import once more to find out what it exports.
/* global TYPESCRIPT */
module.exports = require(TYPESCRIPT)
