import type { Reference } from "./reference.js"

/** Amazon's registry of one account in one region. */
const HOST = /^\d{12}\.dkr\.ecr(-fips)?\.(?<region>[a-z\d-]+)\.amazonaws\.com(\.cn)?$/

/** The region of a registry of Amazon ECR; undefined for any other registry. */
export function regionOf(host: string): string | undefined {
  return HOST.exec(host)?.groups!.region
}

/** The command that creates a repository in Amazon ECR; undefined for any other registry. */
export function createCommand({ host, repository }: Pick<Reference, "host" | "repository">): string | undefined {
  const region = regionOf(host)
  return region && `aws ecr create-repository --repository-name ${repository} --region ${region}`
}
