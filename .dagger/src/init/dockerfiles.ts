import { inFolder, type Layout } from "../gate/layout.js"
import { packageJson } from "../gate/node.js"
import { bringing, MANAGERS, nodeManager } from "../gate/node-manager.js"
import type { Found } from "./discover.js"
import { portOf } from "./manifests.js"

/** The frontend's Dockerfile for the package manager and the folders that the application has. */
export function adaptFrontend(text: string, found: Found, layout: Layout): string {
  const { name, version, lockfile } = nodeManager(found.path, packageJson(layout, found.path), "", layout)
  const manager = MANAGERS[name]
  const has = (path: string) => layout.files.some(file => file.startsWith(inFolder(found.path, path)))
  const settings = [".npmrc", ".yarnrc.yml", "pnpm-workspace.yaml"].filter(has)
  const folders = ["patches", "prisma", ".yarn"].filter(has)
  const install = lockfile ? manager.frozen(version) : manager.open
  const steps = [
    ...bringing(name, version, "node").map(words => `RUN ${words.join(" ")}`),
    `COPY ${["package.json", ...(lockfile ? [lockfile] : []), ...settings].join(" ")} ./`,
    ...folders.map(folder => `COPY ${folder} ${folder}`),
    `RUN --mount=type=cache,target=${manager.caches.at(-1)} ${install.join(" ")}`,
  ]
  return text
    .replace(/^COPY package\.json package-lock\.json \.\/\nRUN .*npm ci.*$/m, steps.join("\n"))
    .replaceAll("3000", String(portOf("frontend", found)))
}

/** The backend's Dockerfile for the package manager and the modules that the application has. */
export function adaptBackend(text: string, found: Found, layout: Layout): string {
  const has = (path: string) =>
    layout.files.some(file => file === inFolder(found.path, path) || file.startsWith(`${inFolder(found.path, path)}/`))
  const module = found.module ?? "app.main:app"
  const folder = module.includes(".") ? module.split(".")[0]! : undefined
  const code = folder ?? `${module.split(":")[0]}.py`
  const migrations = ["migrations", "alembic", "alembic.ini"].filter(has)
  const port = portOf("backend", found)
  const command = has(`${folder}/__main__.py`)
    ? ["python", "-m", folder!]
    : ["uvicorn", module, "--host", "0.0.0.0", "--port", String(port)]
  return withDependencies(text, has)
    .replace("COPY app app\n", `COPY ${code} ${code}\n`)
    .replace("compileall -q app", `compileall -q ${code}`)
    .replace(
      /# Take it out where there is no such folder\.\nCOPY migrations migrations\n/,
      migrations.map(path => `COPY ${path} ${path}\n`).join(""),
    )
    .replace("COPY --from=build /app/app app\n", `COPY --from=build /app/${code} ${code}\n`)
    .replace("EXPOSE 8000", `EXPOSE ${port}`)
    .replace(/^CMD .*$/m, `CMD ${JSON.stringify(command).replaceAll(",", ", ")}`)
}

/** The template installs by uv; a repository with requirements alone gets pip, in a virtual environment without pip. */
function withDependencies(text: string, has: (path: string) => boolean): string {
  if (has("uv.lock")) return text
  if (has("requirements.txt"))
    return text
      .replace("COPY pyproject.toml uv.lock ./", "COPY requirements.txt ./")
      .replace(
        /target=\/root\/\.cache\/uv \\\n +uv sync --frozen --no-dev \\\n +&& rm \.venv\/\.lock \\/,
        [
          "target=/root/.cache/uv \\",
          "    uv venv .venv \\",
          "    && uv pip install --requirement requirements.txt \\",
          "    && rm -f .venv/.lock \\",
        ].join("\n"),
      )
  return text
    .replace("COPY pyproject.toml uv.lock ./", "COPY pyproject.toml ./")
    .replace("uv sync --frozen --no-dev", "uv sync --no-dev")
}
