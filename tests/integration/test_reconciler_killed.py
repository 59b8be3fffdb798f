"""Reconcilers that die in the middle of their work, and more than one that thinks it leads."""

import contextlib
import datetime
import json
import time

import pytest

from harness import wait_until
from reconciler import ROOT, SERVICES, Pair, service

OURS = "spillway-system"
LEASE = ("lease", "spillway-reconciler", "-n", OURS)

MANY = [f"many-{i}" for i in range(60)]
STUBS = MANY[::2]  # those that the first cluster has no Service for

KINDS = {
    "DestinationRule": ROOT,
    "Gateway": "eastwest",
    "Service": "bookinfo",
    "WorkloadEntry": "bookinfo",
}

# How many objects there are when it is killed: on the way up, in the order of writes, and down.
UP = [
    *[("DestinationRule", n) for n in (4, 20, 40)],
    *[("Service", n) for n in (5, 20)],
    *[("WorkloadEntry", n) for n in (4, 24, 50)],
]
DOWN = [
    *[("WorkloadEntry", n) for n in (60, 40, 15)],
    *[("Service", n) for n in (28, 12)],
    *[("DestinationRule", n) for n in (60, 40, 20)],
]


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    with Pair(tmp_path_factory.mktemp("killed"), [f"--namespace={OURS}"]) as pair:
        yield pair


def users_objects(cluster):
    """One of each kind, beside ours and with none of our marks."""
    istio = "networking.istio.io/v1"
    specs = {
        "DestinationRule": (istio, {"host": "elsewhere.example"}),
        "Gateway": (istio, {"selector": {"app": "users"}, "servers": []}),
        "Service": ("v1", {"ports": [{"name": "http", "port": 80}]}),
        "WorkloadEntry": (istio, {"address": "192.0.2.200", "labels": {"app": "users"}}),
    }
    for kind, (version, spec) in specs.items():
        metadata = {"name": "users", "namespace": KINDS[kind]}
        cluster.put({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec})


def versions_of_users(cluster):
    return {
        kind: cluster.get(kind, "users", at)["metadata"]["resourceVersion"]
        for kind, at in KINDS.items()
    }


def count(cluster, kind):
    return len(cluster.ours(kind, KINDS[kind]))


def killed(reconciler, is_time):
    """Starts it, and kills it as soon as it is time: without a pause, as phases take some 0.1 s."""
    deadline = time.monotonic() + 60
    reconciler.process.start()
    while not is_time():
        assert time.monotonic() < deadline, "it does not get there"
    reconciler.kill()


def check_order(cluster):
    """No WorkloadEntry is there without the rule that keeps it for emergencies, or its Service."""
    rules = {each["spec"]["host"] for each in cluster.list("DestinationRule", ROOT)}
    services = {each["metadata"]["name"] for each in cluster.list("Service", "bookinfo")}
    for name in cluster.addresses():
        assert f"{name}.bookinfo.svc.cluster.local" in rules
        assert name in services


@pytest.fixture
def many(pair):
    """More Services, half of which the first cluster has not; not exposed yet."""
    first, second = pair.clusters
    pair.reconcilers[0].stop()
    for name in MANY:
        second.put(service(name))
        second.scale(name, 1)
        if name not in STUBS:
            first.put(service(name))
    yield
    for cluster in pair.clusters:
        for name in MANY:
            cluster.delete("Service", name, "bookinfo")


