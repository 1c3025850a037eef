import { Container, dag, Directory, Secret } from "@dagger.io/dagger"

import { applicationsOf } from "../config/applications.js"
import { missingArguments } from "../config/dockerfile.js"
import type { AppConfig, Config } from "../config/schema.js"
import { withServices } from "../config/services.js"
import { trialManifests } from "../manifests/load.js"
import type { AccessTo } from "../registry/access.js"
import { quietly } from "../util/quietly.js"
import { plaintextOf } from "../util/secret.js"
import { today } from "../util/time.js"
import { acceptRows } from "./accept.js"
import { type FactRow, noneChecked, type Row, rowsOf } from "./facts.js"
import { type Base, baseImage, baseLayers, baseRow, type UnknownBase } from "./image/base.js"
import { BROWSER_CODE } from "./image/browser.js"
import { ownLayersRow, sizeRow, userRow } from "./image/config.js"
import { FILE_MODES, fileModesRow, FINAL_STAGE, finalStageRow } from "./image/contents.js"
import { inspectOn } from "./image/find-base.js"
import { type Inspected, tools } from "./image/inspect.js"
import { type Layer, layersFrom, type UnpackedLayer, unpackLayers } from "./image/layers.js"
import { browserRows } from "./image/search-browser.js"
import { runFacts, runRows } from "./run/checks.js"
import { type PodSettings, podSettings } from "./run/pod.js"
import { type Endpoint, trialSettings } from "./run/settings.js"
import { tryImage } from "./run/trial.js"
import { SBOM_FACT, sbomRow } from "./sbom.js"
import { scanImage } from "./scan.js"
import { findValues } from "./secrets/find-values.js"
import { descriptionOf, leaksInImage, leaksInSource } from "./secrets/gitleaks.js"
import { givenRow, isTelling, KNOWN_VALUES, valuesOf } from "./secrets/known-values.js"
import { LEAKS, leaksRow, placeInImage } from "./secrets/leaks.js"
import { vulnerabilitiesFact } from "./vulnerabilities.js"

export interface Subject {
  /** What the image is called in the rows. */
  name: string
  /** The image it has to be built on. Default: any; then all of its layers are looked into. */
  base?: string
  /** Bytes that the layers above the base have to stay below, in the registry. */
  ownSize?: number
  /** Where it answers, by default on the port that it exposes; "nowhere", as a worker; unset: it is not run. */
  endpoint?: "nowhere" | (Omit<Endpoint, "port"> & { port?: number })
  /** How its pod runs it. */
  pod: PodSettings
  /** What it is built from, where that is known. */
  source?: Directory
}

/** What is looked at with, beside the image. */
export interface Means {
  /** Finds known vulnerabilities. */
  scanner?: Container
  /** Whose values must not be in an image. */
  secrets?: Secret[]
  /** How the registry of the base is reached. */
  accessTo: AccessTo
  /** The caller's repository, whose .gitleaks.toml is for images too. */
  source: Directory
}

/** Every fact of one image, passed or not. */
export async function verifyContainer(
  container: Container,
  subject: Subject,
  means: Means,
  config: Config,
): Promise<FactRow[]> {
  const rows = await quietly(`checks of ${subject.name}`, () => checkContainer(container, subject, means, config))
  return acceptRows(ofImage(subject.name, rows), config.verification.accept, today())
}

async function checkContainer(container: Container, subject: Subject, means: Means, config: Config): Promise<Row[]> {
  const { base, ...inspected } = await inspectOn(container, subject.base, config, means.accessTo)
  const { startup } = config.limits
  const { onTimeout } = config.verification
  const rows = await Promise.all([
    layerRows(inspected, base, subject, means, config),
    rowsOf(Object.values(runFacts(startup)), trialRows(container, inspected, subject, config), onTimeout),
    rowsOf([SBOM_FACT], only(sbomRow(container, config)), onTimeout),
    rowsOf(
      [vulnerabilitiesFact(config.vulnerabilities)],
      only(scanImage(inspected.layout, means.scanner, config)),
      onTimeout,
    ),
  ])
  return rows.flat()
}

async function only(row: Promise<Row>): Promise<Row[]> {
  return [await row]
}

/** Every fact of an application's image, run as the source's manifests run it. */
export async function verifyApplication(
  name: string,
  container: Container,
  means: Means,
  config: Config,
): Promise<FactRow[]> {
  const { source } = means
  const app = applicationsOf(config)[name]!
  const { base, ownSize, port, health, inFlight } = app
  const endpoint = port === undefined ? "nowhere" : { port, health, inFlight }
  const pod = podSettings(await trialManifests(source, config), name, app, config)
  return verifyContainer(container, { name, base, ownSize, endpoint, pod, source }, means, config)
}

