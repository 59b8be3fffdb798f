"""A wire between a client and a server of this machine, which a test can cut and mend."""

import contextlib
import selectors
import socket
import threading

from harness.net import free_port
from harness.process import Part


class Wire(Part):
    """Forwards what comes to its port. Cut, it refuses connections, and those it had are reset."""

    def __init__(self, target_port):
        self.port = free_port()
        self._target = ("127.0.0.1", target_port)
        self._listener = None
        self._lines = []
        self._lock = threading.Lock()

    def start(self):
        self.mend()

    def stop(self):
        self.cut()

    def mend(self, dies_after=None):
        """Takes connections again. dies_after: of the first of them only so many bytes of what the
        server sends come through; then nothing moves on it any more, though it stays open."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener, dies_after), daemon=True).start()

    def cut(self):
        if self._listener is None:
            return
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None
        with self._lock:
            lines, self._lines = self._lines, []
        for line in lines:
            line.end()

    def n_bytes(self):
        """How much of the server's came through on the newest connection."""
        with self._lock:
            return self._lines[-1].n_bytes

    def is_used(self):
        """Whether anything has come through on any connection since it was last cut."""
        with self._lock:
            return any(line.n_bytes for line in self._lines)

    def _accept(self, listener, dies_after):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self._target, timeout=5)
            except OSError:
                near.close()
                continue
            line = _Line(near, far, dies_after)
            dies_after = None
            with self._lock:
                self._lines.append(line)
            threading.Thread(target=line.forward, daemon=True).start()


class _Line:
    """One connection."""

    def __init__(self, near, far, dies_after):
        self._near = near
        self._far = far
        self._dies_after = dies_after
        self.n_bytes = 0  # of the server's, so far
        self._over = threading.Event()

    def end(self):
        self._over.set()
        for end in (self._near, self._far):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def forward(self):
        with contextlib.suppress(OSError), self._near, self._far:
            self._forward()
            if self._is_dead():
                self._over.wait()

    def _is_dead(self):
        return self.n_bytes == self._dies_after

    def _forward(self):
        other = {self._near: self._far, self._far: self._near}
        with selectors.DefaultSelector() as selector:
            for end in other:
                selector.register(end, selectors.EVENT_READ)
            while not self._is_dead():
                for key, _ in selector.select():
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    if key.fileobj is self._far:
                        data = self._cut_off(data)
                    other[key.fileobj].sendall(data)

    def _cut_off(self, data):
        if self._dies_after is not None:
            data = data[: self._dies_after - self.n_bytes]
        self.n_bytes += len(data)
        return data
