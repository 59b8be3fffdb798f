"""kube-controller-manager: what makes Pods of Deployments, and EndpointSlices of both."""

from .net import free_port
from .process import Part, Process
from .tools import tool

# Those that need no node that lives, and no cloud.
_CONTROLLERS = (
    "deployment-controller",
    "replicaset-controller",
    "endpointslice-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "pod-garbage-collector-controller",
    "serviceaccount-controller",
)


class Controllers(Part):
    """One cluster's kube-controller-manager."""

    def __init__(self, api, directory):
        directory.mkdir(parents=True, exist_ok=True)
        port = free_port()
        argv = [
            *[tool("kube-controller-manager"), "--kubeconfig", api.kubeconfig],
            *["--controllers", ",".join(_CONTROLLERS), "--leader-elect=false"],
            *["--bind-address", "127.0.0.1", "--secure-port", port],
            *["--cert-dir", directory / "pki"],
        ]
        self._process = Process("kube-controller-manager", argv, directory)

    def start(self):
        self._process.start()

    def stop(self):
        self._process.stop()
