"""A whole cluster: its API, its controllers, its node, and a mesh's control plane."""

import contextlib

from . import node
from .apiserver import ApiServer
from .controllers import Controllers
from .istiod import Istiod
from .process import Part, wait_until


class Cluster(Part):
    """number: tells its networks apart from those of the others, 1 to 99.

    authority: the mesh's root of trust. images: the argv that each container image stands for.
    """

    def __init__(self, number, directory, fabric, authority, images, region="r", zone="r-a"):
        self.name = f"cluster-{number}"
        self.number = number
        self.authority = authority
        self.network = fabric.network(number)
        self.directory = directory / self.name
        self.api = ApiServer(self.name, self.directory, service_cidr=f"10.{100 + number}.0.0/16")
        self._place = {
            "topology.kubernetes.io/region": region,
            "topology.kubernetes.io/zone": zone,
        }
        istiod = self.directory / "istiod"
        self.istiod = Istiod(self.api, istiod, authority, self.network.host)
        self._controllers = Controllers(self.api, self.directory / "controllers")
        self.node = node.Node(self, self.directory / "node", images)
        self._stack = contextlib.ExitStack()

    def start(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.api)
            stack.enter_context(self._controllers)
            place = {"name": node.NAME, "labels": self._place}
            self.api.apply({"apiVersion": "v1", "kind": "Node", "metadata": place})
            (self.directory / "istiod").mkdir(exist_ok=True)
            stack.enter_context(self.istiod)
            stack.enter_context(self.node)
            self._stack = stack.pop_all()

    def stop(self):
        self._stack.close()

    def pods(self, app, version=None, namespace="bookinfo"):
        labels = {"app": app, **({"version": version} if version else {})}
        return self.node.pods(namespace, **labels)

    def pod(self, app, version=None, namespace="bookinfo"):
        """The one pod that there is of it."""
        found = self.pods(app, version, namespace)
        assert len(found) == 1, f"{self.name}: {len(found)} pods of {namespace}/{app}, not one"
        return found[0]

    def scale(self, deployment, n, namespace="bookinfo"):
        """Scales, and returns at once."""
        words = ["scale", f"deployment/{deployment}", f"--replicas={n}", "-n", namespace]
        self.api.kubectl(*words).check()

    def wait_ready(self, timeout_s=120):
        """Waits until every Deployment has as many ready pods as it wants, and no others."""
        wait_until(f"every Deployment of {self.name} is ready", self._is_ready, timeout_s)

    def _is_ready(self):
        deployments = self.api.kubectl("get", "deployments", "-A", "-o", "json").json()["items"]
        # What a Deployment says may be of before a pod went.
        return all(map(_is_complete, deployments)) and all(map(self._runs, deployments))

    def _runs(self, deployment):
        spec, namespace = deployment["spec"], deployment["metadata"]["namespace"]
        pods = self.node.pods(namespace, **spec["selector"]["matchLabels"])
        return len(pods) == spec["replicas"] and all(pod.ready for pod in pods)


def _is_complete(deployment):
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    generation = deployment["metadata"]["generation"]
    counts = {status.get(key, 0) for key in ("replicas", "updatedReplicas", "readyReplicas")}
    return status.get("observedGeneration") == generation and counts == {wanted}
