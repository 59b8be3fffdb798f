"""spillway-webhook with more to do than it can: connections, bodies and reviews without end.

Whoever asks for little goes on as if nothing were. What is done to the others is told by metrics.
"""

import contextlib
import json
import socket
import threading
import time

import pytest

import admission as admissions
from crowd import Client, Crowd, Flood
from harness import wait_until
from load import Load
from over_folders import CART, Webhook, exposing_folder, review

MIB = 1 << 20
# What serve/server.h says that requests and answers under way may take: large ones, all others, and
# what one thread has twice for a moment; then what TLS takes for busy connections.
HELD_MIB = 64 + 32 + 12 + 20
# Others than the client's, which is 127.0.0.1.
ADDRESSES = ("127.0.0.2", "127.0.0.3", "127.0.0.4")


@pytest.fixture
def webhook(tmp_path):
    clusters = {"east": exposing_folder(tmp_path)}
    with Webhook(tmp_path, clusters, "--drain-seconds=0", "--threads=1") as webhook:
        yield webhook


def slowest(client):
    return max(client.took_s)


@pytest.mark.parametrize("shakes_hands", [False, True], ids=["silent", "after the handshake"])
def test_600_idle_connections_lock_nobody_out(webhook, shakes_hands):
    context = webhook.context() if shakes_hands else None
    with Client(webhook, CART, keeps_connection=True) as keeper:
        wait_until("an answer", lambda: keeper.took_s)
        with Crowd(webhook, 600, ADDRESSES, context) as crowd:
            with Client(webhook, CART, keeps_connection=False) as newcomer:
                time.sleep(6)
            assert crowd.n_alive() > 300
    assert (keeper.failed, newcomer.failed) == ([], [])
    assert len(newcomer.took_s) > 5
    assert slowest(newcomer) < 5  # which is what an API server waits
    assert webhook.metric("spillway_http_connections_evicted_total") > 0
    said = [record["msg"] for record in webhook.records() if record["level"] == "warn"]
    assert any(msg.startswith("connections are at their limit") for msg in said)
    assert len(said) <= 4  # one of a kind in ten seconds


def test_one_address_does_not_take_all_places(webhook):
    with Crowd(webhook, 600, ["127.0.0.2"]) as crowd:
        with Client(webhook, CART, keeps_connection=False) as newcomer:
            time.sleep(3)
        assert webhook.metric("spillway_http_connections") <= 256 + 10
        assert crowd.n_made > 600
    assert newcomer.failed == []
    assert slowest(newcomer) < 2
    assert webhook.metric("spillway_http_connections_total", result="refused") > 0
    # Nor from itself, once some of what it holds has stood still for a while.
    with Crowd(webhook, 250, ["127.0.0.2"], webhook.context()):
        time.sleep(2.5)
        with Client(webhook, CART, keeps_connection=False, source="127.0.0.2") as newcomer:
            time.sleep(2)
    assert newcomer.failed == []
    assert newcomer.took_s


def padded(n_bytes):
    """A review of that size which is let through."""
    pod = {"apiVersion": "v1", "kind": "Pod",
           "metadata": {"name": "p", "namespace": "shop", "annotations": {"padding": ""}}}
    pod["metadata"]["annotations"]["padding"] = "x" * (n_bytes - len(json.dumps(review(pod))))
    return json.dumps(review(pod)).encode()


class SlowSenders:
    """So many clients, each with a body of 6.9 MiB that it sends all of but its end."""

    def __init__(self, webhook, n):
        body = padded(69 * MIB // 10)
        head = ("POST /mutate HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n")
        self._bytes = head.encode() + body[:-1]
        self._webhook = webhook
        self._n = n
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(i,), daemon=True)
                         for i in range(n)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def _send(self, number):
        """Comes again when it is sent away, as one would who means harm."""
        source = (ADDRESSES[number % len(ADDRESSES)], 0)
        while not self._ends.wait(0.2):
            with contextlib.suppress(OSError):
                with socket.create_connection(("127.0.0.1", self._webhook.port), 10,
                                              source) as plain:
                    with self._webhook.context().wrap_socket(
                            plain, server_hostname="localhost") as peer:
                        peer.sendall(self._bytes)
                        peer.settimeout(0.2)
                        while not self._ends.is_set():
                            with contextlib.suppress(TimeoutError):
                                if not peer.recv(4096):
                                    break


