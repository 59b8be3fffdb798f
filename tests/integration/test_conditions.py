"""Status conditions of Workspaces and WorkspaceSettings, as they stand in the API server.

The first cluster's reconciler runs with the rights that it is deployed with, under the policy that
holds it, and knows the second cluster from the Secret of `spillway remote-secret`.
"""

import contextlib
import subprocess
import time

import pytest

from harness import wait_until
from harness.reconciler import Reconciler
from harness.tools import program
from installed import NAMESPACE, RECONCILER, Account, install
from reconciler import Pair, setting, workspace
from told import told

SETTING = "bookinfo-ws-setting"
WORKSPACE = "bookinfo-ws"


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    """Both clusters, and nothing exposed yet; the second has no reconciler yet."""
    folder = tmp_path_factory.mktemp("conditions")
    pair = Pair(folder, [f"--namespace={NAMESPACE}"])
    pair.reconcilers = []
    with pair:
        install(pair.first.api)
        account = Account(pair.first.api, folder, RECONCILER)
        connect(pair.first, pair.second)
        options = [f"--namespace={NAMESPACE}", "--leader-elect"]
        sources = {pair.first.name: f"kubeconfig:{account.kubeconfig}"}
        with Reconciler(folder / "deployed", sources, options) as deployed:
            pair.reconcilers = [deployed]
            yield pair


@pytest.fixture(scope="module")
def whole(pair):
    """The same with a reconciler in the second cluster, and everything exposed and in place."""
    with contextlib.ExitStack() as stack:
        pair.reconcilers.append(stack.enter_context(pair.reconciler(pair.second)))
        pair.expose()
        pair.wait_in_place()
        yield pair
        pair.reconcilers.pop()


