"""Two clusters over real API servers, with many Services that fail over from one to the other.

No controllers run: what kubelets, the endpoint controller and a cloud would write is written here.
"""

import contextlib
import multiprocessing

from harness import ApiServer, Client
from harness.process import Part
from harness.together import Together
from harness.tools import istio_crds
from harness.webhook import install

from load import BenchError

LOCAL, REMOTE = "local", "remote"
GATEWAY, GATEWAY_NAMESPACE = "eastwest-gateway", "eastwest"
SERVICES_PER_NAMESPACE = 50
PODS = 2  # behind each Service of the remote; one in the local cluster
CONNECTIONS = 4  # to each API server, for what fills it
_ISTIO = "/apis/networking.istio.io/v1"

_FORK = multiprocessing.get_context("fork")
_DELETED_S = 300  # thousands of objects by one request

# What is written into the meshes' own resources, one line each; nothing of what the bench writes.
_AUDIT = """
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    verbs: [create, update, patch, delete, deletecollection]
    resources:
      - group: networking.istio.io
      - group: coordination.k8s.io
      - group: ""
        resources: [configmaps]
      - group: events.k8s.io
      - group: ""
        resources: [events]
  - level: None
"""


class Fabricated(Part):
    """The pair. n_services: how many Services each cluster has; n_idle: of every second of the
    first so many, no pod of the remote is ready at first."""

    def __init__(self, folder, n_services, n_idle):
        self.folder = folder
        self.n_services = n_services
        self.n_idle = n_idle
        folder.mkdir(parents=True, exist_ok=True)
        policy = folder / "audit.yaml"
        policy.write_text(_AUDIT)
        self.audit = folder / "audit.log"
        options = [f"--audit-policy-file={policy}", f"--audit-log-path={self.audit}",
                   "--delete-collection-workers=8"]
        self.local = ApiServer(LOCAL, folder / LOCAL, "10.96.0.0/15", options)
        self.remote = ApiServer(REMOTE, folder / REMOTE, "10.98.0.0/15")
        self._servers = Together(self.local, self.remote)

    def start(self):
        self._servers.start()
        for api in (self.local, self.remote):
            api.kubectl("apply", "--server-side", "-f", istio_crds()).check()
            install(api)
        self._fill()

    def stop(self):
        self._servers.stop()

    def initially_ready(self, number):
        """How many pods of the remote are ready behind the Service of that number at first."""
        return 0 if number < self.n_idle and number % 2 == 0 else 1

    def n_entries(self):
        """How many WorkloadEntries follow from the pods that are ready at first."""
        return sum(self.initially_ready(i) for i in range(self.n_services))

    def forget(self, n_changes):
        """As if nobody had reconciled: everything that was written goes, and pods are as they
        were."""
        with contextlib.closing(Client(self.local.kubeconfig, timeout_s=_DELETED_S)) as client:
            for namespace in self._namespaces():
                for kind in ("workloadentries", "destinationrules", "gateways"):
                    path = f"{_ISTIO}/namespaces/{namespace}/{kind}"
                    _expect(client.call("DELETE", path), 200)
        with contextlib.closing(self.remote.client()) as client:
            for number in range(n_changes):
                self.scale(client, number, self.initially_ready(number))

    def scale(self, client, number, n_ready):
        """As the endpoint controller writes it: so many pods of the remote are ready."""
        path = f"{_slices(namespace_of(number))}/{name_of(number)}"
        patch = {"endpoints": _endpoints(number, PODS, n_ready)}
        _expect(client.call("PATCH", path, patch, media="application/merge-patch+json"), 200)

    def _namespaces(self):
        shops = {namespace_of(i) for i in range(self.n_services)}
        return [*sorted(shops), GATEWAY_NAMESPACE, "istio-system"]

    def _fill(self):
        n_pods = {self.local: 1, self.remote: PODS}
        for api in n_pods:
            self._prepare(api)
        # Threads of one Python would wait for each other, not for the API servers.
        shares = [
            _FORK.Process(target=self._fill_share,
                          args=(api, range(first, self.n_services, CONNECTIONS), n))
            for api, n in n_pods.items()
            for first in range(CONNECTIONS)
        ]
        for each in shares:
            each.start()
        for each in shares:
            each.join()
        if any(each.exitcode for each in shares):
            raise BenchError("the clusters cannot be filled: see above")

    def _prepare(self, api):
        with contextlib.closing(api.client()) as client:
            for name in [*self._namespaces(), "tetrate"]:
                labels = {"topology.istio.io/network": api.name} if name == "istio-system" else {}
                _put(client, "/api/v1/namespaces", _object("v1", "Namespace", name, None, labels))
            place = {"topology.kubernetes.io/region": f"region-{api.name}",
                     "topology.kubernetes.io/zone": f"zone-{api.name}"}
            _put(client, "/api/v1/nodes", _object("v1", "Node", "node-1", None, place))
            _put_gateway(client, api.name, "192.0.2.1" if api is self.local else "192.0.2.2")
            _put_configuration(client)

    def _fill_share(self, api, numbers, n_pods):
        with contextlib.closing(api.client()) as client:
            for number in numbers:
                ready = n_pods if api is self.local else self.initially_ready(number)
                _put_service(client, number, n_pods, ready)


