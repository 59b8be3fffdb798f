"""spillway-webhook while everything that can change does: hack/verify has ThreadSanitizer watch it.

All of its threads are at work: the servers', with new connections and old, small reviews and large;
the index's, which swaps what they read; the main one, which swaps their certificate; the probe's.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time

import pytest

from over_folders import CART, CERTS_GEN, NAMESPACE, SETTING, WORKSPACE, Webhook, review, write

LOAD_S = 12


class Restless:
    """Threads that each call a function again and again until the block ends."""

    def __init__(self):
        self.failed = []
        self.n_calls = {}
        self._ends = threading.Event()
        self._threads = []

    def add(self, function, pause_s=0.0):
        self.n_calls[function] = 0
        thread = threading.Thread(target=self._call, args=(function, pause_s), daemon=True)
        self._threads.append(thread)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def _call(self, function, pause_s):
        while not self._ends.wait(pause_s):
            try:
                function()
            except Exception as error:  # whatever it is, the test is to show it
                self.failed.append(f"{function.__name__}: {error!r}")
                return
            self.n_calls[function] += 1


@pytest.fixture
def folders(tmp_path):
    made = {name: tmp_path / name for name in ("east", "west")}
    for folder in made.values():
        folder.mkdir()
        write(folder / "base.yaml", NAMESPACE, WORKSPACE, SETTING)
    return made


@pytest.fixture
def webhook(tmp_path, folders):
    webhook = Webhook(tmp_path, folders, "--drain-seconds=0", "--threads=3")
    # Without halt_on_error all of them are told, and the exit status is 66 in the end.
    webhook.env["TSAN_OPTIONS"] = "history_size=4"
    with webhook:
        yield webhook


def test_no_thread_reads_what_another_writes(webhook, folders, tmp_path):
    renewed = tmp_path / "renewed"
    shutil.copytree(webhook.pki, renewed)
    large = {**CART, "metadata": {**CART["metadata"], "annotations": {"padding": "x" * 300_000}}}
    connections = [webhook.connect() for _ in range(3)]
    n_writes = 0

    def ask(path, obj, connection=None):
        answer = webhook.post(f"{path}?timeout=30s", review(obj), connection)
        if answer.status != 429:  # which the API server would send again
            answer.response()

    def mutate():
        ask("/mutate", CART, connections[0])

    def validate():
        ask("/validate", SETTING, connections[1])

    def mutate_much():
        with contextlib.closing(webhook.connect()) as connection:
            ask("/mutate", large, connection)

    def connect():
        ask("/mutate", CART)

    def come_and_go():
        webhook.connect().close()
        with contextlib.closing(webhook.connect()) as connection:
            connection.connect()

    def look():
        assert webhook.get("/metrics").status == 200
        assert webhook.get("/healthz").status == 200
        webhook.get("/readyz")

    def change_the_clusters():
        nonlocal n_writes
        n_writes += 1
        service = {**CART, "metadata": {**CART["metadata"], "name": f"cart-{n_writes % 7}"}}
        for folder in folders.values():
            write(folder / "more.yaml", service)

    def change_the_certificate():
        subprocess.run([CERTS_GEN, "--renew", renewed], check=True, capture_output=True)
        for name in ("tls.crt", "tls.key"):
            shutil.copy(renewed / name, webhook.pki / f"{name}.new")
            os.replace(webhook.pki / f"{name}.new", webhook.pki / name)

    restless = Restless()
    for function in (mutate, validate, mutate_much, connect, come_and_go):
        restless.add(function)
    restless.add(look, 0.05)
    restless.add(change_the_clusters, 0.05)
    restless.add(change_the_certificate, 0.3)
    with restless:
        time.sleep(LOAD_S)
    for connection in connections:
        connection.close()
    assert restless.failed == []
    assert all(n > 3 for n in restless.n_calls.values()), restless.n_calls
    assert webhook.metric("spillway_tls_reloads_total") > 2
    webhook.send(signal.SIGTERM)
    status = webhook.wait_exit()
    said = webhook.log.read_text()
    assert "ThreadSanitizer" not in said, said
    assert status == 0
