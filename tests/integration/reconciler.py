"""Clusters with bookinfo and an east-west gateway each, and a reconciler in each.

No kubelet runs, nor any controller: the tests write pods and EndpointSlices as these would, and the
status of a gateway's Service as a cloud would.
"""

import concurrent.futures
import contextlib
import json
import time

from admission import HIERARCHY, namespace
from harness import ApiServer, wait_until
from harness.process import Part
from harness.reconciler import Reconciler
from harness.together import Together
from harness.tools import istio_crds
from harness.webhook import install
from wire import Wire

GATEWAY_PORT = 15443
GATEWAY = "eastwest-gateway"
SERVICES = ("details", "ratings", "reviews", "productpage")
VERSIONS = {"reviews": ("v1", "v2", "v3")}
ROOT = "istio-system"

# The reconciler compares it, and does not read it.
_ROOT_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nc2FtZQ==\n-----END CERTIFICATE-----\n"

_PATHS = {
    "Namespace": "/api/v1/namespaces",
    "Node": "/api/v1/nodes",
    "Service": "/api/v1/namespaces/{}/services",
    "Pod": "/api/v1/namespaces/{}/pods",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "Endpoints": "/api/v1/namespaces/{}/endpoints",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices",
    "WorkloadEntry": "/apis/networking.istio.io/v1/namespaces/{}/workloadentries",
    "DestinationRule": "/apis/networking.istio.io/v1/namespaces/{}/destinationrules",
    "Gateway": "/apis/networking.istio.io/v1/namespaces/{}/gateways",
    "PeerAuthentication": "/apis/security.istio.io/v1/namespaces/{}/peerauthentications",
    "Workspace": "/apis/tsb.tetrate.io/v2/namespaces/{}/workspaces",
    "WorkspaceSetting": "/apis/tsb.tetrate.io/v2/namespaces/{}/workspacesettings",
    "IngressGateway": "/apis/install.tetrate.io/v1alpha1/namespaces/{}/ingressgateways",
}


def workspace(name="bookinfo-ws", selects="*/bookinfo", at="tetrate"):
    annotations = {key: value for key, value in HIERARCHY.items() if not key.endswith("/workspace")}
    return {
        "apiVersion": "tsb.tetrate.io/v2",
        "kind": "Workspace",
        "metadata": {"name": name, "namespace": at, "annotations": annotations},
        "spec": {"namespaceSelector": {"names": [selects]}},
    }


def setting(*exposed, name="bookinfo-ws-setting", workspace="bookinfo-ws", at="tetrate"):
    """The guide's WorkspaceSetting; exposed: the serviceLabels of each item, none for all."""
    item = {"workloadSelector": {"namespace": "eastwest", "labels": {"app": GATEWAY}}}
    if exposed:
        item["exposedServices"] = [{"serviceLabels": labels} for labels in exposed]
    annotations = {**HIERARCHY, "tsb.tetrate.io/workspace": workspace}
    return {
        "apiVersion": "tsb.tetrate.io/v2",
        "kind": "WorkspaceSetting",
        "metadata": {"name": name, "namespace": at, "annotations": annotations},
        "spec": {"defaultEastWestGatewaySettings": [item]},
    }


