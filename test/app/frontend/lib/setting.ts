export const settings = ["DATABASE_URL", "BETTER_AUTH_SECRET", "BETTER_AUTH_URL", "BACKEND_URL"] as const

/** A setting from the environment, read when it is needed: the build knows none of them. */
export function setting(name: (typeof settings)[number]): string {
  const value = process.env[name]
  if (!value) throw new Error(`The environment variable ${name} is not set.`)
  return value
}
