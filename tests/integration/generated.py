"""What the reconciler writes, as pkg/mesh makes it, and its account as an attacker.

The account has all of its rights, and those of a namespace that was opened to gateways. (kubectl
gets what it patches, for which it is given a right besides.)
"""

import contextlib

from harness import ApiServer, wait_until
from harness.tools import istio_crds
from installed import NAMESPACE, RECONCILER, ROOT, Account, created, install
from shipped import OURS

ISTIO = "networking.istio.io/v1"
REFUSED = f"ValidatingAdmissionPolicy '{RECONCILER}'"
MANAGER = "--field-manager=spillway"


@contextlib.contextmanager
def held(folder):
    """Everything of manifests/ in a cluster with Istio's CRDs, and the account under the policy."""
    with ApiServer("policy", folder / "cluster") as api:
        api.kubectl("apply", "--server-side", "-f", istio_crds()).check()
        install(api)
        for name in ("shop", "eastwest"):
            api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        whom = f"--serviceaccount={NAMESPACE}:{RECONCILER}"
        gateways = ["gateways", "-n", "eastwest", "--clusterrole=spillway-gateway-installer"]
        api.kubectl("create", "rolebinding", *gateways, whom).check()
        kinds = ["services", "serviceaccounts", "events", "deployments.apps"]
        istio = ["workloadentries", "gateways", "destinationrules"]
        kinds += [f"{kind}.networking.istio.io" for kind in istio]
        looker = ["looker", "--verb=get", f"--resource={','.join(kinds)}"]
        api.kubectl("create", "clusterrole", *looker).check()
        api.kubectl("create", "clusterrolebinding", "looker", "--clusterrole=looker", whom).check()
        account = Account(api, folder / "account", RECONCILER)
        other = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
        other["metadata"] = {"name": "any", "namespace": NAMESPACE}
        wait_until(
            "the policy is in force",
            lambda: REFUSED in created(account, other, "--dry-run=server").stderr,
        )
        yield account


def obj(version, kind, namespace, name, spec=None, **metadata):
    labels = {OURS: "spillway", **metadata.pop("labels", {})}
    metadata = {"name": name, "namespace": namespace, "labels": labels, **metadata}
    made = {"apiVersion": version, "kind": kind, "metadata": metadata}
    return {**made, "spec": spec} if spec is not None else made


def stub():
    port = {"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}
    spec = {"ports": [port], "selector": {"app": "cart"}}
    annotations = {"spillway.dev/service": "shop/cart"}
    return obj("v1", "Service", "shop", "cart", spec, annotations=annotations)


def entry():
    spec = {
        "address": "192.0.2.2",
        "labels": {"app": "cart", "security.istio.io/tlsMode": "istio"},
        "ports": {"http": 15443, "8080": 15443},
        "network": "west",
        "serviceAccount": "cart",
        "weight": 1,
    }
    return obj(
        *[ISTIO, "WorkloadEntry", "shop", "k-cart-0123456789abcdef0123456789abcdef", spec],
        labels={"spillway.dev/remote": "west"},
        annotations={"spillway.dev/service": "shop/cart"},
    )


def rule():
    balancing = {"localityLbSetting": {"enabled": True, "failoverPriority": ["a"]}}
    policy = {"outlierDetection": {"consecutive5xxErrors": 5}, "loadBalancer": balancing}
    subset = {"name": "v1", "labels": {"version": "v1"}}
    spec = {
        "host": "cart.shop.svc.cluster.local",
        "trafficPolicy": policy,
        "subsets": [subset],
    }
    annotations = {"spillway.dev/service": "shop/cart"}
    return obj(ISTIO, "DestinationRule", ROOT, "k-cart.shop", spec, annotations=annotations)


def gateway():
    server = {
        "port": {"name": "tls-east-west", "number": 15443, "protocol": "TLS"},
        "tls": {"mode": "AUTO_PASSTHROUGH"},
        "hosts": ["cart.shop.svc.cluster.local"],
    }
    spec = {"selector": {"app": "eastwest-gateway"}, "servers": [server]}
    return obj(ISTIO, "Gateway", "shop", "k-eastwest-gateway", spec)


def installed_account():
    return obj("v1", "ServiceAccount", "eastwest", "gw", labels={"app": "gw"})


def installed_service():
    ports = [
        {"name": name, "port": port, "protocol": "TCP", "targetPort": port}
        for name, port in (("status-port", 15021), ("tls", 15443))
    ]
    spec = {"type": "LoadBalancer", "selector": {"app": "gw"}, "ports": ports}
    annotations = {"service.beta.kubernetes.io/aws-load-balancer-type": "nlb"}
    return obj(
        "v1", "Service", "eastwest", "gw", spec, labels={"app": "gw"}, annotations=annotations
    )


def installed_deployment():
    container = {
        "name": "istio-proxy",
        "image": "auto",
        "env": [{"name": "ISTIO_META_REQUESTED_NETWORK_VIEW", "value": "east"}],
        "ports": [{"containerPort": 15443, "name": "tls", "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    template = {
        "metadata": {
            "annotations": {"inject.istio.io/templates": "gateway"},
            "labels": {"app": "gw", "sidecar.istio.io/inject": "true"},
        },
        "spec": {"serviceAccountName": "gw", "containers": [container]},
    }
    spec = {"selector": {"matchLabels": {"app": "gw"}}, "template": template}
    return obj("apps/v1", "Deployment", "eastwest", "gw", spec, labels={"app": "gw"})


MADE = (
    *[stub, entry, rule, gateway],
    *[installed_account, installed_service, installed_deployment],
)
NAMES = [make.__name__ for make in MADE]


def applied(account, wanted, *options):
    """As the reconciler writes: a server-side apply under its field manager."""
    words = ["apply", "--server-side", "--validate=false", MANAGER, *options, "-f", "-"]
    return account.kubectl(*words, input=wanted)


def at(wanted):
    group = wanted["apiVersion"].rpartition("/")[0]
    kind = wanted["kind"].lower() + (f".{group}" if group else "")
    return [kind, wanted["metadata"]["name"], "-n", wanted["metadata"]["namespace"]]


def remove(cluster, *objects):
    for each in objects:
        cluster.kubectl("delete", "--ignore-not-found", *at(each)).check()


def refused(result, *said):
    assert not result.ok and REFUSED in result.stderr, result
    for each in said:
        assert each in result.stderr, result.stderr


def seen(account, wanted):
    return account.api.get(*at(wanted)[:2], wanted["metadata"]["namespace"])