def service(name, at="bookinfo", port=9080, selector=None, **labels):
    metadata = {"name": name, "namespace": at, "labels": {"app": name, **labels}}
    ports = [{"name": "tls" if port == GATEWAY_PORT else "http", "port": port}]
    spec = {"selector": selector or {"app": name}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def pod(name, at, labels, account, sidecar=True, env=None):
    """A pod with a sidecar, as Istio's injection leaves it."""
    labels = {**labels, **({"security.istio.io/tlsMode": "istio"} if sidecar else {})}
    proxy = {
        "name": "istio-proxy",
        "image": "proxy",
        "env": [{"name": key, "value": value} for key, value in (env or {}).items()],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": at, "labels": labels},
        "spec": {
            "nodeName": "node-1",
            "serviceAccountName": account,
            "containers": [{"name": "app", "image": "app"}, *([proxy] if sidecar or env else [])],
        },
    }


class Cluster(Part):
    """An API server behind a wire that can be cut, with what bookinfo's guide needs in it.

    All is written over one connection, without kubectl: hundreds of objects a second.
    """

    def __init__(self, directory, name, number):
        self.name = name
        self.number = number
        self.api = ApiServer(name, directory / name, service_cidr=f"10.{90 + number}.0.0/16")
        self.wire = Wire(int(self.api.url.rpartition(":")[2]))
        self.kubeconfig = directory / f"{name}.kubeconfig"
        self._client = None
        self._addresses = 0

    def start(self):
        self.api.start()
        self.wire.start()
        config = json.loads(self.api.kubeconfig.read_text())
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{self.wire.port}"
        self.kubeconfig.write_text(json.dumps(config))
        self._client = self.api.client()

    def stop(self):
        if self._client:
            self._client.close()
        self.wire.stop()
        self.api.stop()

    def install(self):
        """Istio's CRDs and ours, the mesh's own objects, and the namespaces of the guide."""
        self.api.kubectl("apply", "--server-side", "-f", istio_crds()).check()
        install(self.api)
        network = {"topology.istio.io/network": self.name}
        self.put(namespace(ROOT, network))
        for name in ("bookinfo", "eastwest", "tetrate"):
            self.put(namespace(name, {"istio-injection": "enabled"}))
        region = {
            "topology.kubernetes.io/region": f"region-{self.number}",
            "topology.kubernetes.io/zone": f"zone-{self.number}a",
        }
        node = {"name": "node-1", "labels": region}
        self.put({"apiVersion": "v1", "kind": "Node", "metadata": node})
        root = {"name": "istio-ca-root-cert", "namespace": ROOT}
        data = {"root-cert.pem": _ROOT_CERTIFICATE}
        self.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": root, "data": data})

    def reconnect(self):
        """To be called when its API server was gone."""
        self._client.close()

    # objects

    def call(self, method, path, obj=None):
        return self._client.call(method, path, obj)

    def path(self, kind, at="", name=""):
        base = _PATHS[kind].format(at)
        return f"{base}/{name}" if name else base

    def list(self, kind, at=None):
        path = self.path(kind, at) if at else _PATHS[kind].replace("/namespaces/{}", "")
        status, answer = self.call("GET", path)
        assert status == 200, answer
        return answer["items"]

    def get(self, kind, name, at=""):
        """The object; None where there is none."""
        status, answer = self.call("GET", self.path(kind, at, name))
        return answer if status == 200 else None

    def put(self, obj, status=None):
        """Creates the object, or replaces it whole, and its status."""
        metadata = obj["metadata"]
        at = metadata.get("namespace", "")
        path = self.path(obj["kind"], at, metadata["name"])
        code, answer = self.call("POST", self.path(obj["kind"], at), obj)
        if code == 409:
            held = self.get(obj["kind"], metadata["name"], at)
            kept = {"resourceVersion": held["metadata"]["resourceVersion"]}
            if obj["kind"] == "Service":
                obj = {**obj, "spec": {**held["spec"], **obj["spec"]}}
            code, answer = self.call("PUT", path, {**obj, "metadata": {**metadata, **kept}})
        assert code in (200, 201), (code, answer)
        if status is not None:
            code, answer = self.call("PUT", f"{path}/status", {**answer, "status": status})
            assert code == 200, answer
        return answer

    def delete(self, kind, name, at=""):
        code, answer = self.call("DELETE", f"{self.path(kind, at, name)}?gracePeriodSeconds=0")
        assert code in (200, 202, 404), answer

    # workloads

    def new_address(self):
        self._addresses += 1
        return f"10.{10 + self.number}.{self._addresses // 250}.{self._addresses % 250 + 1}"

    def scale(self, name, n, at="bookinfo", version=None, sidecar=True):
        """Does as Deployment, kubelet and endpoint controller: n ready pods of each version."""
        for each in [version] if version else VERSIONS.get(name, ("v1",)):
            self._scale(name, each, n, at, sidecar)

    def _scale(self, name, version, n, at, sidecar):
        stem = f"{name}-{version}"
        labels = {"app": name, "version": version}
        pods = [pod(f"{stem}-{i}", at, labels, f"bookinfo-{name}", sidecar) for i in range(n)]
        self._run(stem, name, at, pods, 9080)

    def _run(self, stem, service_name, at, pods, port):
        wanted = {each["metadata"]["name"] for each in pods}
        for held in self.list("Pod", at):
            held_name = held["metadata"]["name"]
            if held_name.rpartition("-")[0] == stem and held_name not in wanted:
                self.delete("Pod", held_name, at)
        addresses = {}
        for each in pods:
            held = self.get("Pod", each["metadata"]["name"], at)
            address = held["status"]["podIP"] if held else self.new_address()
            addresses[each["metadata"]["name"]] = address
            if not held:
                self.put(each, running(address))
        self._slice(stem, service_name, at, addresses, port)

    def _slice(self, stem, service_name, at, addresses, port):
        endpoints = [
            {
                "addresses": [address],
                "conditions": {"ready": True, "serving": True, "terminating": False},
                "nodeName": "node-1",
                "targetRef": {"kind": "Pod", "namespace": at, "name": name},
            }
            for name, address in addresses.items()
        ]
        labels = {
            "kubernetes.io/service-name": service_name,
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        }
        self.put(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {"name": stem, "namespace": at, "labels": labels},
                "addressType": "IPv4",
                "ports": [{"name": "http", "port": port, "protocol": "TCP"}],
                "endpoints": endpoints,
            }
        )

    def gateway(self, *addresses, view=None, n=1, name=GATEWAY, at="eastwest"):
        """The east-west gateway: its pods, and its Service with the addresses of a cloud."""
        env = {"ISTIO_META_REQUESTED_NETWORK_VIEW": view or self.name}
        pods = [
            pod(f"{name}-gw-{i}", at, {"app": name}, name, sidecar=False, env=env) for i in range(n)
        ]
        gateway = service(name, at, GATEWAY_PORT)
        gateway["spec"]["type"] = "LoadBalancer"
        ingress = [
            {"ip": each} if each[0].isdigit() and each[-1].isdigit() else {"hostname": each}
            for each in addresses
        ]
        self.put(gateway, {"loadBalancer": {"ingress": ingress}})
        self._run(f"{name}-gw", name, at, pods, GATEWAY_PORT)

    def bookinfo(self, n=1):
        for name in SERVICES:
            self.put(service(name))
            self.scale(name, n)

    # what is ours

    def entries(self, service_name=None, at="bookinfo"):
        """The WorkloadEntries of ours there: by name."""
        found = {each["metadata"]["name"]: each for each in self.list("WorkloadEntry", at)}
        prefix = f"k-{service_name}-" if service_name else "k-"
        return {name: each for name, each in found.items() if name.startswith(prefix)}

    def addresses(self, service_name=None, at="bookinfo"):
        """Where they lead: of each Service, the addresses."""
        found = {}
        for name, each in self.entries(service_name, at).items():
            found.setdefault(name[2:].rpartition("-")[0], set()).add(each["spec"]["address"])
        return found

    def ours(self, kind, at=None):
        """The names of objects that carry our label."""
        return {
            each["metadata"]["name"]
            for each in self.list(kind, at)
            if each["metadata"].get("labels", {}).get("app.kubernetes.io/managed-by") == "spillway"
        }

    def hosts(self, at="eastwest"):
        """The hosts that our Gateways hold there."""
        return {
            host
            for each in self.list("Gateway", at)
            for server in each["spec"].get("servers", [])
            for host in server["hosts"]
        }


