"""Three clusters with a reconciler each: what leads to each of the others, and to whom it comes and
goes."""

import base64

import pytest

from harness import wait_until
from reconciler import SERVICES, Fleet

OURS = "spillway-system"


@pytest.fixture(scope="module")
def trio(tools, tmp_path_factory):
    """The first cluster's reconciler knows the others from a Secret, those by their options."""
    trio = Fleet(tmp_path_factory.mktemp("fleet"), 3)
    first, *rest = trio.clusters
    alone = trio.reconciler(first, "-secret", [f"--namespace={OURS}"], remotes=[])
    trio.reconcilers = [alone, *map(trio.reconciler, rest)]
    with trio:
        trio.expose()
        yield trio


@pytest.fixture(autouse=True)
def in_place(trio):
    """Each test begins with everything in place, whatever the last one has left."""
    connect(trio, *trio.clusters[1:])
    for cluster in trio.clusters:
        cluster.bookinfo()
        cluster.gateway(f"192.0.2.{cluster.number}")
    trio.wait_in_place()


def connect(trio, *remotes):
    """The Secret of the first cluster names these."""
    metadata = {
        "name": "clusters",
        "namespace": OURS,
        "labels": {"spillway.dev/cluster": "true"},
    }
    data = {
        each.name: base64.b64encode(each.kubeconfig.read_bytes()).decode() for each in remotes
    }
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}
    trio.first.put(secret)


def leads(cluster, others, *services):
    """Whether these Services lead to these clusters, and nothing else anywhere."""
    there = {f"192.0.2.{other.number}" for other in others}
    return cluster.addresses() == {name: there for name in services or SERVICES}


def test_each_leads_to_both_others(trio):
    for cluster in trio.clusters:
        others = trio.others(cluster)
        entries = cluster.entries("details").values()
        assert len(cluster.entries()) == 2 * 6  # of reviews, one for each version
        found = {
            (each["spec"]["network"], each["spec"]["labels"]["spillway.dev/remote"])
            for each in entries
        }
        assert found == {(other.name, other.name) for other in others}
        # One rule and one Gateway do for both.
        assert len(cluster.ours("DestinationRule", "istio-system")) == len(SERVICES)
        assert len(cluster.ours("Gateway", "eastwest")) == 1


def test_pods_that_are_gone_take_only_what_leads_to_them(trio):
    first, second, third = trio.clusters
    kept = {name for name, each in first.entries().items() if third.name == remote_of(each)}

    second.scale("details", 0)

    for cluster, other in ((first, third), (third, first)):
        wanted = {f"192.0.2.{other.number}"}
        wait_until(
            f"{cluster.name} leads to {other.name} alone",
            lambda cluster=cluster, wanted=wanted: cluster.addresses("details")
            == {"details": wanted},
        )
        assert len(cluster.entries()) == 2 * 6 - 1
    assert kept < set(first.entries())
    # Who has lost its pods still leads to both, which is what failover is for.
    assert leads(second, [first, third])


def remote_of(entry):
    return entry["spec"]["labels"]["spillway.dev/remote"]


def test_a_cluster_that_a_secret_names_no_more_takes_only_what_leads_there(trio):
    first, second, third = trio.clusters
    kept = {name: each for name, each in first.entries().items() if remote_of(each) == second.name}

    connect(trio, second)

    wait_until("nothing leads to the third", lambda: leads(first, [second]))
    held = first.entries()
    assert {name: each["metadata"]["uid"] for name, each in held.items()} == {
        name: each["metadata"]["uid"] for name, each in kept.items()
    }
    assert first.ours("DestinationRule", "istio-system"), "the second still needs them"
    # The others know the third as they did.
    assert leads(second, [first, third])
    reconciler = trio.reconcilers[0]
    assert reconciler.metric("spillway_cluster_synced", cluster=third.name) is None
    assert reconciler.metric("spillway_cluster_synced", cluster=second.name) == 1


def test_a_cluster_that_the_options_name_no_more_takes_only_what_leads_there(trio):
    first, second, third = trio.clusters
    trio.reconcilers[1].stop()
    with trio.reconciler(second, "-without", remotes=[third]):
        wait_until("nothing leads to the first", lambda: leads(second, [third]))
    trio.reconcilers[1].start()
    wait_until("it leads to both again", lambda: leads(second, [first, third]))


def test_a_cluster_out_of_reach_takes_nothing_of_the_others_along(trio):
    """While one cannot be read, what leads to the other follows it."""
    first, second, third = trio.clusters
    third.wire.cut()
    try:
        second.gateway("192.0.2.40")
        moved = {"192.0.2.40", f"192.0.2.{third.number}"}
        wanted = {name: moved for name in SERVICES}
        wait_until("the new address, and the third", lambda: first.addresses() == wanted)
    finally:
        third.wire.mend()
        second.gateway(f"192.0.2.{second.number}")
