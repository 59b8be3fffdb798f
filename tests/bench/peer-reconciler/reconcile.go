package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	istioapi "istio.io/api/networking/v1alpha3"
	istio "istio.io/client-go/pkg/apis/networking/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	fieldManager = "peer"
	serviceLabel = "peer.spillway.dev/service"
	// The bench finds by it what an entry is for, ours and the peer's alike.
	serviceAnnotation = "spillway.dev/service"
	gatewayPort       = 15443
)

type clientObject = client.Object

type reconciler struct {
	local, remote client.Client
	name          string
	gateway       types.NamespacedName
}

func request(namespace, name string) []reconcile.Request {
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}}
}

// ofService: with the gateway's address, everything changes.
func (r *reconciler) ofService(ctx context.Context, object client.Object) []reconcile.Request {
	if client.ObjectKeyFromObject(object) != r.gateway {
		return request(object.GetNamespace(), object.GetName())
	}
	var all corev1.ServiceList
	if err := r.remote.List(ctx, &all); err != nil {
		return nil
	}
	var requests []reconcile.Request
	for i := range all.Items {
		requests = append(requests, request(all.Items[i].Namespace, all.Items[i].Name)...)
	}
	return requests
}

func ofSlice(_ context.Context, object client.Object) []reconcile.Request {
	name := object.GetLabels()[discoveryv1.LabelServiceName]
	if name == "" {
		return nil
	}
	return request(object.GetNamespace(), name)
}

func (r *reconciler) ofPod(ctx context.Context, object client.Object) []reconcile.Request {
	var services corev1.ServiceList
	if err := r.remote.List(ctx, &services, client.InNamespace(object.GetNamespace()),
		client.UnsafeDisableDeepCopy); err != nil {
		return nil
	}
	var requests []reconcile.Request
	for i := range services.Items {
		selector := services.Items[i].Spec.Selector
		if len(selector) > 0 && labels.SelectorFromSet(selector).Matches(labels.Set(object.GetLabels())) {
			requests = append(requests, request(object.GetNamespace(), services.Items[i].Name)...)
		}
	}
	return requests
}

func ofEntry(_ context.Context, object client.Object) []reconcile.Request {
	name := object.GetLabels()[serviceLabel]
	if name == "" {
		return nil
	}
	return request(object.GetNamespace(), name)
}

func (r *reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	wanted, err := r.wantedFor(ctx, req.NamespacedName)
	if err != nil {
		return reconcile.Result{}, err
	}
	var held istio.WorkloadEntryList
	err = r.local.List(ctx, &held, client.InNamespace(req.Namespace),
		client.MatchingLabels{serviceLabel: req.Name})
	if err != nil {
		return reconcile.Result{}, err
	}
	for _, each := range held.Items {
		if entry := wanted[each.Name]; entry == nil {
			err = client.IgnoreNotFound(r.local.Delete(ctx, each))
		} else if proto.Equal(&each.Spec, &entry.Spec) && maps.Equal(each.Labels, entry.Labels) {
			delete(wanted, each.Name)
		}
		if err != nil {
			return reconcile.Result{}, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		//nolint:staticcheck // typed objects, as most controllers apply them
		err := r.local.Patch(ctx, wanted[name], client.Apply, client.FieldOwner(fieldManager),
			client.ForceOwnership)
		if err != nil {
			return reconcile.Result{}, err
		}
	}
	return reconcile.Result{}, nil
}

// wantedFor gives the entries for one Service, by name; none where it is not to be reached.
func (r *reconciler) wantedFor(
	ctx context.Context, key types.NamespacedName,
) (map[string]*istio.WorkloadEntry, error) {
	var service corev1.Service
	if err := r.remote.Get(ctx, key, &service); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		return nil, err
	}
	ports := namedPorts(&service)
	if len(service.Spec.Selector) == 0 || len(ports) == 0 || key == r.gateway {
		return nil, nil
	}
	addresses, err := r.addresses(ctx)
	if err != nil || len(addresses) == 0 {
		return nil, err
	}
	groups, err := r.groups(ctx, key)
	if err != nil {
		return nil, err
	}
	wanted := map[string]*istio.WorkloadEntry{}
	for _, group := range groups {
		for _, address := range addresses {
			entry := r.entry(&service, ports, group, address, len(addresses))
			wanted[entry.Name] = entry
		}
	}
	return wanted, nil
}

