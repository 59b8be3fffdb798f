"""The three servers that are compared, each with one thread and on one and the same processor."""

import dataclasses
import http.client
import os
import pathlib
import re
import ssl

from harness import Authority
from harness.net import free_port
from harness.pki import Pair
from harness.process import Process, answers_ok

PATH = "/mutate"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True)
class Place:
    """What the servers share: a processor, and a certificate with who signed it."""

    folder: pathlib.Path
    cpu: str
    authority: Authority
    serving: Pair


class Server(Process):
    """One server at a place, with a folder of its own there."""

    def __init__(self, name, place, port, argv, env=None):
        folder = place.folder / name
        folder.mkdir(exist_ok=True)
        super().__init__(name, ["taskset", "--cpu-list", place.cpu, *argv], folder, env)
        self.port = port
        self._tls = ssl.create_default_context(cafile=place.authority.root)

    def start(self):
        super().start()
        self.wait_ready(self._is_up)

    def url(self, size):
        return f"https://127.0.0.1:{self.port}{self.path(size)}"

    def path(self, _size):
        return PATH

    def connect(self):
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=self._tls)

    def answer(self, size, body):
        """The answer to one review, as bytes."""
        connection = self.connect()
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", self.path(size), body, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        assert response.status == 200, f"{self.name}: {response.status}: {text!r}"
        return text

    def cpu_s(self):
        """Processor time of all its threads since it was started."""
        stat = pathlib.Path(f"/proc/{self.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def rss_kib(self):
        return self._status("VmRSS")

    def peak_rss_kib(self):
        """The most since the start, or since forget_peak()."""
        return self._status("VmHWM")

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def _status(self, field):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(rf"^{field}:\s+(\d+) kB", status, re.M)
        assert found, f"{self.name} has ended: see {self.log}"
        return int(found[1])

    def _is_up(self):
        try:
            connection = self.connect()
            connection.connect()
        except OSError:
            return False
        connection.close()
        return True


class Spillway(Server):
    """clusters: where each is read from, by name, as on the command line."""

    def __init__(self, binary, place, clusters, name="spillway"):
        port = free_port()
        self.probe = f"127.0.0.1:{free_port()}"
        pair = place.serving
        argv = [
            *[binary, "--listen", f"0.0.0.0:{port}", "--probe-listen", self.probe],
            *["--tls-cert-file", pair.chain, "--tls-key-file", pair.key, "--threads", "1"],
            *["--drain-seconds", "0"],
            *[f"--cluster={each}={source}" for each, source in clusters.items()],
        ]
        super().__init__(name, place, port, argv)

    def _is_up(self):
        return answers_ok(f"http://{self.probe}/readyz")


class Peer(Server):
    def __init__(self, binary, place, exposed):
        port = free_port()
        certs, names = place.folder / "peer-certs", place.folder / "peer-exposed"
        certs.mkdir()
        (certs / "tls.crt").symlink_to(place.serving.chain)
        (certs / "tls.key").symlink_to(place.serving.key)
        names.write_text("".join(f"{name}\n" for name in exposed))
        argv = [binary, "--port", port, "--certs", certs, "--exposed", names]
        super().__init__("peer", place, port, argv, {"GOMAXPROCS": "1"})


class Floor(Server):
    """Answers with bytes that are given for each size."""

    def __init__(self, binary, place, answers):
        port = free_port()
        self._paths = {}
        rows = []
        for number, (size, answer) in enumerate(answers.items()):
            file = place.folder / f"floor-answer-{number}"
            file.write_bytes(answer)
            self._paths[size] = f"{PATH}/{number}"
            rows.append(f"{self._paths[size]}={file}")
        super().__init__(
            "floor", place, port, [binary, port, place.serving.chain, place.serving.key, *rows]
        )

    def path(self, size):
        return self._paths[size]
