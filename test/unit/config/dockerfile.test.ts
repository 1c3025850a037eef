import { describe, expect, test } from "vitest"

import { parseIgnore } from "../../../.dagger/src/config/context.js"
import {
  builtStage,
  instructionsOf,
  keyOf,
  missingArguments,
  missingSecrets,
  parseDockerfile,
  withoutDigest,
} from "../../../.dagger/src/config/dockerfile.js"

describe("a Dockerfile", () => {
  test.each([
    ["its last stage", "FROM node:20 AS build\nRUN true\nFROM python:3.12-slim\n", undefined, "python:3.12-slim"],
    ["the stage of a name", "FROM node:20 AS Build\nFROM python:3.12-slim\n", "build", "node:20"],
    ["by way of stages", "FROM python:3.12 AS base\nFROM base AS deps\nFROM deps\n", undefined, "python:3.12"],
    [
      "arguments before FROM",
      'ARG V=3.11\nFROM --platform=$BUILDPLATFORM "python:${V}-slim"\n',
      undefined,
      "python:3.11-slim",
    ],
    ["a default at its use", "ARG V\nFROM node:${V:-22}-alpine\n", undefined, "node:22-alpine"],
    ["comments and continuations", "# FROM a\nFROM \\\n  node:20 \\\n  AS x\n", undefined, "node:20"],
    ["no stage of that name", "FROM node:20\n", "deps", undefined],
    ["no stage, where there is none", "RUN true\n", undefined, undefined],
    ["a stage, however it is written", "from  node:20  as Build\nFROM BUILD\n", "BUILD", "node:20"],
    ["a stage of options", "FROM --platform=linux/amd64 --link=x node:20\n", undefined, "node:20"],
    ["a stage that has no name", "FROM node:20\nFROM build\n", undefined, "build"],
    ["a stage that is indented", "\n  FROM node:20\n", undefined, "node:20"],
    ["a name that goes on in the next line", "FROM no\\\nde:20\n", undefined, "node:20"],
    ["a stage before a command that only speaks of one", "FROM node:20\nRUN echo FROM b\n", undefined, "node:20"],
    ["options with spaces after them", "FROM --platform=linux/amd64  node:20\n", undefined, "node:20"],
    ["an argument in braces", "ARG TAG=20\nFROM node:${TAG}\n", undefined, "node:20"],
    ["a comment within an instruction", "FROM \\\n# no\n  # FROM b\n  node:20\n", undefined, "node:20"],
    ["a # that begins no comment", "ARG V=a#b\nFROM node:$V\n", undefined, "node:a#b"],
    ["line ends of Windows", "ARG V=20\r\nFROM \\ \t\r\n node:$V\r\n", undefined, "node:20"],
    ["an argument that nobody sets", "ARG TAG\nFROM node:20$TAG\n", undefined, "node:20"],
    ["a default in place of an empty value", "ARG V=\nFROM node:${V:-22}$V\n", undefined, "node:22"],
    ["quotes", "ARG A='node 1' B=\"20\" C=x\nFROM 'node:$B$C'\n", undefined, "node:20x"],
    ["an escaped quote", "ARG A=it\\'s V=22 B=that\\'s\nFROM node:$V\n", undefined, "node:22"],
    ["an escaped quote between quotes", 'ARG A="a \\" b" V=22\nFROM node:$V\n', undefined, "node:22"],
    ["an escape in a word", "ARG V=2\\2\nFROM node:$V\n", undefined, "node:22"],
    ["escapes between double quotes", 'ARG V="2\\"2\\x"\nFROM "node:$V"\n', undefined, 'node:2"2\\x'],
    ["a backslash between single quotes", "ARG V='2\\2'\nFROM node:$V\n", undefined, "node:2\\2"],
    ["quotes around a part of a word", 'ARG V="3".\'13\'\nFROM python:"$V"-slim\n', undefined, "python:3.13-slim"],
    ["a default of another", "ARG V=3.12\nARG BASE=python:${V}-slim\nFROM ${BASE}\n", undefined, "python:3.12-slim"],
    ["a default of one beside it", 'ARG V=22 BASE="node:$V"\nFROM $BASE\n', undefined, "node:22"],
    ["a default of one that only follows", "ARG BASE=node:20$V\nARG V=22\nFROM $BASE\n", undefined, "node:20"],
    ["a dollar in a default's single quotes", "ARG V=1\nARG BASE='node:$V'\nFROM $BASE\n", undefined, "node:$V"],
    ["a text where a value is set", "ARG V=22\nFROM node${V:+:22}${V:+-slim}\n", undefined, "node:22-slim"],
    ["no text where none is", "ARG V=\nFROM node:20${V:+-slim}${W:+-slim}\n", undefined, "node:20"],
    ["a default within a default", "ARG B=22\nFROM node:${A:-${B}}-slim\n", undefined, "node:22-slim"],
    ["a default's own default", "FROM node:${A:-${B:-22}}-slim\n", undefined, "node:22-slim"],
    ["a value before a default within a default", "ARG A=20 B=22\nFROM node:${A:-${B}}\n", undefined, "node:20"],
    ["a default of a plain name", "ARG B=22\nFROM node:${A:-x$B}\n", undefined, "node:x22"],
    ["a word that only begins like it", "FROMAGE a\nFROM node:20\n", undefined, "node:20"],
    ["a stage before an entrypoint that speaks of one", "FROM node:20\nCMD echo FROM b\n", undefined, "node:20"],
    ["a name with two dashes", "FROM acme/node--slim:20 AS build\n", "build", "acme/node--slim:20"],
    ["a stage that the text ends within", "FROM node:20 \\\n  # build", undefined, "node:20"],
    ["no stage that only the last comment names", "FROM \\\n  node:20 \\\n  # build", "build", undefined],
  ])("is built on the image of %s", (_, text, target, image) => {
    expect(builtStage(parseDockerfile(text), target)?.image).toBe(image)
  })

  test("takes the build arguments that are given", () => {
    expect(parseDockerfile("ARG V=3.11\nFROM python:$V\n", { V: "3.12" }).stages[0]!.image).toBe("python:3.12")
    const text = "ARG V=3.11\nARG BASE=python:$V\nFROM $BASE\n"
    expect(parseDockerfile(text, { V: "3.12" }).stages[0]!.image).toBe("python:3.12")
    expect(parseDockerfile(text, { BASE: "pypy:$V" }).stages[0]!.image).toBe("pypy:$V")
  })

  test("requires the arguments that have no default, but not those of BuildKit", () => {
    const text =
      "ARG V=1\nARG TARGETARCH\nFROM node:$V\nARG V\nARG NEXT_PUBLIC_API_URL\nARG A=\"x y\" B C='x y'\nARG HTTPS_PROXY\n"
    expect(parseDockerfile(text).required).toEqual(["NEXT_PUBLIC_API_URL", "B"])
    expect(parseDockerfile(text, { NEXT_PUBLIC_API_URL: "", B: "1" }).required).toEqual([])
  })
})

