"""Events of the reconciler, with the rights that it is deployed with and under its policy."""

import subprocess
import time

import pytest

from harness import wait_until
from harness.reconciler import Reconciler
from harness.tools import program
from installed import NAMESPACE, RECONCILER, Account, install
from reconciler import SERVICES, Pair

# What is so when it begins to lead, and a moment later, is known and not told.
SETTLE_S = 12
SENT = {"result": "sent"}
DROPPED = {"result": "dropped"}


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    """The first cluster as it is installed, with its account; the second as it always is there."""
    pair = Pair(tmp_path_factory.mktemp("events"))
    pair.reconcilers = [pair.reconciler(pair.second)]
    with pair:
        install(pair.first.api)
        pair.expose()
        yield pair


@pytest.fixture(scope="module")
def deployed(pair, tmp_path_factory):
    folder = tmp_path_factory.mktemp("account")
    account = Account(pair.first.api, folder, RECONCILER)
    connect(pair.first, pair.second)
    options = [f"--namespace={NAMESPACE}", "--leader-elect"]
    sources = {pair.first.name: f"kubeconfig:{account.kubeconfig}"}
    with Reconciler(folder / "reconciler", sources, options) as reconciler:
        wait_until("all lead there", lambda: set(pair.first.addresses()) == set(SERVICES), 90)
        time.sleep(SETTLE_S)
        yield reconciler


def connect(here, there):
    command = [
        *[program("spillway"), "remote-secret", "--apply", "--duration=1h"],
        f"--cluster={there.name}=kubeconfig:{there.api.kubeconfig}",
    ]
    done = subprocess.run(command, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    here.api.kubectl("apply", "--server-side", "-f", "-", input=done.stdout).check()


def events(cluster, name=None, at="bookinfo", **fields):
    """Those that the reconciler wrote there."""
    items = cluster.api.kubectl("get", "events", "-n", at, "-o", "json").json()["items"]
    return [
        each
        for each in items
        if each["source"].get("component") == RECONCILER
        and (name is None or each["involvedObject"]["name"] == name)
        and fields.items() <= each.items()
    ]


def one(cluster, name, reason, count=1, **where):
    """The one Event of that reason, once it has been told that often."""

    def told():
        found = events(cluster, name, reason=reason, **where)
        assert len(found) <= 1, found
        return found and found[0]["count"] >= count

    wait_until(f"{name}: {reason} ({count})", told, 60)
    [found] = events(cluster, name, reason=reason, **where)
    return found


def test_what_stands_is_no_event(pair, deployed):
    assert events(pair.first) == []
    assert events(pair.first, at="eastwest") == []


def test_describe_says_why_there_is_no_failover(pair, deployed):
    pair.second.scale("ratings", 0)

    event = one(pair.first, "ratings", "NoReadyPods")

    assert event["type"] == "Warning"
    assert "no failover to cluster-2: " in event["message"]
    assert event["message"].endswith("kubectl --context cluster-2 get pods -n bookinfo")
    assert event["firstTimestamp"] and event["lastTimestamp"]
    described = pair.first.api.kubectl("describe", "service", "ratings", "-n", "bookinfo").check()
    assert "NoReadyPods" in described.stdout.partition("Events:")[2]

    pair.second.scale("ratings", 1)
    event = one(pair.first, "ratings", "FailoverReady")
    assert event["type"] == "Normal"
    assert event["message"] == "failover to cluster-2 is in place"
    described = pair.first.api.kubectl("describe", "service", "ratings", "-n", "bookinfo").check()
    assert "FailoverReady" in described.stdout.partition("Events:")[2]


def test_what_flaps_is_counted(pair, deployed):
    for i in range(1, 6):
        pair.second.scale("details", 0)
        one(pair.first, "details", "NoReadyPods", i)
        pair.second.scale("details", 1)
        one(pair.first, "details", "FailoverReady", i)
    assert len(events(pair.first, "details")) == 2


def test_a_stub_has_events_too(pair, deployed):
    pair.first.delete("Service", "reviews", "bookinfo")
    wait_until("a stub is there", lambda: "reviews" in pair.first.ours("Service", "bookinfo"), 60)
    pair.second.scale("reviews", 0)

    event = one(pair.first, "reviews", "NoReadyPods")

    stub = pair.first.get("Service", "reviews", "bookinfo")
    assert event["involvedObject"]["uid"] == stub["metadata"]["uid"]
    pair.second.scale("reviews", 1)
    one(pair.first, "reviews", "FailoverReady")


def test_where_there_is_no_service_the_namespace_shows_it(pair, deployed):
    """Without a stub, because the namespace does not want one."""
    pair.first.api.kubectl("label", "namespace", "bookinfo", "spillway.dev/stub=disabled").check()
    wait_until("the stub is gone", lambda: not pair.first.get("Service", "reviews", "bookinfo"), 60)

    event = one(pair.first, "reviews", "StubDisabled")

    assert "uid" not in event["involvedObject"]
    assert event["involvedObject"]["kind"] == "Service"
    shown = pair.first.api.kubectl("get", "events", "-n", "bookinfo").check().stdout
    assert "service/reviews" in shown


def test_a_gateway_is_told_of_at_its_service(pair, deployed):
    """As users know it: the Gateway of ours is made for that Service."""
    users = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "theirs", "namespace": "eastwest"},
        "spec": {
            "selector": {"app": "eastwest-gateway"},
            "servers": [
                {
                    "port": {"number": 15443, "name": "tls", "protocol": "TLS"},
                    "tls": {"mode": "AUTO_PASSTHROUGH"},
                    "hosts": ["*.bookinfo.svc.cluster.local"],
                }
            ],
        },
    }
    pair.first.put(users)
    event = one(pair.first, "eastwest-gateway", "PassthroughTaken", at="eastwest")
    assert event["type"] == "Warning" and "Gateway eastwest/theirs" in event["message"]
    pair.first.delete("Gateway", "theirs", "eastwest")
    one(pair.first, "eastwest-gateway", "GatewayPlanned", at="eastwest")


def test_they_are_counted_and_none_was_refused(pair, deployed):
    name = "spillway_reconciler_events_total"
    there = sum(
        each["count"] for at in ("bookinfo", "eastwest") for each in events(pair.first, at=at)
    )
    wait_until("all are counted", lambda: deployed.metric(name, **SENT) >= there, 10)
    assert deployed.metric(name, **DROPPED) == 0
    assert not [each for each in deployed.log() if each["msg"] == "cannot write an Event"]


def test_a_restart_makes_none(pair, deployed):
    """Nor for what is withheld meanwhile: `spillway status` says what stands."""
    pair.second.scale("productpage", 0)
    one(pair.first, "productpage", "NoReadyPods")
    before = events(pair.first)

    deployed.kill()
    deployed.start()
    wait_until("it leads", lambda: deployed.metric("spillway_reconciler_leader") == 1, 60)
    time.sleep(SETTLE_S)

    assert events(pair.first) == before
    pair.second.scale("productpage", 1)
    event = one(pair.first, "productpage", "FailoverReady")
    assert event["count"] == 1


def test_what_is_no_longer_exposed_has_ended(pair, deployed):
    for cluster in pair.clusters:
        cluster.delete("WorkspaceSetting", "bookinfo-ws-setting", "tetrate")
    for name in ("details", "ratings", "productpage"):
        event = one(pair.first, name, "FailoverEnded")
        assert event["type"] == "Normal"
