// Waits for workloads as nelm does, with kubedog's tracker and nelm's defaults; fails with the first that fails.
//
//	tracker NAMESPACE KIND/NAME=FAILURES…
//
// FAILURES is how many errors of its pods are accepted.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/werf/kubedog/pkg/informer"
	"github.com/werf/kubedog/pkg/trackers/dyntracker"
	"github.com/werf/kubedog/pkg/trackers/dyntracker/logstore"
	"github.com/werf/kubedog/pkg/trackers/dyntracker/statestore"
	"github.com/werf/kubedog/pkg/trackers/dyntracker/util"
	"github.com/werf/kubedog/pkg/trackers/rollout/multitrack"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// nelm's defaults.
const (
	noActivity = 4 * time.Minute
	queries    = 30
	burst      = 100
)

var groups = map[string]string{"Deployment": "apps", "StatefulSet": "apps", "Job": "batch"}

func main() {
	if err := track(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func track(namespace string, workloads []string) error {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return err
	}
	config.QPS, config.Burst = queries, burst
	static, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	dynamic, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	discovery := memory.NewMemCacheClient(static.Discovery())
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(discovery)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	// As long as the buffer: watches that fail, and workloads that end.
	ended := make(chan error, 100)
	informers := informer.NewConcurrentInformerFactory(ctx.Done(), ended, dynamic, informer.ConcurrentInformerFactoryOptions{})
	logs := util.NewConcurrent(logstore.NewLogStore())

	for _, workload := range workloads {
		object, failures, _ := strings.Cut(workload, "=")
		kind, name, _ := strings.Cut(object, "/")
		allowed, err := strconv.Atoi(failures)
		if err != nil {
			return fmt.Errorf("%s: %w", workload, err)
		}
		gvk := schema.GroupVersionKind{Group: groups[kind], Version: "v1", Kind: kind}
		state := util.NewConcurrent(statestore.NewReadinessTaskState(name, namespace, gvk, statestore.ReadinessTaskStateOptions{
			FailMode:                multitrack.FailWholeDeployProcessImmediately,
			TotalAllowFailuresCount: allowed,
		}))
		tracker, err := dyntracker.NewDynamicReadinessTracker(ctx, state, logs, informers, static, dynamic, discovery, mapper,
			dyntracker.DynamicReadinessTrackerOptions{NoActivityTimeout: noActivity})
		if err != nil {
			return err
		}
		go func() { ended <- tracker.Track(ctx) }()
	}
	for range workloads {
		if err := <-ended; err != nil {
			return err
		}
	}
	return nil
}
