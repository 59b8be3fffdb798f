"""Remote clusters that Secrets name: they come, change and go while the webhook runs."""

import base64
import contextlib
import itertools
import json
import threading
import time

import pytest
import yaml

from harness import ApiServer, wait_until
from harness.webhook import install
from live import Cluster, Live, gateway, service, setting, workspace
from wire import Wire

NAMESPACE = "spillway-system"
LABEL = "spillway.dev/cluster"
NO_CHANGE_S = 3
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def east_api(tools, tmp_path_factory):
    with ApiServer("east", tmp_path_factory.mktemp("secrets") / "east") as api:
        install(api)
        yield api


@pytest.fixture(scope="module")
def west_api(tools, tmp_path_factory):
    with ApiServer("west", tmp_path_factory.mktemp("secrets") / "west") as api:
        yield api


@pytest.fixture(scope="module")
def east(east_api, tmp_path_factory):
    with Cluster(east_api, tmp_path_factory.mktemp("kubeconfig"), "east") as cluster:
        yield cluster


@pytest.fixture
def west(west_api, tmp_path):
    """Named only by the Secrets of a test."""
    with Cluster(west_api, tmp_path, "west") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def live(east, authority, tmp_path_factory):
    options = [f"--cluster-secrets={NAMESPACE}"]
    with Live([east], tmp_path_factory.mktemp("webhook"), authority, options) as live:
        wait_until("the Secrets are seen", lambda: secrets_metric(live, "synced") == 1)
        yield live


@pytest.fixture
def secrets(live):
    """Secrets by name, gone after the test."""
    with Secrets(live.api) as secrets:
        yield secrets
    wait_until("only east is left",
               lambda: live.n_objects("west", "Service") is None)


@pytest.fixture
def shop(east_api, west_api):
    """A namespace of one name in both clusters."""
    name = f"shop-{next(_numbers)}"
    for api in (east_api, west_api):
        api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


class Secrets(contextlib.AbstractContextManager):
    def __init__(self, api):
        self.api = api
        self._names = set()

    def put(self, name, **clusters):
        """A Secret with these keys, each with a kubeconfig: its text, or a Cluster's own."""
        texts = {
            key: value.kubeconfig.read_text() if isinstance(value, Cluster) else value
            for key, value in clusters.items()
        }
        metadata = {"name": name, "namespace": NAMESPACE, "labels": {LABEL: "true"}}
        data = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}
        # Not by apply: the annotation that it leaves would hold the values once more.
        verb = "replace" if name in self._names else "create"
        self.api.kubectl(verb, "-f", "-", input=secret).check()
        self._names.add(name)

    def remove(self, name):
        self.api.kubectl("delete", "secret", name, "-n", NAMESPACE).check()
        self._names.discard(name)

    def __exit__(self, *_):
        for name in list(self._names):
            self.remove(name)


def secrets_metric(live, name):
    return live.metric(f"spillway_cluster_secrets_{name}")


def cluster_metric(live, name, cluster="west"):
    return live.metric(f"spillway_cluster_{name}", cluster=cluster)


def logged(live):
    """Every record so far."""
    lines = live.webhook.process.log.read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def said(live, *parts):
    """Whether one error of the log holds all these words."""
    errors = [record.get("error", "") for record in logged(live)]
    return any(all(part in error for part in parts) for error in errors)


def n_services(api):
    return len(api.kubectl("get", "services", "-A", "-o", "json").json()["items"])


def wait_west(live, api):
    live.wait_objects("west", "Service", n_services(api))


def test_a_secret_adds_its_cluster_and_its_end_removes_it(live, secrets, west, west_api, shop):
    before = live.n_objects("east", "Service")
    live.apply(workspace(shop), gateway(shop), service("till", shop)).check()
    live.wait_objects("east", "Service", before + 2)
    west_api.apply(gateway(shop), service("cart", shop))
    wanted = setting(shop, app="cart")
    refused = live.refused(wanted)
    assert "matches no Service" in refused and "in east; " in refused and "west" not in refused

    secrets.put("remotes", west=west)

    wait_west(live, west_api)
    done = live.apply(wanted)
    assert done.ok, done.stderr
    assert "matches no Service in east" in done.stderr  # a warning, of what east lacks
    live.api.kubectl("delete", "workspacesetting", "s", "-n", shop).check()
    assert "in east, west; " in live.refused(setting(shop, app="nothing"))

    secrets.remove("remotes")

    wait_until("west is on no page",
               lambda: cluster_metric(live, "synced") is None
               and live.n_objects("west", "Service") is None)
    refused = live.refused(wanted)
    assert "matches no Service" in refused and "west" not in refused
    assert live.is_ready()


