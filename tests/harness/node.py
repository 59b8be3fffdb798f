"""A node of a cluster: its kubelet, its names instead of a DNS server, and its load balancers."""

import contextlib
import os
import queue
import shutil
import threading
import time

from .client import Client
from .pod import Pod
from .process import Part
from .watch import Watch

NAME = "node-1"

_TICK_S = 0.1
_PROBE_EVERY_S = 1.0

# From the deletion of a pod to the end of its processes: a preStop hook, in which the others hear
# that it goes.
_PRE_STOP_S = 2.0

_MERGE = "application/merge-patch+json"


class Node(Part):
    """Runs every Pod whose spec.nodeName is this node's, on a thread of its own.

    cluster: whose node it is; of that the name, api, network and authority are used.
    images: the argv that each image stands for.
    """

    def __init__(self, cluster, directory, images):
        self._cluster = cluster
        self._directory = directory
        self._images = images
        self._client = None
        self._pods = {}  # by uid
        self._leaving = {}  # by uid: when its processes end
        self._probed = {}  # by uid: when it was asked last
        self._services = {}
        self._failure = None
        self._news = queue.Queue()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"node of {cluster.name}")
        kubeconfig = cluster.api.kubeconfig
        self._watches = [
            Watch(kubeconfig, "/api/v1/pods", lambda all: self._news.put(("pods", all))),
            Watch(kubeconfig, "/api/v1/services", lambda all: self._news.put(("services", all))),
        ]

    def start(self):
        self._directory.mkdir(parents=True, exist_ok=True)
        for watch in self._watches:
            watch.start()
        self._thread.start()

    def stop(self):
        for watch in self._watches:
            watch.stop()
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def pods(self, namespace=None, **labels):
        """The pods that run, those on their way out excepted."""
        if self._failure:
            raise AssertionError(f"the node of {self._cluster.name} has failed") from self._failure
        with self._lock:
            found = [pod for uid, pod in self._pods.items() if uid not in self._leaving]
        return [
            pod
            for pod in found
            if namespace in (None, pod.namespace) and labels.items() <= pod.labels.items()
        ]

    # On the node's thread, which starts every process and so has to live as long as they do.

    def _run(self):
        self._client = Client(self._cluster.api.kubeconfig)
        try:
            while not self._over.is_set():
                self._turn()
        except Exception as error:
            self._failure = error
            raise
        finally:
            self._over.wait()
            for pod in self._pods.values():
                pod.stop()
            self._client.close()

    def _turn(self):
        news = {}
        with contextlib.suppress(queue.Empty):
            kind, objects = self._news.get(timeout=_TICK_S)
            news[kind] = objects
            while True:  # only the newest counts
                kind, objects = self._news.get_nowait()
                news[kind] = objects
        if "services" in news:
            self._services = news["services"]
            self._write_hosts()
        if "pods" in news:
            self._take_in(news["pods"])
        self._probe()
        self._end_those_that_leave()
        self._balance()

    def _take_in(self, objects):
        for uid, obj in objects.items():
            if obj["spec"].get("nodeName") != NAME:
                continue
            if obj["metadata"].get("deletionTimestamp"):
                self._leaving.setdefault(uid, time.monotonic() + _PRE_STOP_S)
            elif uid not in self._pods:
                self._begin(uid, obj)
        for uid in self._pods.keys() - objects.keys():  # deleted by force
            self._leaving.setdefault(uid, 0)

    def _begin(self, uid, obj):
        namespace = obj["metadata"]["namespace"]
        network, name = self._cluster.network, obj["metadata"]["name"]
        directory = self._directory / f"{name}-{uid[:8]}"
        pod = Pod(obj, directory, network, self._hosts(namespace), self._images)
        with self._lock:
            self._pods[uid] = pod
        pod.start()
        if pod.has_proxy():
            root = self._cluster.authority.root.read_text()
            account = obj["spec"]["serviceAccountName"]
            pod.start_proxy(self._cluster.name, root, self._token(namespace, account))
        pod.start_containers()
        self._report(pod)

    def _token(self, namespace, account):
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        spec = {"audiences": ["istio-ca"], "expirationSeconds": 86400}
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        status, answer = self._client.call("POST", path, asked)
        if status != 201:
            raise AssertionError(f"a token for {namespace}/{account}: {status} {answer}")
        return answer["status"]["token"]

    def _probe(self):
        """Asks those that are not ready at every turn, the others now and then."""
        for uid, pod in self._pods.items():
            now = time.monotonic()
            if uid in self._leaving or (
                pod.ready and now - self._probed.get(uid, 0) < _PROBE_EVERY_S
            ):
                continue
            self._probed[uid] = now
            if pod.probe() != pod.ready:
                pod.ready = not pod.ready
                self._report(pod)

    def _report(self, pod):
        verdict = "True" if pod.ready else "False"
        kinds = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
        given = {"Initialized": "True", "PodScheduled": "True"}
        status = {
            "phase": "Running",
            "podIP": pod.address,
            "podIPs": [{"ip": pod.address}],
            "conditions": [{"type": kind, "status": given.get(kind, verdict)} for kind in kinds],
            "containerStatuses": [_container_status(pod, each) for each in pod.container_names],
        }
        path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/status"
        # The pod may be gone meanwhile.
        self._client.call("PATCH", path, {"status": status}, media=_MERGE)

    def _end_those_that_leave(self):
        due = [uid for uid, at in self._leaving.items() if time.monotonic() >= at]
        for uid in due:
            del self._leaving[uid]
            with self._lock:
                pod = self._pods.pop(uid, None)
            if pod is None:
                continue
            pod.stop()
            shutil.rmtree(pod.directory / "var", ignore_errors=True)
            path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}"
            options = {"gracePeriodSeconds": 0, "preconditions": {"uid": uid}}
            self._client.call("DELETE", path, options)

    # Names

    def _hosts(self, namespace):
        """The hosts file of a namespace's pods."""
        path = self._directory / f"hosts-{namespace}"
        if not path.exists():
            path.touch()
            self._write_hosts()
        return path

    def _write_hosts(self):
        for path in self._directory.glob("hosts-*"):
            text = self._hosts_text(path.name.removeprefix("hosts-")).encode()
            # In place, as it is mounted, and never empty for a moment.
            file = os.open(path, os.O_WRONLY)
            os.pwrite(file, text, 0)
            os.ftruncate(file, len(text))
            os.close(file)

    def _hosts_text(self, namespace):
        istiod = "istiod.istio-system.svc"
        lines = ["127.0.0.1 localhost", f"{self._cluster.network.host} {istiod}"]
        for each in self._services.values():
            metadata, address = each["metadata"], each["spec"].get("clusterIP")
            if address in (None, "", "None"):
                continue
            long = f"{metadata['name']}.{metadata['namespace']}"
            names = [f"{long}.svc.cluster.local", f"{long}.svc", long]
            if metadata["namespace"] == namespace:
                names.append(metadata["name"])
            if istiod not in names:
                lines.append(" ".join([address, *names]))
        return "\n".join([*lines, ""])

    # The cloud

    def _balance(self):
        """A LoadBalancer's addresses are those of its ready pods."""
        for uid, each in self._services.items():
            spec, metadata = each["spec"], each["metadata"]
            if spec.get("type") != "LoadBalancer":
                continue
            selected = self.pods(metadata["namespace"], **spec.get("selector") or {"": ""})
            wanted = [{"ip": pod.address, "ipMode": "VIP"} for pod in selected if pod.ready]
            if wanted == each["status"].get("loadBalancer", {}).get("ingress", []):
                continue
            path = f"/api/v1/namespaces/{metadata['namespace']}/services/{metadata['name']}/status"
            patch = {"status": {"loadBalancer": {"ingress": wanted}}}
            status, answer = self._client.call("PATCH", path, patch, media=_MERGE)
            if status == 200:
                self._services[uid] = answer


def _container_status(pod, name):
    """The id leads to the pod's namespaces: nsenter --target PID --net --mount."""
    return {
        "name": name,
        "image": name,
        "imageID": "",
        "containerID": f"process://{pod.pid}",
        "ready": pod.ready,
        "restartCount": 0,
        "state": {"running": {}},
    }
