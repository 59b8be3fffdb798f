"""Reads, writes, lists and leader election, as pkg/kube does them, at a real API server."""

import dataclasses
import itertools
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

from harness import Process, wait_until
from harness.tools import REPOSITORY

BUILD = pathlib.Path(os.environ.get("SPILLWAY_BUILD") or REPOSITORY / "build").resolve()
PROGRAM = BUILD / "tests" / "integration" / "kube_calls"


@dataclasses.dataclass(frozen=True)
class Calls:
    """Runs operations as the administrator of an API server."""

    kubeconfig: pathlib.Path

    def _run(self, *words, body=None):
        done = subprocess.run(
            [PROGRAM, self.kubeconfig, *words],
            input=json.dumps(body) if body is not None else "",
            text=True,
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def __call__(self, verb, obj, *options, body=None):
        """The answer to a verb about an object; body: False for none, None for the object."""
        metadata = obj["metadata"]
        where = [obj["apiVersion"], obj["kind"], metadata.get("namespace", ""), metadata["name"]]
        body = None if body is False else obj if body is None else body
        return self._run(verb, *where, *options, body=body)

    def list(self, api_version, kind, namespace, selector=""):
        return self._run("list", api_version, kind, namespace, *([selector] if selector else []))


@pytest.fixture
def calls(api):
    return Calls(api.kubeconfig)


@pytest.fixture
def cart(namespace):
    return config_map(namespace, "cart", colour="green")


def config_map(namespace, name, **data):
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


def managers(obj):
    return [entry["manager"] for entry in obj["metadata"]["managedFields"]]


def test_what_is_created_can_be_read_and_is_ours(calls, cart):
    assert calls("create", cart)["status"] == 201
    got = calls("get", cart, body=False)
    assert got["verdict"] == "ok"
    assert got["object"]["data"] == {"colour": "green"}
    assert managers(got["object"]) == ["spillway"]


def test_what_is_not_there_is_not_found(calls, api, cart):
    got = calls("get", cart, body=False)
    namespace = cart["metadata"]["namespace"]
    assert (got["verdict"], got["status"], got["reason"]) == ("not found", 404, "NotFound")
    assert got["message"] == (
        f'get configmaps "{namespace}/cart" at {api.url}: 404 NotFound: configmaps "cart" not found'
    )


def test_what_is_there_already_is_told_from_a_conflict(calls, cart):
    made = calls("create", cart)["object"]
    assert calls("create", cart)["verdict"] == "already exists"
    calls("update", made, body=made | {"data": {"colour": "red"}})
    stale = calls("update", made, body=made | {"data": {"colour": "blue"}})
    assert (stale["verdict"], stale["reason"], stale["owners"]) == ("conflict", "Conflict", "")
    assert "the object has been modified" in stale["message"]


def test_an_apply_makes_and_changes_and_names_who_is_in_its_way(calls, api, cart):
    assert calls("apply", cart)["status"] == 201
    again = calls("apply", cart)
    assert again["status"] == 200
    red = config_map(cart["metadata"]["namespace"], "cart", colour="red")
    forced = ["apply", "--server-side", "--force-conflicts", "--field-manager=argocd", "-f", "-"]
    api.kubectl(*forced, input=red).check()

    refused = calls("apply", cart)
    assert (refused["verdict"], refused["owners"]) == ("conflict", "argocd")
    assert '"argocd"' in refused["message"] and ".data.colour" in refused["message"]
    taken = calls("apply", cart, "force")
    assert taken["object"]["data"] == {"colour": "green"}


def test_a_dry_run_changes_nothing(calls, cart):
    assert calls("create", cart, "dry-run")["status"] == 201
    assert calls("get", cart, body=False)["verdict"] == "not found"
    calls("create", cart)
    red = config_map(cart["metadata"]["namespace"], "cart", colour="red")
    assert calls("apply", red, "dry-run", "force")["object"]["data"] == {"colour": "red"}
    assert calls("delete", cart, "dry-run", body=False)["verdict"] == "ok"
    assert calls("get", cart, body=False)["object"]["data"] == {"colour": "green"}


def test_patches_change_what_they_say(calls, cart):
    calls("create", cart)
    merged = calls("merge-patch", cart, body={"data": {"size": "L"}})
    assert merged["object"]["data"] == {"colour": "green", "size": "L"}
    patch = [{"op": "remove", "path": "/data/colour"}]
    assert calls("json-patch", cart, body=patch)["object"]["data"] == {"size": "L"}
    version = {"metadata": {"resourceVersion": merged["object"]["metadata"]["resourceVersion"]}}
    assert calls("merge-patch", cart, body=version | {"data": None})["verdict"] == "conflict"


def test_a_status_is_applied_apart(calls, api, namespace):
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "gateway", "namespace": namespace},
        "spec": {"type": "LoadBalancer", "ports": [{"name": "tls", "port": 15443}]},
    }
    assert calls("apply", service)["status"] == 201
    head = {key: service[key] for key in ("apiVersion", "kind", "metadata")}
    ingress = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
    applied = calls("apply", service, "sub=status", body=head | {"status": ingress})
    assert applied["verdict"] == "ok", applied["message"]
    stored = api.get("service", "gateway", namespace)
    assert stored["status"]["loadBalancer"]["ingress"][0]["ip"] == "192.0.2.1"


