"""Users' objects that have the very names of ours: refused, left as they are, told, and followed by
ours once they are gone."""

import pytest

from harness import wait_until
from reconciler import ROOT, Pair, service
from told import told

OURS = "spillway-system"
ISTIO = "networking.istio.io/v1"
KINDS = ("WorkloadEntry", "DestinationRule", "Gateway", "Service")


def ingress():
    return {
        "apiVersion": "install.tetrate.io/v1alpha1",
        "kind": "IngressGateway",
        "metadata": {"name": "east-west", "namespace": "eastwest"},
        "spec": {"eastWestOnly": True},
    }


def users(cluster):
    """An object of each kind that has the name of one of ours, of which all are there now."""
    rule = cluster.get("DestinationRule", "k-ratings.bookinfo", ROOT)
    gateway = cluster.get("Gateway", "k-eastwest-gateway", "eastwest")
    [entry] = cluster.entries("details").values()
    found = []
    for each in (entry, rule, gateway):
        metadata = {key: each["metadata"][key] for key in ("name", "namespace")}
        found.append({"apiVersion": ISTIO, "kind": each["kind"], "metadata": metadata})
    # In the entry all values are those that ours has: an apply would find no conflict in it.
    found[0]["spec"] = entry["spec"]
    found[1]["spec"] = {"host": "other.example.com"}
    port = {"number": 80, "name": "http", "protocol": "HTTP"}
    servers = [{"port": port, "hosts": ["other.example.com"]}]
    found[2]["spec"] = {"selector": {"app": "other"}, "servers": servers}
    return {each["kind"]: each for each in [*found, service("east-west", "eastwest", 80)]}


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    with Pair(tmp_path_factory.mktemp("names"), [f"--namespace={OURS}"]) as pair:
        pair.expose()
        pair.wait_in_place()
        yield pair


@pytest.fixture(scope="module")
def taken(pair):
    """By kind, what users have put in the places of ours while no reconciler ran there."""
    first, reconciler = pair.first, pair.reconcilers[0]
    reconciler.stop()
    wanted = users(first)
    for kind, obj in wanted.items():
        first.delete(kind, obj["metadata"]["name"], obj["metadata"]["namespace"])
        first.put(obj)
    first.put(ingress())
    held = {kind: held_of(first, obj) for kind, obj in wanted.items()}
    reconciler.start()
    return held


def held_of(cluster, obj):
    metadata = obj["metadata"]
    return cluster.get(obj["kind"], metadata["name"], metadata["namespace"])


SUBJECTS = {
    "WorkloadEntry": ("Service", "details"),
    "DestinationRule": ("Service", "ratings"),
    "Gateway": ("Gateways", ""),
    "Service": ("IngressGateway", "east-west"),
}


def what_is_told(cluster, obj):
    """The row of `spillway status` that names the object."""
    metadata = obj["metadata"]
    named = f"{obj['kind']} {metadata['namespace']}/{metadata['name']}: "
    rows = told(cluster)["rows"]
    return next((row for row in rows if (row["message"] or "").startswith(named)), None)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_left_as_it_is_and_told(pair, taken, kind):
    before = taken[kind]
    row = wait_until("it is told", lambda: what_is_told(pair.first, before), 60)
    assert (row["state"], row["reason"]) == ("Waits", "NotOurs")
    assert (row["kind"], row["name"] or "") == SUBJECTS[kind]
    assert "is there that is not ours" in row["message"]
    assert row["advice"]
    now = held_of(pair.first, before)
    assert now == before, "not even who has which fields is another"


def test_it_is_counted(pair, taken):
    reconciler = pair.reconcilers[0]
    assert reconciler.metric("spillway_reconciler_failing_objects") == len(KINDS)
    assert reconciler.sum("spillway_reconciler_writes_total", result="conflict") >= len(KINDS)


def test_what_has_other_names_is_made_beside_it(pair, taken):
    first = pair.first
    # Without its rule, healthy requests for ratings would leave the cluster.
    wait_until(
        "what leads elsewhere without a rule has gone",
        lambda: set(first.addresses()) == {"details", "reviews", "productpage"},
        60,
    )
    assert taken["WorkloadEntry"]["metadata"]["name"] not in first.ours("WorkloadEntry", "bookinfo")
    for kind in ("ServiceAccount", "Deployment"):
        assert first.ours(kind, "eastwest") == {"east-west"}


@pytest.fixture(scope="module")
def freed(pair, taken):
    """Users delete theirs, all at once: how long ours takes depends on how long it was refused."""
    for kind, before in taken.items():
        pair.first.delete(kind, before["metadata"]["name"], before["metadata"]["namespace"])


@pytest.mark.parametrize("kind", KINDS)
def test_once_it_is_gone_ours_is_there(pair, taken, freed, kind):
    first, before = pair.first, taken[kind]
    name, at = before["metadata"]["name"], before["metadata"]["namespace"]
    wait_until("ours is there", lambda: name in first.ours(kind, at), 60)
    wait_until("it is told no more", lambda: not what_is_told(first, before), 60)


def test_nothing_fails_at_the_end(pair, freed):
    reconciler = pair.reconcilers[0]
    wait_until(
        "nothing fails", lambda: reconciler.metric("spillway_reconciler_failing_objects") == 0, 60
    )
    pair.wait_in_place()
