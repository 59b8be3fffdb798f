"""A remote cluster whose API server is none: whatever it answers, it stays its own trouble."""

import contextlib
import time

import pytest

import rogue
from harness import wait_until
from over_folders import Webhook, exposing_folder, is_exposed

# Of the 256 MiB that the Deployment gives it.
MOST_KIB = 160 * 1024
LITTLE_KIB = 24 * 1024

SAID = {
    rogue.errors: "the API server answered 500",
    rogue.wrong_page: "expected an object, found '<html>'",
    rogue.noise: "expected an object, found byte 0x00",
    rogue.half_an_answer: "transfer closed with",
    rogue.no_http: "HTTP/0.9",
    rogue.endless_headers: "Too large response headers",
}
ENDLESS = {
    rogue.endless_line: "the text would be over 8388608 bytes",
    rogue.endless_page: "the text would be over 16777216 bytes",
    rogue.endless_pages: "more than 100 pages without items in a row",
    rogue.endless_objects: "objects of kind",
}


@contextlib.contextmanager
def beside(peers, tmp_path):
    """A webhook whose local cluster is well, and whose others are these: by name."""
    remotes = [f"--cluster={name}=kubeconfig:{peer.kubeconfig}" for name, peer in peers.items()]
    folder = exposing_folder(tmp_path)
    with Webhook(tmp_path, {"east": folder}, "--drain-seconds=0", *remotes) as webhook:
        yield webhook


def told(webhook, name):
    """What it has said of a cluster so far."""
    records = webhook.records()
    return " | ".join(r.get("error", "") for r in records if r.get("cluster") == name)


def test_what_is_no_api_server_is_told_and_does_no_harm(authority, tmp_path):
    with contextlib.ExitStack() as running:
        peers = {}
        for answer in SAID:
            name = answer.__name__.replace("_", "-")
            peers[name] = running.enter_context(rogue.Rogue(authority, tmp_path / name, answer))
        webhook = running.enter_context(beside(peers, tmp_path))
        for answer, says in SAID.items():
            name = answer.__name__.replace("_", "-")
            wait_until(name, lambda: is_exposed(webhook) and says in told(webhook, name))
            assert webhook.metric("spillway_cluster_synced", cluster=name) == 0
            assert webhook.metric("spillway_cluster_failing", cluster=name) == 1
        wait_until("all are asked again", lambda: all(p.n_requests >= 6 for p in peers.values()))
        assert is_exposed(webhook)
        assert webhook.peak_kib() < LITTLE_KIB


@pytest.mark.parametrize("answer", ENDLESS, ids=lambda answer: answer.__name__)
def test_what_has_no_end_is_bounded(authority, tmp_path, answer):
    with rogue.Rogue(authority, tmp_path / "rogue", answer) as peer:
        with beside({"west": peer}, tmp_path) as webhook:
            wait_until("it is told", lambda: is_exposed(webhook) and ENDLESS[answer] in
                       told(webhook, "west"))
            before = peer.n_requests
            wait_until("it is asked again", lambda: peer.n_requests >= before + 3)
            time.sleep(1)
            assert is_exposed(webhook)
            assert webhook.peak_kib() < MOST_KIB
            assert peer.n_requests < 1500  # some hundred pages a try, and a wait between


def test_watches_that_are_always_too_old_are_not_asked_for_in_a_loop(authority, tmp_path):
    with rogue.Rogue(authority, tmp_path / "rogue", rogue.endless_errors) as peer:
        with beside({"west": peer}, tmp_path) as webhook:
            wait_until("it is seen", lambda: webhook.metric(
                "spillway_cluster_synced", cluster="west") == 1)
            time.sleep(5)
            assert is_exposed(webhook)
            assert peer.n_requests < 30