/** What is to be seen of the source that is no fact of one image. */
export async function verifySource(source: Directory, config: Config): Promise<FactRow[]> {
  const rows = leaksInSource(source, config).then(leaks => [leaksRow("the source", leaks, path => path)])
  const [leaks, ...missing] = await Promise.all([
    rowsOf([LEAKS], rows, config.verification.onTimeout),
    ...Object.entries(applicationsOf(config)).map(([name, app]) => missingRows(name, app, source)),
  ])
  return [...ofImage("source", leaks), ...missing.flat()]
}

/** A warning for an image whose Dockerfile asks for arguments that nobody sets. */
async function missingRows(name: string, app: AppConfig, source: Directory): Promise<FactRow[]> {
  const missing = missingArguments(name, await source.file(app.dockerfile).contents(), app)
  if (missing.length === 0) return []
  const row: Row = {
    name: "build arguments",
    limit: "each has a value",
    actual: `${missing.length} without`,
    verdict: "warn",
    how: "ARG instructions without a default that the configuration does not set",
    findings: missing,
  }
  return ofImage(name, [row])
}

function ofImage(image: string, rows: Row[]): FactRow[] {
  return rows.map(row => ({ image, findings: [], ...row }))
}

/** The facts that lie in the layers and in what the image says of itself. */
async function layerRows(
  { image, layout }: Inspected,
  base: Base | UnknownBase | undefined,
  subject: Subject,
  means: Means,
  config: Config,
): Promise<Row[]> {
  const below = baseImage(base)
  const from = baseLayers(image, below)
  return [
    sizeRow(image, config.limits.imageSize),
    ownLayersRow(from === undefined ? undefined : image.layers.slice(from), subject.ownSize),
    baseRow(image, base),
    userRow(image, subject.pod.user),
    ...(await contentRows(
      layersFrom(image, layout, from ?? 0),
      from !== undefined,
      descriptionOf(image, below),
      subject,
      means,
      config,
    )),
  ]
}

/** The facts that lie in the files of the layers; `isOwn`: whether none of these is the base's. */
async function contentRows(
  layers: Layer[],
  isOwn: boolean,
  description: Directory,
  subject: Subject,
  means: Means,
  config: Config,
): Promise<Row[]> {
  const { onTimeout } = config.verification
  const unpacked = unpackLayers(layers, config)
  const looksInto = "the layers, deleted files included, environment, labels and history"
  const rows = await Promise.all([
    rowsOf(
      [FINAL_STAGE, FILE_MODES, BROWSER_CODE],
      unpacked.then(contents => fileRows(contents, isOwn, subject.source, config)),
      onTimeout,
    ),
    // It unpacks the layers in a way of its own.
    rowsOf(
      [LEAKS],
      leaksInImage(layers, description, means.source, config).then(found => [leaksRow(looksInto, found, placeInImage)]),
      onTimeout,
    ),
    rowsOf(
      [KNOWN_VALUES],
      unpacked.then(contents => knownRows(contents, description, means, config)),
      onTimeout,
    ),
  ])
  return rows.flat()
}

async function fileRows(
  layers: UnpackedLayer[],
  isOwn: boolean,
  source: Directory | undefined,
  config: Config,
): Promise<Row[]> {
  const files = layers.flatMap(layer => layer.files)
  return [
    ...(isOwn
      ? [finalStageRow(files), fileModesRow(files)]
      : noneChecked([FINAL_STAGE, FILE_MODES], "which layers are the base's is not known")),
    ...(await rowsOf([BROWSER_CODE], browserRows(layers, source, config), config.verification.onTimeout)),
  ]
}

async function knownRows(
  layers: UnpackedLayer[],
  description: Directory,
  { secrets = [] }: Means,
  config: Config,
): Promise<Row[]> {
  const folder = layers.reduce(
    (all, layer) => all.withDirectory(String(layer.position), layer.folder),
    dag.directory().withDirectory(".", description),
  )
  const texts = await Promise.all(secrets.map(secret => plaintextOf(secret, "--secrets")))
  const values = texts.flatMap(valuesOf)
  return [givenRow(values, await findValues(folder, values.filter(isTelling), config))]
}

/** Where an image answers; undefined where nobody says it. */
function endpointOn(
  { ports }: Inspected["image"],
  endpoint: Exclude<Subject["endpoint"], "nowhere">,
): Endpoint | undefined {
  const port = endpoint?.port ?? ports.map(text => parseInt(text))[0]
  return endpoint && port ? { ...endpoint, port } : undefined
}

/** The facts that only a run shows. */
async function trialRows(
  container: Container,
  { image }: Inspected,
  { name, endpoint, pod }: Subject,
  config: Config,
): Promise<Row[]> {
  const { startup } = config.limits
  const found = endpoint === "nowhere" ? endpoint : endpointOn(image, endpoint)
  if (!found) return runRows(undefined, startup)
  const settings = trialSettings(image, found === "nowhere" ? undefined : found, pod, startup)
  const machine = withServices(tools(config), `trial of ${name}`, pod.services ?? [], config)
  return runRows(
    {
      ...(await tryImage(container, settings, machine)),
      grace: settings.grace,
      unknown: pod.unknown,
      volumes: pod.volumes,
    },
    startup,
  )
}
