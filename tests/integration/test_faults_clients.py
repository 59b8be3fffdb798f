"""Clients that are slow, odd, old or many: what becomes of them, and that others notice nothing."""

import contextlib
import json
import resource
import socket
import ssl
import subprocess
import time

import pytest

from harness import wait_until
from over_folders import CART, Webhook, exposing_folder, is_exposed, review

# The limits of serve/server.h, and what they may be overrun by on a busy machine.
HANDSHAKE_S, READ_S, OVERRUN_S = 5, 10, 10
MAX_PER_PEER = 256


@pytest.fixture(scope="module")
def webhook(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clients")
    sources = {"east": exposing_folder(folder)}
    with Webhook(folder, sources, "--drain-seconds=0") as webhook:
        yield webhook


def plain(webhook, source="127.0.0.1"):
    at = ("127.0.0.1", webhook.port)
    return socket.create_connection(at, timeout=20, source_address=(source, 0))


@contextlib.contextmanager
def secure(webhook, **how):
    """A TLS connection; how: what the context is told besides, None for server_hostname too."""
    context = webhook.context()
    name = how.pop("server_hostname", "localhost")
    context.check_hostname = name is not None
    for key, value in how.items():
        setattr(context, key, value)
    with plain(webhook) as raw, context.wrap_socket(raw, server_hostname=name) as peer:
        yield peer


def head(length=None, **headers):
    lines = {"Host": "localhost", "Content-Type": "application/json", **headers}
    if length is not None:
        lines["Content-Length"] = length
    text = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"POST /mutate HTTP/1.1\r\n{text}\r\n".encode()


def request(uid="u-1", **headers):
    body = json.dumps(review(CART, uid)).encode()
    return head(len(body), **headers) + body


def answer(peer):
    """The next answer on a connection: its status, and what it says."""
    with peer.makefile("rb") as stream:
        return answer_from(stream)


def answer_from(stream):
    status = int(stream.readline().split()[1])
    headers = dict(
        line.decode().rstrip("\r\n").lower().split(": ", 1)
        for line in iter(stream.readline, b"\r\n"))
    body = stream.read(int(headers["content-length"]))
    return status, json.loads(body) if "json" in headers["content-type"] else body.decode()


def is_cut(peer):
    """Whether the server has ended a connection; waits for that as long as the socket does."""
    try:
        return peer.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


# --- odd, but right ------------------------------------------------------------------------------


def test_requests_sent_at_once_are_answered_in_order(webhook):
    with secure(webhook) as peer:
        peer.sendall(b"".join(request(f"u-{n}") for n in range(20)))
        with peer.makefile("rb") as stream:
            answers = [answer_from(stream) for _ in range(20)]

    assert [status for status, _ in answers] == [200] * 20
    assert [body["response"]["uid"] for _, body in answers] == [f"u-{n}" for n in range(20)]


def test_a_body_in_chunks_is_read(webhook):
    body = json.dumps(review(CART)).encode()
    pieces = [body[at : at + 100] for at in range(0, len(body), 100)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])
    with secure(webhook) as peer:
        peer.sendall(head(Transfer_Encoding="chunked") + chunks)
        status, body = answer(peer)

    assert status == 200
    assert "patch" in body["response"]


def test_who_asks_whether_to_go_on_is_told_to(webhook):
    body = json.dumps(review(CART)).encode()
    with secure(webhook) as peer, peer.makefile("rb") as stream:
        peer.sendall(head(len(body), Expect="100-continue"))
        assert stream.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert stream.readline() == b"\r\n"
        peer.sendall(body)
        status, body = answer_from(stream)

    assert status == 200
    assert "patch" in body["response"]


def test_who_asks_whether_to_send_too_much_is_told_not_to(webhook):
    with secure(webhook) as peer:
        peer.sendall(head(100 << 20, Expect="100-continue"))
        status, body = answer(peer)

    assert status == 413
    assert "7340032" in body


def test_a_review_that_comes_byte_by_byte_is_answered(webhook):
    with secure(webhook) as peer:
        for byte in request():
            peer.sendall(bytes([byte]))
        status, body = answer(peer)

    assert status == 200
    assert "patch" in body["response"]


def test_without_a_server_name_it_serves_all_the_same(webhook):
    with secure(webhook, server_hostname=None) as peer:
        peer.sendall(request())
        assert answer(peer)[0] == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(webhook, version):
    with secure(webhook, minimum_version=version, maximum_version=version) as peer:
        peer.sendall(request())
        assert answer(peer)[0] == 200


