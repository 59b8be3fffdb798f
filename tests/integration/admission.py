"""What the tests of admission share: the webhook in a cluster as users have it, and their objects.

The webhook knows two clusters by folders that hold what the golden cases' clusters hold: bookinfo,
an east-west gateway, and the Workspace and WorkspaceSetting of the EastWest failover guide. What it
makes of an object is judged by istiod, whose own webhook fails closed.
"""

import contextlib
import itertools
import re
import shutil
import urllib.request

import yaml

from harness import Webhook, wait_until
from harness.process import Part
from harness.tools import REPOSITORY
from over_folders import write

GOLDEN = REPOSITORY / "tests" / "golden"
_numbers = itertools.count()

CLUSTERS = ("cluster-1", "cluster-2")
SHARED = ("mesh", "bookinfo", "eastwest", "tsb")
HIERARCHY = {
    "tsb.tetrate.io/organization": "tetrate",
    "tsb.tetrate.io/tenant": "tetrate",
    "tsb.tetrate.io/workspace": "bookinfo-ws",
}

WORKSPACE_LABEL = "failover.tetrate.io/workspace"
CLUSTER_LABEL = "failover.tetrate.io/cluster"
RECORD = {WORKSPACE_LABEL: "bookinfo-ws", CLUSTER_LABEL: "cluster-1"}

# What a DestinationRule gets where a setting says nothing else.
OUTLIER = {
    "consecutiveGatewayErrors": 5,
    "consecutive5xxErrors": 0,
    "interval": "10s",
    "baseEjectionTime": "30s",
    "maxEjectionPercent": 100,
    "minHealthPercent": 1,
}
LOCALITY = {
    "enabled": True,
    "failoverPriority": [
        "topology.istio.io/network",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
        "spillway.dev/remote",
    ],
}


def golden(*path):
    """The one document of a file below tests/golden."""
    return yaml.safe_load(GOLDEN.joinpath(*path).read_text())


