"""The three servers that are compared, each with one thread and on one and the same processor."""

import http.client
import os
import pathlib
import re
import ssl

from harness.net import free_port
from harness.process import Process, answers_ok

PATH = "/mutate"
_TICKS = os.sysconf("SC_CLK_TCK")


class Server(Process):
    """One server on a processor. url_path: where a review of a size (its name) is posted to."""

    def __init__(self, name, argv, directory, cpu, authority, port, env=None):
        directory.mkdir(parents=True, exist_ok=True)
        super().__init__(name, ["taskset", "--cpu-list", cpu, *argv], directory, env)
        self.port = port
        self._tls = ssl.create_default_context(cafile=authority.root)

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
    def __init__(self, binary, directory, cpu, authority, serving, clusters):
        port = free_port()
        self._probe = f"127.0.0.1:{free_port()}"
        argv = [
            *[binary, "--listen", f"0.0.0.0:{port}", "--probe-listen", self._probe],
            *["--tls-cert-file", serving.chain, "--tls-key-file", serving.key, "--threads", "1"],
            *["--drain-seconds", "0"],
            *[f"--cluster={name}=dir:{folder}" for name, folder in clusters.items()],
        ]
        super().__init__("spillway", argv, directory, cpu, authority, port)

    def _is_up(self):
        return answers_ok(f"http://{self._probe}/readyz")


class Peer(Server):
    def __init__(self, binary, directory, cpu, authority, serving, exposed):
        port = free_port()
        certs = directory / "certs"
        certs.mkdir(parents=True)
        (certs / "tls.crt").symlink_to(serving.chain)
        (certs / "tls.key").symlink_to(serving.key)
        names = directory / "exposed"
        names.write_text("".join(f"{name}\n" for name in exposed))
        argv = [binary, "--port", port, "--certs", certs, "--exposed", names]
        super().__init__("peer", argv, directory, cpu, authority, port, {"GOMAXPROCS": "1"})


class Floor(Server):
    """Answers with bytes that are given for each size."""

    def __init__(self, binary, directory, cpu, authority, serving, answers):
        port = free_port()
        directory.mkdir(parents=True)
        self._paths = {}
        rows = []
        for number, (size, answer) in enumerate(answers.items()):
            file = directory / f"answer-{number}"
            file.write_bytes(answer)
            self._paths[size] = f"{PATH}/{number}"
            rows.append(f"{self._paths[size]}={file}")
        argv = [binary, port, serving.chain, serving.key, *rows]
        super().__init__("floor", argv, directory, cpu, authority, port)

    def path(self, size):
        return self._paths[size]
