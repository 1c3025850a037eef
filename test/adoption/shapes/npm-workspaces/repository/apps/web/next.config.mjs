import { join } from "node:path"

/** @type {import("next").NextConfig} */
export default {
  output: "standalone",
  outputFileTracingRoot: join(import.meta.dirname, "../.."),
  transpilePackages: ["@weather/units"],
}