describe("here-documents are no instructions", () => {
  const images = (lines: string[]) => parseDockerfile(lines.join("\n")).stages.map(({ image }) => image)
  test.each<[string, string[]]>([
    ["of RUN", ["RUN python <<EOF", "from x import y", "EOF"]],
    ["in quotes", ["RUN python <<'EOF'", "from x import y", "EOF"]],
    ["in double quotes", ['RUN python <<"EOF"', "from x import y", "EOF"]],
    ["that are files", ["COPY <<a.py <<b.py /app/", "from x import a", "a.py", "from x import b", "b.py"]],
    ["that ADD makes a file of", ["ADD <<EOF /a.py", "from x import y", "EOF"]],
    ["after tabs", ["RUN python <<-EOF", "\tfrom x import y", "\t\tEOF"]],
    ["of a file descriptor", ["RUN python 3<<EOF", "from x import y", "EOF"]],
    ["of an instruction of several lines", ["run --network=none \\", "  # first", "  python <<EOF", "from x", "EOF"]],
    ["with a line that goes on before their end", ["RUN sh <<EOF", "from x \\", "EOF"]],
    ["with their end within a line", ["RUN cat <<EOF", "from EOF", " EOF", "from x", "EOF"]],
    ["whose lines end as those of Windows", ["RUN python <<EOF\r", "from x import y\r", "EOF\r"]],
  ])("%s", (_, lines) => {
    expect(images(["FROM node:20", ...lines, "FROM node:22"])).toEqual(["node:20", "node:22"])
  })

  test.each<[string, string[]]>([
    ["a string", ["RUN cat <<<EOF"]],
    ["a shift", ["RUN echo $((1<<EOF))"]],
    ["a word that has no end", ["RUN cat <<END"]],
    ["after spaces, without tabs to leave out", ["RUN cat <<END", "\tEND"]],
    ["a word of another instruction", ["CMD cat <<EOF"]],
    ["a word of an instruction that is called alike", ["RUNS cat <<EOF"]],
  ])("but not %s", (_, lines) => {
    expect(images([...lines, "FROM node:22", "EOF", ""])).toEqual(["node:22"])
  })

  test("RUN's are in its line, as the commands that they mostly are", () => {
    const run = ["RUN <<A sh <<B", "# no", "apt-get update", "A", "", "apt-get install \\", "gcc", "B"]
    const text = [...run, "COPY <<C /c", "npm ci", "C", "USER 1"].join("\n")
    expect(instructionsOf(text).filter(Boolean)).toEqual([
      "RUN <<A sh <<B; apt-get update; apt-get install gcc",
      "COPY <<C /c",
      "USER 1",
    ])
  })
})

