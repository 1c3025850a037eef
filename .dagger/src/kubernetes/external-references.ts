import { Container } from "@dagger.io/dagger"

import { combined } from "../util/collect-errors.js"
import { CloudNativeError } from "../util/errors.js"
import type { ApiServer, ExternalReference } from "./kubeconfig.js"

/** Throw unless the container that runs kubectl has everything that the kubeconfig refers to. */
export async function assertSelfContained(server: ApiServer, container: Container, image: string): Promise<void> {
  const found = await Promise.all(server.externalReferences.map(item => has(container, item)))
  const problems = missingReferences(
    server,
    server.externalReferences.filter((_, index) => !found[index]),
    image,
  )
  if (problems.length > 0) throw combined(problems)
}

async function has(container: Container, { kind, name }: ExternalReference): Promise<boolean> {
  if (kind === "auth provider") return false
  const folders =
    kind === "program" && !name.includes("/")
      ? ((await container.envVariable("PATH")) ?? "").split(":").filter(Boolean)
      : undefined
  const paths = folders?.map(folder => `${folder}/${name}`) ?? [name]
  // A relative path starts at the kubeconfig's folder, which the container does not have.
  const found = await Promise.all(paths.filter(path => path.startsWith("/")).map(path => container.exists(path)))
  return found.includes(true)
}

/** One error for each kind of reference that the container lacks. */
export function missingReferences(
  { context }: Pick<ApiServer, "context">,
  references: ExternalReference[],
  image: string,
): CloudNativeError[] {
  const incomplete = (what: string, why: string, fix: string) =>
    new CloudNativeError({ code: "KUBECONFIG_INCOMPLETE", blame: "user", what, why, fix })
  const files = references.filter(({ kind }) => kind === "file")
  const token = files.some(({ field }) => field === "tokenFile") ? ", with the content of the tokenFile as token:" : ""
  return [
    ...references.flatMap(({ kind, name }) => {
      if (kind === "file") return []
      const isProgram = kind === "program"
      return incomplete(
        isProgram
          ? `the kubeconfig gets its credentials from a program that the container does not have: ${name}`
          : `the kubeconfig gets its credentials from the auth provider ${name}`,
        isProgram
          ? `the user of its context ${context} has exec: ${name}; kubectl runs in a container of ${image} and cannot see this machine`
          : `the user of its context ${context} has auth-provider: ${name}; kubectl no longer supports it`,
        `${SERVICE_ACCOUNT}${isProgram ? `; or set images.kubectl of cloud-native.yaml to an image that has both kubectl and ${name}` : ""}`,
      )
    }),
    ...(files.length > 0
      ? [
          incomplete(
            "the kubeconfig refers to files that the container does not have",
            [
              `kubectl runs in a container of ${image} and cannot see this machine:`,
              ...files.map(({ field, name }) => `  ${field}: ${name}`),
            ].join("\n"),
            `pass a self-contained kubeconfig: kubectl config view --flatten --minify --context=${context} > "$HOME/self-contained.kubeconfig"${token}`,
          ),
        ]
      : []),
  ]
}

const SERVICE_ACCOUNT =
  "pass a kubeconfig with the token of a service account (kubectl create token NAME --duration=24h; docs/clusters.md has the steps)"
