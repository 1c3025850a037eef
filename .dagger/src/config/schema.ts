import { z } from "zod"

import { parseSize } from "./size.js"

const argv = z.array(z.string()).min(1)
const name = z.string().regex(/^[a-z]([a-z0-9-]{0,48}[a-z0-9])?$/, "expected a DNS label: small letters, digits and dashes")
const port = z.int().min(1).max(65535)
const variables = z.record(z.string(), z.coerce.string())
const path = z.string().startsWith("/", "expected a path that begins with /")
const seconds = z.int().positive()

interface Conventions {
  folder: string
  port: number
  health: string
  base: string
  install: string[][]
  command: string[]
  caches: string[]
}

function app(conventions: Conventions) {
  const test = z.strictObject({
    /** Commands that install the dependencies, in a container of `base`, in the application's folder. */
    install: z.array(argv).default(conventions.install),
    /** The command that runs the suite and writes the JUnit report. */
    command: argv.default(conventions.command),
    /** Where it writes the report, from the application's folder. */
    junit: z.string().default("junit.xml"),
    /** Folders in the container that keep downloaded packages between runs. */
    caches: z.array(path).default(conventions.caches),
    /** Backing services that the suite reaches under their names. */
    services: z.array(z.string()).default([]),
    /** Environment of the installation and the suite. */
    env: variables.default({}),
    /** Seconds the suite may take. */
    timeout: seconds.default(600),
    /** Skipped tests that are let pass. */
    allowSkipped: z.int().min(0).default(0),
  })
  return z.strictObject({
    /** Folder of the source; the context of the image's build. */
    path: z.string().default(conventions.folder),
    /** The Dockerfile, from the source's root. */
    dockerfile: z.string().default(`docker/${conventions.folder}.dockerfile`),
    /** Port the application listens on, and its Service. */
    port: port.default(conventions.port),
    /** Path that answers as long as the process lives. */
    health: path.default(conventions.health),
    /** The image its tests run in and its image is built on. */
    base: z.string().default(conventions.base),
    test: test.prefault({}),
  })
}

const Service = z.strictObject({
  image: z.string(),
  port,
  env: variables.default({}),
  /** Numeric user it runs as in a cluster. Default: that of the image, which must be numeric and not 0. */
  user: z.int().positive().optional(),
})

const Step = z.strictObject({
  /** What the step shows, for the summary. */
  name: z.string(),
  /** The application that is asked, by its Service in the cluster. */
  to: z.enum(["backend", "frontend"]),
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).default("GET"),
  path,
  headers: variables.default({}),
  /** Body of the request. */
  json: z.unknown().optional(),
  expect: z.strictObject({
    status: z.int().min(100).max(599),
    /** Text that the body has to contain. */
    contains: z.string().optional(),
    /** What the body has to hold at least. */
    json: z.unknown().optional(),
  }),
  /** Values of the answer's body kept for later steps: name → path, for example `id` or `user.id`. */
  capture: z.record(z.string(), z.string()).default({}),
})

/** cloud-native.yaml; every key is optional. */
export const Config = z
  .strictObject({
    /** Names the images (<registry>/<name>-backend …) and the release. */
    name: name.default("app"),
    /** Namespace of the cluster. Default: the name. */
    namespace: name.optional(),
    /** Address the users open. */
    publicUrl: z.url().default("http://localhost:3000"),
    /** The Secret that the manifests refer to, and that --secrets become. */
    secretName: name.default("app-secrets"),
    backend: app({
      folder: "backend",
      port: 8000,
      health: "/health",
      base: "python:3.13-slim",
      install: [["pip", "install", "--quiet", "--root-user-action=ignore", "uv"], ["uv", "sync", "--frozen"]],
      command: ["uv", "run", "--frozen", "pytest", "--junitxml=junit.xml"],
      caches: ["/root/.cache/pip", "/root/.cache/uv"],
    }).prefault({}),
    frontend: app({
      folder: "frontend",
      port: 3000,
      health: "/api/health",
      base: "node:20-alpine",
      install: [["npm", "ci", "--no-audit", "--no-fund"]],
      command: ["npx", "vitest", "run", "--reporter=default", "--reporter=junit", "--outputFile.junit=junit.xml"],
      caches: ["/root/.npm"],
    }).prefault({}),
    /** Backing services of the tests and of an ephemeral cluster, by name. */
    services: z.record(name, Service).default({}),
    ephemeral: z
      .strictObject({
        /** Backing services that an ephemeral cluster brings up. */
        services: z.array(z.string()).default([]),
        /** The applications' secrets there; nothing that is a secret anywhere else. */
        secrets: variables.default({}),
        /** Keys of secrets that get a random value there. */
        random: z.array(z.string()).default([]),
      })
      .prefault({}),
    /** Requests that prove the application end to end, in order; they write. */
    handshake: z.array(Step).default([]),
    limits: z
      .strictObject({
        /** Largest image in the registry, for example 200MB or 180MiB; read as bytes. */
        imageSize: z.string().default("200MB").transform(parseSize),
        /** Seconds from scheduled to ready, on the average of an application's pods. */
        startup: z.number().positive().default(10),
      })
      .prefault({}),
    /** The images that the module itself runs. */
    images: z
      .strictObject({
        kubectl: z.string().default("registry.k8s.io/kubectl:v1.34.4"),
        k6: z.string().default("grafana/k6:1.8.1"),
        registry: z.string().default("registry:3"),
        k3s: z.string().default("rancher/k3s:v1.34.4-k3s1"),
      })
      .prefault({}),
  })
  .superRefine((config, context) => {
    const uses = [
      { path: ["backend", "test", "services"], names: config.backend.test.services },
      { path: ["frontend", "test", "services"], names: config.frontend.test.services },
      { path: ["ephemeral", "services"], names: config.ephemeral.services },
    ]
    for (const { path, names } of uses) {
      for (const [index, used] of names.entries()) {
        if (!(used in config.services)) context.addIssue({ code: "custom", path: [...path, index], message: `no service ${used} under services` })
      }
    }
  })
  .transform(config => ({ ...config, namespace: config.namespace ?? config.name }))

export type Config = z.output<typeof Config>
export type AppConfig = Config["backend"]
export type ServiceConfig = Config["services"][string]