describe("the secrets that a Dockerfile mounts", () => {
  const file = { required: false }
  test.each<[string, string, object[]]>([
    ["as a file", "RUN --mount=type=secret,id=npm npm ci", [{ id: "npm", ...file }]],
    [
      "as a variable",
      "RUN --mount=type=secret,id=npm,env=NPM_TOKEN npm ci",
      [{ id: "npm", ...file, env: "NPM_TOKEN" }],
    ],
    ["by its source", "RUN --mount=type=secret,source=npm npm ci", [{ id: "npm", ...file }]],
    ["by its source, shortened", "RUN --mount=type=secret,src=npm npm ci", [{ id: "npm", ...file }]],
    ["by where it is put", "RUN --mount=type=secret,target=/root/.npmrc npm ci", [{ id: ".npmrc", ...file }]],
    ["with an id beside that", "RUN --mount=type=secret,id=npm,dst=/root/.npmrc npm ci", [{ id: "npm", ...file }]],
    ["after several spaces", "RUN   --mount=type=secret,id=npm npm ci", [{ id: "npm", ...file }]],
    ["by an id with an equals sign", "RUN --mount=type=secret,id=npm=token npm ci", [{ id: "npm=token", ...file }]],
    ["required", "RUN --mount=type=secret,id=npm,required npm ci", [{ id: "npm", required: true }]],
    ["required, at length", "RUN --mount=type=secret,id=npm,required=true npm ci", [{ id: "npm", required: true }]],
    ["not required", "RUN --mount=type=secret,id=npm,required=false npm ci", [{ id: "npm", ...file }]],
    ["in capitals and quotes", 'run --mount=TYPE=secret,ID="npm" npm ci', [{ id: "npm", ...file }]],
    [
      "beside other flags, over several lines",
      "RUN --network=default \\\n  --mount=type=cache,target=/root/.npm \\\n  --mount=type=secret,id=a \\\n  --mount=type=secret,id=b \\\n  npm ci",
      [
        { id: "a", ...file },
        { id: "b", ...file },
      ],
    ],
    ["by an argument", "ARG ID=npm\nRUN --mount=type=secret,id=${ID} npm ci", [{ id: "npm", ...file }]],
    ["none of another type", "RUN --mount=type=ssh,id=git --mount=target=/src npm ci", []],
    ["none without a name", "RUN --mount=type=secret npm ci", []],
    ["none that the command names", "RUN docker build --mount=type=secret,id=npm .", []],
    ["of a here-document's step", "RUN --mount=type=secret,id=npm <<EOF\nnpm ci\nEOF", [{ id: "npm", ...file }]],
    ["none in a here-document", "COPY <<EOF /x\nRUN --mount=type=secret,id=npm npm ci\nEOF", []],
    ["none in a comment", "# RUN --mount=type=secret,id=npm npm ci\nFROM node:20", []],
  ])("%s", (_, text, secrets) => {
    expect(parseDockerfile(text).secrets).toEqual(secrets)
  })

  const app = { dockerfile: "docker/api.dockerfile", buildArgs: {} }
  const text = [
    "RUN --mount=type=secret,id=npm-token npm ci",
    "RUN --mount=type=secret,id=npm-token,required=true npm run build",
    "RUN --mount=type=secret,id=TURBO_TOKEN npx turbo build",
  ].join("\n")

  test("are named where they are not given, each once", () => {
    const asks = "docker/api.dockerfile mounts the secret"
    expect(missingSecrets(text, app, {})).toEqual([
      `${asks} npm-token, and --build-secrets has no npm_token: the step that requires it fails`,
      `${asks} TURBO_TOKEN, and --build-secrets has no TURBO_TOKEN: its steps run without it`,
    ])
    expect(missingSecrets(text, app, { npm_token: "1", TURBO_TOKEN: "2", UNUSED: "3" })).toEqual([])
  })

  test.each([
    ["NPM_TOKEN", "NPM_TOKEN"],
    ["npm-token", "npm_token"],
    [".npmrc", "_npmrc"],
    ["1password", "_1password"],
    ["s3-key2", "s3_key2"],
  ])("%s is %s in a dotenv", (id, key) => {
    expect(keyOf(id)).toBe(key)
  })
})

