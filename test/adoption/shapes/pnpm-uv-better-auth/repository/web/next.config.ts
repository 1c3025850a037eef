import type { NextConfig } from "next"

const config: NextConfig = { output: "standalone", outputFileTracingRoot: import.meta.dirname }

export default config