def running(address):
    """The status of a pod that runs and is ready."""
    ready = {"type": "Ready", "status": "True"}
    ips = [{"ip": address}]
    return {"phase": "Running", "podIP": address, "podIPs": ips, "conditions": [ready]}


def _furnish(cluster):
    cluster.install()
    cluster.bookinfo()
    cluster.gateway(f"192.0.2.{cluster.number}")
    cluster.put(workspace())


class Fleet(Part):
    """Clusters, each with bookinfo and a gateway, and a reconciler for each.

    The Workspace is in all, as GitOps would have it; the WorkspaceSetting comes with expose().
    options: more words of each reconciler's command line.
    """

    def __init__(self, directory, n, options=()):
        self.directory = directory
        self.options = options
        self.clusters = [Cluster(directory, f"cluster-{i + 1}", i + 1) for i in range(n)]
        self.first, self.second = self.clusters[:2]
        self.reconcilers = [self.reconciler(cluster) for cluster in self.clusters]
        self._stack = contextlib.ExitStack()

    def others(self, local):
        return [cluster for cluster in self.clusters if cluster is not local]

    def reconciler(self, local, number="", options=(), remotes=None):
        """One for a cluster; number tells replicas apart. remotes: those it is told of on its
        command line, if not all others."""
        told = self.others(local) if remotes is None else remotes
        sources = {each.name: f"kubeconfig:{each.kubeconfig}" for each in [local, *told]}
        folder = self.directory / f"reconciler-{local.name}{number}"
        return Reconciler(folder, sources, [*self.options, *options])

    def start(self):
        try:
            self._stack.enter_context(Together(*self.clusters))
            with concurrent.futures.ThreadPoolExecutor() as pool:
                list(pool.map(_furnish, self.clusters))
            for reconciler in self.reconcilers:
                self._stack.enter_context(reconciler)
        except BaseException:
            self._stack.close()
            raise

    def stop(self):
        self._stack.close()

    def expose(self, *exposed):
        for cluster in self.clusters:
            cluster.put(setting(*exposed))

    def wait_in_place(self, timeout_s=60):
        """Waits until every Service of each cluster has its way to all others."""
        for cluster in self.clusters:
            there = {f"192.0.2.{other.number}" for other in self.others(cluster)}
            wanted = {name: there for name in SERVICES}
            wait_until(
                f"{cluster.name} leads to all others",
                lambda cluster=cluster, wanted=wanted: cluster.addresses() == wanted,
                timeout_s,
            )

    def wait_quiet(self, quiet_s=5, timeout_s=60):
        """Waits until no reconciler has written anything for so long."""
        deadline = time.monotonic() + timeout_s
        while True:
            before = [each.n_writes() for each in self.reconcilers]
            time.sleep(quiet_s)
            after = [each.n_writes() for each in self.reconcilers]
            if before == after:
                return
            assert time.monotonic() < deadline, f"still writing: {before} -> {after}"


class Pair(Fleet):
    """Two of them."""

    def __init__(self, directory, options=()):
        super().__init__(directory, 2, options)
