import { type Call, call } from "../e2e/dagger.ts"
import type { Source } from "../e2e/source.ts"
import { kubectl } from "../lab/kubectl.ts"
import type { Lab } from "../lab/lab.ts"

/** A namespace of a lab's cluster, to deploy to and to look into. */
export class Namespace {
  private constructor(
    private readonly lab: Lab,
    readonly name: string,
  ) {}

  static async create(lab: Lab, name: string): Promise<Namespace> {
    const namespace = new Namespace(lab, name)
    await namespace.kubectl("create", "namespace", name)
    await namespace.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    return namespace
  }

  static of(lab: Lab, name: string): Namespace {
    return new Namespace(lab, name)
  }

  kubectl(...args: string[]): Promise<string> {
    return kubectl(this.lab, [`--namespace=${this.name}`, ...args])
  }

  /** Deploy a source, by way of the lab's registry. */
  deploy(source: Source, ...flags: string[]): Call {
    return this.call(source, "deploy", `--registry=${this.lab.registry}/${this.name}`, ...flags)
  }

  /** Call a function that works on the cluster. */
  call(source: Source, name: string, ...flags: string[]): Call {
    return call(
      `--source=${source.path}`,
      name,
      `--kubeconfig=file:${this.lab.kubeconfig}`,
      `--namespace=${this.name}`,
      ...flags,
    )
  }

  /** What the pods of the applications run that are not about to go; how many do is the autoscaler's affair. */
  async running(): Promise<string[]> {
    const line =
      '{{range .items}}{{if and (not .metadata.deletionTimestamp) (eq .status.phase "Running")}}{{.metadata.labels}} {{range .spec.containers}}{{.image}} {{.command}}{{end}}{{"\\n"}}{{end}}{{end}}'
    const text = await this.kubectl("get", "pods", "--selector=pod-template-hash", `--output=go-template=${line}`)
    return [...new Set(text.split("\n").filter(Boolean))].sort()
  }

  /** What the module has started there and not removed; what is being removed is not left. */
  async leftovers(): Promise<string> {
    const line =
      '{{range .items}}{{if not .metadata.deletionTimestamp}}{{.kind}}/{{.metadata.name}}{{"\\n"}}{{end}}{{end}}'
    const text = await this.kubectl("get", "jobs,configmaps,leases,pods", `--output=go-template=${line}`)
    return text
      .split("\n")
      .filter(name => /monitor|handshake|lease/i.test(name))
      .join("\n")
  }
}
