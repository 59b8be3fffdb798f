"""spillway-webhook as a process: its ports, its protocol, its signals, its exit statuses.

What it decides is shown by tests/golden; here a review only has to come in and its answer out.
"""

import contextlib
import json
import re
import signal
import socket
import ssl
import subprocess
import time

import pytest

from harness import wait_until
from harness.net import free_port
from over_folders import BINARY, CART, SETTING, Answer, Webhook, exposing_folder, is_exposed, review


@pytest.fixture
def folder(tmp_path):
    return exposing_folder(tmp_path)


@pytest.fixture
def webhook(tmp_path, folder):
    with Webhook(tmp_path, {"east": folder}, "--drain-seconds=0") as webhook:
        yield webhook


def test_a_review_comes_back_with_a_patch(webhook):
    label = "/metadata/labels/failover.tetrate.io~1cluster"

    assert {"op": "add", "path": label, "value": "east"} in webhook.patch_of(CART)
    assert webhook.metric("spillway_admission_reviews_total",
                          path="/mutate", kind="Service", verdict="patched") == 1


def test_a_refusal_is_an_answer_and_a_line_in_the_log(webhook):
    setting = {**SETTING, "metadata": {**SETTING["metadata"], "annotations": {
        "tsb.tetrate.io/workspace": "nowhere", "secret": "do-not-log-me"}}}
    response = webhook.post("/validate", review(setting)).response()

    assert response["allowed"] is False
    assert response["status"]["code"] == 422
    refused = [record for record in webhook.records() if record["msg"] == "refused"]
    assert [(r["uid"], r["kind"], r["namespace"], r["name"]) for r in refused] == [
        ("u-1", "WorkspaceSetting", "shop", "s")] * len(refused)
    assert "WorkspaceUnknown" in [record["reason"] for record in refused]
    assert "do-not-log-me" not in webhook.log.read_text()


def test_one_connection_carries_many_reviews(webhook):
    with contextlib.closing(webhook.connect()) as connection:
        for number in range(100):
            answer = webhook.post("/mutate?timeout=5s", review(CART, f"u-{number}"), connection)
            answer.response(f"u-{number}")
            assert "close" not in answer.headers.get("Connection", "")


@pytest.mark.parametrize("method, path, content_type, body, status, says", [
    ("POST", "/mutate", "application/json", b'{"kind":', 400, "Status"),
    ("POST", "/validate", "application/json", b"", 400, "Status"),
    ("POST", "/mutate", "application/json", b"{}", 400, "Status"),
    ("POST", "/mutate", "text/plain", b"{}", 415, "application/json"),
    ("POST", "/elsewhere", "application/json", b"{}", 404, ""),
    ("GET", "/mutate", None, None, 405, "POST"),
    ("GET", "/metrics", None, None, 404, ""),
])
def test_what_is_no_review_gets_the_status_that_says_so(
        webhook, method, path, content_type, body, status, says):
    headers = {"Content-Type": content_type} if content_type else {}
    with contextlib.closing(webhook.connect()) as connection:
        connection.request(method, path, body, headers)
        answer = Answer(connection.getresponse())

    assert answer.status == status
    assert says in answer.body.decode()
    assert is_exposed(webhook)


def test_a_body_over_seven_mib_is_refused_and_one_just_under_is_read(webhook):
    limit = 7 << 20
    huge = {**CART, "status": {"padding": ""}}
    huge["status"]["padding"] = "x" * (limit - len(json.dumps(review(huge))))
    data = json.dumps(review(huge)).encode()
    assert len(data) == limit

    assert webhook.post("/mutate", data).response()["allowed"] is True
    assert webhook.post("/mutate", data + b" ").status == 413


def test_the_probe_port_tells_how_it_is(webhook):
    assert webhook.get("/healthz").body == b"ok\n"
    assert webhook.get("/readyz").body == b"ok\n"
    page = webhook.get("/metrics")
    assert page.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert b"spillway_http_connections " in page.body
    assert webhook.get("/mutate").status == 404
    assert webhook.metric("spillway_cluster_seen_timestamp_seconds",
                          cluster="east") == pytest.approx(time.time(), abs=10)
    certificate = webhook.metric("spillway_tls_certificate_not_after_timestamp_seconds")
    assert 364 * 86400 < certificate - time.time() <= 365 * 86400


def test_sigterm_drains(tmp_path, folder):
    with Webhook(tmp_path, {"east": folder}, "--drain-seconds=3") as webhook:
        with contextlib.closing(webhook.connect()) as connection:
            webhook.post("/mutate", review(CART), connection).response()
            began = time.monotonic()
            webhook.send(signal.SIGTERM)
            wait_until("not ready", lambda: webhook.get("/readyz").status == 503, timeout_s=1)
            assert b"draining" in webhook.get("/readyz").body
            assert webhook.get("/healthz").status == 200
            last = webhook.post("/mutate", review(CART), connection)
            last.response()
            assert last.headers["Connection"] == "close"
        new = webhook.post("/mutate", review(CART))
        new.response()
        assert new.headers["Connection"] == "close"
        assert webhook.wait_exit() == 0
        assert 3 <= time.monotonic() - began < 6
        assert webhook.records()[-1]["connections_cut"] == 0


