"""The reconciler with the rights that it is deployed with, and under the policy that holds it.

Nothing that it has to do may be refused: test_reconciler_rbac.py and test_reconciler_policy.py say
what is.
"""

import subprocess

import pytest

from harness import wait_until
from harness.reconciler import Reconciler
from harness.tools import program
from installed import NAMESPACE, RECONCILER, ROOT, Account, install
from reconciler import Pair

LEASE = ["lease", RECONCILER, "-n", NAMESPACE]


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    """The first cluster as it is installed, with its account; the second as it always is there."""
    pair = Pair(tmp_path_factory.mktemp("deployed"))
    pair.reconcilers = [pair.reconciler(pair.second)]
    with pair:
        install(pair.first.api)
        yield pair


@pytest.fixture(scope="module")
def deployed(pair, tmp_path_factory):
    """It knows the second cluster from the Secret that `spillway remote-secret` prints."""
    folder = tmp_path_factory.mktemp("account")
    account = Account(pair.first.api, folder, RECONCILER)
    connect(pair.first, pair.second)
    for name in ("ServiceAccount", "Deployment"):
        assert pair.first.ours(name, "eastwest") == set()
    options = [f"--namespace={NAMESPACE}", "--leader-elect"]
    sources = {pair.first.name: f"kubeconfig:{account.kubeconfig}"}
    with Reconciler(folder / "reconciler", sources, options) as reconciler:
        wait_until("it leads", lambda: reconciler.metric("spillway_reconciler_leader") == 1)
        yield reconciler


def connect(here, there):
    command = [
        *[program("spillway"), "remote-secret", "--apply", "--duration=1h"],
        f"--cluster={there.name}=kubeconfig:{there.api.kubeconfig}",
    ]
    done = subprocess.run(command, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    here.api.kubectl("apply", "--server-side", "-f", "-", input=done.stdout).check()


def refused(reconciler):
    """Writes that were refused, and what was not read for want of a right."""
    writes = reconciler.sum("spillway_reconciler_writes_total", result="denied")
    return writes, reconciler.sum("spillway_cluster_denied")


def leads_over(pair, *services):
    wanted = {name: {f"192.0.2.{pair.second.number}"} for name in services}
    wait_until("its Services have their way", lambda: pair.first.addresses() == wanted, 90)


def test_all_of_it_is_read_and_written(pair, deployed):
    pair.first.delete("Service", "ratings", "bookinfo")
    pair.expose()

    leads_over(pair, "details", "ratings", "reviews", "productpage")

    assert pair.first.ours("Service", "bookinfo") == {"ratings"}, "a stub"
    assert len(pair.first.ours("DestinationRule", ROOT)) == 4
    assert len(pair.first.ours("Gateway", "eastwest")) == 1
    assert refused(deployed) == (0, 0)
    assert deployed.metric("spillway_reconciler_failing_objects") == 0


def test_a_change_is_mended(pair, deployed):
    [name] = pair.first.ours("Gateway", "eastwest")
    patch = '{"spec": {"servers": []}}'
    pair.first.api.kubectl(
        *["patch", "gateways.networking.istio.io", name, "-n", "eastwest"],
        *["--type=merge", "-p", patch],
    ).check()
    wait_until("it is back", lambda: len(pair.first.hosts()) == 3, 60)
    pair.first.scale("details", 2)
    pair.second.scale("details", 3)
    wait_until(
        "the weight follows",
        lambda: {each["spec"]["weight"] for each in pair.first.entries("details").values()} == {3},
        60,
    )
    assert refused(deployed) == (0, 0)


def test_a_stub_that_a_user_takes_over_is_let_go(pair, deployed):
    """By the release that the policy lets pass: whole, and without a trace of us."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "ratings", "namespace": "bookinfo"},
        "spec": {"selector": {"app": "ratings"}},
    }
    before = pair.first.get("Service", "ratings", "bookinfo")
    words = ["apply", "--server-side", "-f", "-"]
    pair.first.api.kubectl(*words, "--force-conflicts", input=service).check()
    wait_until("it is the user's", lambda: not pair.first.ours("Service", "bookinfo"), 60)

    held = pair.first.get("Service", "ratings", "bookinfo")
    assert held["spec"] == before["spec"], "what the user did not name is still there"
    assert {each["manager"] for each in held["metadata"]["managedFields"]} == {"kubectl"}
    service["spec"]["ports"] = [{"name": "http", "port": 9080, "targetPort": 9081}]
    pair.first.api.kubectl(*words, input=service).check()  # nobody to conflict with
    assert refused(deployed) == (0, 0)


def ingress():
    return {
        "apiVersion": "install.tetrate.io/v1alpha1",
        "kind": "IngressGateway",
        "metadata": {"name": "east-west", "namespace": "eastwest"},
        "spec": {"eastWestOnly": True},
    }


def test_a_gateway_is_installed_where_the_namespace_was_opened(pair, deployed):
    pair.first.put(ingress())
    wait_until("it is refused, and told", lambda: refused(deployed)[0] > 0, 60)
    assert deployed.metric("spillway_reconciler_failing_objects") > 0

    pair.first.api.kubectl(
        *["create", "rolebinding", "spillway-gateway-installer", "-n", "eastwest"],
        *["--clusterrole=spillway-gateway-installer"],
        f"--serviceaccount={NAMESPACE}:{RECONCILER}",
    ).check()

    for kind in ("ServiceAccount", "Deployment", "Service"):
        wait_until(kind, lambda kind=kind: "east-west" in pair.first.ours(kind, "eastwest"), 180)
    spec = pair.first.get("Service", "east-west", "eastwest")["spec"]
    assert spec["type"] == "LoadBalancer"

    pair.first.delete("IngressGateway", "east-west", "eastwest")
    for kind in ("ServiceAccount", "Deployment", "Service"):
        wait_until(kind, lambda kind=kind: "east-west" not in pair.first.ours(kind, "eastwest"), 60)


def test_its_own_namespace_is_left_alone(pair, deployed):
    """Objects of manifests/ carry our label, and are none of its own."""
    api = pair.first.api
    for kind in ("service", "deployment", "serviceaccount"):
        assert api.get(kind, "spillway-webhook", NAMESPACE)
    denied = [record for record in deployed.log() if record.get("namespace") == NAMESPACE]
    assert denied == []


def test_what_is_no_longer_exposed_goes(pair, deployed):
    before = refused(deployed)
    for cluster in pair.clusters:
        cluster.delete("WorkspaceSetting", "bookinfo-ws-setting", "tetrate")
    for kind, at in (("WorkloadEntry", "bookinfo"), ("DestinationRule", ROOT)):
        wait_until(f"{kind} is gone", lambda: not pair.first.ours(kind, at), 120)
    wait_until("the Gateway is gone", lambda: not pair.first.ours("Gateway", "eastwest"), 120)
    assert refused(deployed) == before


def test_the_lease_is_handed_back(pair, deployed):
    held = pair.first.api.kubectl("get", *LEASE, "-o", "json").json()["spec"]
    assert held["holderIdentity"]
    deployed.stop()
    held = pair.first.api.kubectl("get", *LEASE, "-o", "json").json()["spec"]
    assert not held.get("holderIdentity")
    deployed.start()
