"""The pods of an IngressGateway's Deployment, as Istio's own injection leaves them.

The reconciler asks for the template `gateway` and leaves the image to it; what it says itself (the
network view above all, D1) has to be there afterwards.
"""

import json

import pytest

from admission import namespace
from harness import ApiServer, Istiod, wait_until
from harness.reconciler import Reconciler
from harness.webhook import install

GATEWAY = {
    "apiVersion": "install.tetrate.io/v1alpha1",
    "kind": "IngressGateway",
    "metadata": {"name": "east-west", "namespace": "eastwest"},
    "spec": {"eastWestOnly": True},
}


@pytest.fixture(scope="module")
def cluster(authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp("injecting")
    with (
        ApiServer("cluster-1", folder / "api") as api,
        Istiod(api, folder / "istiod", authority, injects=True),
    ):
        install(api)
        api.apply(namespace("eastwest"))
        source = {api.name: f"kubeconfig:{api.kubeconfig}"}
        with Reconciler(folder / "reconciler", source):
            yield api


@pytest.fixture(scope="module")
def pod(cluster):
    """What is created for the Deployment's template."""
    cluster.apply(GATEWAY)
    what = ["get", "deployment", "east-west", "-n", "eastwest", "-o", "json"]
    wait_until("it is there", lambda: cluster.kubectl(*what).returncode == 0, 60)
    template = json.loads(cluster.kubectl(*what).check().stdout)["spec"]["template"]
    template["metadata"] |= {"name": "east-west-0", "namespace": "eastwest"}
    made = {"apiVersion": "v1", "kind": "Pod", **template}
    tried = ["create", "--dry-run=server", "-o", "json", "-f", "-"]
    return json.loads(cluster.kubectl(*tried, input=made).check().stdout)


@pytest.fixture
def proxy(pod):
    [container] = pod["spec"]["containers"]
    assert container["name"] == "istio-proxy"
    return container


def test_the_image_is_the_proxys(proxy):
    assert proxy["image"] != "auto"
    assert "proxyv2" in proxy["image"]


def test_it_runs_as_a_router(proxy):
    assert proxy["args"][:2] == ["proxy", "router"]
    assert proxy["readinessProbe"]["httpGet"]["port"] == 15021


def test_the_network_view_is_the_clusters(proxy):
    env = {each["name"]: each.get("value") for each in proxy["env"]}
    assert env["ISTIO_META_REQUESTED_NETWORK_VIEW"] == "cluster-1"
    assert env["CA_ADDR"], "and what injection brings stands beside it"


def test_its_ports_are_there(proxy):
    assert {15443, 15090} <= {each["containerPort"] for each in proxy["ports"]}


def test_it_keeps_what_limits_it(pod, proxy):
    context = proxy["securityContext"]
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert context["runAsNonRoot"] and context["runAsUser"] > 0
    assert context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"]
    writable = {each["mountPath"] for each in proxy["volumeMounts"] if not each.get("readOnly")}
    assert {"/etc/istio/proxy", "/var/lib/istio/data"} <= writable
    assert proxy["resources"]["requests"]


def test_it_is_its_own_account_and_found_by_its_service(cluster, pod):
    assert pod["spec"]["serviceAccountName"] == "east-west"
    service = cluster.kubectl("get", "service", "east-west", "-n", "eastwest", "-o", "json")
    selector = json.loads(service.check().stdout)["spec"]["selector"]
    assert selector.items() <= pod["metadata"]["labels"].items()
