"""`spillway status` of a cluster whose reconciler runs, and what that one writes for it."""

import json
import subprocess

import pytest

from harness import wait_until
from harness.tools import program
from reconciler import SERVICES, Pair

OURS = "spillway-system"


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    with Pair(tmp_path_factory.mktemp("status"), [f"--namespace={OURS}"]) as pair:
        pair.expose()
        pair.wait_in_place()
        yield pair


def run(cluster, *options):
    source = f"here=kubeconfig:{cluster.api.kubeconfig}"
    command = [program("spillway"), "status", "--cluster", source, *options]
    return subprocess.run(command, text=True, capture_output=True, timeout=60)


def said(cluster):
    """The only cluster of what it says; nothing while there is no report."""
    done = run(cluster, "-o", "json")
    return json.loads(done.stdout)["clusters"][0] if done.returncode in (0, 1) else {"rows": []}


def states(cluster):
    return {
        each["name"]: (each["state"], each["reason"], each["entries"])
        for each in said(cluster)["rows"]
        if each["kind"] == "Service" and each["namespace"] == "bookinfo"
    }


def test_what_is_emitted_and_what_is_withheld(pair):
    def emitted():
        found = states(pair.first)
        return {name for name, (state, _, _) in found.items() if state == "Emitted"}

    wait_until("all are emitted", lambda: emitted() == set(SERVICES), 60)
    assert states(pair.first)["reviews"] == ("Emitted", "Planned", 3)
    assert [each["name"] for each in said(pair.first)["clusters"]] == ["cluster-1", "cluster-2"]
    text = run(pair.first).stdout
    assert "    bookinfo/reviews " in text and "here: " in text

    pair.second.scale("ratings", 0)
    withheld = ("Withheld", "NoReadyPods", 0)
    wait_until("it is withheld", lambda: states(pair.first).get("ratings") == withheld, 60)
    done = run(pair.first)
    assert done.returncode == 1
    assert "kubectl --context cluster-2 get pods -n bookinfo" in done.stdout


def test_a_report_that_was_deleted_comes_back(pair):
    pair.first.delete("ConfigMap", "spillway-status", OURS)
    done = run(pair.first)
    assert done.returncode == 2 and not done.stdout
    assert "expected ConfigMap spillway-status in namespace spillway-system" in done.stderr
    wait_until("it is there again", lambda: said(pair.first)["rows"], 120)


def test_a_report_that_cannot_be_written_over_comes_back(pair):
    """A key may not be in both data and binaryData, and the reconciler may not delete it."""
    wait_until("it is there", lambda: said(pair.first)["rows"], 120)
    patch = '{"data": null, "binaryData": {"status.json": "//8="}}'
    name = ("configmap", "spillway-status", "-n", OURS)
    pair.first.api.kubectl("patch", *name, "--type=merge", "-p", patch).check()
    assert run(pair.first).returncode == 2
    wait_until("it is there again", lambda: said(pair.first)["rows"], 120)
    there = pair.first.api.kubectl("get", *name, "-o", "json").check()
    assert "binaryData" not in json.loads(there.stdout)