def test_slow_bodies_take_no_more_memory_than_is_said(webhook):
    for _ in range(20):
        webhook.patch_of(CART)
    before_mib = webhook.rss_kib() / 1024
    peak_mib = 0
    with Client(webhook, CART, keeps_connection=True) as client, SlowSenders(webhook, 60):
        until = time.monotonic() + 8
        while time.monotonic() < until:
            peak_mib = max(peak_mib, webhook.rss_kib() / 1024)
            time.sleep(0.02)
        held_mib = webhook.metric("spillway_http_held_bytes") / MIB
        # One who means well is in time with as large a body, perhaps at the second attempt, which
        # is the API server's own.
        assert post_like_an_api_server(webhook, padded(6 * MIB)).response()["allowed"] is True
    assert client.failed == []
    assert 30 < held_mib <= 64
    assert 30 < peak_mib - before_mib < HELD_MIB
    assert webhook.metric("spillway_http_shed_total") > 0
    said = [r for r in webhook.records() if r["msg"].startswith("large requests hold all")]
    assert said and all(record["level"] == "warn" for record in said)
    assert len(said) <= 2
    wait_until("all to be given back", lambda: webhook.rss_kib() / 1024 < before_mib + 24)
    wait_until("no bytes held", lambda: webhook.metric("spillway_http_held_bytes") == 0)


def post_like_an_api_server(webhook, data, patience_s=30):
    """A POST that comes again when it is told to, for as long as an API server may wait."""
    until = time.monotonic() + patience_s
    while True:
        answer = webhook.post(f"/mutate?timeout={patience_s}s", data)
        if answer.status != 429 or time.monotonic() > until:
            return answer
        time.sleep(int(answer.headers["Retry-After"]))


def test_many_large_reviews_at_once_are_all_answered(webhook):
    data = padded(69 * MIB // 10)
    answers = []

    def post():
        answers.append(post_like_an_api_server(webhook, data).status)

    threads = [threading.Thread(target=post) for _ in range(16)]
    with Client(webhook, CART, keeps_connection=False) as client:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [200] * len(threads)
    assert client.failed == []


def much_to_patch(n_subsets):
    """A DestinationRule that takes some milliseconds: each subset gets a policy of ours."""
    port = {"port": {"number": 9080}, "connectionPool": {"tcp": {"maxConnections": 9}}}
    subsets = [
        {"name": f"v{i}", "labels": {"version": f"v{i}", "padding": "x" * 50},
         "trafficPolicy": {"portLevelSettings": [port]}}
        for i in range(n_subsets)
    ]
    return admissions.rule("flood", subsets=subsets)


def test_users_write_on_while_others_ask_for_more_than_can_be_done(bookinfo, authority, tmp_path):
    admission = admissions.Admission(bookinfo, tmp_path / "admission", authority)
    webhook = admission.webhook
    webhook.process.argv.append("--threads=1")
    body = tmp_path / "body.json"
    body.write_text(json.dumps(review(much_to_patch(3500))))
    with admission, contextlib.ExitStack() as floods:
        flood = [
            floods.enter_context(
                Flood(tmp_path, webhook.address, authority.root, body, 40, source))
            for source in ADDRESSES
        ]
        with Load(bookinfo, admissions.service("users"), n_clients=2, pause_s=0.02) as load:
            time.sleep(10)
        for each in flood:
            each.stop()
        counts = [each.counts() for each in flood]
    assert load.failed() == []
    assert load.unmutated() == []
    assert len(load.answers()) > 40
    # They asked for far more than there was: each was told so, and was answered at times.
    assert all(each.get("429", 0) > 0 and each.get("200", 0) > 0 for each in counts), counts
    answered, sent_away = (sum(each[status] for each in counts) for status in ("200", "429"))
    assert answered + sent_away > 1.5 * answered, counts
