"""What teams apply: bookinfo, an east-west gateway, and the guide's Workspace and setting.

The Deployments are as Istio's injection leaves them: the proxy is one of the containers.
"""

from harness import node
from harness.proxy import CONTAINER
from harness.tools import REPOSITORY

NAMESPACE = "bookinfo"
GATEWAY = "eastwest-gateway"
GATEWAY_NAMESPACE = "eastwest"
GATEWAY_PORT = 15443
OURS = "spillway-system"
PORT = 9080
VERSIONS = {
    "details": ["v1"],
    "ratings": ["v1"],
    "reviews": ["v1", "v2", "v3"],
    "productpage": ["v1"],
}
IMAGES = {"bookinfo": ["/usr/bin/python3", str(REPOSITORY / "tests" / "mesh" / "bookinfo.py")]}

_TENANT = {"tsb.tetrate.io/organization": "tetrate", "tsb.tetrate.io/tenant": "tetrate"}


def namespaces():
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in (NAMESPACE, GATEWAY_NAMESPACE, "tetrate", OURS)
    ]


def application(name, cluster, versions=("v1",), namespace=NAMESPACE):
    """The Service, ServiceAccount and Deployments of one of bookinfo's services."""
    deployments = [_version(name, version, cluster, namespace) for version in versions]
    return [_account(f"bookinfo-{name}", namespace), service(name, namespace), *deployments]


def service(name, namespace=NAMESPACE, app=None, labels=None):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"app": name, "service": name, **(labels or {})},
        },
        "spec": {"ports": [{"port": PORT, "name": "http"}], "selector": {"app": app or name}},
    }


def bookinfo(cluster):
    """All of it, in a cluster of that name."""
    return [
        obj
        for name, versions in VERSIONS.items()
        for obj in application(name, cluster, versions)
    ]


def gateway(network):
    """As IngressGateway with eastWestOnly makes it."""
    proxy = _proxy("router", {"ISTIO_META_REQUESTED_NETWORK_VIEW": network})
    labels = {"app": GATEWAY}
    spec = {
        "type": "LoadBalancer",
        "selector": labels,
        "ports": [{"name": "tls", "port": GATEWAY_PORT}],
    }
    at = {"name": GATEWAY, "namespace": GATEWAY_NAMESPACE}
    return [
        _account(GATEWAY, GATEWAY_NAMESPACE),
        {"apiVersion": "v1", "kind": "Service", "metadata": {**at, "labels": labels}, "spec": spec},
        _deployment(at, labels, GATEWAY, [proxy]),
    ]


def workspace():
    return {
        "apiVersion": "tsb.tetrate.io/v2",
        "kind": "Workspace",
        "metadata": {"name": "bookinfo-ws", "namespace": "tetrate", "annotations": _TENANT},
        "spec": {"namespaceSelector": {"names": [f"*/{NAMESPACE}"]}},
    }


def setting():
    annotations = {**_TENANT, "tsb.tetrate.io/workspace": "bookinfo-ws"}
    selector = {"namespace": GATEWAY_NAMESPACE, "labels": {"app": GATEWAY}}
    return {
        "apiVersion": "tsb.tetrate.io/v2",
        "kind": "WorkspaceSetting",
        "metadata": {
            "name": "bookinfo-ws-setting",
            "namespace": "tetrate",
            "annotations": annotations,
        },
        "spec": {"defaultEastWestGatewaySettings": [{"workloadSelector": selector}]},
    }


def reviews_rule():
    """bookinfo's own DestinationRule, which says nothing of failover."""
    subsets = [{"name": each, "labels": {"version": each}} for each in VERSIONS["reviews"]]
    return _istio("DestinationRule", "reviews", {"host": "reviews", "subsets": subsets})


def reviews_routes():
    """Jason sees v2, as in Istio's guide; everybody else v1."""
    jason = {
        "match": [{"headers": {"end-user": {"exact": "jason"}}}],
        "route": [{"destination": {"host": "reviews", "subset": "v2"}}],
    }
    others = {"route": [{"destination": {"host": "reviews", "subset": "v1"}}]}
    return _istio("VirtualService", "reviews", {"hosts": ["reviews"], "http": [jason, others]})


def host(name, namespace=NAMESPACE):
    return f"{name}.{namespace}.svc.cluster.local"


def outbound(name, subset=""):
    """What Envoy calls the Service."""
    return f"outbound|{PORT}|{subset}|{host(name)}"


def sni(name, subset=""):
    """What a client's Envoy asks a gateway for."""
    return f"outbound_.{PORT}_.{subset}_.{host(name)}"


def _istio(kind, name, spec):
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec,
    }


def _account(name, namespace):
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


def _version(name, version, cluster, namespace):
    env = {"SERVICE": name, "VERSION": version, "CLUSTER": cluster, "PORT": str(PORT)}
    app = {
        "name": name,
        "image": "bookinfo",
        "env": _env(env),
        "ports": [{"containerPort": PORT}],
    }
    labels = {"app": name, "version": version}
    at = {"name": f"{name}-{version}", "namespace": namespace}
    mesh_labels = {"security.istio.io/tlsMode": "istio"}
    containers = [app, _proxy("sidecar", {})]
    return _deployment(at, labels, f"bookinfo-{name}", containers, mesh_labels)


def _proxy(role, env):
    args = ["proxy", role, "--domain", "$(POD_NAMESPACE).svc.cluster.local"]
    return {"name": CONTAINER, "image": "auto", "args": args, "env": _env(env)}


def _env(values):
    return [{"name": name, "value": value} for name, value in values.items()]


def _deployment(at, selector, account, containers, more_labels=None):
    template = {
        "metadata": {"labels": {**selector, **(more_labels or {})}},
        "spec": {
            "nodeName": node.NAME,  # there is no scheduler
            "serviceAccountName": account,
            "containers": containers,
        },
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": at,
        "spec": {"replicas": 1, "selector": {"matchLabels": selector}, "template": template},
    }
