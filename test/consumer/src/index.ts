// A module that is built on cloud-native: its functions one by one, with steps of its own in between.
import { Container, dag, Directory, func, object, Secret } from "@dagger.io/dagger"

@object()
export class Consumer {
  /**
   * Only the gate, for a repository that is built and deployed in another way.
   *
   * @param source The repository.
   */
  @func()
  async gate(source: Directory): Promise<string> {
    return dag.cloudNative({ source }).test().summary()
  }

  /**
   * The facts of an image that cloud-native did not build, as JSON.
   *
   * @param image The image.
   * @param base The image that it must be built on.
   */
  @func()
  async facts(image: Container, base: string): Promise<string> {
    return dag.cloudNative().verifyImage({ image, base }).json().contents()
  }

  /**
   * A step of one's own between test and push: the backend's image must be able to start its interpreter.
   *
   * @param source The repository.
   * @param command What runs in the backend's image.
   */
  @func()
  async smoke(source: Directory, command: string[]): Promise<string> {
    return dag.cloudNative({ source }).test().build().backend().container().withExec(command).stdout()
  }

  /**
   * Images that something else has pushed, verified, then deployed with manifests of one's own.
   *
   * @param backend The backend's image, by tag or digest.
   * @param frontend The frontend's image, by tag or digest.
   * @param source The repository: its configuration.
   * @param manifests Folder of Kubernetes manifests.
   * @param kubeconfig Access to the cluster.
   */
  @func({ cache: "never" })
  async promote(
    backend: string,
    frontend: string,
    source: Directory,
    manifests: Directory,
    kubeconfig: Secret,
  ): Promise<string> {
    return dag.cloudNative({ source }).release(backend, frontend).deploy({ kubeconfig, manifests })
  }

  /**
   * The chain as a whole, with the step in between.
   *
   * @param source The repository.
   * @param registry Host and path the images go to, for example ghcr.io/acme.
   * @param kubeconfig Access to the cluster.
   */
  @func({ cache: "never" })
  async ship(source: Directory, registry: string, kubeconfig: Secret): Promise<string> {
    const built = dag.cloudNative({ source }).test().build()
    await built.backend().container().withExec(["python", "--version"]).sync()
    return built.verifyImage().push(registry).deploy({ kubeconfig })
  }
}