def connect(here, there):
    command = [
        *[program("spillway"), "remote-secret", "--apply", "--duration=1h"],
        f"--cluster={there.name}=kubeconfig:{there.kubeconfig}",
    ]
    done = subprocess.run(command, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    here.api.kubectl("apply", "--server-side", "-f", "-", input=done.stdout).check()


def status(cluster, kind="WorkspaceSetting", name=SETTING):
    return (cluster.get(kind, name, "tetrate") or {}).get("status", {})


def condition(cluster, which, kind="WorkspaceSetting", name=SETTING):
    """The condition; one that says nothing where there is none."""
    held = {each["type"]: each for each in status(cluster, kind, name).get("conditions", [])}
    return held.get(which, {"status": "", "reason": "", "message": ""})


def says(cluster, which, *wanted, kind="WorkspaceSetting", name=SETTING, text="", timeout_s=60):
    """Waits until the condition has this status and, where told, this reason, and in its message
    the text; returns it."""

    def is_so():
        held = condition(cluster, which, kind, name)
        stands = wanted == (held["status"], held["reason"])[: len(wanted)]
        return stands and text in held["message"]

    try:
        wait_until(f"{which} of {name} is {wanted}", is_so, timeout_s)
    except BaseException as failed:
        raise AssertionError(status(cluster, kind, name)) from failed
    return condition(cluster, which, kind, name)


def row(cluster, of, kind="WorkspaceSetting", name=SETTING):
    rows = {each["name"]: each for each in status(cluster, kind, name).get("clusters", [])}
    return rows.get(of.name, {})


def test_a_cluster_without_a_reconciler_is_unknown(pair):
    pair.expose()
    # Until it was asked, no more is known than that.
    unknown = ("Unknown", "NotReported")
    said = says(pair.first, "Programmed", *unknown, text="install spillway-reconciler")
    assert "cluster-2" in said["message"]
    assert says(pair.first, "Accepted", "True")["reason"] == "Accepted"
    there = row(pair.first, pair.second)
    assert there["reachable"] and not there["reported"] and there["exposed"] == 4
    assert "emitted" not in there


def test_both_are_true_and_both_clusters_are_counted(whole):
    for kind, name in (("WorkspaceSetting", SETTING), ("Workspace", WORKSPACE)):
        both = "8 Services are exposed, and 8 ways"
        says(whole.first, "Programmed", "True", "Programmed", kind=kind, name=name, text=both)
        says(whole.first, "Accepted", "True", kind=kind, name=name)
        assert [each["name"] for each in status(whole.first, kind, name)["clusters"]] == [
            "cluster-1",
            "cluster-2",
        ]
        for cluster in whole.clusters:
            held = row(whole.first, cluster, kind, name)
            counts = [held[key] for key in ("exposed", "emitted", "workloadEntries", "withheld")]
            assert counts == [4, 4, 6, 0] and held["pending"] == 0, held
            assert held["reachable"] and held["reported"] and "lastSeenTime" not in held
    generation = whole.first.get("WorkspaceSetting", SETTING, "tetrate")["metadata"]["generation"]
    assert status(whole.first)["observedGeneration"] == generation
    # The second cluster's own copy, by its own reconciler, which the first one may not write.
    says(whole.second, "Programmed", "True")


def test_kubectl_shows_it(whole):
    says(whole.first, "Programmed", "True")
    for kind in ("workspacesettings", "workspaces"):
        shown = whole.first.api.kubectl("get", kind, "-n", "tetrate").check().stdout
        header, line = shown.splitlines()
        assert "ACCEPTED" in header and "PROGRAMMED" in header and "AGE" in header
        assert line.split().count("True") == 2, shown


def test_nothing_is_written_in_a_quiet_while(whole):
    def versions():
        return [
            cluster.get(kind, name, "tetrate")["metadata"]["resourceVersion"]
            for cluster in whole.clusters
            for kind, name in (("WorkspaceSetting", SETTING), ("Workspace", WORKSPACE))
        ]

    says(whole.first, "Programmed", "True")
    says(whole.second, "Programmed", "True")
    before = versions()
    time.sleep(20)
    assert versions() == before


def test_what_is_withheld_says_why(whole):
    since = says(whole.first, "Programmed", "True")["lastTransitionTime"]
    whole.second.scale("details", 0)
    said = says(whole.first, "Programmed", "False", "NoReadyPods")
    assert said["lastTransitionTime"] > since
    assert "1 of 8 ways between clusters are withheld" in said["message"]
    assert "bookinfo/details to cluster-2" in said["message"]
    held = row(whole.first, whole.first)
    assert (held["emitted"], held["withheld"]) == (3, 1)
    [reason] = held["reasons"]
    assert (reason["state"], reason["reason"], reason["count"]) == ("Withheld", "NoReadyPods", 1)
    # `spillway status` says the same.
    rows = {each["name"]: each for each in told(whole.first)["rows"] if each["kind"] == "Service"}
    assert (rows["details"]["state"], rows["details"]["reason"]) == ("Withheld", "NoReadyPods")
    assert condition(whole.first, "Accepted")["status"] == "True"
    says(whole.first, "Programmed", "False", "NoReadyPods", kind="Workspace", name=WORKSPACE)

    whole.second.scale("details", 1)
    again = says(whole.first, "Programmed", "True")
    assert again["lastTransitionTime"] > said["lastTransitionTime"]


def test_a_cluster_out_of_reach_is_told_with_its_time_and_once(whole):
    says(whole.first, "Programmed", "True")
    whole.second.wire.cut()
    try:
        said = says(whole.first, "Programmed", "Unknown", "ClusterUnreachable", timeout_s=90)
        assert "cluster-2" in said["message"]
        held = row(whole.first, whole.second)
        assert not held["reachable"] and held["lastSeenTime"] <= said["lastTransitionTime"]
        assert held["emitted"] == 4, "what it said last stays"
        time.sleep(6)  # what was written a moment before, at most once more
        before = whole.first.get("WorkspaceSetting", SETTING, "tetrate")["metadata"]
        time.sleep(10)
        after = whole.first.get("WorkspaceSetting", SETTING, "tetrate")["metadata"]
        assert after["resourceVersion"] == before["resourceVersion"]
    finally:
        whole.second.wire.mend()
    says(whole.first, "Programmed", "True", timeout_s=120)
    held = row(whole.first, whole.second)
    assert held["reachable"] and "lastSeenTime" not in held


def test_a_second_workspace_that_claims_the_namespace_is_not_accepted(whole):
    younger = workspace("younger", "*/book*")
    time.sleep(1.1)  # creationTimestamps are in seconds
    whole.first.put(younger)
    said = says(whole.first, "Accepted", "False", "Overlap", kind="Workspace", name="younger")
    assert "namespace bookinfo" in said["message"]
    assert f"Workspace tetrate/{WORKSPACE}" in said["message"] and "older" in said["message"]
    says(whole.first, "Programmed", "False", kind="Workspace", name="younger")
    assert condition(whole.first, "Accepted", "Workspace", WORKSPACE)["status"] == "True"
    whole.first.delete("Workspace", "younger", "tetrate")


def test_a_setting_that_names_nothing_says_what(whole):
    """As one that came while the webhook was down."""
    whole.first.put(setting({"app": "detials"}, name="slip"))
    whole.first.put(setting(name="lost", workspace="bookinfo-sw"))
    said = says(whole.first, "Accepted", "False", "ServiceUnknown", name="slip")
    assert "detials" in said["message"]
    said = says(whole.first, "Accepted", "False", "WorkspaceUnknown", name="lost")
    assert WORKSPACE in said["message"], "the nearest that there is"
    says(whole.first, "Programmed", "False", "WorkspaceUnknown", name="lost")
    for name in ("slip", "lost"):
        whole.first.delete("WorkspaceSetting", name, "tetrate")
    says(whole.first, "Programmed", "True")


def test_a_report_that_cannot_be_read_is_told_once(whole):
    says(whole.first, "Programmed", "True")
    reconciler = whole.reconcilers[1]
    reconciler.stop()
    patch = '{"data": {"status.json": "{\\"schemaVersion\\": 2}"}}'
    whole.second.api.kubectl(
        *["patch", "configmap", "spillway-status", "-n", NAMESPACE, "--type=merge", "-p", patch]
    ).check()
    said = says(whole.first, "Programmed", "Unknown", "ReportUnreadable", timeout_s=90)
    assert "schemaVersion" in said["message"]
    reconciler.start()
    says(whole.first, "Programmed", "True", timeout_s=120)


def test_no_write_was_refused(whole):
    deployed = whole.reconcilers[0]
    complaints = [each for each in deployed.log() if "status conditions" in each["msg"]]
    assert complaints == []
