"""spillway-webhook as a process, reachable through the Service that the manifests register."""

import re
import urllib.error
import urllib.request

import yaml

from . import endpoints
from .net import free_port, host_address
from .process import Part, Process, answers_ok
from .registration import Registration
from .tools import REPOSITORY, program

_MANIFESTS = REPOSITORY / "manifests"
_PORT_NAME = "https"


def install(api):
    """Applies what users apply before the webhook runs: its namespace, and the CRDs."""
    api.kubectl("apply", "--server-side", "-f", _MANIFESTS / "namespace.yaml").check()
    api.kubectl("apply", "--server-side", "-k", _MANIFESTS / "crds").check()
    api.wait_for_crds()


def shipped_configurations():
    """The webhook configurations that users apply, as they are once the webhook was seen to answer:
    from then on the validating one is closed."""
    documents = [
        document
        for file in sorted((_MANIFESTS / "webhooks").glob("*.yaml"))
        for document in yaml.safe_load_all(file.read_text())
        if document["kind"].endswith("WebhookConfiguration")
    ]
    assert documents, f"no webhook configuration in {_MANIFESTS}"
    for document in documents:
        if document["kind"] == "ValidatingWebhookConfiguration":
            for webhook in document["webhooks"]:
                webhook["failurePolicy"] = "Fail"
    return documents


class Webhook(Part):
    """One spillway-webhook. It can be stopped or killed, and started again, while registered.

    The cluster has to have been prepared by install(). number tells replicas apart.
    clusters: what it watches, by name, as on its command line ("dir:PATH", "kubeconfig:PATH").
    options: more words of that command line. pair: the paths of its certificate and key, where they
    are others than a pair signed by the authority.
    """

    def __init__(self, api, directory, clusters, authority, number=0, options=(), pair=None):
        self.api = api
        self.authority = authority
        self.configurations = shipped_configurations()
        self._service = _service_of(self.configurations)
        self._number = number
        self._port = free_port()
        self.address = f"{host_address()}:{self._port}"
        self.probe_url = f"http://127.0.0.1:{free_port()}"
        directory.mkdir(parents=True, exist_ok=True)
        argv = [*self._argv(clusters, pair or self._new_pair()), *options]
        self.process = Process("spillway-webhook", argv, directory)

    def start(self):
        self.process.start()
        self.process.wait_ready(self.is_ready)
        self.publish()

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()

    def is_ready(self):
        return answers_ok(f"{self.probe_url}/readyz")

    def readiness(self):
        """What /readyz says: "ok", or why it is not; nothing while nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.probe_url}/readyz", timeout=10) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except OSError:
            return ""

    def metric(self, name, **labels):
        """The sample's value; None where there is none."""
        with urllib.request.urlopen(f"{self.probe_url}/metrics", timeout=10) as page:
            text = page.read().decode()
        wanted = ",".join(f'{key}="{labels[key]}"' for key in sorted(labels))
        series = re.escape(f"{name}{{{wanted}}}" if labels else name)
        found = re.search(rf"^{series} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else None

    def publish(self, ready=True):
        """Does what the endpoint controller does once it has heard whether a Pod is ready."""
        at = {**self._service, "port_name": _PORT_NAME}
        replica = endpoints.replica(**at, port=self._port, number=self._number, ready=ready)
        self.api.apply(endpoints.service(**at), replica)

    def registration(self, failure_policy=None):
        """The shipped configurations, to be registered by `with`."""
        return Registration(self.api, self.configurations, self.authority, failure_policy)

    @property
    def host(self):
        """The name that API servers ask for."""
        return f"{self._service['name']}.{self._service['namespace']}.svc"

    def _new_pair(self):
        pair = self.authority.new_serving(f"webhook-{self._number}", [self.host])
        return pair.chain, pair.key

    def _argv(self, clusters, pair):
        certificate, key = pair
        sources = [f"--cluster={name}={source}" for name, source in clusters.items()]
        return [
            *[program("spillway-webhook"), "--listen", self.address],
            *["--tls-cert-file", certificate, "--tls-key-file", key],
            *["--probe-listen", self.probe_url.removeprefix("http://"), *sources],
        ]


def _service_of(configurations):
    """The one Service that all the webhooks name."""
    named = {
        (service["namespace"], service["name"], service.get("port", 443))
        for configuration in configurations
        for service in (webhook["clientConfig"]["service"] for webhook in configuration["webhooks"])
    }
    assert len(named) == 1, f"expected one Service for all webhooks, found {sorted(named)}"
    namespace, name, port = named.pop()
    assert port == 443, f"{namespace}/{name}: webhooks call port {port}, not 443"
    return {"namespace": namespace, "name": name}
