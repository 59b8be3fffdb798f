"""The webhook with API servers for sources: what it knows follows what they hold."""

import time

import pytest

from harness import ApiServer, wait_until
from harness.webhook import install
from live import Cluster, Live, gateway, service, setting, workspace
from wire import Wire

NO_CHANGE_S = 3


@pytest.fixture(scope="module")
def east_api(tools, tmp_path_factory):
    with ApiServer("east", tmp_path_factory.mktemp("live") / "east") as api:
        install(api)
        yield api


@pytest.fixture(scope="module")
def west_api(tools, tmp_path_factory):
    """A cluster without our CRDs: it is no config cluster."""
    with ApiServer("west", tmp_path_factory.mktemp("live") / "west") as api:
        yield api


@pytest.fixture(scope="module")
def east(east_api, tmp_path_factory):
    with Cluster(east_api, tmp_path_factory.mktemp("kubeconfig"), "east") as cluster:
        yield cluster


@pytest.fixture
def west(west_api, tmp_path):
    with Cluster(west_api, tmp_path, "west") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def live(east, authority, tmp_path_factory):
    """One cluster alone."""
    with Live([east], tmp_path_factory.mktemp("webhook"), authority) as live:
        yield live


@pytest.fixture
def shop(east_api):
    return east_api.new_namespace("shop")


def known(live, *objects):
    """Applies objects, and waits until the index has as many Services more."""
    before = live.n_objects("east", "Service")
    live.apply(*objects).check()
    n = sum(obj["kind"] == "Service" for obj in objects)
    live.wait_objects("east", "Service", before + n)


# --- one API server ------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", range(3))
def test_all_in_one_apply_is_taken(live, shop, turn):
    objects = [workspace(shop), gateway(shop), service("cart", shop), setting(shop, app="cart")]

    done = live.apply(*objects)

    assert done.ok, done.stderr
    assert "Warning" not in done.stderr
    assert "workspacesetting.tsb.tetrate.io/s created" in done.stdout


def test_the_wrong_order_is_refused_and_then_taken(live, shop):
    refused = live.apply(setting(shop, app="cart"))
    assert not refused.ok
    assert "no such workspace" in refused.stderr

    known(live, workspace(shop), gateway(shop), service("cart", shop))
    assert live.apply(setting(shop, app="cart")).ok


def test_a_refusal_waits_for_the_watch_and_no_longer(live, shop):
    began = time.monotonic()
    assert "no such workspace" in live.refused(setting(shop, app="cart"))
    assert 1 <= time.monotonic() - began < 4


def test_a_setting_whose_services_are_gone_can_be_let_go(live, shop):
    known(live, workspace(shop), gateway(shop), service("cart", shop))
    held = {**setting(shop, app="cart")}
    held["metadata"] = {**held["metadata"], "finalizers": ["test.spillway.dev/held"]}
    live.apply(held).check()
    before = live.n_objects("east", "Service")
    live.api.kubectl("delete", "service", "cart", "eastwest-gateway", "-n", shop).check()
    live.wait_objects("east", "Service", before - 2)

    named = ["workspacesetting", "s", "-n", shop]
    live.api.kubectl("annotate", *named, "team=payments").check()
    live.api.kubectl("delete", *named, "--wait=false").check()
    live.api.kubectl("patch", *named, "--type=json", "-p",
                     '[{"op": "remove", "path": "/metadata/finalizers"}]').check()
    wait_until("it is gone", lambda: not live.api.kubectl("get", *named).ok)


def test_labels_of_a_namespace_are_followed(live, shop):
    live.apply(workspace(shop)).check()
    wait_until("the workspace is known", lambda: live.n_objects("east", "Workspace"))
    assert "failover" not in live.labels_made(shop)

    live.api.kubectl("label", "namespace", shop, "failover=enable").check()
    wait_until("enable", lambda: live.labels_made(shop).get("failover") == "enable")

    live.api.kubectl("label", "namespace", shop, "failover-").check()
    wait_until("nothing", lambda: "failover" not in live.labels_made(shop))


