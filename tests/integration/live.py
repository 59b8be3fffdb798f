"""The webhook over API servers: what the tests of that share."""

import json
import urllib.request

from admission import HIERARCHY
from harness import Webhook, wait_until
from harness.process import Part
from wire import Wire

GATEWAY = "eastwest-gateway"


class Cluster(Part):
    """An API server behind a wire, and the kubeconfig of whoever is to go over the wire."""

    def __init__(self, api, directory, name):
        self.api = api
        self.name = name
        self.wire = Wire(int(api.url.rpartition(":")[2]))
        self.kubeconfig = directory / f"{name}.kubeconfig"
        self.point_at(api, self.wire)

    def point_at(self, api, wire):
        """Writes the kubeconfig anew: to that API server, by that wire."""
        config = json.loads(api.kubeconfig.read_text())
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{wire.port}"
        self.kubeconfig.write_text(json.dumps(config))

    def start(self):
        self.wire.start()

    def stop(self):
        self.wire.stop()


class Live(Part):
    """A webhook whose clusters are API servers; the first is the local one, where it is asked.

    options: more words of its command line.
    """

    def __init__(self, clusters, directory, authority, options=()):
        self.clusters = {cluster.name: cluster for cluster in clusters}
        self.api = clusters[0].api
        sources = {cluster.name: f"kubeconfig:{cluster.kubeconfig}" for cluster in clusters}
        options = ["--drain-seconds=0", *options]
        self.webhook = Webhook(self.api, directory, sources, authority, options=options)
        self.registration = self.webhook.registration("Fail")

    def start(self):
        self.webhook.start()
        self.registration.start()

    def stop(self):
        self.registration.stop()
        self.webhook.stop()

    def apply(self, *objects):
        return self.api.kubectl("apply", "-f", "-", input=list(objects))

    def is_ready(self):
        with urllib.request.urlopen(f"{self.webhook.probe_url}/readyz", timeout=10) as answer:
            return answer.status == 200

    def metric(self, name, **labels):
        """The sample's value; None where there is none."""
        return self.webhook.metric(name, **labels)

    def rss_kib(self):
        return self.webhook.process.rss_kib()

    def n_objects(self, cluster, kind):
        return self.metric("spillway_cluster_objects", cluster=cluster, kind=kind)

    def wait_objects(self, cluster, kind, n, timeout_s=60):
        """Waits until the index holds n of a kind."""
        said = f"{n} of {kind} in {cluster}"
        wait_until(said, lambda: self.n_objects(cluster, kind) == n, timeout_s)

    def refused(self, obj):
        """What a dry run of the object is refused with; None when it is taken."""
        done = self.api.kubectl("apply", "--dry-run=server", "-f", "-", input=obj)
        return None if done.ok else done.stderr

    def labels_made(self, namespace, **labels):
        """The labels that a Service with these labels would get there."""
        dry_run = ["create", "--dry-run=server", "-o", "json", "-f", "-"]
        made = self.api.kubectl(*dry_run, input=service("dry", namespace, **labels)).json()
        return made["metadata"].get("labels", {})


def service(name, namespace, port=9080, **labels):
    ports = [{"name": "tls" if port == 15443 else "http", "port": port}]
    metadata = {"name": name, "namespace": namespace, "labels": {"app": name, **labels}}
    spec = {"selector": {"app": name}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def gateway(namespace):
    return service(GATEWAY, namespace, 15443)


def workspace(namespace):
    """A Workspace named for its one namespace."""
    annotations = {key: value for key, value in HIERARCHY.items() if not key.endswith("/workspace")}
    return {
        "apiVersion": "tsb.tetrate.io/v2",
        "kind": "Workspace",
        "metadata": {"name": namespace, "namespace": namespace, "annotations": annotations},
        "spec": {"namespaceSelector": {"names": [f"*/{namespace}"]}},
    }


def setting(namespace, **labels):
    """The setting of that workspace; labels: what the Services it exposes must carry."""
    selector = {"namespace": namespace, "labels": {"app": GATEWAY}}
    item = {"workloadSelector": selector, "exposedServices": [{"serviceLabels": labels}]}
    annotations = {**HIERARCHY, "tsb.tetrate.io/workspace": namespace}
    return {
        "apiVersion": "tsb.tetrate.io/v2",
        "kind": "WorkspaceSetting",
        "metadata": {"name": "s", "namespace": namespace, "annotations": annotations},
        "spec": {"defaultEastWestGatewaySettings": [item]},
    }
