"""The same servers behind a real kube-apiserver: what a webhook adds to a dry-run create."""

import base64
import contextlib
import copy
import http.client
import json
import ssl
import statistics
import time

import yaml
from harness import ApiServer, endpoints
from harness.process import wait_until
from harness.tools import istio_crds
from harness.webhook import shipped_configurations

from load import BenchError
from scene import applied, encode
from servers import PATH

SYSTEM = "bench-webhooks"
_KIND = "destinationrules"
_WARM_UP_S = 2
_MARK = "failoverPriority"


def measure(folder, authority, servers, rules, seconds):
    """{size: {who: figures}} for "none" and each of the servers, by creates that take turns."""
    with ApiServer("bench", folder / "apiserver") as api:
        api.kubectl("apply", "--server-side", "-f", istio_crds()).check()
        # One just applied may have no conditions yet, for which kubectl does not wait but fails.
        wait_until("Istio's CRDs", lambda: _has_conditions(api))
        api.wait_for_crds()
        api.apply(_namespace(SYSTEM))
        for name in ("none", *servers):
            api.apply(_namespace(_where(name)))
        for server in servers.values():
            _register(api, authority, server)
        with contextlib.closing(_Client(api)) as client:
            for name in servers:
                wait_until(f"{name} is called", lambda name=name: client.is_patched(name, rules))
            return {
                size: _size(client, ["none", *servers], rule, seconds)
                for size, rule in rules.items()
            }


def _has_conditions(api):
    crds = api.kubectl("get", "crds", "-o", "json").json()["items"]
    return all(crd.get("status", {}).get("conditions") for crd in crds)


def _where(name):
    return f"bench-{name}"


def _namespace(name):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _register(api, authority, server):
    """The DestinationRule webhook as users register it, for the server's own namespace alone."""
    configurations = shipped_configurations()
    configuration, webhook = next(
        (copy.deepcopy(each), copy.deepcopy(webhook))
        for each in configurations
        if each["kind"] == "MutatingWebhookConfiguration"
        for webhook in each["webhooks"]
        if any(_KIND in rule["resources"] for rule in webhook["rules"])
    )
    at = {"namespace": SYSTEM, "name": server.name, "port_name": "https"}
    api.apply(endpoints.service(**at), endpoints.replica(**at, port=server.port))
    configuration["metadata"] = {"name": _where(server.name)}
    webhook["clientConfig"] = {
        "service": {"namespace": SYSTEM, "name": server.name, "port": 443, "path": PATH},
        "caBundle": base64.b64encode(authority.root.read_bytes()).decode(),
    }
    webhook["failurePolicy"] = "Fail"
    webhook["namespaceSelector"]["matchExpressions"].append(
        {
            "key": "kubernetes.io/metadata.name",
            "operator": "In",
            "values": [_where(server.name)],
        }
    )
    configuration["webhooks"] = [webhook]
    api.apply(configuration)


class _Client:
    """One kept connection to the API server."""

    def __init__(self, api):
        config = yaml.safe_load(api.kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        host, _, port = cluster["server"].removeprefix("https://").rpartition(":")
        tls = ssl.create_default_context(cadata=authority)
        self._connection = http.client.HTTPSConnection(host, int(port), timeout=30, context=tls)
        self._headers = {
            "Authorization": f"Bearer {config['users'][0]['user']['token']}",
            "Content-Type": "application/json",
        }

    def create(self, name, body):
        """A dry run in the namespace of `name`; its seconds, and what the API server said."""
        query = "dryRun=All&fieldManager=kubectl-client-side-apply&fieldValidation=Strict"
        path = f"/apis/networking.istio.io/v1/namespaces/{_where(name)}/{_KIND}?{query}"
        begin = time.perf_counter()
        self._connection.request("POST", path, body, self._headers)
        response = self._connection.getresponse()
        text = response.read()
        return time.perf_counter() - begin, response.status, text

    def is_patched(self, name, rules):
        _, status, text = self.create(name, _body(name, next(iter(rules.values()))))
        return status == 201 and _MARK in text.decode()

    def close(self):
        self._connection.close()


def _body(name, rule):
    moved = {**rule, "metadata": {**rule["metadata"], "namespace": _where(name)}}
    return encode(applied(moved))


def _size(client, names, rule, seconds):
    bodies = {name: _body(name, rule) for name in names}
    taken = {name: [] for name in names}
    end = time.monotonic() + _WARM_UP_S
    while time.monotonic() < end:
        for name, body in bodies.items():
            client.create(name, body)
    end = time.monotonic() + seconds * len(names)
    while time.monotonic() < end:
        for name, body in bodies.items():
            took_s, status, text = client.create(name, body)
            if status != 201 or (_MARK in text.decode()) != (name != "none"):
                raise BenchError(f"create through {name}: {status}: {text.decode()[:500]}")
            taken[name].append(1e6 * took_s)
    return {name: _figures(times) for name, times in taken.items()}


def _figures(times):
    cuts = statistics.quantiles(times, n=100)
    return {"p50_us": cuts[49], "p99_us": cuts[98], "creates": len(times)}
