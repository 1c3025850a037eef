import type { SecretMount } from "../config/dockerfile.js"
import type { OpenVersions } from "./pinned.js"

/** How one application's suite is installed and run: found in its files, or said in the configuration. */
export interface Suite {
  /** Folder of the source that is copied into the container. */
  root: string
  /** Folders that the installation and the suite run in, from `root` (of a toolchain: from the source's). */
  installIn: string
  runIn: string
  /** The application's own folder, from `root`. */
  appIn: string
  /** The image for the suite, unless a stage of the Dockerfile is the place. */
  base: string
  env: Record<string, string>
  /** What the Dockerfile mounts of secrets: the installation may need them too. */
  secrets: SecretMount[]
  caches: string[]
  /** Commands that bring the package manager; they see no file of the source. */
  tools: string[][]
  /** Patterns of what the installation reads, from `root`; unset: everything. With patterns, an edit of code reinstalls nothing. */
  reads?: string[]
  install: string[][]
  /** Commands that need the code, after the installation. */
  link: string[][]
  command: string[]
  /** A report of the runner's in JSON, from `runIn`: it has the kinds of skipped tests, which JUnit lacks. */
  json?: string
  /** Lockfiles that the installation must leave as they are, from `root`. */
  lockfiles: string[]
  /** What has to be there after the installation. */
  expected?: Expected
  /** The versions that are installed, for a Dockerfile that takes those which the repository leaves open. */
  pinned?: Pinned
  /** Versions of the interpreter that the repository asks for. */
  asked: Asked[]
  /** The npm that a manifest asks for, where the image's own is what installs. */
  npm?: { version: string; file: string }
  /** What a person should know, and what to do about it. */
  warnings: string[]
}

export interface Expected {
  language: Language
  /** Runs the interpreter that the suite runs on. */
  interpreter: string[]
  /** Packages that the manifest names. */
  names: string[]
  /** Versions by package that the lockfile has. */
  locked: Record<string, string[]>
  manifest: string
  lockfile?: string
}

/** What pins the versions that are installed. */
export interface Pinned {
  /** The file, from `root`. */
  file: string
  /** Lists what is installed, for a file of constraints; unset: the installation has written the file. */
  freeze?: string[]
  /** Where the build's context has it. */
  into: string
}

export type Language = "python" | "node"

export interface Asked {
  language: Language
  /** As the file has it, for example >=3.12,<3.13. */
  range: string
  file: string
}

/** What a package manager does for an application. */
export type Toolchain = Pick<
  Suite,
  "root" | "installIn" | "env" | "caches" | "tools" | "reads" | "install" | "link" | "lockfiles" | "npm" | "warnings"
> & {
  /** What a program of the installation is run with. */
  run: string[]
  /** The installation brings pytest, which no manifest says that is read as data. */
  bringsPytest?: boolean
  expected?: Expected
  open?: OpenVersions
  /** Packages, archives and requirements that the manifest takes from the repository by their paths, from the source's root. */
  locals?: string[]
}

/** How a suite is run once its dependencies are there. */
export interface Runner {
  command: string[]
  tools: string[][]
  json?: string
  warnings: string[]
}
