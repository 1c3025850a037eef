import { type Container, dag, type Service } from "@dagger.io/dagger"
import { expect } from "vitest"

import { failure, fresh, node, on, python, sh, unique } from "./support.ts"

const web = (text: string): Service =>
  python()
    .withNewFile("/www/index.html", text)
    .withWorkdir("/www")
    .withExposedPort(8000)
    .asService({ args: ["python", "-m", "http.server", "8000"] })
const get = (container: Container, url: string) =>
  container
    .withExec(["python", "-c", `import urllib.request as u; print(u.urlopen(${JSON.stringify(url)}).read().decode())`])
    .stdout()

on("a bound service runs, is healthy, and has its alias", async () => {
  const late = python()
    .withExposedPort(8000)
    .asService({ args: sh("sleep 2; echo hello > /tmp/index.html; cd /tmp; exec python -m http.server 8000") })
  expect(await get(fresh(python()).withServiceBinding("web", late), "http://web:8000/")).toContain("hello")
})

on("a service may depend on another", async () => {
  const text = unique(),
    back = web(text)
  const proxy = `import http.server as h, urllib.request as u
class P(h.BaseHTTPRequestHandler):
  def do_GET(self):
    body = u.urlopen("http://back:8000/").read(); self.send_response(200); self.end_headers(); self.wfile.write(body)
h.HTTPServer(("", 9000), P).serve_forever()`
  const front = python()
    .withServiceBinding("back", back)
    .withExposedPort(9000)
    .asService({ args: ["python", "-c", proxy] })
  expect(await get(fresh(python()).withServiceBinding("front", front), "http://front:9000/")).toContain(text)
})

on("two execs bound to the same service share it", async () => {
  const counter = `import http.server as h, uuid
me = str(uuid.uuid4()).encode()
class P(h.BaseHTTPRequestHandler):
  def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(me)
h.HTTPServer(("", 9000), P).serve_forever()`
  const service = python()
    .withEnvVariable("SALT", unique())
    .withExposedPort(9000)
    .asService({ args: ["python", "-c", counter] })
  await service.start()
  const answers = await Promise.all(
    [1, 2].map(() => get(fresh(python()).withServiceBinding("one", service), "http://one:9000/")),
  )
  await service.stop()
  expect(answers[0]).toBe(answers[1])
})

on("a service that dies before it is healthy fails with its exit code", async () => {
  const dead = fresh(node())
    .withExposedPort(8000)
    .asService({ args: sh("echo broken >&2; exit 3") })
  const error = await failure(fresh(node()).withServiceBinding("dead", dead).withExec(["true"]).sync())
  expect(error.message).toMatch(/aliased as dead/)
  expect(error.message).toMatch(/exit code: 3/)
})

on("an exec does not outlive a service it is bound to", async () => {
  const brief = fresh(python())
    .withExposedPort(8000)
    .asService({ args: sh("python -m http.server 8000 & sleep 3; exit 5") })
  const error = await failure(fresh(node()).withServiceBinding("brief", brief).withExec(["sleep", "120"]).sync())
  expect(error.message).toMatch(/brief.*exited|exited.*brief/s)
})

on("a port without a health check is not waited for", async () => {
  const silent = fresh(node())
    .withExposedPort(9999, { experimentalSkipHealthcheck: true })
    .asService({ args: ["sleep", "60"] })
  expect(await fresh(node()).withServiceBinding("silent", silent).withExec(["echo", "ran"]).stdout()).toBe("ran\n")
})

on("a service started by hand can be stopped, and runs its entrypoint when asked to", async () => {
  const service = fresh(python())
    .withNewFile("/www/index.html", "x")
    .withWorkdir("/www")
    .withEntrypoint(["python", "-m"])
    .withExposedPort(8000)
    .asService({ args: ["http.server", "8000"], useEntrypoint: true })
  await service.start()
  expect(await service.hostname()).not.toBe("")
  expect(await service.endpoint({ scheme: "http" })).toMatch(/^http:\/\/.+:8000$/)
  expect(await get(fresh(python()).withServiceBinding("web", service), "http://web:8000/")).toContain("x")
  await service.stop()
})

on("a service sees cache volumes and temporary mounts, and may be privileged", async () => {
  const volume = dag.cacheVolume(`conformance-${unique()}`)
  const service = fresh(python())
    .withMountedCache("/state", volume)
    .withMountedTemp("/run")
    .withWorkdir("/run")
    .withExposedPort(9000)
    .asService({
      args: sh("set -e; mount -t tmpfs none /mnt; echo privileged > /state/mark; exec python -m http.server 9000"),
      insecureRootCapabilities: true,
    })
  const client = fresh(node()).withServiceBinding("privileged", service).withMountedCache("/state", volume)
  expect(await client.withExec(["cat", "/state/mark"]).stdout()).toBe("privileged\n")
})
