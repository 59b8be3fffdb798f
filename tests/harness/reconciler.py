"""spillway-reconciler as a process, over clusters that it reaches by kubeconfigs."""

import json
import re
import urllib.error
import urllib.request

from .net import free_port
from .process import Part, Process, answers_ok
from .tools import program


class Reconciler(Part):
    """One spillway-reconciler, which writes to the first of its clusters.

    clusters: by name, as on its command line: "kubeconfig:PATH", "dir:PATH".
    options: more words of that command line. It can be stopped or killed, and started again.
    """

    def __init__(self, directory, clusters, options=(), env=None):
        self.probe_url = f"http://127.0.0.1:{free_port()}"
        directory.mkdir(parents=True, exist_ok=True)
        sources = [f"--cluster={name}={source}" for name, source in clusters.items()]
        argv = [
            program("spillway-reconciler"),
            *["--probe-listen", self.probe_url.removeprefix("http://"), *sources, *options],
        ]
        self.process = Process("spillway-reconciler", argv, directory, env)

    def start(self):
        self.process.start()
        self.process.wait_ready(self.is_ready)

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()

    def is_ready(self):
        return answers_ok(f"{self.probe_url}/readyz")

    def says(self, path):
        """What a probe's page holds, whatever its status; nothing while nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.probe_url}{path}", timeout=10) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except OSError:
            return ""

    def metric(self, name, **labels):
        """The sample's value, its labels in any order; None where there is none."""
        return next((value for held, value in self._samples(name) if held == labels), None)

    def sum(self, name, **labels):
        """The sum of all samples that have these labels, among others."""
        return sum(value for held, value in self._samples(name) if labels.items() <= held.items())

    def _samples(self, name):
        """Labels and value of each sample of that name."""
        for line in self.says("/metrics").splitlines():
            found = re.fullmatch(rf"{re.escape(name)}(?:{{(.*)}})? (\S+)", line)
            if found:
                yield dict(re.findall(r'(\w+)="([^"]*)"', found[1] or "")), float(found[2])

    def n_writes(self):
        """Requests that it has sent to write something, whatever they came to."""
        return self.sum("spillway_reconciler_writes_total")

    def log(self):
        """Its log so far, record by record."""
        lines = self.process.log.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]
