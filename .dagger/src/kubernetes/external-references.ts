import { Container } from "@dagger.io/dagger"

import { combined } from "../util/collect-errors.js"
import { CloudNativeError } from "../util/errors.js"
import type { ApiServer, Outside } from "./kubeconfig.js"

/** Throw unless the container that runs kubectl has all that the kubeconfig refers to. */
export async function assertWhole(server: ApiServer, container: Container, image: string): Promise<void> {
  const found = await Promise.all(server.outside.map(item => has(container, item)))
  const problems = lacking(
    server,
    server.outside.filter((_, index) => !found[index]),
    image,
  )
  if (problems.length > 0) throw combined(problems)
}

async function has(container: Container, { kind, name }: Outside): Promise<boolean> {
  if (kind === "auth provider") return false
  const folders =
    kind === "program" && !name.includes("/")
      ? ((await container.envVariable("PATH")) ?? "").split(":").filter(Boolean)
      : undefined
  const paths = folders?.map(folder => `${folder}/${name}`) ?? [name]
  // A path that is not absolute is one from the kubeconfig's own folder, of which the container has nothing.
  const found = await Promise.all(paths.filter(path => path.startsWith("/")).map(path => container.exists(path)))
  return found.includes(true)
}

/** What a kubeconfig refers to and the container lacks, each kind as a problem of its own with its way out. */
export function lacking(
  { context }: Pick<ApiServer, "context">,
  outside: Outside[],
  image: string,
): CloudNativeError[] {
  const incomplete = (what: string, why: string, fix: string) =>
    new CloudNativeError({ code: "KUBECONFIG_INCOMPLETE", blame: "user", what, why, fix })
  const files = outside.filter(({ kind }) => kind === "file")
  const token = files.some(({ field }) => field === "tokenFile") ? ", with the content of the tokenFile as token:" : ""
  return [
    ...outside.flatMap(({ kind, name }) => {
      if (kind === "file") return []
      const isProgram = kind === "program"
      return incomplete(
        isProgram
          ? `the kubeconfig gets its credentials from a program that is not there: ${name}`
          : `the kubeconfig gets its credentials from the auth provider ${name}`,
        isProgram
          ? `the user of its context ${context} has exec: ${name}; kubectl runs in a container of ${image}, which has nothing of this machine`
          : `the user of its context ${context} has auth-provider: ${name}; kubectl has none of that name any more`,
        `${SERVICE_ACCOUNT}${isProgram ? `; or set images.kubectl of cloud-native.yaml to an image that has both kubectl and ${name}` : ""}`,
      )
    }),
    ...(files.length > 0
      ? [
          incomplete(
            "the kubeconfig refers to files that are not there",
            [
              `kubectl runs in a container of ${image}, which has nothing of this machine:`,
              ...files.map(({ field, name }) => `  ${field}: ${name}`),
            ].join("\n"),
            `pass one that is whole by itself: kubectl config view --flatten --minify --context=${context} > "$HOME/whole.kubeconfig"${token}`,
          ),
        ]
      : []),
  ]
}

const SERVICE_ACCOUNT =
  "pass a kubeconfig with the token of a service account (kubectl create token NAME --duration=24h; docs/clusters.md has the steps)"