def test_a_service_deleted_while_the_wire_was_cut_is_gone(live, east, shop):
    known(live, workspace(shop), gateway(shop), service("cart", shop))
    before = live.n_objects("east", "Service")
    assert live.refused(setting(shop, app="cart")) is None

    east.wire.cut()
    live.api.kubectl("delete", "service", "cart", "-n", shop).check()
    live.apply(service("till", shop)).check()
    time.sleep(NO_CHANGE_S)
    assert live.n_objects("east", "Service") == before
    assert live.is_ready()
    assert live.refused(setting(shop, app="cart")) is None  # from what was known last
    east.wire.mend()

    wait_until("till is known", lambda: live.refused(setting(shop, app="till")) is None)
    assert "matches no Service" in live.refused(setting(shop, app="cart"))


def test_an_api_server_that_restarts_is_followed_again(live, east_api, shop):
    known(live, workspace(shop), gateway(shop))
    east_api._apiserver.stop()
    time.sleep(NO_CHANGE_S)
    assert live.is_ready()
    east_api._apiserver.start()
    wait_until("it answers", lambda: east_api.kubectl("get", "namespace", "default").ok, 60)

    wait_until("it takes objects", lambda: live.apply(service("late", shop)).ok, 60)
    wait_until("late is known", lambda: live.refused(setting(shop, app="late")) is None, 90)
    # Where one watch is back, all are: this needs that of Workspaces.
    again = east_api.new_namespace("shop")
    assert live.apply(workspace(again), gateway(again), service("cart", again)).ok
    wait_until("all is known", lambda: live.refused(setting(again, app="cart")) is None, 10)


def test_what_was_heard_last_is_told(live):
    heard = live.metric("spillway_cluster_heard_timestamp_seconds", cluster="east")
    assert heard == pytest.approx(time.time(), abs=90)
    assert live.metric("spillway_cluster_synced", cluster="east") == 1
    assert live.metric("spillway_cluster_failing", cluster="east") == 0


# --- two API servers -----------------------------------------------------------------------------


def test_a_remote_that_is_away_is_named_and_holds_up_nothing(
        live, east, west, authority, tmp_path, shop):
    live.stop()
    west.wire.cut()
    try:
        with Live([east, west], tmp_path / "webhook", authority) as both:
            both.apply(workspace(shop), gateway(shop), service("cart", shop)).check()
            done = both.apply(setting(shop, app="nothing"))
            assert done.ok, done.stderr
            assert "west" in done.stderr and "Warning" in done.stderr
            assert both.is_ready()
            assert both.metric("spillway_cluster_synced", cluster="west") == 0

            west.wire.mend()
            wait_until("west is seen",
                       lambda: both.metric("spillway_cluster_synced", cluster="west") == 1, 90)
            assert both.n_objects("west", "Namespace") >= 4
            refused = both.refused(setting(shop, app="nought"))
            assert "matches no Service" in refused and "east, west" in refused
    finally:
        live.start()


def test_a_kubeconfig_that_changes_is_taken_up(
        live, east, west, east_api, west_api, authority, tmp_path):
    live.stop()
    namespace = west_api.new_namespace("only-west")
    west_api.apply(service("a", namespace), service("b", namespace))
    services = {
        api: len(api.kubectl("get", "services", "-A", "-o", "json").json()["items"])
        for api in (east_api, west_api)
    }
    assert services[east_api] != services[west_api]
    try:
        with Live([east, west], tmp_path / "webhook", authority) as both:
            both.wait_objects("west", "Service", services[west_api])
            with Wire(int(east_api.url.rpartition(":")[2])) as other:
                # One that cannot be read leaves things as they are, and says so.
                west.kubeconfig.write_text("{}")
                wait_until("it is told", lambda: both.metric(
                    "spillway_cluster_failing", cluster="west") == 1)
                assert both.n_objects("west", "Service") == services[west_api]

                west.point_at(east_api, other)
                now = both.n_objects("east", "Service")
                both.wait_objects("west", "Service", now)
                assert both.metric("spillway_cluster_failing", cluster="west") == 0
    finally:
        live.start()
