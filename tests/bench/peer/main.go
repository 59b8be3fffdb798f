// The webhook that hack/bench measures spillway-webhook against: the same mutation of a
// DestinationRule, written the way Go webhooks usually are, with controller-runtime, Istio's typed
// objects and a patch made from the difference.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
	istioapi "istio.io/api/networking/v1alpha3"
	istio "istio.io/client-go/pkg/apis/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

const clusterDomain = ".svc.cluster.local"

// exposed holds the Services that may be reached from other clusters, as "name.namespace".
type exposed map[string]struct{}

// covers tells whether a rule's host, in the rule's namespace, is an exposed Service.
func (e exposed) covers(host, namespace string) bool {
	name := strings.TrimSuffix(host, clusterDomain)
	if !strings.Contains(name, ".") {
		name += "." + namespace
	}
	_, ok := e[name]
	return ok
}

type handler struct {
	decoder admission.Decoder
	exposed exposed
}

func (h *handler) Handle(_ context.Context, req admission.Request) admission.Response {
	rule := &istio.DestinationRule{}
	if err := h.decoder.Decode(req, rule); err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	if rule.Annotations["spillway.dev/inject"] == "false" ||
		!h.exposed.covers(rule.Spec.Host, req.Namespace) {
		return admission.Allowed("")
	}
	mutate(rule)
	mutated, err := json.Marshal(rule)
	if err != nil {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	return admission.PatchResponseFromRaw(req.Object.Raw, mutated)
}

func mutate(rule *istio.DestinationRule) {
	if rule.Spec.TrafficPolicy == nil {
		rule.Spec.TrafficPolicy = &istioapi.TrafficPolicy{}
	}
	top := rule.Spec.TrafficPolicy
	if top.OutlierDetection == nil {
		top.OutlierDetection = newOutlierDetection()
	}
	top.LoadBalancer = withLocality(top.LoadBalancer)
	mutatePorts(top.PortLevelSettings)
	for _, subset := range rule.Spec.Subsets {
		policy := subset.TrafficPolicy
		if policy == nil {
			continue
		}
		// A subset inherits what it does not say; a load balancer of its own replaces all of it.
		if policy.LoadBalancer != nil {
			policy.LoadBalancer = withLocality(policy.LoadBalancer)
		}
		mutatePorts(policy.PortLevelSettings)
	}
}

// An entry of portLevelSettings inherits nothing.
func mutatePorts(ports []*istioapi.TrafficPolicy_PortTrafficPolicy) {
	for _, port := range ports {
		if port.OutlierDetection == nil {
			port.OutlierDetection = newOutlierDetection()
		}
		port.LoadBalancer = withLocality(port.LoadBalancer)
	}
}

func newOutlierDetection() *istioapi.OutlierDetection {
	return &istioapi.OutlierDetection{
		ConsecutiveGatewayErrors: wrapperspb.UInt32(5),
		Consecutive_5XxErrors:    wrapperspb.UInt32(0),
		Interval:                 durationpb.New(10 * time.Second),
		BaseEjectionTime:         durationpb.New(30 * time.Second),
		MaxEjectionPercent:       100,
		MinHealthPercent:         1,
	}
}

func withLocality(balancer *istioapi.LoadBalancerSettings) *istioapi.LoadBalancerSettings {
	if balancer == nil {
		balancer = &istioapi.LoadBalancerSettings{}
	}
	if balancer.LocalityLbSetting != nil ||
		balancer.GetSimple() == istioapi.LoadBalancerSettings_PASSTHROUGH {
		return balancer
	}
	balancer.LocalityLbSetting = &istioapi.LocalityLoadBalancerSetting{
		Enabled: wrapperspb.Bool(true),
		FailoverPriority: []string{
			"topology.istio.io/network",
			"topology.kubernetes.io/region",
			"topology.kubernetes.io/zone",
			"spillway.dev/remote",
		},
	}
	return balancer
}

// readExposed reads "name.namespace", one a line.
func readExposed(path string) (exposed, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	services := exposed{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		services[lines.Text()] = struct{}{}
	}
	return services, lines.Err()
}

func run() error {
	port := flag.Int("port", 9443, "where to listen")
	certs := flag.String("certs", "", "folder of tls.crt and tls.key")
	file := flag.String("exposed", "", "file of exposed Services, name.namespace one a line")
	flag.Parse()

	ctrllog.SetLogger(logr.Discard())
	services, err := readExposed(*file)
	if err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	if err := istio.AddToScheme(scheme); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := webhook.NewServer(webhook.Options{Port: *port, CertDir: *certs})
	server.Register("/mutate", &webhook.Admission{
		Handler: &handler{decoder: admission.NewDecoder(scheme), exposed: services},
	})
	return server.Start(ctx)
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
