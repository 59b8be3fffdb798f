"""hack/install --uninstall of two clusters whose reconcilers run: everything of ours goes, and
nothing else is touched."""

import contextlib
import os
import subprocess
import time

import pytest

from harness import wait_until
from harness.reconciler import Reconciler
from harness.tools import REPOSITORY, program, tool
from installed import NAMESPACE, RECONCILER, ROOT, Account
from reconciler import SERVICES, Pair, service
from told import told

SCRIPT = REPOSITORY / "hack" / "install"
OURS = "app.kubernetes.io/managed-by"
# What an API server writes or works out for itself, and Events, which end by themselves.
RESTLESS = ("events", "leases.", "apiservices.", "componentstatuses", "ipaddresses.")


def run(cluster, *arguments):
    api = cluster.api
    env = {
        "PATH": f"{tool('kubectl').parent}:{os.environ['PATH']}",
        "HOME": str(api.directory),
        "KUBECONFIG": str(api.kubeconfig),
        "SPILLWAY_BIN": str(program("spillway").parent),
    }
    command = [SCRIPT, *arguments, "--without-wait"]
    done = subprocess.run(command, text=True, capture_output=True, timeout=300, env=env)
    assert done.returncode == 0, done.stdout + done.stderr


def everything(cluster):
    """All that there is, by kind, namespace and name, each with its labels, spec and uid."""
    api = cluster.api
    kinds = api.kubectl("api-resources", "--verbs=list,get", "-o", "name", "--cached=false").check()
    wanted = {each for each in kinds.stdout.split() if not each.startswith(RESTLESS)}
    listed = api.kubectl("get", ",".join(sorted(wanted)), "-A", "-o", "json").json()["items"]
    return {
        (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]): (
            each["metadata"]["uid"],
            each["metadata"].get("labels"),
            each.get("spec"),
        )
        for each in listed
    }


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    pair = Pair(tmp_path_factory.mktemp("uninstall"))
    pair.reconcilers = []
    with pair:
        yield pair


@pytest.fixture(scope="module")
def before(pair):
    """What users have, by cluster, of which some looks as if it were ours."""
    for cluster in pair.clusters:
        cluster.api.apply(service("copied", **{OURS: "spillway"}))
    # The first cluster lacks these two; the second of them a user brings later.
    for name in ("ratings", "details"):
        pair.first.delete("Service", name, "bookinfo")
    return {cluster.name: everything(cluster) for cluster in pair.clusters}


@pytest.fixture(scope="module")
def live(pair, before, tmp_path_factory):
    """Both are installed, and each one's reconciler runs with its own account's rights."""
    with contextlib.ExitStack() as stack:
        for cluster in pair.clusters:
            run(cluster, "--cluster", cluster.name)
            cluster.api.wait_for_crds()
            folder = tmp_path_factory.mktemp(cluster.name)
            account = Account(cluster.api, folder, RECONCILER)
            sources = {cluster.name: f"kubeconfig:{account.kubeconfig}"}
            for other in pair.others(cluster):
                sources[other.name] = f"kubeconfig:{other.kubeconfig}"
            options = [f"--namespace={NAMESPACE}", "--leader-elect"]
            stack.enter_context(Reconciler(folder / "reconciler", sources, options))
        pair.expose()
        first, second = pair.clusters
        wait_until("the first leads there", lambda: set(first.addresses()) == set(SERVICES), 90)
        wait_until("the second too", lambda: "reviews" in second.addresses(), 60)
        apply_details(first)
        left = {"copied", "ratings"}
        wait_until("it is the user's", lambda: first.ours("Service", "bookinfo") == left)
        wait_until("it is told", lambda: told(first)["rows"], 60)
        yield


def apply_details(cluster):
    """Over the stub, as a user does."""
    cluster.api.apply(service("details"))


@pytest.fixture(scope="module")
def after(pair, live):
    """Everything in both clusters once it was uninstalled in both, while the reconcilers run."""
    for cluster in pair.clusters:
        words = ["get", "leases,configmaps", "-n", NAMESPACE, "-o", "name"]
        held = cluster.api.kubectl(*words).check()
        assert "lease.coordination.k8s.io/spillway-reconciler" in held.stdout
        assert "configmap/spillway-status" in held.stdout
        assert cluster.ours("DestinationRule", ROOT) and cluster.ours("Gateway", "eastwest")
    for cluster in pair.clusters:
        run(cluster, "--uninstall", "--delete-settings")
    for cluster in pair.clusters:
        wait_until(
            "the CRDs are gone",
            lambda cluster=cluster: not cluster.api.kubectl(
                "get", "crds", "-l", f"{OURS}=spillway", "-o", "name"
            ).stdout,
            60,
        )
    return {cluster.name: everything(cluster) for cluster in pair.clusters}


def in_ours(key):
    """What goes with our namespace, which a controller ends that does not run here."""
    kind, at, name = key
    return at == NAMESPACE or (kind, name) == ("Namespace", NAMESPACE)


def settings(key):
    """Users' settings, which go with their CRDs: so it was asked for."""
    kind, _, name = key
    crd = kind == "CustomResourceDefinition" and name.endswith(".tetrate.io")
    return crd or kind in ("Workspace", "WorkspaceSetting", "IngressGateway")


@pytest.mark.parametrize("i", [0, 1], ids=["first", "second"])
def test_nothing_of_ours_is_left(pair, before, after, i):
    name = pair.clusters[i].name
    left = {key for key in after[name].keys() - before[name].keys() if not in_ours(key)}
    # What a user has made of a stub stays.
    assert left == ({("Service", "bookinfo", "details")} if i == 0 else set())
    namespace = pair.clusters[i].get("Namespace", NAMESPACE)
    assert namespace["metadata"]["deletionTimestamp"]


@pytest.mark.parametrize("i", [0, 1], ids=["first", "second"])
def test_nothing_of_users_is_gone_or_changed(pair, before, after, i):
    name = pair.clusters[i].name
    kept = {key for key in before[name] if not in_ours(key) and not settings(key)}
    assert {key: after[name].get(key) for key in kept} == {key: before[name][key] for key in kept}


def test_what_a_user_made_of_a_stub_says_nothing_of_us(pair, after):
    metadata = pair.first.get("Service", "details", "bookinfo")["metadata"]
    assert OURS not in metadata["labels"]
    assert "spillway.dev/service" not in metadata["annotations"]


def test_a_reconciler_that_still_runs_writes_nothing_again(pair, live, after):
    """Its rights went first."""
    time.sleep(3)
    for cluster in pair.clusters:
        assert set(everything(cluster)) - set(after[cluster.name]) == set()