def test_a_key_that_goes_takes_its_cluster_along(live, secrets, west, west_api):
    secrets.put("remotes", west=west, north=west)
    wait_west(live, west_api)
    wait_until("north", lambda: cluster_metric(live, "synced", "north") == 1)

    secrets.put("remotes", west=west)

    wait_until("north is gone", lambda: cluster_metric(live, "synced", "north") is None)
    assert cluster_metric(live, "synced") == 1


def test_another_kubeconfig_takes_over_without_a_gap(live, secrets, west, west_api, shop):
    live.apply(workspace(shop), gateway(shop)).check()
    secrets.put("remotes", west=west)
    wait_west(live, west_api)
    wait_until("the workspace is known",
               lambda: "looked for labels" in (live.refused(setting(shop, app="none")) or ""))
    seen, over = [], threading.Event()

    def ask():
        while not over.is_set():
            seen.append((cluster_metric(live, "synced"), live.n_objects("west", "Service")))
            time.sleep(0.01)

    asking = threading.Thread(target=ask)
    asking.start()
    n = n_services(west_api)
    try:
        with Wire(int(west_api.url.rpartition(":")[2])) as other:
            west.point_at(west_api, other)
            secrets.put("remotes", west=west)
            verdicts = []

            def moved():
                verdicts.append(live.refused(setting(shop, app="none")))
                return other.n_bytes() > 0 if other._lines else False

            wait_until("the new way is taken", moved)
            time.sleep(1)
            west.wire.cut()  # nobody needs the old one any more
            west_api.apply(service("later", shop))
            live.wait_objects("west", "Service", n + 1)
            assert cluster_metric(live, "failing") == 0
            over.set()
            asking.join()
            secrets.remove("remotes")
    finally:
        over.set()
        asking.join()
    assert all(verdict and "in east, west; " in verdict for verdict in verdicts), verdicts
    assert {synced for synced, _ in seen} == {1} and {count for _, count in seen} <= {n, n + 1}


def test_the_same_kubeconfig_again_changes_nothing(live, secrets, west, west_api):
    secrets.put("remotes", west=west)
    wait_west(live, west_api)
    time.sleep(1)
    before = cluster_metric(live, "reads_total"), len(west.wire._lines)

    secrets.put("remotes", west=west)
    live.api.kubectl("annotate", "secret", "remotes", "-n", NAMESPACE, "team=shop").check()
    secrets.put("others", west=west)  # in a younger Secret, too
    wait_until("that is found", lambda: secrets_metric(live, "findings") == 1)
    secrets.remove("remotes")
    wait_until("it is the younger one's", lambda: secrets_metric(live, "findings") == 0)
    time.sleep(NO_CHANGE_S)

    assert (cluster_metric(live, "reads_total"), len(west.wire._lines)) == before
    assert cluster_metric(live, "synced") == 1


def test_a_refused_kubeconfig_leaves_the_last_good_one(live, secrets, west, west_api):
    secrets.put("remotes", west=west)
    wait_west(live, west_api)
    config = json.loads(west.kubeconfig.read_text())
    token = config["users"][0]["user"]["token"]
    config["users"][0]["user"]["exec"] = {"command": "/bin/false"}

    secrets.put("remotes", west=json.dumps(config))

    why = f"Secret {NAMESPACE}/remotes, key west: user.exec: not supported"
    wait_until("it is told", lambda: said(live, why))
    assert cluster_metric(live, "failing") == 1
    assert live.n_objects("west", "Service") == n_services(west_api)
    assert cluster_metric(live, "synced") == 1
    secrets.put("remotes", west=west)
    wait_until("all is well again", lambda: cluster_metric(live, "failing") == 0)
    assert token not in live.webhook.process.log.read_text()


def test_a_cluster_that_was_never_reached_is_a_warning_with_a_reason(
        live, secrets, east_api, shop):
    live.apply(workspace(shop), gateway(shop)).check()
    wait_until("the workspace is known",
               lambda: "looked for labels" in (live.refused(setting(shop, app="none")) or ""))

    secrets.put("remotes", west="current-context: nowhere")

    why = f"Secret {NAMESPACE}/remotes, key west: no nowhere in contexts"
    wait_until("it is told", lambda: said(live, why))
    assert cluster_metric(live, "failing") == 1
    assert cluster_metric(live, "synced") == 0
    done = live.apply(setting(shop, app="none"))
    assert done.ok and "not judged, for not seen yet: west" in done.stderr
    assert live.is_ready()
    live.api.kubectl("delete", "workspacesetting", "s", "-n", shop).check()


