"""istiod and Istio's CRDs in a cluster, its validating webhook the judge of every object."""

import base64
import json
import re
import urllib.request

import yaml

from . import endpoints
from .net import free_port, host_address
from .process import Part, Process, answers_ok, wait_until
from .tools import istio_crds, tool

_NAMESPACE = "istio-system"
_VALIDATOR = "validation.istio.io"
_XDS_PORT = 15012

# Telemetry as built into istio-proxy is absent from upstream Envoy, which the tests run.
_MESH_CONFIG = "defaultProviders: {metrics: []}\n"


class Istiod(Part):
    """One cluster's istiod. authority is the mesh's root; istiod signs with one below it.

    xds_host: the address at which proxies reach it, on the port that they expect; else none can.
    injects: it fills in pods that ask for it, by the templates of Istio's own chart.
    """

    def __init__(self, api, directory, authority, xds_host=None, injects=False):
        self.api = api
        self._injects = injects
        self.directory = directory
        self._authority = authority.new_intermediate(f"{api.name}-istio")
        self._https_port = free_port()
        self._http_port = free_port()
        self._xds = f"{xds_host}:{_XDS_PORT}" if xds_host else f"127.0.0.1:{free_port()}"
        self.monitoring_port = free_port()
        self._process = Process("istiod", self._argv(), directory, self._env())

    def start(self):
        self._lay_out_files()
        self._apply_crds()
        self._process.start()
        self._process.wait_ready(lambda: answers_ok(f"http://127.0.0.1:{self._http_port}/ready"))
        self._register_validator()
        if self._injects:
            self._register_injector()
        wait_until("istiod's validator refuses what is invalid", self._refuses_invalid)

    def stop(self):
        self._process.stop()

    def debug(self, page):
        """What istiod tells of itself: /debug/PAGE."""
        url = f"http://127.0.0.1:{self._http_port}/debug/{page}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)

    def refusals(self):
        """How often a proxy has refused what istiod sent: NACKs of every type."""
        url = f"http://{host_address()}:{self.monitoring_port}/metrics"
        with urllib.request.urlopen(url, timeout=10) as answer:
            page = answer.read().decode()
        counts = re.findall(r"^pilot_total_xds_rejects(?:\{.*\})? (\S+)$", page, re.MULTILINE)
        return sum(map(float, counts))

    def _argv(self):
        return [
            *[tool("pilot-discovery"), "discovery", "--clusterID", self.api.name],
            *["--kubeconfig", self.api.kubeconfig],
            *["--httpsAddr", f"{host_address()}:{self._https_port}"],
            *["--httpAddr", f"127.0.0.1:{self._http_port}"],
            *["--grpcAddr", f"127.0.0.1:{free_port()}"],
            *["--secureGRPCAddr", self._xds],
            *["--monitoringAddr", f"{host_address()}:{self.monitoring_port}"],
            *["--ctrlz_port", free_port()],
            *["--shutdownDuration", "1s"],
        ]

    def _env(self):
        return {
            "CLUSTER_ID": self.api.name,
            "POD_NAMESPACE": _NAMESPACE,
            "POD_NAME": f"istiod-{self.api.name}",
            "ROOT_CA_DIR": str(self.directory / "cacerts"),
            "AUDIENCE": "istio-ca",
            "ENABLE_CA_SERVER": "true",
            "INJECTION_WEBHOOK_CONFIG_NAME": "",
            # istiod would patch the registration that this module makes.
            "VALIDATION_WEBHOOK_CONFIG_NAME": "",
            # Filters that istio-proxy has and upstream Envoy lacks.
            "PILOT_ENABLE_ALPN_FILTER": "false",
            "PILOT_ENABLE_METADATA_EXCHANGE": "false",
            "PILOT_ENABLE_TELEMETRY_LABEL": "false",
        }

    def _lay_out_files(self):
        mesh = self.directory / "etc" / "istio" / "config"
        mesh.mkdir(parents=True, exist_ok=True)
        (mesh / "mesh").write_text(_MESH_CONFIG)
        if self._injects:
            self._lay_out_templates()
        cacerts = self.directory / "cacerts"
        cacerts.mkdir(exist_ok=True)
        pair = self._authority.pair
        for name, source in {
            "ca-cert.pem": pair.certificate,
            "ca-key.pem": pair.key,
            "cert-chain.pem": pair.chain,
            "root-cert.pem": self._authority.root,
        }.items():
            (cacerts / name).write_bytes(source.read_bytes())

    def _lay_out_templates(self):
        """What the chart has ConfigMap istio-sidecar-injector hold."""
        chart = istio_crds().parents[2] / "istio-control" / "istio-discovery"
        values = yaml.safe_load((chart / "values.yaml").read_text())
        values = values["_internal_defaults_do_not_set"]
        read = ("global", "sidecarInjectorWebhook", "revision", "gateways")
        held = {**{name: values[name] for name in read}, "pilot": {"cni": {}, "env": {}}}
        template = (chart / "files" / "gateway-injection-template.yaml").read_text()
        config = {"policy": "enabled", "templates": {"gateway": template}, "defaultTemplates": []}
        folder = self.directory / "var" / "lib" / "istio" / "inject"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "values").write_text(json.dumps(held))
        (folder / "config").write_text(yaml.safe_dump(config))

    def _register_injector(self):
        """As the chart's istio-sidecar-injector, for pods that say so themselves."""
        at = {"namespace": _NAMESPACE, "name": "istiod", "path": "/inject"}
        authority = base64.b64encode(self._authority.root.read_bytes()).decode()
        rule = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"]}
        webhook = {
            "name": "object.sidecar-injector.istio.io",
            "clientConfig": {"service": at, "caBundle": authority},
            "rules": [{**rule, "resources": ["pods"]}],
            "objectSelector": {"matchLabels": {"sidecar.istio.io/inject": "true"}},
            "failurePolicy": "Fail",
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }
        self.api.apply(
            {
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "MutatingWebhookConfiguration",
                "metadata": {"name": "istio-sidecar-injector"},
                "webhooks": [webhook],
            }
        )

    def _apply_crds(self):
        self.api.kubectl("apply", "--server-side", "-f", istio_crds()).check()
        self.api.wait_for_crds()

    def _register_validator(self):
        """As the chart's istiod-default-validator, closed from the start."""
        at = {"namespace": _NAMESPACE, "name": "istiod"}
        authority = base64.b64encode(self._authority.root.read_bytes()).decode()
        groups = ["security", "networking", "telemetry", "extensions"]
        rule = {
            "operations": ["CREATE", "UPDATE"],
            "apiGroups": [f"{group}.istio.io" for group in groups],
            "apiVersions": ["*"],
            "resources": ["*"],
        }
        webhook = {
            "name": _VALIDATOR,
            "clientConfig": {"service": {**at, "path": "/validate"}, "caBundle": authority},
            "rules": [rule],
            "failurePolicy": "Fail",
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }
        self.api.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE}},
            endpoints.service(**at, port_name="https-webhook"),
            endpoints.replica(**at, port_name="https-webhook", port=self._https_port),
            {
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": "istiod-default-validator"},
                "webhooks": [webhook],
            },
        )

    def _refuses_invalid(self):
        # The object that Istio's own controller tries its webhook with.
        gateway = {
            "apiVersion": "networking.istio.io/v1",
            "kind": "Gateway",
            "metadata": {
                "name": "always-invalid",
                "namespace": _NAMESPACE,
                "annotations": {"internal.istio.io/webhook-always-reject": "true"},
            },
            "spec": {},
        }
        tried = self.api.kubectl("create", "--dry-run=server", "-f", "-", input=gateway)
        return f'admission webhook "{_VALIDATOR}" denied the request' in tried.stderr
