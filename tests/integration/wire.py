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
        self._pairs = []
        self._lock = threading.Lock()

    def start(self):
        self.mend()

    def stop(self):
        self.cut()

    def mend(self):
        listener = socket.create_server(("127.0.0.1", self.port))
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self):
        if self._listener is None:
            return
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None
        with self._lock:
            ends, self._pairs = [end for pair in self._pairs for end in pair], []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener):
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
            with self._lock:
                self._pairs.append((near, far))
            threading.Thread(target=_forward, args=(near, far), daemon=True).start()


def _forward(near, far):
    with contextlib.suppress(OSError), near, far, selectors.DefaultSelector() as selector:
        selector.register(near, selectors.EVENT_READ, far)
        selector.register(far, selectors.EVENT_READ, near)
        while True:
            for key, _ in selector.select():
                data = key.fileobj.recv(65536)
                if not data:
                    return
                key.data.sendall(data)
