"""Writes that the API server refuses for a while: for want of a right, and because the object has
changed meanwhile."""

import threading
import time

import pytest

from harness import wait_until
from harness.reconciler import Reconciler
from installed import NAMESPACE, RECONCILER, Account, install
from reconciler import SERVICES, Pair
from told import told

ROLE = ["clusterrole", RECONCILER]
FAILING = "spillway_reconciler_failing_objects"
WRITES = "spillway_reconciler_writes_total"
ENTRIES = "workloadentries"


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    """The first cluster as it is installed; its reconciler has no more rights than it is given."""
    pair = Pair(tmp_path_factory.mktemp("refused"))
    pair.reconcilers = [pair.reconciler(pair.second)]
    with pair:
        install(pair.first.api)
        pair.expose()
        yield pair


@pytest.fixture(scope="module")
def reconciler(pair, tmp_path_factory):
    folder = tmp_path_factory.mktemp("account")
    account = Account(pair.first.api, folder, RECONCILER)
    sources = {
        pair.first.name: f"kubeconfig:{account.kubeconfig}",
        pair.second.name: f"kubeconfig:{pair.second.kubeconfig}",
    }
    options = [f"--namespace={NAMESPACE}"]
    with Reconciler(folder / "reconciler", sources, options) as reconciler:
        pair.wait_in_place()
        yield reconciler


def with_verbs(role, resource, verbs):
    """The role with these verbs alone for that resource."""
    rules = []
    for rule in role["rules"]:
        rest = [each for each in rule["resources"] if each != resource]
        if len(rest) == len(rule["resources"]):
            rules.append(rule)
            continue
        rules.append({**rule, "resources": [resource], "verbs": verbs})
        rules += [{**rule, "resources": rest}] if rest else []
    return {**role, "rules": rules}


def replace(api, role):
    held = dict(role["metadata"])
    held.pop("resourceVersion")
    api.kubectl("replace", "-f", "-", input={**role, "metadata": held}).check()


def refusals(cluster):
    return [row for row in told(cluster)["rows"] if row["reason"] == "NotWritten"]


def test_a_right_that_is_taken_away_and_given_back(pair, reconciler):
    first, second = pair.clusters
    role = first.api.kubectl("get", *ROLE, "-o", "json").json()
    replace(first.api, with_verbs(role, ENTRIES, ["get", "list", "watch"]))
    try:
        second.scale("ratings", 0)
        second.scale("details", 4)
        row = wait_until("it is told", lambda: about(first, "ratings"), 60)
        assert row["state"] == "Waits" and "cannot delete it" in row["message"]
        assert "forbidden" in row["message"]
        row = wait_until("and this", lambda: about(first, "details"), 60)
        assert "cannot apply it" in row["message"]
        assert reconciler.metric(FAILING) == 2
        assert reconciler.sum(WRITES, result="denied") >= 2
        assert set(first.addresses()) == set(SERVICES), "nothing has been half done"
        # Of other kinds all is written as before.
        [name] = first.ours("Gateway", "eastwest")
        first.delete("Gateway", name, "eastwest")
        wait_until("it is back", lambda: first.ours("Gateway", "eastwest") == {name})
    finally:
        replace(first.api, role)
    wait_until("nothing leads to ratings", lambda: not first.entries("ratings"), 90)
    wait_until("what failed is done", lambda: reconciler.metric(FAILING) == 0, 90)
    wait_until("nothing is told any more", lambda: not refusals(first), 60)
    [entry] = first.entries("details").values()
    assert entry["spec"]["weight"] == 4
    for name in ("ratings", "details"):
        second.scale(name, 1)
    pair.wait_in_place()


def about(cluster, name):
    return next((row for row in refusals(cluster) if row["name"] == name), None)


class Restless:
    """Somebody who writes an annotation on an object again and again."""

    def __init__(self, cluster, kind, name, at):
        self.n_written = 0
        self._client = cluster.api.client()
        self._path = cluster.path(kind, at, name)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self._client.close()

    def _write(self):
        while not self._over.is_set():
            patch = {"metadata": {"annotations": {"example.com/beat": str(time.monotonic_ns())}}}
            media = "application/merge-patch+json"
            code, _ = self._client.call("PATCH", self._path, patch, media=media)
            if code != 200:
                return
            self.n_written += 1


def test_what_changes_under_its_hands_goes_all_the_same(pair, reconciler):
    """A deletion is of the object as it was seen: the API server answers 409 to that of another.

    It may come between two writes: then another try is needed to see one refused.
    """
    first, second = pair.clusters
    conflicts = reconciler.sum(WRITES, result="conflict")
    for _ in range(20):
        [name] = first.entries("details")
        with Restless(first, "WorkloadEntry", name, "bookinfo") as restless:
            wait_until("it writes", lambda restless=restless: restless.n_written > 10)
            second.scale("details", 0)
            wait_until("it is gone", lambda: not first.entries("details"), 60)
        wait_until("nothing fails", lambda: reconciler.metric(FAILING) == 0, 60)
        second.scale("details", 1)
        pair.wait_in_place()
        if reconciler.sum(WRITES, result="conflict") > conflicts:
            return
    raise AssertionError("none was refused")
