"""spillway-webhook over folders, as a process that a test talks to without an API server."""

import base64
import contextlib
import http.client
import json
import re
import socket
import ssl
import subprocess
import urllib.error
import urllib.request

import yaml

from harness import Process
from harness.net import free_port
from harness.process import answers_ok
from harness.tools import REPOSITORY, program

BINARY = program("spillway-webhook")
CERTS_GEN = REPOSITORY / "certs" / "gen"

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
WORKSPACE = {
    "apiVersion": "tsb.tetrate.io/v2",
    "kind": "Workspace",
    "metadata": {"name": "ws", "namespace": "shop"},
    "spec": {"namespaceSelector": {"names": ["*/shop"]}},
}
SETTING = {
    "apiVersion": "tsb.tetrate.io/v2",
    "kind": "WorkspaceSetting",
    "metadata": {
        "name": "s",
        "namespace": "shop",
        "annotations": {"tsb.tetrate.io/workspace": "ws"},
    },
    "spec": {
        "defaultEastWestGatewaySettings": [
            {"workloadSelector": {"namespace": "gw", "labels": {"app": "gw"}}}
        ]
    },
}
CART = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "cart", "namespace": "shop"},
    "spec": {"selector": {"app": "cart"}, "ports": [{"name": "http", "port": 80}]},
}


def write(path, *objects):
    """Writes a manifest aside and renames it into place."""
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(yaml.safe_dump_all(objects))
    aside.rename(path)


def review(obj, uid="u-1", operation="CREATE"):
    group, _, version = obj["apiVersion"].rpartition("/")
    request = {
        "uid": uid,
        "kind": {"group": group, "version": version, "kind": obj["kind"]},
        "namespace": obj["metadata"].get("namespace", ""),
        "name": obj["metadata"]["name"],
        "operation": operation,
        "object": obj,
    }
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": request,
    }


class Answer:
    """One HTTP response, read whole."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def response(self, uid="u-1"):
        """The response of an AdmissionReview, checked to be one."""
        assert self.status == 200, self.body
        answer = self.json()
        assert (answer["apiVersion"], answer["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
        assert answer["response"]["uid"] == uid
        return answer["response"]


class Webhook(Process):
    """One process over one folder for each cluster, with certificates by certs/gen."""

    def __init__(self, directory, clusters, *options, wait_for="readyz"):
        self._wait_for = wait_for
        directory.mkdir(exist_ok=True)
        self.pki = directory / "pki"
        self.port, self.probe = free_port(), free_port()
        subprocess.run([CERTS_GEN, "--client", "api", self.pki], check=True, capture_output=True)
        super().__init__("spillway-webhook", [
            BINARY, "--listen", f"127.0.0.1:{self.port}",
            "--probe-listen", f"127.0.0.1:{self.probe}",
            "--tls-cert-file", self.pki / "tls.crt", "--tls-key-file", self.pki / "tls.key",
            *[f"--cluster={name}=dir:{path}" for name, path in clusters.items()],
            *options,
        ], directory)

    def start(self):
        super().start()
        url = f"http://127.0.0.1:{self.probe}/{self._wait_for}"
        self.wait_ready(lambda: answers_ok(url))

    def context(self, as_client=False):
        """What a client needs; as_client: that has a certificate too, for the name "api"."""
        tls = ssl.create_default_context(cafile=self.pki / "ca.crt")
        if as_client:
            tls.load_cert_chain(self.pki / "client.crt", self.pki / "client.key")
        return tls

    def connect(self, as_client=False):
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=10, context=self.context(as_client))

    def post(self, path, body, connection=None, **headers):
        """Posts a review (or bytes), on a connection of its own if none is given."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **headers}
        with contextlib.ExitStack() as stack:
            if connection is None:
                connection = stack.enter_context(contextlib.closing(self.connect()))
            connection.request("POST", path, data, headers)
            return Answer(connection.getresponse())

    def get(self, path):
        """A GET of the probe port."""
        url = f"http://127.0.0.1:{self.probe}{path}"
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                return Answer(response)
        except urllib.error.HTTPError as error:
            return Answer(error)

    def metric(self, name, **labels):
        """The value of one series."""
        text = ",".join(f'{key}="{value}"' for key, value in labels.items())
        series = f"{name}{{{text}}}" if text else name
        page = self.get("/metrics").body.decode()
        found = re.search(rf"^{re.escape(series)} (\S+)$", page, re.M)
        assert found, f"no {series} in\n{page}"
        return float(found[1])

    def patch_of(self, obj):
        """The operations that come back for an object."""
        response = self.post("/mutate", review(obj)).response()
        assert response["allowed"] is True
        return json.loads(base64.b64decode(response.get("patch", "W10=")))

    def records(self):
        """What it has logged, each line checked to be one JSON object."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def exposing_folder(directory):
    """A cluster that exposes namespace shop, as a folder of manifests."""
    folder = directory / "east"
    folder.mkdir()
    write(folder / "base.yaml", NAMESPACE, WORKSPACE, SETTING)
    return folder


def is_exposed(webhook):
    """Whether a Service of namespace shop comes back as one that is exposed."""
    return "/metadata/labels/failover.tetrate.io~1cluster" in paths(webhook.patch_of(CART))


def paths(patch):
    return [operation["path"] for operation in patch]
