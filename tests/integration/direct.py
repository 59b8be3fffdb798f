"""Webhooks asked without an API server in between, on a connection for each review."""

import json
import socket
import ssl
import threading
import time

from harness import wait_until
from over_folders import CART, review

PAUSE_S = 0.01


class Newcomers:
    """Other API servers, which connect to one replica after the other and ask what it is worth."""

    def __init__(self, replicas, bundle, obj=CART):
        self.bundle = bundle  # what they trust, as PEM
        self.n = 0
        self.responses = []
        self.failed = []
        self._replicas = replicas
        self._obj = obj
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._connect, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()

    def wait_more(self, n):
        """Waits until so many more have asked, and one besides that may have asked already."""
        enough = self.n + n + 1
        wait_until(f"{n} more newcomers", lambda: self.n >= enough)

    def _connect(self):
        while not self._ends.wait(PAUSE_S):
            replica = self._replicas[self.n % len(self._replicas)]
            try:
                self.responses.append(ask(replica, self.bundle, self._obj))
            except OSError as error:
                self.failed.append((time.monotonic(), repr(error)))
            self.n += 1


def ask(replica, bundle, obj=CART):
    """One review on a connection of its own, to who has a certificate by that bundle.

    Gives the response; raises OSError where there is none.
    """
    host, port = replica.address.split(":")
    body = json.dumps(review(obj))
    request = (f"POST /mutate HTTP/1.1\r\nHost: {replica.host}\r\nConnection: close\r\n"
               f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}")
    tls = ssl.create_default_context(cadata=bundle)
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        with tls.wrap_socket(plain, server_hostname=replica.host) as peer:
            peer.sendall(request.encode())
            answer = b"".join(iter(lambda: peer.recv(65536), b""))
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise ConnectionError(f"answered {answer[:200]!r}")
    return json.loads(answer.partition(b"\r\n\r\n")[2])["response"]