def test_names_that_are_taken_are_told_of(live, secrets, west, west_api):
    findings = secrets_metric(live, "findings")
    secrets.put("remotes", east=west, west=west)
    wait_west(live, west_api)
    assert secrets_metric(live, "findings") == findings == 0  # our own name says nothing
    assert live.n_objects("east", "Workspace") is not None

    secrets.put("younger", west=west)

    wait_until("it is told", lambda: secrets_metric(live, "findings") == 1)
    assert said(live, f"Secret {NAMESPACE}/younger, key west: passed over, for Secret remotes")


def test_what_cannot_be_heard_is_said_to_be_old(live, secrets, west, west_api, shop):
    live.apply(workspace(shop), gateway(shop)).check()
    secrets.put("remotes", west=west)
    wait_west(live, west_api)
    wait_until("the workspace is known",
               lambda: "looked for labels" in (live.refused(setting(shop, app="none")) or ""))

    west.wire.cut()

    # A shorter outage is part of a rolling API server, and is not told of.
    wait_until("it is told", lambda: cluster_metric(live, "failing") == 1, 90)
    refused = live.refused(setting(shop, app="none"))
    assert "in east, west (as it was " in refused and " s ago)" in refused
    assert cluster_metric(live, "synced") == 1


def test_an_object_that_cannot_be_read_is_counted(live, east_api, shop):
    nested = {}
    for _ in range(200):
        nested = {"x": nested}
    deep = setting(shop, app="none")
    deep["spec"]["x"] = nested
    kind = {"cluster": "east", "kind": "WorkspaceSetting"}
    assert live.metric("spillway_index_unreadable_objects", **kind) == 0
    live.registration.stop()  # or the webhook would refuse it
    try:
        east_api.apply(deep)
        wait_until("it is counted",
                   lambda: live.metric("spillway_index_unreadable_objects", **kind) == 1)
        assert said(live, f"WorkspaceSetting {shop}/s: ")
        east_api.kubectl("delete", "workspacesetting", "s", "-n", shop).check()
        wait_until("it is gone",
                   lambda: live.metric("spillway_index_unreadable_objects", **kind) == 0)
    finally:
        live.registration.start()


def account_kubeconfig(api, path, name):
    """A kubeconfig for a ServiceAccount that may read what the index is made of, but no Secret."""
    metadata = {"name": name, "namespace": NAMESPACE}
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": name}}
    rules = [
        {"apiGroups": [group], "resources": [resource], "verbs": ["get", "list", "watch"]}
        for group, resource in
        [("", "namespaces"), ("", "services"), ("tsb.tetrate.io", "*")]
    ]
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    subject = {"kind": "ServiceAccount", **metadata}
    api.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {**rbac, "kind": "ClusterRole", "rules": rules},
        {**rbac, "kind": "ClusterRoleBinding", "roleRef": role, "subjects": [subject]},
    )
    token = api.kubectl("create", "token", name, "-n", NAMESPACE).check().stdout.strip()
    config = yaml.safe_load(path.read_text())
    config["users"][0]["user"] = {"token": token}
    path.write_text(json.dumps(config))


def grant(api, name):
    metadata = {"name": name, "namespace": NAMESPACE}
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": metadata}
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    subject = {"kind": "ServiceAccount", **metadata}
    api.apply(
        {**rbac, "kind": "Role", "rules": [rule]},
        {**rbac, "kind": "RoleBinding", "roleRef": role, "subjects": [subject]},
    )


def test_secrets_that_may_not_be_read_hold_up_no_verdict_and_refuse_none(
        live, east_api, authority, tmp_path, shop):
    live.stop()
    name = f"reader-{next(_numbers)}"
    try:
        with Cluster(east_api, tmp_path, "east") as cluster:
            account_kubeconfig(east_api, cluster.kubeconfig, name)
            options = [f"--cluster-secrets={NAMESPACE}"]
            with Live([cluster], tmp_path / "webhook", authority, options) as limited:
                assert limited.is_ready()
                wait_until("it is told", lambda: secrets_metric(limited, "failing") == 1)
                assert said(limited, NAMESPACE, "403", "get, list and watch on secrets", "Role")
                assert secrets_metric(limited, "synced") == 0
                limited.apply(workspace(shop), gateway(shop)).check()
                wait_until("the workspace is known",
                           lambda: limited.refused(setting(shop, app="none")) is None)
                done = limited.apply(setting(shop, app="none"))
                assert done.ok, done.stderr
                more = f"for not seen yet: the clusters that Secrets of namespace {NAMESPACE} name"
                assert more in done.stderr

                grant(east_api, name)

                wait_until("they are seen", lambda: secrets_metric(limited, "synced") == 1, 90)
                assert "matches no Service" in limited.refused(setting(shop, app="nought"))
    finally:
        live.start()