# --- wrong ---------------------------------------------------------------------------------------


def s_client(webhook, *options, input):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{webhook.port}", *options]
    done = subprocess.run(command, input=input, capture_output=True, timeout=20, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("option", ["-tls1", "-tls1_1"])
def test_older_tls_is_refused(webhook, option):
    status, said = s_client(webhook, option, "-cipher", "DEFAULT@SECLEVEL=0", input="")

    assert status != 0
    assert "CONNECTED" in said
    assert "no peer certificate available" in said
    assert is_exposed(webhook)


def test_a_handshake_is_not_done_twice(webhook):
    status, said = s_client(webhook, "-tls1_2", input="R\nQ\n")

    assert status != 0
    assert "error" in said.partition("RENEGOTIATING")[2]
    assert is_exposed(webhook)


def test_http_2_is_no_way_in_past_tls(webhook):
    with secure(webhook) as peer:
        peer.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"))
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            said = peer.recv(4096)
            assert said == b"" or said.startswith(b"HTTP/1.1 400 ")
    assert is_exposed(webhook)


def test_an_upgrade_to_http_2_is_passed_over(webhook):
    settings = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2_Settings": ""}
    with secure(webhook) as peer:
        peer.sendall(request(**settings))
        status, body = answer(peer)

    assert status == 200
    assert "patch" in body["response"]


def test_a_lie_about_the_length_costs_the_liar(webhook):
    """Two lengths, or a length beside chunks: how requests are smuggled past a proxy."""
    for headers in ({"Transfer_Encoding": "chunked"}, {"content_length": "3"}):
        with secure(webhook) as peer:
            peer.sendall(request(**headers))
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                first = peer.recv(65536)
                assert b"200 OK" not in first, first
    assert is_exposed(webhook)


def test_who_leaves_half_way_leaves_nothing_behind(webhook):
    whole = request()
    for end in range(0, len(whole), 7):
        with secure(webhook) as peer:
            peer.sendall(whole[:end])
    wait_until("all are gone", lambda: webhook.metric("spillway_http_connections") == 0)
    assert is_exposed(webhook)


# --- slow, and many ------------------------------------------------------------------------------


def test_the_slow_are_cut_off_and_hold_up_nobody(webhook):
    with contextlib.ExitStack() as open_:
        silent = [open_.enter_context(plain(webhook)) for _ in range(20)]
        half = [open_.enter_context(secure(webhook)) for _ in range(20)]
        trickling = [open_.enter_context(secure(webhook)) for _ in range(20)]
        for peer in half:
            peer.sendall(request()[:200])
        began_s = time.monotonic()
        longest_s = 0
        for byte in request():
            for peer in trickling:
                with contextlib.suppress(OSError):
                    peer.send(bytes([byte]))
            asked_s = time.monotonic()
            assert is_exposed(webhook)
            longest_s = max(longest_s, time.monotonic() - asked_s)
            time.sleep(0.5)
            if time.monotonic() - began_s > READ_S:
                break
        assert longest_s < 2
        assert all(map(is_cut, [*silent, *half, *trickling]))
        assert time.monotonic() - began_s < READ_S + OVERRUN_S


@pytest.fixture
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_thousand_connections_are_one_address_s_own_trouble(webhook, many_files):
    with contextlib.ExitStack() as open_:
        began_s = time.monotonic()
        peers = []
        for _ in range(1000):
            peers.append(open_.enter_context(plain(webhook, source="127.0.0.2")))
            if len(peers) % 100 == 0:
                assert is_exposed(webhook)
                assert webhook.metric("spillway_http_connections") <= MAX_PER_PEER + 1
        assert webhook.get("/healthz").status == 200
        assert all(map(is_cut, peers))
        assert time.monotonic() - began_s < HANDSHAKE_S + OVERRUN_S
    assert webhook.peak_kib() < 64 * 1024


def test_two_hundred_who_ask_at_once_are_all_answered(webhook, many_files):
    with contextlib.ExitStack() as open_:
        peers = [open_.enter_context(secure(webhook)) for _ in range(200)]
        for number, peer in enumerate(peers):
            peer.sendall(request(f"u-{number}"))
        for number, peer in enumerate(peers):
            status, body = answer(peer)
            assert (status, body["response"]["uid"]) == (200, f"u-{number}")
