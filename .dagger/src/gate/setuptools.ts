import { inFolder, type Layout } from "./layout.js"

/** The file that setuptools installs an application from. A setup.cfg that only has settings of tools is none. */
export function setupFile(path: string, layout: Layout): string | undefined {
  if (layout.files.includes(inFolder(path, "setup.py"))) return "setup.py"
  return /^\[(metadata|options)\]/m.test(textOf(inFolder(path, "setup.cfg"), layout)) ? "setup.cfg" : undefined
}

/** The extras of setup.cfg and setup.py that bring pytest. */
export function setupExtras(path: string, layout: Layout): string[] {
  const [settings, script] = ["setup.cfg", "setup.py"].map(file => textOf(inFolder(path, file), layout))
  const sections = settings!.split(/^\[/m).filter(text => text.startsWith("options.extras_require]"))
  const dictionaries = [...script!.replace(/^\s*#.*$/gm, "").matchAll(/\bextras_require\s*=\s*\{([^}]*)\}/g)].map(
    ([, text]) => text!,
  )
  const lists = [
    ...sections.flatMap(text => [...text.matchAll(/^([\w.-]+)[ \t]*=(.*(?:\r?\n[ \t].*)*)/gm)]),
    ...dictionaries.flatMap(text => [...text.matchAll(/["']([\w.-]+)["']\s*:\s*\[((?:"[^"]*"|'[^']*'|[^\]"'])*)\]/g)]),
  ]
  return lists.filter(([, , items]) => /(^|["'])\s*pytest\b/im.test(items!)).map(([, name]) => name!)
}

function textOf(file: string, { texts }: Layout): string {
  return texts[file] ?? ""
}