test.each([
  ["without comments", "# no\n\nnode_modules\r\n *.log \n!keep.log\n", ["node_modules", "*.log", "!keep.log"]],
  [
    "from the context, with and without a slash",
    "/.env\n//node_modules\n!/keep\n! /more\na/b/\n",
    [".env", "node_modules", "!keep", "!more", "a/b/"],
  ],
  ["without those of nothing", "/\n!/\n/a\n", ["a"]],
])("a .dockerignore is its patterns, %s", (_, text, patterns) => {
  expect(parseIgnore(text)).toEqual(patterns)
})

test("a build argument that nothing sets is told, with where to set it", () => {
  const app = { dockerfile: "web/Dockerfile", buildArgs: { SET: "1" } }
  expect(missingArguments("frontend", "FROM node\nARG SET\nARG NEXT_PUBLIC_API_URL\n", app)).toEqual([
    "web/Dockerfile has ARG NEXT_PUBLIC_API_URL without a default, and frontend.buildArgs does not set it: it is empty in the image",
  ])
  expect(missingArguments("worker", "FROM node\nARG A\n", app)).toEqual([
    "web/Dockerfile has ARG A without a default, and applications.worker.buildArgs does not set it: it is empty in the image",
  ])
})

test.each([
  [`node:20@sha256:${"0a".repeat(32)}`, "node:20"],
  ["node:20", "node:20"],
  ["node:20@sha256:0a", "node:20@sha256:0a"],
  [`node:20@sha256:${"0a".repeat(33)}`, `node:20@sha256:${"0a".repeat(33)}`],
])("%s has the name %s", (image, name) => {
  expect(withoutDigest(image)).toBe(name)
})
