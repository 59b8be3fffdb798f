"""The real parts are real: what the other tests conclude from rests on these."""

import contextlib
import http.server
import json
import signal
import ssl
import threading

import pytest

from harness import NotReady, Process, Registration, endpoints, wait_until
from harness.net import free_port, host_address


def destination_rule(namespace, **traffic_policy):
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": "reviews", "namespace": namespace},
        "spec": {"host": "reviews", "trafficPolicy": traffic_policy},
    }


def test_the_api_server_takes_an_object_and_gives_it_back(api, namespace):
    data = {"colour": "green"}
    metadata = {"name": "held", "namespace": namespace}
    api.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})

    assert api.get("configmap", "held", namespace)["data"] == data


def crd(plural):
    kind = plural.capitalize()
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.test.example"},
        "spec": {
            "group": "test.example",
            "names": {"plural": plural, "kind": kind},
            "scope": "Cluster",
            "versions": [version],
        },
    }


def test_new_crds_are_served_once_they_were_waited_for(api):
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    plurals = ["hats", "coats", "shoes", "gloves"]
    with contextlib.closing(api.client()) as client:
        for plural in plurals:
            assert client.call("POST", crds, crd(plural))[0] == 201
            api.wait_for_crds()
            assert client.call("GET", f"/apis/test.example/v1/{plural}")[0] == 200
            api.kubectl("get", plural).check()
    api.kubectl("delete", *(f"crd/{plural}.test.example" for plural in plurals)).check()


def test_istiod_lets_a_valid_rule_through(mesh, namespace):
    rule = destination_rule(namespace, outlierDetection={"baseEjectionTime": "30s"})
    mesh.apply(rule)

    assert mesh.get("destinationrule", "reviews", namespace)["spec"] == rule["spec"]


def test_istiod_refuses_what_the_schema_alone_would_take(mesh, namespace):
    # A locality's shares have to add up to 100: no CRD says so, istiod does.
    shares = [{"from": "us-east/*", "to": {"us-east/*": 60, "us-west/*": 30}}]
    rule = destination_rule(namespace, loadBalancer={"localityLbSetting": {"distribute": shares}})
    refused = mesh.kubectl("apply", "-f", "-", input=rule)

    assert refused.returncode == 1
    assert 'admission webhook "validation.istio.io" denied the request' in refused.stderr
    assert "total locality weight 90 != 100" in refused.stderr


class Recorder(http.server.BaseHTTPRequestHandler):
    """A webhook that allows everything and keeps how it was spoken to."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.seen.append((self.connection.selected_alpn_protocol(), self.request_version))
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        review["response"] = {"uid": review["request"]["uid"], "allowed": True}
        body = json.dumps(review).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing: what matters is in server.seen."""


@pytest.fixture
def recorder(authority):
    server = http.server.ThreadingHTTPServer((host_address(), free_port()), Recorder)
    server.seen = []
    pair = authority.new_serving("recorder", ["recorder.default.svc"])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pair.chain, pair.key)
    tls.set_alpn_protocols(["h2", "http/1.1"])
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_is_called_over_http_1_1_as_in_any_cluster(api, authority, namespace, recorder):
    at = {"namespace": "default", "name": "recorder", "port_name": "https"}
    api.apply(endpoints.service(**at), endpoints.replica(**at, port=recorder.server_port))
    configuration = configmaps_webhook(namespace)
    with Registration(api, [configuration], authority):
        metadata = {"name": "sent", "namespace": namespace}
        api.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})

    assert recorder.seen == [("http/1.1", "HTTP/1.1")]


def configmaps_webhook(namespace):
    service = {"namespace": "default", "name": "recorder", "path": "/"}
    rule = {
        "operations": ["CREATE"],
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "resources": ["configmaps"],
    }
    here = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    webhook = {
        "name": "recorder.test.example",
        "clientConfig": {"service": service},
        "namespaceSelector": here,
        "rules": [rule],
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "recorder"},
        "webhooks": [webhook],
    }


def test_a_process_that_dies_early_is_told_with_its_last_words(tmp_path):
    with Process("brief", ["sh", "-c", "echo no such luck; exit 3"], tmp_path) as brief:
        with pytest.raises(NotReady, match="exited instead of becoming ready(.|\n)*no such luck"):
            brief.wait_ready(lambda: False)


def test_a_process_takes_its_children_with_it(tmp_path):
    script = "trap '' TERM; sleep 60 & echo $! > child; wait"
    with Process("parent", ["sh", "-c", script], tmp_path) as parent:
        child = tmp_path / "child"
        parent.wait_ready(lambda: child.exists() and child.read_text())
        parent.send(signal.SIGKILL)
        assert parent.wait_exit() == -signal.SIGKILL

    wait_until("the child is gone", lambda: is_gone(int(child.read_text())))


def is_gone(pid):
    """Whether a process has ended; as a zombie it has."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