def test_killed_in_every_phase_it_leaves_what_was_planned_and_nothing_else(pair, many):
    first, n_entries = pair.first, len(MANY) + 6
    users_objects(first)
    before = versions_of_users(first)
    again = pair.reconciler(first, "-killed")
    n_midway = 0

    pair.expose()
    for kind, n in UP:
        killed(again, lambda kind=kind, n=n: count(first, kind) >= n)
        n_midway += len(first.entries()) < n_entries
        check_order(first)

    with again:
        wanted = {name: {"192.0.2.2"} for name in [*MANY, *SERVICES]}
        wait_until("all is there", lambda: first.addresses() == wanted, 60)
        wait_until("nothing is left to write", lambda: is_idle(again), 30)
    assert len(first.entries()) == n_entries
    assert first.ours("Service", "bookinfo") == set(STUBS)
    assert count(first, "DestinationRule") == len(MANY) + len(SERVICES)
    with pair.reconciler(first, "-fresh") as fresh:
        time.sleep(4)  # rules have to be visible for 2 s
        assert fresh.n_writes() == 0, "one that was never killed would have it otherwise"

    for cluster in pair.clusters:
        cluster.delete("WorkspaceSetting", "bookinfo-ws-setting", "tetrate")
    for kind, n in DOWN:
        killed(again, lambda kind=kind, n=n: count(first, kind) <= n)
        n_midway += count(first, "DestinationRule") > 0
        check_order(first)
    assert n_midway > len(UP + DOWN) // 2, "it was done before it was killed"

    with again:
        for kind in KINDS:
            wait_until(f"no {kind} is left", lambda kind=kind: count(first, kind) == 0, 90)
    assert versions_of_users(first) == before


def is_idle(*reconcilers, quiet_s=1.5):
    """Whether none of them has written anything for so long."""
    before = [each.n_writes() for each in reconcilers]
    time.sleep(quiet_s)
    return before == [each.n_writes() for each in reconcilers]


def n_failing(*reconcilers):
    return sum(each.metric("spillway_reconciler_failing_objects") for each in reconcilers)


def uids(cluster):
    return {
        each["metadata"]["uid"] for kind, at in KINDS.items() for each in cluster.list(kind, at)
    }


def test_two_that_both_lead_come_to_rest(pair):
    """Neither knows of the other; each writes what the other one does."""
    first, second = pair.clusters
    pair.reconcilers[0].stop()
    pair.expose()
    first.delete("Service", "ratings", "bookinfo")
    with contextlib.ExitStack() as stack:
        both = [stack.enter_context(pair.reconciler(first, f"-both-{i}")) for i in range(2)]
        for address in ("192.0.2.31", "192.0.2.32", "192.0.2.33"):
            second.gateway(address)
            wanted = {name: {address} for name in SERVICES}
            wait_until("all lead there", lambda wanted=wanted: first.addresses() == wanted, 60)
        wait_until("they come to rest", lambda: is_idle(*both), 30)
        kept = uids(first)
        assert len(first.entries()) == 6
        assert first.ours("Service", "bookinfo") == {"ratings"}
        assert count(first, "DestinationRule") == len(SERVICES)

        [name] = first.entries("details")
        first.delete("WorkloadEntry", name, "bookinfo")
        wait_until("it is mended", lambda: name in first.entries("details"), 30)
        wait_until("they come to rest again", lambda: is_idle(*both), 30)
        assert len(uids(first) & kept) == len(kept) - 1
        wait_until("nothing is failing", lambda: n_failing(*both) == 0, 30)
    first.put(service("ratings"))
    second.gateway("192.0.2.2")


def steal(api):
    """Somebody else holds the Lease from now on, and does not renew it."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec = {"holderIdentity": "thief", "renewTime": now, "acquireTime": now}
    patch = json.dumps({"spec": spec})
    api.kubectl("patch", *LEASE, "--type=merge", "-p", patch).check()


def test_one_whose_lease_is_stolen_waits_until_it_is_free(pair):
    first, second = pair.clusters
    pair.reconcilers[0].stop()
    pair.expose()
    with pair.reconciler(first, "-robbed", ["--leader-elect"]) as robbed:
        wanted = {name: {"192.0.2.2"} for name in SERVICES}
        wait_until("it leads, and writes", lambda: first.addresses() == wanted, 60)
        wait_until("it comes to rest", lambda: is_idle(robbed), 30)
        steal(first.api)
        wait_until("it notices", lambda: robbed.metric("spillway_reconciler_leader") == 0, 15)
        n_writes = robbed.n_writes()
        second.gateway("192.0.2.41")
        time.sleep(4)
        assert robbed.n_writes() == n_writes and first.addresses() == wanted
        wanted = {name: {"192.0.2.41"} for name in SERVICES}
        wait_until("it leads again, and writes", lambda: first.addresses() == wanted, 60)
        assert first.api.get(*LEASE[:2], OURS)["spec"]["holderIdentity"] != "thief"