def test_an_answer_under_way_is_given_to_the_end(webhook):
    data = json.dumps(review(CART)).encode()
    with contextlib.closing(webhook.connect()) as connection:
        connection.putrequest("POST", "/mutate")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data[:10])
        time.sleep(0.2)
        webhook.send(signal.SIGTERM)
        time.sleep(0.5)
        connection.send(data[10:])
        Answer(connection.getresponse()).response()
    assert webhook.wait_exit() == 0


def test_a_second_signal_ends_it_at_once(tmp_path, folder):
    with Webhook(tmp_path, {"east": folder}, "--drain-seconds=60") as webhook:
        webhook.send(signal.SIGINT)
        wait_until("draining", lambda: webhook.get("/readyz").status == 503)
        began = time.monotonic()
        webhook.send(signal.SIGTERM)
        assert webhook.wait_exit() == 1
        assert time.monotonic() - began < 2


def test_a_killed_process_starts_again_on_the_same_port(webhook):
    with contextlib.closing(webhook.connect()) as connection:
        webhook.post("/mutate", review(CART), connection).response()
        webhook.kill()
    webhook.start()
    assert is_exposed(webhook)


def raw(webhook, data, wait_s=3):
    """Sends bytes to the TLS port; everything that comes back before it is closed, or None."""
    with socket.create_connection(("127.0.0.1", webhook.port), timeout=wait_s) as peer:
        try:
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: peer.recv(4096), b""))
        except ConnectionError:
            return b""


@pytest.mark.parametrize("data", [
    b"",
    b"\0" * 100000,
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    bytes.fromhex("160301ffff") + b"\xff" * 3000,
    bytes(range(256)) * 40,
], ids=["nothing", "zeros", "plain HTTP", "HTTP/2 preface", "endless record", "every byte"])
def test_garbage_on_the_tls_port_ends_only_its_own_connection(webhook, data):
    with contextlib.closing(webhook.connect()) as connection:
        webhook.post("/mutate", review(CART), connection).response()
        assert b"200 OK" not in raw(webhook, data)
        webhook.post("/mutate", review(CART), connection).response()
    assert is_exposed(webhook)


def test_only_http_1_1_is_offered(webhook):
    tls = webhook.context()
    tls.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", webhook.port), timeout=10) as plain:
        with tls.wrap_socket(plain, server_hostname="localhost") as peer:
            assert peer.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize("name, answered", [("api", True), ("somebody", False)])
def test_with_a_client_ca_only_the_named_client_is_answered(tmp_path, folder, name, answered):
    options = ["--client-ca-file", tmp_path / "pki" / "ca.crt", "--client-name", name]
    with Webhook(tmp_path, {"east": folder}, "--drain-seconds=0", *options) as webhook:
        assert is_answered(webhook, as_client=False) is False
        assert is_answered(webhook, as_client=True) is answered


def is_answered(webhook, as_client):
    with contextlib.closing(webhook.connect(as_client)) as connection:
        try:
            webhook.post("/mutate", review(CART), connection).response()
        except (ssl.SSLError, ConnectionError):
            return False
    return True


def run(*arguments):
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True,
                          timeout=20, env={})


def test_help_and_version():
    shown = run("--help")
    assert shown.returncode == 0
    assert shown.stderr == ""
    for option in ("--listen", "--cluster", "--drain-seconds", "--client-name"):
        assert option in shown.stdout
    version = run("--version")
    assert (version.returncode, version.stderr) == (0, "")
    assert re.fullmatch(r"spillway-webhook \d+\.\d+\.\d+\S*\n", version.stdout)


@pytest.mark.parametrize("arguments, says", [
    (["--cluster=east=dir:/"], "expected --tls-cert-file and --tls-key-file, or an API server"),
    (["--bogus"], "found --bogus"),
    (["--threads=0"], '--threads: expected a number from 1 to 64, found "0"'),
    (["--cluster=east=ftp:x"], "--cluster: expected NAME=dir:PATH"),
    (["--cluster=east=dir:/", "--tls-cert-file=a", "--tls-key-file=b", "--listen=nowhere"],
     "nowhere"),
])
def test_wrong_usage_is_exit_2_and_one_line(arguments, says):
    refused = run(*arguments)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("spillway-webhook: ")
    assert says in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_what_keeps_it_from_starting_is_exit_1_and_one_line(tmp_path, folder, webhook):
    tls = ["--tls-cert-file", webhook.pki / "tls.crt", "--tls-key-file", webhook.pki / "tls.key"]
    good = [*tls, "--cluster", f"east=dir:{folder}", "--listen", f"127.0.0.1:{free_port()}"]
    probe = ["--probe-listen", f"127.0.0.1:{free_port()}"]
    for arguments, says in [
        ([*good, *probe, "--tls-cert-file", tmp_path / "none.crt"], "none.crt"),
        ([*good, *probe, "--tls-key-file", webhook.pki / "ca.key"], "key"),
        ([*good, *probe, "--listen", f"127.0.0.1:{webhook.port}"], str(webhook.port)),
        ([*good, "--probe-listen", f"127.0.0.1:{webhook.probe}"], str(webhook.probe)),
    ]:
        failed = run(*arguments)
        assert (failed.returncode, failed.stdout) == (1, "")
        lines = [json.loads(line) for line in failed.stderr.splitlines()]
        assert lines[-1]["msg"] == "cannot start"
        assert says in lines[-1]["error"]


def test_it_is_small_while_it_idles(webhook):
    for _ in range(50):
        webhook.patch_of(CART)
    # Of which libcurl and what it loads take five; the aim with 10,000 Services is 24.
    assert webhook.rss_kib() < 16 * 1024
