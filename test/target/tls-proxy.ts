import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { ensureImage } from "../lab/images.ts"
import { kubectl } from "../lab/kubectl.ts"
import type { Lab } from "../lab/lab.ts"
import { podman } from "../lab/podman.ts"
import { run } from "../lab/process.ts"

const NGINX = "docker.io/nginxinc/nginx-unprivileged:1.26-alpine"
const MANIFESTS = readFileSync(join(import.meta.dirname, "tls-proxy.yaml"), "utf8")
/** Of a certificate and its key, valid from now on. */
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]

/** A real proxy with TLS in front of a namespace's frontend, with a certificate of a company's own authority. */
export class TlsProxy {
  private constructor(
    private readonly lab: Lab,
    private readonly namespace: string,
  ) {}

  /** The address that users open; it holds inside the cluster. */
  static urlIn(namespace: string): string {
    return `https://${hostIn(namespace)}`
  }

  /** The authority's certificate becomes the ConfigMap company-ca, before the proxy is there. */
  static async prepare(lab: Lab, namespace: string): Promise<TlsProxy> {
    const proxy = new TlsProxy(lab, namespace)
    const folder = mkdtempSync(join(tmpdir(), "cloud-native-tls-"))
    const at = (name: string) => join(folder, name)
    try {
      await makeCertificates(hostIn(namespace), at)
      await proxy.kubectl("create", "configmap", "company-ca", `--from-file=ca.crt=${at("ca.crt")}`)
      const pair = [`--cert=${at("tls.crt")}`, `--key=${at("tls.key")}`]
      await proxy.kubectl("create", "secret", "tls", "proxy-certificate", ...pair)
    } finally {
      rmSync(folder, { recursive: true })
    }
    return proxy
  }

  /** Start it once the frontend runs. It asks the frontend's Service, or for good the pods that there are now. */
  async start(upstream: "service" | "pods"): Promise<void> {
    const manifests = MANIFESTS.replaceAll("HOST", hostIn(this.namespace))
      .replace("IMAGE", await pushed(this.lab))
      .replace("UPSTREAM", upstream)
    await kubectl(this.lab, ["--namespace", this.namespace, "apply", "--filename=-"], manifests)
    await this.kubectl("rollout", "status", "deployment/proxy", "--timeout=120s")
  }

  /** Let it ask the Service from now on, as somebody does who repairs it. */
  async repair(): Promise<void> {
    const reload = "cp /etc/nginx/conf.d/service /tmp/upstream && nginx -e stderr -s reload"
    await this.kubectl("exec", "deployment/proxy", "--", "sh", "-c", reload)
  }

  private kubectl(...args: string[]): Promise<string> {
    return kubectl(this.lab, ["--namespace", this.namespace, ...args])
  }
}

function hostIn(namespace: string): string {
  return `shop.${namespace}.svc.cluster.local`
}

/** The image, by its name in the lab's registry. */
async function pushed({ registry }: Lab): Promise<string> {
  await ensureImage(NGINX)
  const name = `${registry}/nginx:1.26`
  await podman(["push", "--quiet", "--tls-verify=false", NGINX, name])
  return name
}

async function makeCertificates(host: string, at: (name: string) => string): Promise<void> {
  const authority = ["-subj", "/CN=a company", "-keyout", at("ca.key"), "-out", at("ca.crt")]
  await run(["openssl", "req", "-x509", ...NEW_KEY, ...authority])
  const signed = ["-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-subj", "/CN=shop"]
  const names = ["-addext", `subjectAltName=DNS:${host}`, "-addext", "basicConstraints=critical,CA:FALSE"]
  const files = ["-keyout", at("tls.key"), "-out", at("tls.crt")]
  await run(["openssl", "req", "-x509", ...NEW_KEY, ...signed, ...names, ...files])
}