def test_only_what_was_seen_is_deleted(calls, cart):
    metadata = calls("create", cart)["object"]["metadata"]
    uid, version = metadata["uid"], metadata["resourceVersion"]
    other = "00000000-0000-0000-0000-000000000000"
    assert calls("delete", cart, f"uid={other}", body=False)["verdict"] == "conflict"
    calls("merge-patch", cart, body={"data": {"colour": "red"}})
    stale = calls("delete", cart, f"uid={uid}", f"version={version}", body=False)
    assert stale["verdict"] == "conflict"
    now = calls("get", cart, body=False)["object"]["metadata"]["resourceVersion"]
    gone = calls("delete", cart, f"uid={uid}", f"version={now}", body=False)
    assert gone["verdict"] == "ok"
    assert calls("get", cart, body=False)["verdict"] == "not found"


def test_an_invalid_object_is_told_why(calls, namespace):
    wrong = config_map(namespace, "Wrong_Name")
    got = calls("create", wrong)
    assert (got["verdict"], got["status"], got["reason"]) == ("invalid", 422, "Invalid")
    assert "metadata.name" in got["message"]
    assert "\n" not in got["message"]


def test_what_one_may_not_do_is_denied(calls, tmp_path, cart):
    config = json.loads(calls.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": "nobody's"}
    nobody = tmp_path / "nobody.kubeconfig"
    nobody.write_text(json.dumps(config))
    got = Calls(nobody)("get", cart, body=False)
    assert (got["verdict"], got["status"]) == ("denied", 401)


def test_nobody_there_is_unreachable(calls, tmp_path, cart):
    config = json.loads(calls.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    nowhere = tmp_path / "nowhere.kubeconfig"
    nowhere.write_text(json.dumps(config))
    got = Calls(nowhere)("get", cart, body=False)
    assert (got["verdict"], got["status"]) == ("unreachable", 0)
    assert "at https://127.0.0.1:1: no answer" in got["message"]


def test_a_list_of_several_pages_is_whole(calls, api, namespace):
    items = [config_map(namespace, f"c-{i}") for i in range(1100)]
    for item in items:  # an istiod beside us has ConfigMaps of its own in every namespace
        item["metadata"]["labels"] = {"of": "many"}
    items[7]["metadata"]["labels"]["app"] = "cart"
    api.kubectl("create", "-f", "-", input={"apiVersion": "v1", "kind": "List", "items": items})
    got = calls.list("v1", "ConfigMap", namespace, "of=many")
    assert got["verdict"] == "ok", got["message"]
    names = {item["metadata"]["name"] for item in got["object"]}
    assert names == {item["metadata"]["name"] for item in items}
    chosen = calls.list("v1", "ConfigMap", namespace, "app=cart")["object"]
    assert [item["metadata"]["name"] for item in chosen] == ["c-7"]
    assert calls.list("v1", "Secret", namespace)["object"] == []


class Candidate(Process):
    """One that stands for election."""

    numbers = itertools.count(1)

    def __init__(self, api, namespace, directory):
        self.identity = f"candidate-{next(self.numbers)}"
        argv = [PROGRAM, api.kubeconfig, "lead", namespace, "leader", self.identity]
        super().__init__(self.identity, argv, directory)

    def says(self):
        return self.log.read_text().splitlines()

    def wait_leading(self):
        wait_until(f"{self.identity} leads", lambda: "leading" in self.says())


def lease_spec(api, namespace):
    return api.get("lease", "leader", namespace)["spec"]


def test_one_leads_and_hands_over_at_once(api, namespace, tmp_path):
    with Candidate(api, namespace, tmp_path) as first:
        first.wait_leading()
        api.kubectl("annotate", "lease", "leader", "-n", namespace, "team=mesh").check()
        with Candidate(api, namespace, tmp_path) as second:
            time.sleep(4)  # more than the Lease's duration
            assert second.says() == []
            assert lease_spec(api, namespace)["holderIdentity"] == first.identity
            first.send(signal.SIGTERM)
            assert first.wait_exit() == 0
            assert first.says() == ["leading", "lost resigned"]
            second.wait_leading()
            held = api.get("lease", "leader", namespace)
            assert held["spec"]["holderIdentity"] == second.identity
            assert held["spec"]["leaseTransitions"] == 1
            assert held["spec"]["leaseDurationSeconds"] == 3
            assert held["metadata"]["annotations"]["team"] == "mesh"
            second.send(signal.SIGTERM)
            assert second.wait_exit() == 0
    left = lease_spec(api, namespace)
    assert left["holderIdentity"] == ""
    assert left["leaseDurationSeconds"] == 1


def test_who_dies_is_followed_when_the_lease_has_run_out(api, namespace, tmp_path):
    with Candidate(api, namespace, tmp_path) as first:
        first.wait_leading()
        with Candidate(api, namespace, tmp_path) as second:
            first.kill()
            second.wait_leading()
            assert lease_spec(api, namespace)["leaseTransitions"] == 1


def test_who_cannot_renew_steps_down(api, namespace, tmp_path):
    with Candidate(api, namespace, tmp_path) as first:
        first.wait_leading()
        first.send(signal.SIGSTOP)
        with Candidate(api, namespace, tmp_path) as second:
            second.wait_leading()
            first.send(signal.SIGCONT)
            wait_until("the first knows", lambda: len(first.says()) == 2)
            assert first.says()[1].startswith("lost ")
            assert second.says() == ["leading"]
            assert lease_spec(api, namespace)["holderIdentity"] == second.identity
