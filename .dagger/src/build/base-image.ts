export interface PinnedBase {
  /** With its tag, where there is one. */
  name: string
  digest: string
}

const FROM = /^[^\S\n]*FROM[^\S\n]+(?:--\S+[^\S\n]+)*(\S+)(?:[^\S\n]+AS[^\S\n]+(\S+))?/gim

/** The base of a Dockerfile's last stage, where it is pinned by digest. */
export function pinnedBase(dockerfile: string): PinnedBase | undefined {
  const bases = new Map<string, string>()
  let last = ""
  for (const [, image, stage] of dockerfile.matchAll(FROM)) {
    last = bases.get(image!.toLowerCase()) ?? image!
    if (stage) bases.set(stage.toLowerCase(), last)
  }
  const [, name, digest] = /^(.+)@(sha256:[0-9a-f]{64})$/.exec(last) ?? []
  return name && digest ? { name, digest } : undefined
}