func namedPorts(service *corev1.Service) map[string]uint32 {
	ports := map[string]uint32{}
	for _, port := range service.Spec.Ports {
		if port.Name != "" && (port.Protocol == "" || port.Protocol == corev1.ProtocolTCP) {
			ports[port.Name] = gatewayPort
		}
	}
	return ports
}

func (r *reconciler) addresses(ctx context.Context) ([]string, error) {
	var gateway corev1.Service
	if err := r.remote.Get(ctx, r.gateway, &gateway); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	var addresses []string
	for _, ingress := range gateway.Status.LoadBalancer.Ingress {
		if ingress.IP != "" {
			addresses = append(addresses, ingress.IP)
		}
	}
	return addresses, nil
}

// group: ready pods that agree on all that an entry says.
type group struct {
	account, version, locality string
	n                          uint32
}

func (r *reconciler) groups(ctx context.Context, key types.NamespacedName) ([]group, error) {
	var endpoints discoveryv1.EndpointSliceList
	err := r.remote.List(ctx, &endpoints, client.InNamespace(key.Namespace),
		client.MatchingLabels{discoveryv1.LabelServiceName: key.Name}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, err
	}
	counts := map[group]uint32{}
	for i := range endpoints.Items {
		for _, endpoint := range endpoints.Items[i].Endpoints {
			if err := r.count(ctx, key.Namespace, endpoint, counts); err != nil {
				return nil, err
			}
		}
	}
	var groups []group
	for each, n := range counts {
		each.n = n
		groups = append(groups, each)
	}
	return groups, nil
}

func (r *reconciler) count(
	ctx context.Context, namespace string, endpoint discoveryv1.Endpoint, counts map[group]uint32,
) error {
	if endpoint.Conditions.Ready == nil || !*endpoint.Conditions.Ready || endpoint.TargetRef == nil {
		return nil
	}
	var pod corev1.Pod
	key := types.NamespacedName{Namespace: namespace, Name: endpoint.TargetRef.Name}
	if err := r.remote.Get(ctx, key, &pod); err != nil {
		return client.IgnoreNotFound(err)
	}
	if pod.Labels["security.istio.io/tlsMode"] != "istio" {
		return nil
	}
	var node corev1.Node
	if err := r.remote.Get(ctx, types.NamespacedName{Name: pod.Spec.NodeName}, &node); err != nil {
		if !apierrors.IsNotFound(err) {
			return err
		}
	}
	counts[group{
		account:  pod.Spec.ServiceAccountName,
		version:  pod.Labels["version"],
		locality: node.Labels[corev1.LabelTopologyRegion] + "/" + node.Labels[corev1.LabelTopologyZone],
	}]++
	return nil
}

func (r *reconciler) entry(
	service *corev1.Service, ports map[string]uint32, group group, address string, nAddresses int,
) *istio.WorkloadEntry {
	endpointLabels := maps.Clone(service.Spec.Selector)
	endpointLabels["security.istio.io/tlsMode"] = "istio"
	endpointLabels["spillway.dev/remote"] = r.name
	if group.version != "" {
		endpointLabels["version"] = group.version
	}
	entry := &istio.WorkloadEntry{
		TypeMeta: metav1.TypeMeta{APIVersion: "networking.istio.io/v1", Kind: "WorkloadEntry"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace:   service.Namespace,
			Labels:      map[string]string{serviceLabel: service.Name},
			Annotations: map[string]string{serviceAnnotation: service.Namespace + "/" + service.Name},
		},
		Spec: istioapi.WorkloadEntry{
			Address:        address,
			Ports:          ports,
			Labels:         endpointLabels,
			Network:        r.name,
			Locality:       group.locality,
			ServiceAccount: group.account,
			Weight:         max(1, group.n/uint32(nAddresses)),
		},
	}
	identity := sha256.Sum256([]byte(strings.Join(
		[]string{service.Name, address, group.account, group.version, group.locality,
			fmt.Sprint(ports)}, "\n")))
	entry.Name = fmt.Sprintf("peer-%s-%s", service.Name, hex.EncodeToString(identity[:8]))
	return entry
}
