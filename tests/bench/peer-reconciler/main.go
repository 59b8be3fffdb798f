// The reconciler that hack/bench measures spillway-reconciler against: WorkloadEntries for the
// ready pods behind another cluster's Services, written the way Go controllers usually are, with
// controller-runtime, cache-backed clients of two clusters and server-side apply.
//
// It does less than spillway-reconciler: there are no rules of exposure, no DestinationRules, no
// Gateways, and nothing waits for anything.
package main

import (
	"flag"
	"log"

	"github.com/go-logr/logr"
	istio "istio.io/client-go/pkg/apis/networking/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/cluster"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

const (
	// client-go's defaults, 20 requests a second with bursts of 30, would be most of what is
	// measured. Reads come from the cache, so that this is about writes alone.
	clientQPS   = 1000
	clientBurst = 1000
	// Writes wait for the API server most of the time; one worker, the default, would be slow to
	// begin with.
	workers = 8
)

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, discoveryv1.AddToScheme, istio.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return scheme, nil
}

func readConfig(path string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = clientQPS, clientBurst
	return config, nil
}

// cacheOptions leaves out what is half of many an object and read by nobody.
func cacheOptions() cache.Options {
	return cache.Options{DefaultTransform: cache.TransformStripManagedFields()}
}

// setUp connects the reconciler with whatever changes what it writes.
func setUp(local manager.Manager, remote cluster.Cluster, r *reconciler) error {
	mapped := handler.EnqueueRequestsFromMapFunc
	c, err := controller.New("workloadentry", local, controller.Options{
		Reconciler:              r,
		MaxConcurrentReconciles: workers,
	})
	if err != nil {
		return err
	}
	for _, each := range []source.Source{
		source.Kind[clientObject](remote.GetCache(), &corev1.Service{}, mapped(r.ofService)),
		source.Kind[clientObject](remote.GetCache(), &discoveryv1.EndpointSlice{}, mapped(ofSlice)),
		source.Kind[clientObject](remote.GetCache(), &corev1.Pod{}, mapped(r.ofPod)),
		source.Kind[clientObject](local.GetCache(), &istio.WorkloadEntry{}, mapped(ofEntry)),
	} {
		if err := c.Watch(each); err != nil {
			return err
		}
	}
	return nil
}

func run() error {
	localPath := flag.String("local", "", "kubeconfig of the cluster that is written to")
	remotePath := flag.String("remote", "", "kubeconfig of the cluster that is read")
	name := flag.String("remote-name", "", "what that cluster and its network are called")
	gateway := flag.String("gateway", "", "its east-west gateway's Service, NAME")
	gatewayNamespace := flag.String("gateway-namespace", "", "NAMESPACE of that")
	flag.Parse()

	ctrllog.SetLogger(logr.Discard())
	scheme, err := newScheme()
	if err != nil {
		return err
	}
	localConfig, err := readConfig(*localPath)
	if err != nil {
		return err
	}
	remoteConfig, err := readConfig(*remotePath)
	if err != nil {
		return err
	}
	local, err := ctrl.NewManager(localConfig, ctrl.Options{
		Scheme:  scheme,
		Cache:   cacheOptions(),
		Metrics: metricsserver.Options{BindAddress: "0"},
	})
	if err != nil {
		return err
	}
	remote, err := cluster.New(remoteConfig, func(options *cluster.Options) {
		options.Scheme = scheme
		options.Cache = cacheOptions()
	})
	if err != nil {
		return err
	}
	if err := local.Add(remote); err != nil {
		return err
	}
	r := &reconciler{
		local:   local.GetClient(),
		remote:  remote.GetClient(),
		name:    *name,
		gateway: types.NamespacedName{Namespace: *gatewayNamespace, Name: *gateway},
	}
	if err := setUp(local, remote, r); err != nil {
		return err
	}
	return local.Start(ctrl.SetupSignalHandler())
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

var _ reconcile.Reconciler = &reconciler{}
