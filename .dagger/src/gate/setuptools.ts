import { inFolder, type Layout } from "./layout.js"

/** The file that setuptools installs an application from. A setup.cfg that only has settings of tools is none. */
export function setupFile(path: string, { files, texts }: Layout): string | undefined {
  if (files.includes(inFolder(path, "setup.py"))) return "setup.py"
  return /^\[(metadata|options)\]/m.test(texts[inFolder(path, "setup.cfg")] ?? "") ? "setup.cfg" : undefined
}

/** The extras of setup.cfg and setup.py that bring pytest. */
export function setupExtras(path: string, { texts }: Layout): string[] {
  const settings = texts[inFolder(path, "setup.cfg")] ?? ""
  const section = settings.split(/^\[/m).find(text => text.startsWith("options.extras_require]")) ?? ""
  const script = texts[inFolder(path, "setup.py")] ?? ""
  const [, dictionary] = /\bextras_require\s*=\s*\{([^}]*)\}/.exec(script) ?? []
  const lists = [
    ...section.matchAll(/^([\w.-]+)[ \t]*=((?:.*)(?:\r?\n[ \t]+.*)*)/gm),
    ...(dictionary ?? "").matchAll(/["']([\w.-]+)["']\s*:\s*\[((?:"[^"]*"|'[^']*'|[^\]"'])*)\]/g),
  ]
  return lists.filter(([, , items]) => /(^|["'])\s*pytest\b/im.test(items!)).map(([, name]) => name!)
}
