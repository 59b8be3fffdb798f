"""A pod that runs: its sandbox, its processes, and how a test speaks as, and to, what is in it."""

import dataclasses
import http.client
import json
import socket
import time
import urllib.parse

from . import proxy
from .process import Part
from .sandbox import Sandbox

_ADMIN_PORT = 15000
_PROXY_READY_PORT = 15021
_PROBE_TIMEOUT_S = 0.5


@dataclasses.dataclass(frozen=True)
class Answer:
    """What became of a request; status 0 where there was no answer, and body says why."""

    status: int
    body: object
    seconds: float

    @property
    def ok(self):
        return self.status == 200

    @property
    def cluster(self):
        """Where the answer comes from; None of an answer that is not an application's."""
        return self.body.get("cluster") if isinstance(self.body, dict) else None

    @property
    def version(self):
        return self.body.get("version") if isinstance(self.body, dict) else None


class Pod(Part):
    """obj: the Pod as the API server holds it. images: the argv that an image stands for."""

    def __init__(self, obj, directory, network, hosts, images):
        self.obj = obj
        self.name = obj["metadata"]["name"]
        self.namespace = obj["metadata"]["namespace"]
        self.ready = False
        self.directory = directory
        self._hosts = hosts
        containers = {each["name"]: each for each in obj["spec"]["containers"]}
        self.container_names = list(containers)
        self._proxy = containers.pop(proxy.CONTAINER, None)
        self._containers = containers.values()
        self._images = images
        mounts = proxy.mounts() if self._proxy else {}
        self._sandbox = Sandbox(directory, network, hosts, mounts)
        self._processes = []

    @property
    def address(self):
        return self._sandbox.address

    @property
    def pid(self):
        """Of the process that holds its namespaces."""
        return self._sandbox.pid

    @property
    def labels(self):
        return self.obj["metadata"].get("labels", {})

    def start(self):
        self._sandbox.start()

    def start_proxy(self, cluster, root_certificate, token):
        proxy.lay_out(self.directory, root_certificate, token)
        env = {**_env(self._proxy), **proxy.env(self.obj, self.address, cluster)}
        argv = proxy.argv(self._proxy, env)
        if "sidecar" in argv:
            self._sandbox.redirect()
        self._run(proxy.CONTAINER, argv, env, as_proxy=True)

    def start_containers(self):
        for each in self._containers:
            env = {**_env(each), "POD_NAME": self.name, "POD_IP": self.address}
            self._run(each["name"], self._images[each["image"]], env)

    def stop(self):
        for process in self._processes:
            process.kill()
        self._processes = []
        self._sandbox.stop()

    def has_proxy(self):
        return self._proxy is not None

    def probe(self):
        """Whether every container is ready, as the kubelet asks."""
        probes = [
            (port["containerPort"], "/health")
            for each in self._containers
            for port in each.get("ports", [])
        ]
        if self._proxy:
            probes.insert(0, (_PROXY_READY_PORT, "/healthz/ready"))
        return all(
            self.request("127.0.0.1", port, path, timeout_s=_PROBE_TIMEOUT_S).ok
            for port, path in probes
        )

    # As what runs in the pod.

    def get(self, url, headers=None, timeout_s=10):
        """Asks for a URL as the application would, through its sidecar."""
        target = urllib.parse.urlsplit(url)
        headers = {"Host": target.netloc, **(headers or {})}
        address = self.resolve(target.hostname)
        path = target.path or "/"
        return self.request(address, target.port or 80, path, headers, timeout_s)

    def resolve(self, host):
        """The address of a name in the pod's hosts file, or of an address itself."""
        if host.replace(".", "").isdigit():
            return host
        for line in self._hosts.read_text().splitlines():
            address, *names = line.split()
            if host in names:
                return address
        raise LookupError(f"{self.namespace}/{self.name} knows no host {host}")

    def request(self, address, port, path, headers=None, timeout_s=10):
        began = time.monotonic()
        connection = http.client.HTTPConnection(address, port, timeout=timeout_s)
        try:
            connection.sock = self.connect(address, port, timeout_s)
            connection.request("GET", path, headers=headers or {})
            answer = connection.getresponse()
            status, body = answer.status, _read(answer.read().decode(errors="replace"))
        except (OSError, http.client.HTTPException) as error:
            status, body = 0, repr(error)
        finally:
            connection.close()
        return Answer(status, body, time.monotonic() - began)

    def connect(self, address, port, timeout_s=10):
        """A TCP connection from within the pod."""
        with self._sandbox.inside():
            connection = socket.socket()
        connection.settimeout(timeout_s)
        connection.connect((address, port))
        return connection

    # What Envoy tells.

    def admin(self, path):
        answer = self.request("127.0.0.1", _ADMIN_PORT, path)
        assert answer.ok, f"{self.name}{path}: {answer}"
        return answer.body

    def endpoints(self, cluster):
        """Envoy's endpoints of one of its clusters: by address and port."""
        page = self.admin("/clusters?format=json")
        found = {}
        for each in page.get("cluster_statuses", []):
            if each["name"] == cluster:
                for host in each.get("host_statuses", []):
                    at = host["address"]["socket_address"]
                    found[f"{at['address']}:{at['port_value']}"] = host
        return found

    def priorities(self, cluster):
        """Of the endpoints of one of Envoy's clusters: each one's priority."""
        return {at: host.get("priority", 0) for at, host in self.endpoints(cluster).items()}

    def _run(self, name, argv, env, as_proxy=False):
        process = self._sandbox.process(name, argv, env, as_proxy)
        self._processes.append(process)
        process.start()


def _env(container):
    return {each["name"]: each.get("value", "") for each in container.get("env", [])}


def _read(text):
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
