// All Kubernetes components of a node in one program, chosen by the name it is
// called by: a fifth of the size of five, and linked once.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
	"sigs.k8s.io/yaml"
)

func main() {
	var command *cobra.Command
	switch name := filepath.Base(os.Args[0]); name {
	case "kube-apiserver":
		command = apiserver.NewAPIServerCommand()
	case "kube-controller-manager":
		command = controllers.NewControllerManagerCommand()
	case "kube-scheduler":
		command = scheduler.NewSchedulerCommand()
	case "kube-proxy":
		command = proxy.NewProxyCommand()
	case "kubelet":
		command = kubelet.NewKubeletCommand(context.Background())
	case "kubectl":
		command = kubectl.NewDefaultKubectlCommand()
	case "registries":
		command = &cobra.Command{Use: "registries FILE FOLDER", Args: cobra.ExactArgs(2), RunE: registries}
	default:
		fmt.Fprintf(os.Stderr, "no Kubernetes component is called %q\n", name)
		os.Exit(2)
	}
	os.Exit(cli.Run(command))
}

// registries turns the mirrors of a k3s registries.yaml into containerd's hosts.toml files.
func registries(_ *cobra.Command, args []string) error {
	content, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	var file struct {
		Mirrors map[string]struct {
			Endpoint []string `json:"endpoint"`
		} `json:"mirrors"`
		Configs map[string]any `json:"configs"`
	}
	if err := yaml.UnmarshalStrict(content, &file); err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	for registry, mirror := range file.Mirrors {
		if registry == "*" {
			registry = "_default"
		}
		hosts := ""
		for _, endpoint := range mirror.Endpoint {
			hosts += fmt.Sprintf("[host.%q]\n  capabilities = [\"pull\", \"resolve\"]\n  skip_verify = true\n", endpoint)
		}
		folder := filepath.Join(args[1], registry)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "hosts.toml"), []byte(hosts), 0o644); err != nil {
			return err
		}
	}
	return nil
}
