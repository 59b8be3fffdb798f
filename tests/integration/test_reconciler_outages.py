"""API servers that die, come back and have forgotten: what reconcilers on both sides make of it.

The API server of the second cluster is what the first one's reconciler reads from afar, and what
the second one's writes to; each outage is looked at from both.
"""

import contextlib
import time

import pytest

import told
from harness import wait_until
from reconciler import SERVICES, Pair, pod, running, service

OURS = "spillway-system"
MANY = [f"many-{i}" for i in range(14)]

# Longer than an API server out of reach counts as reached (10 s), than a Lease is held without
# renewal (15 s), and than five tries to read again (0.8 s, doubled).
OUTAGE_S = 25


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    options = [f"--namespace={OURS}", "--leader-elect"]
    with Pair(tmp_path_factory.mktemp("outages"), options) as pair:
        pair.expose()
        pair.wait_in_place()
        yield pair


@pytest.fixture
def here(pair):
    return pair.reconcilers[0]


def uids(cluster):
    """Everything of ours there, by kind and name."""
    kinds = ("WorkloadEntry", "DestinationRule", "Gateway", "Service")
    return {
        (kind, each["metadata"]["name"]): each["metadata"]["uid"]
        for kind in kinds
        for each in cluster.list(kind)
        if each["metadata"].get("labels", {}).get("app.kubernetes.io/managed-by") == "spillway"
    }


def readable(reconciler, cluster):
    return reconciler.metric("spillway_cluster_readable", cluster=cluster.name) == 1


def is_told_out_of_reach(cluster, other):
    reach = {row["name"]: row["readable"] for row in told.told(cluster)["clusters"]}
    return reach == {cluster.name: True, other.name: False}


def leads(reconciler):
    return reconciler.metric("spillway_reconciler_leader") == 1


@contextlib.contextmanager
def dead(cluster, changes):
    """Its API server and etcd are gone; what changes() does there afterwards, nobody saw happen."""
    cluster.api.kill()
    try:
        yield
    finally:
        cluster.wire.cut()
        cluster.api.start()
        cluster.reconnect()
        changes()
        cluster.wire.mend()


def test_an_api_server_that_dies_takes_nothing_with_it(pair, here):
    first, second = pair.clusters
    there = pair.reconcilers[1]
    before, pids = uids(first), [each.process.pid for each in pair.reconcilers]
    n_writes = here.n_writes()
    first.scale("details", 2)  # what is local goes on meanwhile

    def changes():
        second.scale("details", 0)
        second.scale("ratings", 3)
        second.gateway("192.0.2.22")
        second.delete("Service", "productpage", "bookinfo")

    with dead(second, changes):
        began = time.monotonic()
        wait_until("its view is frozen", lambda: not readable(here, second), 60)
        wait_until("its own reconciler leads no more", lambda: not leads(there), 60)
        first.delete("WorkloadEntry", next(iter(first.entries("details"))), "bookinfo")
        wait_until("what is deleted here is mended", lambda: first.entries("details"), 30)
        wait_until("it is told", lambda: is_told_out_of_reach(first, second), 30)
        time.sleep(max(0, began + OUTAGE_S - time.monotonic()))
        kept = uids(first)
        assert kept.keys() == before.keys()
        mended = [key for key in before if kept[key] != before[key]]
        assert [kind for kind, _ in mended] == ["WorkloadEntry"]
        assert here.n_writes() == n_writes + 1
        assert here.is_ready()

    wanted = {name: {"192.0.2.22"} for name in ("ratings", "reviews")}
    wait_until("it is as there", lambda: first.addresses() == wanted, 60)
    weights = [each["spec"]["weight"] for each in first.entries("ratings").values()]
    assert weights == [3]

    wait_until("its own reconciler leads again", lambda: leads(there), 60)
    wait_until(
        "what it lacks is brought", lambda: "productpage" in second.ours("Service", "bookinfo"), 60
    )
    assert [each.process.pid for each in pair.reconcilers] == pids
    second.delete("Service", "productpage", "bookinfo")
    second.gateway("192.0.2.2")
    second.bookinfo()
    pair.wait_in_place()
    pair.wait_quiet(quiet_s=3)
    for cluster in pair.clusters:
        assert len(cluster.entries()) == 6
        assert len(cluster.ours("DestinationRule", "istio-system")) == len(SERVICES)
        assert len(cluster.ours("Gateway", "eastwest")) == 1