def name_of(number):
    return f"svc-{number}"


def namespace_of(number):
    return f"shop-{number // SERVICES_PER_NAMESPACE}"


def pod_of(number, i):
    return f"svc-{number}-{i}"


def entries_path():
    return f"{_ISTIO}/workloadentries"


def count(client, plural):
    """How many objects of that kind of Istio's there are."""
    status, answer = client.call("GET", f"{_ISTIO}/{plural}?limit=1")
    assert status == 200, answer
    return len(answer["items"]) + answer["metadata"].get("remainingItemCount", 0)


def _expect(answer, *statuses):
    if answer[0] not in statuses:
        raise BenchError(f"API server: {answer}")


def _put(client, path, obj):
    _expect(client.call("POST", path, obj), 201, 409)


def _object(version, kind, name, namespace, labels=None, **rest):
    metadata = {"name": name, "labels": labels or {}}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def _slices(namespace):
    return f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"


def _endpoints(number, n_pods, n_ready):
    return [
        {
            "addresses": [f"10.{64 + i}.{number // 250 % 250}.{number % 250 + 1}"],
            "conditions": {"ready": i < n_ready, "serving": i < n_ready, "terminating": False},
            "nodeName": "node-1",
            "targetRef": {
                "kind": "Pod", "namespace": namespace_of(number), "name": pod_of(number, i)},
        }
        for i in range(n_pods)
    ]


def _put_slice(client, namespace, service, endpoints):
    labels = {"kubernetes.io/service-name": service}
    _put(client, _slices(namespace), _object(
        "discovery.k8s.io/v1", "EndpointSlice", service, namespace, labels, addressType="IPv4",
        ports=[{"name": "http", "port": 8080, "protocol": "TCP"}], endpoints=endpoints))


def _put_service(client, number, n_pods, n_ready):
    """A Service, its pods as Istio's injection leaves them, and its EndpointSlice."""
    name, namespace = name_of(number), namespace_of(number)
    base = f"/api/v1/namespaces/{namespace}"
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    spec = {"selector": {"app": name}, "ports": ports}
    _put(client, f"{base}/services",
         _object("v1", "Service", name, namespace, {"app": name}, spec=spec))
    for i in range(n_pods):
        _put(client, f"{base}/pods", _pod(pod_of(number, i), namespace, name))
    _put_slice(client, namespace, name, _endpoints(number, n_pods, n_ready))


