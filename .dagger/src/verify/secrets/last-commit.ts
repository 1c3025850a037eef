import { Container, Directory, ExistsType } from "@dagger.io/dagger"

import { CloudNativeError, lastLines } from "../../util/errors.js"
import { runTool } from "../../util/tool.js"

const REPOSITORY = "/repository"
const COMMITTED = "/committed"

/**
 * All files of a repository's last commit; none where it has no commit yet. Undefined where there is no repository: the .git of
 * a worktree or a submodule is a file, and leads to a place elsewhere.
 *
 * They are cloned, with an image that has git: GitRef.tree fetches submodules too, and fails without a right to them. A clone takes
 * over nothing of the repository's configuration, such as filters (LFS, git-crypt) or what it leaves out of its working tree.
 */
export async function lastCommitOf(repository: Directory, git: Container): Promise<Directory | undefined> {
  if (!(await repository.exists(".git", { expectedType: ExistsType.DirectoryType }))) return undefined
  const args = ["git", "clone", "--quiet", "--depth=1", "--no-tags", `file://${REPOSITORY}/.git`, COMMITTED]
  const { container, exitCode, stderr } = await runTool(git.withMountedDirectory(REPOSITORY, repository), args, {
    name: "git",
  })
  if (exitCode !== 0) throw unreadable(exitCode, stderr)
  return container.directory(COMMITTED).withoutDirectory(".git")
}

function unreadable(exitCode: number, stderr: string): CloudNativeError {
  return new CloudNativeError({
    code: "TOOL_FAILED",
    blame: "environment",
    what: "git could not read the last commit",
    why: `exit code ${exitCode}\n${lastLines(stderr)}`,
    fix: "fix the repository, or set images.gitleaks in cloud-native.yaml to an image that has git",
  })
}