def namespace(name, labels=None):
    metadata = {"name": name, "labels": labels or {}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def service(name, namespace="bookinfo", labels=None, **spec):
    """A Service as its team writes it; spec stands in for parts of the usual one."""
    usual = {"selector": {"app": name}, "ports": [{"name": "http", "port": 9080}]}
    metadata = {"name": name, "namespace": namespace, "labels": {"app": name, **(labels or {})}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {**usual, **spec}}


def rule(name, policy=None, subsets=None, version="v1", **metadata):
    """A DestinationRule for bookinfo's reviews."""
    spec = {"host": "reviews", "trafficPolicy": policy, "subsets": subsets}
    return {
        "apiVersion": f"networking.istio.io/{version}",
        "kind": "DestinationRule",
        "metadata": {"name": name, "namespace": "bookinfo", **metadata},
        "spec": {key: value for key, value in spec.items() if value is not None},
    }


def setting(name, *exposed, gateway="eastwest-gateway", **annotations):
    """A WorkspaceSetting of the guide's workspace; exposed: the serviceLabels of each item."""
    item = {"workloadSelector": {"namespace": "eastwest", "labels": {"app": gateway}}}
    if exposed:
        item["exposedServices"] = [{"serviceLabels": labels} for labels in exposed]
    return {
        "apiVersion": "tsb.tetrate.io/v2",
        "kind": "WorkspaceSetting",
        "metadata": {
            "name": name,
            "namespace": "bookinfo",
            "annotations": {**HIERARCHY, **annotations},
        },
        "spec": {"defaultEastWestGatewaySettings": [item]},
    }


def annotated(obj, **annotations):
    """The object with one more annotation of ours: allow_unmatched="true" and the like."""
    ours = {f"spillway.dev/{key.replace('_', '-')}": annotations[key] for key in annotations}
    metadata = obj["metadata"]
    both = {**metadata.get("annotations", {}), **ours}
    return {**obj, "metadata": {**metadata, "annotations": both}}


class Admission(Part):
    """The webhook, running and registered as shipped, and what users do with kubectl."""

    def __init__(self, api, directory, authority):
        self.api = api
        self.kubectl = api.kubectl
        self.folders = {name: directory / name for name in CLUSTERS}
        for folder in self.folders.values():
            for shared in SHARED:
                shutil.copytree(GOLDEN / "clusters" / shared, folder / shared)
        sources = {name: f"dir:{folder}" for name, folder in self.folders.items()}
        options = ["--drain-seconds=0"]
        self.webhook = Webhook(api, directory / "webhook", sources, authority, options=options)
        self.registration = self.webhook.registration()

    def start(self):
        self.webhook.start()
        self.registration.start()

    def stop(self):
        self.registration.stop()
        self.webhook.stop()
        kinds = "services,destinationrules,workspacesettings,workspaces"
        self.kubectl("delete", kinds, "--all", "-n", "bookinfo", "--wait=false").check()

    def apply(self, *objects, options=()):
        """kubectl apply of the objects, in the order given; the result, whatever it is."""
        return self.kubectl("apply", *options, "-f", "-", input=list(objects))

    def server_side(self, obj, manager, *options):
        """What a GitOps controller does: server-side apply under a name of its own."""
        return self.apply(obj, options=["--server-side", f"--field-manager={manager}", *options])

    def held(self, obj):
        """The object as the API server holds it now, managedFields and all."""
        metadata = obj["metadata"]
        at = [obj["kind"], metadata["name"], "-n", metadata["namespace"]]
        return self.kubectl("get", *at, "-o", "json", "--show-managed-fields").json()

    def labels(self, obj):
        return self.held(obj)["metadata"].get("labels", {})

    def policy(self, obj):
        return self.held(obj)["spec"].get("trafficPolicy")

    def made_of(self, obj):
        """What would be stored of such an object under a new name, which is not."""
        others = {key: value for key, value in obj["metadata"].items() if key != "name"}
        nameless = {**obj, "metadata": {**others, "generateName": "made-"}}
        dry_run = ["--dry-run=server", "-o", "json", "-f", "-"]
        return self.kubectl("create", *dry_run, input=nameless).json()

    @contextlib.contextmanager
    def published(self, *objects, clusters=CLUSTERS):
        """Objects that the folders of these clusters hold besides, or in place of their own."""
        file = f"zz-{next(_numbers)}.yaml"  # the last file in a folder is right
        paths = [self.folders[name] / file for name in clusters]
        with self._read_again(clusters):
            for path in paths:
                write(path, *objects)
        try:
            yield
        finally:
            with self._read_again(clusters):
                for path in paths:
                    path.unlink()

    @contextlib.contextmanager
    def _read_again(self, clusters):
        """Waits, once the block has changed their folders, until the webhook has read them."""
        before = {name: self.metric("reads_total", name) for name in clusters}
        yield
        for name, reads in before.items():
            wait_until(f"{name} to be read", lambda: self.metric("reads_total", name) > reads)

    def metric(self, name, cluster):
        """The value of spillway_cluster_NAME for a cluster."""
        with urllib.request.urlopen(f"{self.webhook.probe_url}/metrics", timeout=10) as page:
            text = page.read().decode()
        series = rf'^spillway_cluster_{name}{{cluster="{cluster}"}} (\d+)$'
        return int(re.search(series, text, re.MULTILINE)[1])


def identity(obj):
    """What changes when an object is written: its version, and the number of specs it has had."""
    return obj["metadata"]["resourceVersion"], obj["metadata"].get("generation")


def owners(obj):
    """Who owns which field, by the API server's own record: {manager: {path, ...}}."""
    fields = {}
    for entry in obj["metadata"]["managedFields"]:
        fields.setdefault(entry["manager"], set()).update(_leaves(entry["fieldsV1"]))
    return fields


def _leaves(fields, path=""):
    below = {key: value for key, value in fields.items() if key != "."}
    if not below:
        yield path
    for key, value in below.items():
        yield from _leaves(value, f"{path}.{key.removeprefix('f:')}".lstrip("."))
