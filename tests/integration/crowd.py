"""Clients that a webhook would be better off without, and one that it is there for."""

import contextlib
import json
import pathlib
import socket
import ssl
import sys
import threading
import time

from harness import Process
from over_folders import review

PAUSE_S = 0.005
_FLOOD = pathlib.Path(__file__).with_name("flood.py")


class Crowd:
    """So many connections from some addresses that ask for nothing, made again when they end."""

    def __init__(self, webhook, n, sources, context=None):
        self.n_made = 0
        self._to = ("127.0.0.1", webhook.port)
        self._sources = sources
        self._context = context  # with one, they shake hands
        self._sockets = [None] * n
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._hold, daemon=True)

    def __enter__(self):
        self._make_missing()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()
        for each in filter(None, self._sockets):
            each.close()

    def n_alive(self):
        return sum(map(_is_alive, self._sockets))

    def _hold(self):
        while not self._ends.wait(0.1):
            self._make_missing()

    def _make_missing(self):
        for at, each in enumerate(self._sockets):
            if self._ends.is_set() or (each and _is_alive(each)):
                continue
            if each:
                each.close()
            self._sockets[at] = None
            with contextlib.suppress(OSError):
                self._sockets[at] = self._make(self._sources[at % len(self._sources)])
                self.n_made += 1

    def _make(self, source):
        plain = socket.create_connection(self._to, timeout=1, source_address=(source, 0))
        if not self._context:
            return plain
        try:
            return self._context.wrap_socket(plain, server_hostname="localhost")
        except OSError:
            plain.close()
            raise


def _is_alive(peer):
    """Whether nothing has come: the server says nothing unasked but that it is over."""
    if peer is None:
        return False
    peer.setblocking(False)
    try:
        return bool(peer.recv(1))
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False


class Client:
    """Asks again and again, on one connection or on a new one each time, until the block ends."""

    def __init__(self, webhook, obj, keeps_connection, source="127.0.0.1"):
        self.failed = []
        self.took_s = []
        self._webhook = webhook
        self._obj = obj
        self._keeps = keeps_connection
        self._source = source
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()

    def _ask(self):
        connection = None
        while not self._ends.wait(PAUSE_S):
            began = time.monotonic()
            try:
                if connection is None:
                    connection = self._webhook.connect()
                    connection.source_address = (self._source, 0)
                answer = self._webhook.post("/mutate?timeout=5s", review(self._obj), connection)
                if answer.status != 200:
                    raise ConnectionError(f"answered {answer.status}: {answer.body!r}")
            except OSError as error:
                self.failed.append(repr(error))
                self._close(connection)
                connection = None
                continue
            self.took_s.append(time.monotonic() - began)
            if not self._keeps:
                self._close(connection)
                connection = None
        self._close(connection)

    @staticmethod
    def _close(connection):
        if connection:
            connection.close()


class Flood(Process):
    """A process whose connections post one body as often as they are answered."""

    def __init__(self, directory, address, ca, body, n_connections, source):
        argv = ["nice", sys.executable, _FLOOD, address, ca, body, n_connections, source]
        super().__init__(f"flood-{source}", argv, directory)

    def counts(self):
        """How often it got each status, by its text, and "error"; once it has ended."""
        return json.loads(self.log.read_text().splitlines()[-1])
