// A module that is built on cloud-native: its functions one by one, with steps of its own in between.
// It passes on the Workspace that Dagger gives it: Dagger 1.0 gives none to a module that another module calls.
import { Container, dag, Directory, func, object, Secret, Workspace } from "@dagger.io/dagger"

@object()
export class Consumer {
  /**
   * Only the gate, for a repository that is built and deployed in another way.
   *
   * @param ws The caller's repository. Dagger fills it in.
   */
  @func()
  async gate(ws?: Workspace): Promise<string> {
    return dag.cloudNative({ ws }).test().summary()
  }

  /**
   * The facts of an image that cloud-native did not build, as JSON.
   *
   * @param image The image.
   * @param base The image that it must be built on.
   * @param ws The caller's repository. Dagger fills it in.
   */
  @func()
  async facts(image: Container, base: string, ws?: Workspace): Promise<string> {
    return dag.cloudNative({ ws }).verifyImage({ image, base }).json().contents()
  }

  /**
   * A step of its own between test and push: the image of the backend must be able to start its interpreter.
   *
   * @param source The repository.
   * @param command Command to run in the image of the backend.
   * @param ws The caller's repository. Dagger fills it in.
   */
  @func()
  async smoke(source: Directory, command: string[], ws?: Workspace): Promise<string> {
    return dag.cloudNative({ ws, source }).test().build().backend().container().withExec(command).stdout()
  }

  /**
   * Images that something else has pushed, verified, then deployed with manifests of its own.
   *
   * @param backend Image of the backend, by tag or digest.
   * @param frontend Image of the frontend, by tag or digest.
   * @param source The repository: its configuration.
   * @param manifests Folder with Kubernetes manifests.
   * @param kubeconfig Access to the cluster.
   * @param ws The caller's repository. Dagger fills it in.
   */
  @func({ cache: "never" })
  async promote(
    backend: string,
    frontend: string,
    source: Directory,
    manifests: Directory,
    kubeconfig: Secret,
    ws?: Workspace,
  ): Promise<string> {
    return dag.cloudNative({ ws, source, manifests, kubeconfig }).release(backend, frontend).deploy()
  }

  /**
   * The whole chain, with the step in between.
   *
   * @param source The repository.
   * @param registry Host and path to push to, for example ghcr.io/acme.
   * @param kubeconfig Access to the cluster.
   * @param ws The caller's repository. Dagger fills it in.
   */
  @func({ cache: "never" })
  async ship(source: Directory, registry: string, kubeconfig: Secret, ws?: Workspace): Promise<string> {
    const built = dag.cloudNative({ ws, source, registry, kubeconfig }).test().build()
    await built.backend().container().withExec(["python", "--version"]).sync()
    return built.verifyImage().push().deploy()
  }
}
