"""Webhooks that look after their own certificate, in a cluster that users have installed into."""

import base64
import json
import socket
import ssl
import threading
import time

import yaml

from harness import Webhook, endpoints, wait_until
from harness.process import Part, answers_ok
from installed import NAMESPACE
from shipped import MANIFESTS, webhooks_of

SECRET = "spillway-webhook-certs"
SERVICE = "spillway-webhook"
VALIDATING = "validatingwebhookconfiguration"
VALIDATOR = "workspacesetting.validate.spillway.dev"
REFUSED = {
    "apiVersion": "tsb.tetrate.io/v2",
    "kind": "WorkspaceSetting",
    "metadata": {
        "name": "try",
        "namespace": NAMESPACE,
        "annotations": {"spillway.dev/always-refuse": "true"},
    },
    "spec": {},
}


class Kept(Webhook):
    """One replica without certificate files, as our ServiceAccount; number tells them apart."""

    def __init__(self, api, directory, kubeconfig, *options, number=0):
        clusters = {"east": f"kubeconfig:{kubeconfig}"}
        options = ["--drain-seconds=0", *options]
        folder = directory / f"webhook-{number}"
        super().__init__(api, folder, clusters, None, number, options, pair=(None, None))

    def launch(self):
        """Starts the process, and waits for nothing but that it answers probes."""
        self.process.start()
        self.process.wait_ready(lambda: answers_ok(f"{self.probe_url}/healthz"))

    def stop(self):
        self.publish(ready=False)
        self.process.stop()

    def publish(self, ready=True):
        at = {"namespace": NAMESPACE, "name": SERVICE, "port_name": "https"}
        self.api.apply(endpoints.replica(**at, port=self._port, number=self._number, ready=ready))

    def _argv(self, clusters, pair):
        argv = super()._argv(clusters, ("unused", "unused"))
        first = argv.index("--tls-cert-file")
        return argv[:first] + argv[first + 4:]

    def counted(self, name, **labels):
        return self.metric(f"spillway_certificates_{name}", **labels)

    def leads(self):
        return self.counted("leader") == 1

    def records(self, message):
        """What it has logged under that message."""
        lines = [json.loads(line) for line in self.process.log.read_text().splitlines()]
        return [line for line in lines if line["msg"] == message]

    def certificate(self, bundle):
        """What it serves to who believes the bundle and nothing else; raises where it does not."""
        context = ssl.create_default_context(cadata=bundle)
        host, _, port = self.address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname=self.host) as connection:
                return connection.getpeercert(binary_form=True)


class Newcomers(Part):
    """API servers that connect for the first time, one after the other, by the caBundles that are
    in force at that moment, to one replica after the other."""

    def __init__(self, api, replicas):
        self.n = 0
        self.failed = []
        self.served = []  # each certificate once, in the order in which they were seen
        self._api = api
        self._replicas = replicas
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._connect, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._ends.set()
        self._thread.join()

    def _connect(self):
        client = self._api.client()
        while not self._ends.wait(0.02):
            replica = self._replicas[self.n % len(self._replicas)]
            self.n += 1
            try:
                for bundle in set(bundles_by(client)):
                    certificate = replica.certificate(bundle)
                    if certificate not in self.served:
                        self.served.append(certificate)
            except (OSError, AssertionError) as error:
                self.failed.append((time.strftime("%H:%M:%S"), repr(error)))


class Askers(Part):
    """Users who write what is always refused, as fast as it goes; each answer has to be ours."""

    def __init__(self, api, n_clients=3):
        self.n = 0
        self.failed = []
        self._ends = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(api.client(),), daemon=True)
            for _ in range(n_clients)
        ]

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, client):
        path = f"/apis/tsb.tetrate.io/v2/namespaces/{NAMESPACE}/workspacesettings?dryRun=All"
        while not self._ends.wait(0.01):
            status, said = client.call("POST", path, REFUSED)
            self.n += 1
            if status != 422 or "because it asks for it" not in str(said):
                self.failed.append((time.strftime("%H:%M:%S"), status, said))


def bundles_by(client):
    """The caBundles of all our webhooks, as PEM."""
    found = []
    for kind in ("mutating", "validating"):
        path = f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations/spillway"
        status, configuration = client.call("GET", path)
        assert status == 200, configuration
        found += [webhook["clientConfig"].get("caBundle", "")
                  for webhook in configuration["webhooks"]]
    return [base64.b64decode(bundle).decode() for bundle in found]


def bundles(api):
    """The same, by kubectl, one for each webhook's name."""
    return {
        name: base64.b64decode(webhook["clientConfig"].get("caBundle", "")).decode()
        for name, (_, webhook) in webhooks_of(api).items()
    }


def secret(api):
    """The Secret's data as text; None without it."""
    found = api.kubectl("get", "secret", SECRET, "-n", NAMESPACE, "-o", "json")
    if not found.ok:
        return None
    return {key: base64.b64decode(text).decode() for key, text in found.json()["data"].items()}


def change_secret(api, **texts):
    """Writes other texts into it: names have "_" for "."."""
    data = {key.replace("_", "."): base64.b64encode(text.encode()).decode()
            for key, text in texts.items()}
    patch = ["--type=merge", "-p", json.dumps({"data": data})]
    api.kubectl("patch", "secret", SECRET, "-n", NAMESPACE, *patch).check()


def policy(api):
    return api.get(VALIDATING, "spillway")["webhooks"][0]["failurePolicy"]


def ignoring(api):
    """The validating configuration as a user's manifest has it that wants a safe start."""
    file = MANIFESTS / "webhooks" / "validating.yaml"
    shipped = yaml.safe_load(file.read_text())
    for webhook in shipped["webhooks"]:
        webhook["failurePolicy"] = "Ignore"
    return shipped


def begin_anew(api):
    """As if nothing had ever kept a certificate here."""
    gone = ["--ignore-not-found", "-n", NAMESPACE]
    api.kubectl("delete", "secret,lease", SECRET, *gone).check()
    api.kubectl("delete", "--ignore-not-found", "-k", MANIFESTS / "webhooks").check()
    api.kubectl("apply", "--server-side", "-k", MANIFESTS / "webhooks").check()


def wait_bundles(api, check, timeout_s=30):
    """Waits until check() holds for each of the caBundles."""
    wait_until("the caBundles", lambda: all(map(check, bundles(api).values())), timeout_s)