def is_forgotten(cluster, version):
    """Whether a watch from that version is refused."""
    path = f"/api/v1/services?watch=1&timeoutSeconds=1&resourceVersion={version}"
    with contextlib.closing(cluster.api.client()) as client:
        status, said = client.call("GET", path)
    return status == 410 or (isinstance(said, dict) and said["object"].get("code") == 410)


@contextlib.contextmanager
def forgotten(cluster):
    """What changes within, nobody saw happen, and every watch from before it is refused (410)."""
    before = cluster.api.version()
    cluster.wire.cut()
    try:
        yield
    finally:
        cluster.api.compact()
        cluster.api.kill_server()  # its watch cache remembers what etcd has forgotten
        cluster.api.start_server()
        cluster.reconnect()
        assert is_forgotten(cluster, before)
        cluster.wire.mend()


def open_many(pair):
    first, second = pair.clusters
    for name in MANY:
        first.put(service(name))
        second.put(service(name))
        second.scale(name, 1)
    wanted = {name: {"192.0.2.2"} for name in [*MANY, *SERVICES]}
    wait_until("all are there", lambda: first.addresses() == wanted, 60)


def test_what_a_watch_has_missed_is_taken_from_a_new_list(pair, here):
    """A few deletions are believed at once, and many only when they are seen twice, or 30 s old."""
    first, second = pair.clusters
    open_many(pair)

    with forgotten(second):
        second.scale(MANY[0], 0)
        second.scale("details", 2)
        second.put(pod("else", "bookinfo", {"app": "else"}, "else"), running("10.12.9.9"))
    began = time.monotonic()
    wait_until("one is believed", lambda: not first.entries(MANY[0]), 20)
    took_s = time.monotonic() - began
    assert took_s < 15, "a single deletion must not wait"
    [details] = first.entries("details").values()
    assert details["spec"]["weight"] == 2
    assert len(first.addresses()) == len(MANY) - 1 + len(SERVICES)

    with forgotten(second):
        for name in MANY[1:]:
            second.scale(name, 0)
        second.scale("details", 3)
    wait_until(
        "what has come is believed",
        lambda: [e["spec"]["weight"] for e in first.entries("details").values()] == [3],
        20,
    )
    began = time.monotonic()
    while time.monotonic() < began + 8:
        assert set(MANY[1:]) < set(first.addresses()), "so many at once have to be seen twice"
        time.sleep(0.2)
    waits = ("Waits", "WaitsForRelist")
    wait_until("it is told", lambda: waits in told.services(first)[("bookinfo", MANY[1])], 20)
    wanted = {name: {"192.0.2.2"} for name in SERVICES}
    wait_until("and then they go", lambda: first.addresses() == wanted, 60)
    for cluster in pair.clusters:
        for name in MANY:
            cluster.delete("Service", name, "bookinfo")


def test_what_leads_to_a_cluster_lost_for_too_long_goes_if_that_is_asked_for(pair, here):
    first, second = pair.clusters
    here.stop()
    with pair.reconciler(first, "-ttl", ["--remote-ttl=12"]) as impatient:
        wait_until("it leads", lambda: leads(impatient), 60)
        pair.wait_in_place()
        second.wire.cut()
        wait_until("its view is frozen", lambda: not readable(impatient, second), 60)
        assert set(first.addresses()) == set(SERVICES), "not yet"
        wait_until("nothing leads there any more", lambda: not first.entries(), 30)
        wanted = {("Withheld", "RemoteExpired")}
        key = ("bookinfo", "details")
        wait_until("it is told", lambda: told.services(first).get(key) == wanted, 30)
        second.wire.mend()
        pair.wait_in_place()
    here.start()