def _pod(name, namespace, app):
    labels = {"app": app, "version": "v1", "pod-template-hash": "5d8c7b9f6",
              "security.istio.io/tlsMode": "istio"}
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 5}
    env = [{"name": f"SETTING_{i}", "value": f"the value of setting {i}"} for i in range(8)]
    resources = {"requests": {"cpu": "100m", "memory": "128Mi"}}
    meta = [{"name": f"ISTIO_META_{key}", "value": key.lower()}
            for key in ("CLUSTER_ID", "NODE_NAME", "MESH_ID", "WORKLOAD_NAME", "OWNER")]
    containers = [
        {"name": "app", "image": "registry.invalid/shop/app:1.0.0", "env": env,
         "readinessProbe": probe, "livenessProbe": probe, "resources": resources},
        {"name": "istio-proxy", "image": "registry.invalid/proxyv2:1.31.0", "env": meta,
         "args": ["proxy", "sidecar", "--domain", "$(POD_NAMESPACE).svc.cluster.local"],
         "resources": resources},
    ]
    spec = {"nodeName": "node-1", "serviceAccountName": app, "containers": containers}
    return _object("v1", "Pod", name, namespace, labels, spec=spec)


def _put_gateway(client, network, address):
    base = f"/api/v1/namespaces/{GATEWAY_NAMESPACE}"
    labels = {"app": GATEWAY}
    spec = {"type": "LoadBalancer", "selector": labels, "ports": [{"name": "tls", "port": 15443}]}
    gateway = _object("v1", "Service", GATEWAY, GATEWAY_NAMESPACE, labels, spec=spec)
    _put(client, f"{base}/services", gateway)
    ingress = {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}
    _expect(client.call("PATCH", f"{base}/services/{GATEWAY}/status", ingress,
                        media="application/merge-patch+json"), 200)
    env = [{"name": "ISTIO_META_REQUESTED_NETWORK_VIEW", "value": network}]
    containers = [{"name": "istio-proxy", "image": "proxy", "env": env}]
    _put(client, f"{base}/pods", _object("v1", "Pod", "gateway-0", GATEWAY_NAMESPACE, labels,
                                         spec={"nodeName": "node-1", "containers": containers}))
    target = {"kind": "Pod", "namespace": GATEWAY_NAMESPACE, "name": "gateway-0"}
    _put_slice(client, GATEWAY_NAMESPACE, GATEWAY, [
        {"addresses": ["10.60.0.1"], "conditions": {"ready": True}, "targetRef": target}])
    # What the remote cluster's own reconciler writes: without a host there, nothing leads there.
    server = {"port": {"number": 15443, "name": "tls", "protocol": "TLS"},
              "tls": {"mode": "AUTO_PASSTHROUGH"}, "hosts": ["*.local"]}
    if network == REMOTE:
        _put(client, f"{_ISTIO}/namespaces/{GATEWAY_NAMESPACE}/gateways", _object(
            "networking.istio.io/v1", "Gateway", "cross-network", GATEWAY_NAMESPACE,
            spec={"selector": labels, "servers": [server]}))


def _put_configuration(client):
    """The Workspace over all shops and its setting, and the root of trust."""
    hierarchy = {"tsb.tetrate.io/organization": "tetrate", "tsb.tetrate.io/tenant": "tetrate"}
    base = "/apis/tsb.tetrate.io/v2/namespaces/tetrate"
    workspace = _object("tsb.tetrate.io/v2", "Workspace", "shop", "tetrate",
                        spec={"namespaceSelector": {"names": ["*/shop-*"]}})
    workspace["metadata"]["annotations"] = hierarchy
    _put(client, f"{base}/workspaces", workspace)
    selector = {"namespace": GATEWAY_NAMESPACE, "labels": {"app": GATEWAY}}
    setting = _object("tsb.tetrate.io/v2", "WorkspaceSetting", "shop", "tetrate",
                      spec={"defaultEastWestGatewaySettings": [{"workloadSelector": selector}]})
    setting["metadata"]["annotations"] = {**hierarchy, "tsb.tetrate.io/workspace": "shop"}
    _put(client, f"{base}/workspacesettings", setting)
    _put(client, "/api/v1/namespaces/istio-system/configmaps", _object(
        "v1", "ConfigMap", "istio-ca-root-cert", "istio-system", data={"root-cert.pem": "same"}))
