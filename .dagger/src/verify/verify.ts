import { Container, dag } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { judgeImage, type FactRow } from "./facts.js"
import { inspectImage } from "./inspect.js"

export interface Subject {
  /** What the image is called in the rows. */
  name: string
  /** The image it has to be built on; unset: not checked. */
  base?: string
}

/** Every fact of one image, passed or not. */
export async function verifyContainer(image: Container, subject: Subject, config: Config): Promise<FactRow[]> {
  const [inspected, base] = await Promise.all([
    inspectImage(image),
    subject.base ? inspectImage(dag.container().from(subject.base)) : undefined,
  ])
  return judgeImage(subject.name, inspected, {
    imageSize: config.limits.imageSize,
    base: base && { name: subject.base!, image: base },
  })
}
