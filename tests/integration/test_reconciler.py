"""The reconciler over real API servers: the guide's failover, from the WorkspaceSetting on."""

import signal
import time

import pytest

from harness import wait_until
from reconciler import SERVICES, Pair


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    with Pair(tmp_path_factory.mktemp("reconciler")) as pair:
        pair.expose()
        yield pair


@pytest.fixture(autouse=True)
def in_place(pair):
    """Each test begins with everything in place, whatever the last one has left."""
    for cluster in pair.clusters:
        cluster.bookinfo()
        cluster.gateway(f"192.0.2.{cluster.number}")
    pair.wait_in_place()


def test_a_setting_brings_a_way_to_the_other_cluster_for_every_service(pair):
    for cluster, other in ((pair.first, pair.second), (pair.second, pair.first)):
        assert len(cluster.entries("details")) == 1
        entry = next(iter(cluster.entries("details").values()))
        assert entry["spec"]["address"] == f"192.0.2.{other.number}"
        assert entry["spec"]["ports"]["http"] == 15443
        assert entry["spec"]["network"] == other.name
        assert entry["spec"]["locality"] == f"region-{other.number}/zone-{other.number}a"
        assert entry["spec"]["labels"]["spillway.dev/remote"] == other.name
        assert entry["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "spillway"
        assert len(cluster.entries("reviews")) == 3  # one for each version
        hosts = {f"{name}.bookinfo.svc.cluster.local" for name in SERVICES}
        assert {host.rpartition("/")[2] for host in cluster.hosts()} == hosts
        assert len(cluster.ours("DestinationRule", "istio-system")) == len(SERVICES)


def test_nothing_is_written_while_nothing_changes(pair):
    pair.wait_quiet(quiet_s=5)


def test_a_service_without_pods_there_is_withdrawn_and_comes_back(pair):
    pair.second.scale("details", 0)
    wait_until("details leads nowhere", lambda: not pair.first.entries("details"))
    assert set(pair.first.addresses()) == set(SERVICES) - {"details"}
    pair.second.scale("details", 2)
    wait_until("details leads there again", lambda: pair.first.entries("details"))
    entry = next(iter(pair.first.entries("details").values()))
    assert entry["spec"].get("weight", 1) == 2


def test_a_new_gateway_address_comes_before_the_old_one_goes(pair):
    seen = []
    pair.second.gateway("192.0.2.77")
    deadline = time.monotonic() + 30
    while pair.first.addresses("details") != {"details": {"192.0.2.77"}}:
        seen.append(pair.first.addresses("details"))
        assert time.monotonic() < deadline, seen[-1]
    assert all(each.get("details") for each in seen), "for a moment details led nowhere"
    wanted = {name: {"192.0.2.77"} for name in SERVICES}
    wait_until("all lead to the new address", lambda: pair.first.addresses() == wanted)


def test_one_that_is_killed_while_it_writes_goes_on_when_it_is_back(pair):
    reconciler = pair.reconcilers[0]
    pair.second.gateway("192.0.2.88")
    wait_until("it has begun", lambda: "192.0.2.88" in str(pair.first.addresses()))
    reconciler.kill()
    reconciler.start()
    wanted = {name: {"192.0.2.88"} for name in SERVICES}
    wait_until("all lead to the new address", lambda: pair.first.addresses() == wanted, 60)
    pair.wait_quiet(quiet_s=3)
    assert len(pair.first.entries()) == 6


def test_a_cluster_out_of_reach_keeps_what_leads_there(pair):
    pair.second.wire.cut()
    try:
        wait_until(
            "its view is frozen",
            lambda: pair.reconcilers[0].metric("spillway_cluster_readable", cluster="cluster-2")
            == 0,
            60,
        )
        assert set(pair.first.addresses()) == set(SERVICES)
        assert pair.reconcilers[0].is_ready()
    finally:
        pair.second.wire.mend()
    wait_until(
        "it is being watched again",
        lambda: pair.reconcilers[0].metric("spillway_cluster_readable", cluster="cluster-2") == 1,
        60,
    )
    pair.wait_in_place()


def test_who_is_asked_to_end_ends_cleanly(pair):
    reconciler = pair.reconcilers[0]
    reconciler.process.send(signal.SIGTERM)
    assert reconciler.process.wait_exit(15) == 0
    reconciler.start()
