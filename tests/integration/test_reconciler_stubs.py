"""Stub Services that users bring Services of their own to: theirs from then on, whichever way they
take, and never deleted; and those of which users only take something off."""

import pytest

from harness import wait_until
from reconciler import Pair, service

OURS = "app.kubernetes.io/managed-by"
FOR = "spillway.dev/service"
NOBODYS = "nobodys"


def manifest(name):
    """What the user has: another selector than the Service that the stub was made after."""
    return service(name, selector={"app": name, "tier": "web"})


def same(name):
    """What the user has is, to the last value, what we have made; it says nothing of the rest."""
    spec = {
        "ports": [{"name": "http", "port": 9080, "protocol": "TCP", "targetPort": 9080}],
        "selector": {"app": name},
    }
    metadata = {"name": name, "namespace": "bookinfo"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def kubectl(cluster, *words, **options):
    return cluster.api.kubectl(*words, **options)


def apply(cluster, name):
    kubectl(cluster, "apply", "-f", "-", input=manifest(name)).check()


def apply_the_same(cluster, name):
    """Of this kubectl sends an annotation alone: all fields are what they are to be."""
    kubectl(cluster, "apply", "-f", "-", input=same(name)).check()


def apply_on_the_server(cluster, name):
    """Without a conflict: it is given the same values."""
    kubectl(cluster, "apply", "--server-side", "-f", "-", input=same(name)).check()


def apply_by_force(cluster, name):
    words = ["apply", "--server-side", "-f", "-"]
    refused = kubectl(cluster, *words, input=manifest(name))
    assert not refused.ok and 'conflict with "spillway": .spec.selector' in refused.stderr
    assert name in cluster.ours("Service", "bookinfo"), "what was refused takes nothing over"
    kubectl(cluster, *words, "--force-conflicts", input=manifest(name)).check()


def create_and_replace(cluster, name):
    refused = kubectl(cluster, "create", "-f", "-", input=manifest(name))
    assert not refused.ok and "already exists" in refused.stderr
    assert name in cluster.ours("Service", "bookinfo"), "what was refused takes nothing over"
    kubectl(cluster, "replace", "-f", "-", input=manifest(name)).check()


def edit(cluster, name):
    words = ["--field-manager=kubectl-edit", "--type=merge", "-p"]
    patch = f'{{"spec": {{"selector": {{"app": "{name}", "tier": "web"}}}}}}'
    kubectl(cluster, "patch", "service", name, "-n", "bookinfo", *words, patch).check()


def adopt(cluster, name):
    """As Helm wants it before `helm upgrade --install` takes an object over, and what it sends."""
    at = ["service", name, "-n", "bookinfo", "--overwrite"]
    kubectl(cluster, "label", *at, f"{OURS}=Helm").check()
    names = ["meta.helm.sh/release-name=shop", "meta.helm.sh/release-namespace=bookinfo"]
    kubectl(cluster, "annotate", *at, *names).check()
    words = ["--field-manager=helm", "--type=strategic", "-p"]
    patch = '{"spec": {"selector": {"tier": "web"}}}'
    kubectl(cluster, "patch", "service", name, "-n", "bookinfo", *words, patch).check()


def take_our_label_off(cluster, name):
    kubectl(cluster, "label", "service", name, "-n", "bookinfo", f"{OURS}-").check()


WAYS = {
    "applied": apply,
    "applied-the-same": apply_the_same,
    "applied-on-the-server": apply_on_the_server,
    "applied-by-force": apply_by_force,
    "replaced": create_and_replace,
    "edited": edit,
    "adopted": adopt,
    "unlabelled": take_our_label_off,
}


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    """The second cluster has a Service for each way, and one that nobody takes over here."""
    with Pair(tmp_path_factory.mktemp("stubs")) as pair:
        pair.expose()
        names = {*WAYS, NOBODYS}
        for name in names:
            pair.second.put(service(name))
            pair.second.scale(name, 1)
        wait_until("each has its stub", lambda: pair.first.ours("Service", "bookinfo") == names, 60)
        wait_until("each leads there", lambda: names <= set(pair.first.addresses()), 60)
        yield pair


@pytest.mark.parametrize("name", WAYS)
def test_it_is_the_users_from_then_on(pair, name):
    first = pair.first
    before = first.get("Service", name, "bookinfo")
    WAYS[name](first, name)
    wait_until("our label is gone", lambda: name not in first.ours("Service", "bookinfo"))
    after = first.get("Service", name, "bookinfo")
    assert after["metadata"]["uid"] == before["metadata"]["uid"], "its address stays"
    assert after["spec"]["clusterIP"] == before["spec"]["clusterIP"]
    if name not in ("adopted", "unlabelled"):
        assert FOR not in after["metadata"].get("annotations", {})
    # What is theirs fails over as any Service of theirs does.
    assert first.entries(name)


def test_one_without_our_annotation_gets_it_back(pair):
    first = pair.first
    before = first.get("Service", NOBODYS, "bookinfo")
    kubectl(first, "annotate", "service", NOBODYS, "-n", "bookinfo", f"{FOR}-").check()

    def annotations():
        return first.get("Service", NOBODYS, "bookinfo")["metadata"].get("annotations", {})

    wait_until("it is there again", lambda: annotations().get(FOR) == f"bookinfo/{NOBODYS}")
    after = first.get("Service", NOBODYS, "bookinfo")
    assert after["metadata"]["uid"] == before["metadata"]["uid"], "mended, and not made anew"


def test_labels_that_users_add_make_it_nobody_elses(pair):
    first = pair.first
    kubectl(first, "label", "service", NOBODYS, "-n", "bookinfo", "team=shop").check()
    pair.wait_quiet(quiet_s=2)
    held = first.get("Service", NOBODYS, "bookinfo")["metadata"]["labels"]
    assert held[OURS] == "spillway" and held["team"] == "shop"


def test_only_ours_goes_with_the_remote_service(pair):
    first, second = pair.clusters
    for name in (*WAYS, NOBODYS):
        second.delete("Service", name, "bookinfo")
    wait_until("nothing leads there", lambda: not set(first.addresses()) & set(WAYS), 60)
    wait_until("the stub is gone", lambda: not first.get("Service", NOBODYS, "bookinfo"), 60)
    pair.wait_quiet(quiet_s=3)
    for name in WAYS:
        assert first.get("Service", name, "bookinfo"), name
