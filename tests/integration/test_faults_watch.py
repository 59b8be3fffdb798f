"""What goes wrong between the webhook and its API servers, and what it makes of that."""

import contextlib
import socket
import ssl
import time

import pytest

from admission import CLUSTER_LABEL
from direct import Newcomers
from harness import ApiServer, wait_until
from harness.webhook import install
from live import Cluster, Live, gateway, service, setting, workspace
from load import Load

NO_CHANGE_S = 3


@pytest.fixture(scope="module")
def east_api(tools, tmp_path_factory):
    """The local one. It has no watch cache: what etcd has forgotten cannot be watched from."""
    folder = tmp_path_factory.mktemp("watch") / "east"
    with ApiServer("east", folder, options=["--watch-cache=false"]) as api:
        install(api)
        yield api


@pytest.fixture(scope="module")
def west_api(tools, tmp_path_factory):
    with ApiServer("west", tmp_path_factory.mktemp("watch") / "west") as api:
        yield api


@pytest.fixture(scope="module")
def east(east_api, tmp_path_factory):
    with Cluster(east_api, tmp_path_factory.mktemp("kubeconfig"), "east") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def west(west_api, tmp_path_factory):
    with Cluster(west_api, tmp_path_factory.mktemp("kubeconfig"), "west") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def live(east, west, authority, tmp_path_factory):
    with Live([east, west], tmp_path_factory.mktemp("webhook"), authority) as live:
        live.wait_objects("west", "Namespace", n_held(west.api, "namespaces"))
        yield live


@pytest.fixture
def shop(east_api):
    """A namespace in which Service cart is exposed, and whoever has its label."""
    name = east_api.new_namespace("shop")
    east_api.apply(workspace(name), gateway(name), service("cart", name))
    return name


def n_held(api, kind):
    """How many of a kind the API server holds."""
    return len(api.kubectl("get", kind, "-A", "-o", "json").json()["items"])


def wait_equal(live, cluster):
    """Waits until the index holds as many as the API server does."""
    for kind, plural in (("Namespace", "namespaces"), ("Service", "services")):
        live.wait_objects(cluster.name, kind, n_held(cluster.api, plural))


@contextlib.contextmanager
def asked_all_the_while(live, shop):
    """Users who notice nothing."""
    live.apply(setting(shop, app="cart")).check()
    wait_until("the setting is known", lambda: CLUSTER_LABEL in live.labels_made(shop, app="cart"))
    with Load(live.api, service("cart", shop), n_clients=2) as load:
        yield load
        load.wait_more(50)
    assert load.failed() == []
    assert load.unmutated() == []


def test_users_notice_nothing_of_a_remote_api_server_that_dies(live, west, shop):
    there = west.api.new_namespace("there")
    west.api.apply(service("before", there))
    wait_equal(live, west)
    with asked_all_the_while(live, shop) as load:
        west.api.kill_server()
        time.sleep(NO_CHANGE_S)
        assert live.is_ready()
        west.api.start_server()
        west.api.kubectl("delete", "service", "before", "-n", there).check()
        west.api.apply(service("after-1", there), service("after-2", there))
        wait_equal(live, west)
        load.wait_more(50)


def test_reviews_are_answered_while_their_own_api_server_is_dead(live, east, shop, authority):
    live.apply(setting(shop, app="cart")).check()
    wait_until("the setting is known", lambda: CLUSTER_LABEL in live.labels_made(shop, app="cart"))
    with Newcomers([live.webhook], authority.root.read_text(), service("cart", shop)) as others:
        east.api.kill_server()
        time.sleep(NO_CHANGE_S)
        assert live.is_ready()
        east.api.start_server()
        live.apply(service("late", shop)).check()
        wait_equal(live, east)
        others.wait_more(1)

    assert others.failed == []
    assert all("patch" in response for response in others.responses)


def is_forgotten(api, version):
    """Whether a watch from that version is refused."""
    path = f"/api/v1/services?watch=1&timeoutSeconds=1&resourceVersion={version}"
    with contextlib.closing(api.client()) as client:
        status, said = client.call("GET", path)
    return status == 410 or (isinstance(said, dict) and said["object"].get("code") == 410)


def test_what_was_deleted_is_gone_though_etcd_has_forgotten_it(live, east, shop):
    wait_until("cart is known", lambda: live.refused(setting(shop, app="cart")) is None)
    before = east.api.version()

    east.wire.cut()
    live.api.kubectl("delete", "service", "cart", "-n", shop).check()
    live.apply(service("till", shop)).check()
    assert not is_forgotten(east.api, before)
    east.api.compact()
    wait_until("etcd forgets", lambda: is_forgotten(east.api, before))
    assert live.refused(setting(shop, app="cart")) is None  # from what was known last
    east.wire.mend()

    wait_until("till is known", lambda: live.refused(setting(shop, app="till")) is None)
    assert "matches no Service" in live.refused(setting(shop, app="cart"))
    wait_equal(live, east)


def test_what_was_deleted_is_gone_though_the_api_server_knows_no_history(live, west):
    """It has a watch cache, but one that begins when it does."""
    there = west.api.new_namespace("there")
    west.api.apply(service("short-lived", there))
    wait_equal(live, west)
    before = west.api.version()

    west.wire.cut()
    west.api.kubectl("delete", "service", "short-lived", "-n", there).check()
    west.api.kill_server()
    west.api.start_server()
    assert is_forgotten(west.api, before)
    west.wire.mend()
    wait_equal(live, west)


def test_an_api_server_that_comes_and_goes_is_followed(live, west, shop):
    there = west.api.new_namespace("there")
    with asked_all_the_while(live, shop):
        for turn in range(10):
            west.wire.cut()
            west.api.apply(service(f"turn-{turn}", there))
            time.sleep(0.2)
            west.wire.mend()
            time.sleep(0.3 * turn % 1)
        wait_equal(live, west)
    assert live.rss_kib() < 64 * 1024


def handshake_bytes(wire):
    """How much an API server sends before it answers anything."""
    tls = ssl.create_default_context()
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    tls.set_alpn_protocols(["h2"])
    with socket.create_connection(("127.0.0.1", wire.port), timeout=10) as plain:
        with tls.wrap_socket(plain, server_hostname="localhost"):
            time.sleep(0.5)  # its first frames come unasked
            return wire.n_bytes()


def test_a_connection_that_goes_silent_is_given_up_for_another(live, east, west, authority,
                                                               tmp_path):
    """A hung peer or a proxy that lost its way: the connection is there, and nothing ever comes."""
    live.stop()
    try:
        n_bytes = handshake_bytes(west.wire)
        west.wire.cut()
        west.wire.mend(dies_after=n_bytes)
        with Live([east, west], tmp_path / "webhook", authority) as another:
            wait_equal(another, west)
    finally:
        live.start()
