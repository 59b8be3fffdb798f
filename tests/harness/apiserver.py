"""One cluster's API: etcd and kube-apiserver on loopback, and kubectl to speak to it."""

import base64
import contextlib
import dataclasses
import itertools
import json
import os
import secrets
import shutil
import ssl
import subprocess
import urllib.request

from .client import Client
from .net import free_port, host_address
from .pki import Authority
from .process import Part, Process, answers_ok, wait_until
from .tools import tool

_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

_namespace_numbers = itertools.count(1)


@dataclasses.dataclass(frozen=True)
class Result:
    """What a kubectl command came to."""

    command: str
    returncode: int
    stdout: str
    stderr: str

    @property
    def ok(self):
        return self.returncode == 0

    def check(self):
        assert self.ok, f"{self.command}: {self.stderr}"
        return self

    def json(self):
        return json.loads(self.check().stdout)


class ApiServer(Part):
    """A cluster's API. There are no controllers: a deleted namespace, say, stays Terminating.

    options: more words of kube-apiserver's command line.
    """

    def __init__(self, name, directory, service_cidr="10.96.0.0/16", options=()):
        self.name = name
        self.directory = directory
        self.kubeconfig = directory / "kubeconfig"
        self.url = f"https://127.0.0.1:{free_port()}"
        self._token = secrets.token_hex(16)
        directory.mkdir(parents=True)
        self._authority = Authority.new_root(directory / "pki", f"{name}-ca")
        self._etcd_url = f"http://127.0.0.1:{free_port()}"
        self._etcd = self._etcd_process()
        self._apiserver = self._apiserver_process(service_cidr, options)
        self._write_kubeconfig()

    def start(self):
        self._etcd.start()
        self._etcd.wait_ready(lambda: answers_ok(f"{self._etcd_url}/health"))
        self.start_server()

    def start_server(self):
        """Starts kube-apiserver, over the etcd that runs."""
        self._apiserver.start()
        tls = ssl.create_default_context(cafile=self._authority.root)
        readyz = f"{self.url}/readyz"
        self._apiserver.wait_ready(lambda: answers_ok(readyz, self._token, tls))
        wait_until("namespace default", lambda: self.kubectl("get", "namespace", "default").ok)

    def stop(self):
        self._apiserver.stop()
        self._etcd.stop()
        shutil.rmtree(self.directory / "etcd", ignore_errors=True)

    def stop_server(self):
        """Ends kube-apiserver, and leaves etcd."""
        self._apiserver.stop()

    def kill_server(self):
        self._apiserver.kill()

    def kill(self):
        """Ends both without a chance to react; start() finds what etcd has held."""
        self._apiserver.kill()
        self._etcd.kill()

    def compact(self):
        """Has etcd forget all history; what is now stays."""
        compaction = json.dumps({"revision": self.version(), "physical": True}).encode()
        asked = urllib.request.Request(f"{self._etcd_url}/v3/kv/compaction", compaction)
        with urllib.request.urlopen(asked, timeout=10) as answer:
            assert answer.status == 200

    def version(self):
        """The resourceVersion of what is now."""
        with contextlib.closing(self.client()) as client:
            _, page = client.call("GET", "/api/v1/namespaces?limit=1")
            return page["metadata"]["resourceVersion"]

    def kubectl(self, *args, input=None, env=None):
        """Runs kubectl as an administrator. input: YAML text, an object, or a list of objects."""
        command = ["kubectl", *map(str, args)]
        cache = self.directory / "kubectl-cache"
        done = subprocess.run(
            [tool("kubectl"), "--kubeconfig", self.kubeconfig, "--cache-dir", cache, *command[1:]],
            input=_documents(input),
            text=True,
            capture_output=True,
            env={"PATH": os.environ["PATH"], "HOME": str(self.directory), **(env or {})},
            timeout=120,
        )
        return Result(" ".join(command), done.returncode, done.stdout, done.stderr)

    def apply(self, *objects):
        """kubectl apply of objects that must be taken."""
        return self.kubectl("apply", "-f", "-", input=list(objects)).check()

    def get(self, kind, name, namespace="default"):
        """The object as the API server holds it."""
        return self.kubectl("get", kind, name, "-n", namespace, "-o", "json").json()

    def new_namespace(self, prefix="test", labels=None):
        """A namespace that no other test uses; its name."""
        name = f"{prefix}-{next(_namespace_numbers)}"
        metadata = {"name": name, "labels": labels or {}}
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        return name

    def client(self):
        """Speaks to the API server without kubectl, as an administrator."""
        return Client(self.kubeconfig)

    def wait_for_crds(self):
        """Waits until objects of every CRD applied so far are taken.

        Established, as CRDs have it among their conditions, is not enough: what kubectl knows of
        the kinds there are and the storage of the objects both come a moment later.
        """
        with contextlib.closing(self.client()) as client:
            crds = client.call("GET", _CRDS)[1]["items"]
            resources = {
                (crd["spec"]["group"], version["name"], crd["spec"]["names"]["plural"])
                for crd in crds
                for version in crd["spec"]["versions"]
                if version["served"]
            }
            wait_until("every CRD is discovered", lambda: resources <= _discovered(client), 60)
            for group, version, plural in resources:
                path = f"/apis/{group}/{version}/{plural}?limit=1"
                wait_until(path, lambda path=path: client.call("GET", path)[0] == 200, 60)

    def _etcd_process(self):
        argv = [
            *[tool("etcd"), "--name", self.name, "--data-dir", self.directory / "etcd"],
            *["--listen-client-urls", self._etcd_url, "--advertise-client-urls", self._etcd_url],
            *["--listen-peer-urls", f"http://127.0.0.1:{free_port()}"],
            *["--unsafe-no-fsync", "--log-level", "warn"],
        ]
        return Process("etcd", argv, self.directory)

    def _apiserver_process(self, service_cidr, options):
        serving = self._authority.new_serving("kube-apiserver", ["127.0.0.1", "localhost"])
        accounts = self._authority.new_serving("service-accounts", ["unused.invalid"])
        tokens = self.directory / "tokens.csv"
        tokens.write_text(f"{self._token},admin,admin,system:masters\n")
        argv = [
            *[tool("kube-apiserver"), "--etcd-servers", self._etcd_url],
            *["--bind-address", "127.0.0.1", "--secure-port", self.url.rpartition(":")[2]],
            # It would look for the default route, which a network of its own lacks.
            *["--advertise-address", host_address()],
            *["--cert-dir", self.directory / "pki"],
            *["--tls-cert-file", serving.chain, "--tls-private-key-file", serving.key],
            *["--service-account-issuer", "https://kubernetes.default.svc"],
            *["--service-account-key-file", accounts.certificate],
            *["--service-account-signing-key-file", accounts.key],
            *["--service-cluster-ip-range", service_cidr],
            *["--token-auth-file", tokens, "--authorization-mode", "RBAC"],
            # Pods and the like without a controller that makes ServiceAccounts.
            "--disable-admission-plugins=ServiceAccount",
            # Webhooks are called at the addresses of their Service's EndpointSlices, as no
            # kube-proxy makes ClusterIPs work here.
            "--enable-aggregator-routing=true",
            "--endpoint-reconciler-type=none",
            *options,
        ]
        return Process("kube-apiserver", argv, self.directory)

    def _write_kubeconfig(self):
        authority = base64.b64encode(self._authority.root.read_bytes()).decode()
        cluster = {"server": self.url, "certificate-authority-data": authority}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": self.name, "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": self._token}}],
            "contexts": [{"name": self.name, "context": {"cluster": self.name, "user": "admin"}}],
            "current-context": self.name,
        }
        self.kubeconfig.write_text(json.dumps(config, indent=2))


def _discovered(client):
    """The resources that kubectl finds: (group, version, plural) of each."""
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    groups = client.call("GET", "/apis", accept=accept)[1]["items"]
    return {
        (group["metadata"]["name"], version["version"], resource["resource"])
        for group in groups
        for version in group["versions"]
        for resource in version.get("resources", [])
    }


def _documents(input):
    if input is None or isinstance(input, str):
        return input
    objects = [input] if isinstance(input, dict) else input
    return "\n---\n".join(map(json.dumps, objects))
