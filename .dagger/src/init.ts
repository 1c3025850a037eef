import { Directory } from "@dagger.io/dagger"

/** What a repository needs, each part of which is left alone where there is one: manifests of others must not be mixed with ours. */
const PARTS = ["cloud-native.yaml", "docker/backend.dockerfile", "docker/frontend.dockerfile", "k8s", ".github/workflows/deploy.yml"]

/** The source with the parts that it lacks. */
export async function withMissingParts(source: Directory, templates: Directory): Promise<Directory> {
  const present = await Promise.all(PARTS.map(path => source.exists(path)))
  const paths = (await templates.glob("**/*")).filter(path => !path.endsWith("/"))
  return PARTS.filter((_, index) => !present[index])
    .flatMap(part => paths.filter(path => path === part || path.startsWith(`${part}/`)))
    .reduce((result, path) => result.withFile(path, templates.file(path)), source)
}
