"""`spillway remote-secret`: two real API servers, connected by what it prints."""

import base64
import contextlib
import json
import subprocess
import threading

import pytest
import yaml

from harness import ApiServer, wait_until
from harness.reconciler import Reconciler
from harness.tools import REPOSITORY, istio_crds, program
from harness.webhook import install
from installed import NAMESPACE, ROOT, Account, bring_root, created
from live import Cluster, Live, gateway, service, setting, workspace
from shipped import define

READER = "spillway-reader"
TOKEN = f"{READER}-token"
LABEL = "spillway.dev/cluster"


@pytest.fixture(scope="module")
def east(tools, tmp_path_factory):
    """The cluster that is to see the other one."""
    with ApiServer("east", tmp_path_factory.mktemp("remote") / "east") as api:
        install(api)
        yield api


@pytest.fixture(scope="module")
def west(tools, tmp_path_factory):
    """The one that is read: with CRDs, and nothing else of ours."""
    with ApiServer("west", tmp_path_factory.mktemp("remote") / "west") as api:
        define(api)
        bring_root(api)
        yield api


def run(api, *options, kubeconfig=None, name="west"):
    source = f"--cluster={name}=kubeconfig:{kubeconfig or api.kubeconfig}"
    command = [program("spillway"), "remote-secret", source, *options]
    return subprocess.run(command, text=True, capture_output=True, timeout=120)


def printed(api, *options, **kwargs):
    """The Secret that it prints, and what it says besides."""
    done = run(api, *options, **kwargs)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout), done.stderr


def failed(api, *options, **kwargs):
    """What it says when it fails, which is nothing on standard output."""
    done = run(api, *options, **kwargs)
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def kubeconfig_in(secret, name="west"):
    return yaml.safe_load(base64.b64decode(secret["data"][name]))


class TokenController(contextlib.AbstractContextManager):
    """Does as kube-controller-manager: fills in Secrets of ServiceAccounts' tokens."""

    def __init__(self, api):
        self._api = api
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _run(self):
        while not self._over.wait(0.2):
            secret = self._api.kubectl("get", "secret", TOKEN, "-n", NAMESPACE, "-o", "json")
            if secret.ok and "token" not in json.loads(secret.stdout).get("data", {}):
                self._fill()

    def _fill(self):
        made = self._api.kubectl("create", "token", READER, "-n", NAMESPACE).stdout.strip()
        config = json.loads(self._api.kubeconfig.read_text())
        data = {
            "token": base64.b64encode(made.encode()).decode(),
            "ca.crt": config["clusters"][0]["cluster"]["certificate-authority-data"],
        }
        patch = ["--type=merge", "-p", json.dumps({"data": data})]
        self._api.kubectl("patch", "secret", TOKEN, "-n", NAMESPACE, *patch)


def test_readme_s_commands_keep_no_second_copy_of_the_token():
    """As a plain `kubectl apply` would, in its annotation."""
    text = (REPOSITORY / "README.md").read_text().replace("|\n", "|")
    found = [line for line in text.splitlines() if line.startswith("$ spillway remote-secret")]
    assert len(found) == 2
    assert all(" apply --server-side -f -" in line for line in found)


# --- in the order of these tests: from nothing to a connection -------------------------------


def test_without_an_account_it_says_what_makes_one(west):
    for options in ([], ["--duration=1h"]):
        said = failed(west, *options)
        assert f"cluster west: there is no ServiceAccount {NAMESPACE}/{READER} yet" in said
        assert "--apply makes it there" in said
    assert not west.kubectl("get", "namespace", NAMESPACE).ok


def test_apply_makes_the_account_and_a_token_that_expires(west):
    secret, said = printed(west, "--apply", "--duration=1h")
    assert "the token expires at 20" in said and "run this again by 20" in said
    assert "127.0.0.1" in said and "--server" in said, "nobody else reaches this address"
    expires = secret["metadata"]["annotations"]["spillway.dev/token-expires"]
    assert expires in said
    assert secret["metadata"]["labels"][LABEL] == "true"
    assert secret["metadata"]["namespace"] == NAMESPACE
    assert list(secret["data"]) == ["west"]
    assert not west.kubectl("get", "secret", TOKEN, "-n", NAMESPACE).ok
    config = json.loads(west.kubeconfig.read_text())
    cluster = kubeconfig_in(secret)["clusters"][0]["cluster"]
    assert cluster == config["clusters"][0]["cluster"]


def test_its_namespace_is_the_one_that_manifests_have(west, east):
    for api in (west, east):
        labels = api.get("namespace", NAMESPACE)["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert west.get("namespace", NAMESPACE)["metadata"]["labels"] == labels


def test_again_changes_nothing(west):
    def versions():
        kinds = f"clusterrole/{READER} clusterrolebinding/{READER}".split()
        listed = west.kubectl("get", *kinds, "-o", "json").json()["items"]
        account = west.get("serviceaccount", READER, NAMESPACE)
        return [each["metadata"]["resourceVersion"] for each in [*listed, account]]

    before = versions()
    printed(west, "--apply", "--duration=1h")
    printed(west, "--duration=1h")
    assert versions() == before


def test_without_apply_nothing_is_stored(west):
    said = failed(west)
    assert "has no token that lasts" in said and "--duration" in said
    assert not west.kubectl("get", "secret", TOKEN, "-n", NAMESPACE).ok


def test_where_nobody_makes_tokens_it_says_so(west):
    said = failed(west, "--apply")
    assert f"Secret {NAMESPACE}/{TOKEN} has no token: kube-controller-manager's" in said


def test_a_token_that_lasts(west):
    with TokenController(west):
        secret, said = printed(west, "--apply")
    assert "expires" not in said and "annotations" not in secret["metadata"]
    assert printed(west)[0] == secret, "from then on, without --apply"
    as_json = json.loads(run(west, "-o", "json").stdout)
    assert as_json == secret


def test_another_address(west):
    secret, said = printed(west, "--server=https://api.west.example:6443")
    assert said == ""
    assert kubeconfig_in(secret)["clusters"][0]["cluster"]["server"] == (
        "https://api.west.example:6443"
    )


def changed(api, path, change):
    config = json.loads(api.kubeconfig.read_text())
    change(config["clusters"][0]["cluster"])
    path.write_text(json.dumps(config))
    return path


def test_the_authority_of_a_file_comes_inline(west, tmp_path):
    def into_file(cluster):
        pem = base64.b64decode(cluster.pop("certificate-authority-data"))
        (tmp_path / "ca.crt").write_bytes(pem)
        cluster["certificate-authority"] = "ca.crt"

    path = changed(west, tmp_path / "kubeconfig", into_file)
    assert printed(west, kubeconfig=path)[0] == printed(west)[0]


def test_an_unchecked_server_is_told_and_checked_from_then_on(west, tmp_path):
    def unchecked(cluster):
        del cluster["certificate-authority-data"]
        cluster["insecure-skip-tls-verify"] = True

    path = changed(west, tmp_path / "kubeconfig", unchecked)
    secret, said = printed(west, kubeconfig=path)
    assert "does not check who answers" in said
    assert secret == printed(west)[0]


def test_a_right_that_is_missing_is_told(west, tmp_path):
    west.kubectl("create", "serviceaccount", "nobody", "-n", NAMESPACE).check()
    nobody = Account(west, tmp_path, "nobody")
    said = failed(west, "--apply", kubeconfig=nobody.kubeconfig)
    assert "serviceaccount:spillway-system:nobody" in said and "cannot" in said


def test_a_role_of_somebody_else_s_is_a_conflict(west):
    mine = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": READER},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}],
    }
    held = west.get("clusterrole", READER)
    forced = ["apply", "--server-side", "--force-conflicts", "--field-manager=somebody", "-f", "-"]
    west.kubectl(*forced, input=mine).check()
    assert "somebody" in failed(west, "--apply", "--duration=1h")
    assert west.get("clusterrole", READER)["rules"] == mine["rules"]
    west.kubectl("delete", "clusterrole", READER).check()
    printed(west, "--apply", "--duration=1h")
    assert west.get("clusterrole", READER)["rules"] == held["rules"]


# --- what the token is good for --------------------------------------------------------------


READ = [
    *["namespaces", "services", "nodes", "pods", "endpointslices.discovery.k8s.io"],
    *["destinationrules.networking.istio.io", "gateways.networking.istio.io"],
    "workloadentries.networking.istio.io",
    "peerauthentications.security.istio.io",
    *["workspaces.tsb.tetrate.io", "workspacesettings.tsb.tetrate.io"],
    "configmaps/istio-ca-root-cert",
]
REPORT = ("get", "configmaps/spillway-status")
ALLOWED = {REPORT, *((verb, kind) for kind in READ for verb in ("list", "watch"))}
FORBIDDEN = [
    *((verb, "secrets") for verb in ("get", "list", "watch", "create", "patch", "delete")),
    *(
        (verb, kind)
        for kind in [*READ, "serviceaccounts", "deployments.apps", "events", "configmaps"]
        for verb in ("create", "update", "patch", "delete", "deletecollection")
    ),
    *((verb, "configmaps") for verb in ("get", "list", "watch")),
    *((verb, "configmaps/spillway-status") for verb in ("list", "patch", "delete")),
    *[("create", "serviceaccounts/token"), ("create", "pods/exec"), ("get", "pods/log")],
    *[("get", "nodes/proxy"), ("get", "services/proxy"), ("impersonate", "users")],
    *[("list", "deployments.apps"), ("list", "serviceaccounts")],
    *[("list", "clusterroles.rbac.authorization.k8s.io"), ("list", "leases.coordination.k8s.io")],
]


@pytest.fixture(scope="module")
def reader(west, tmp_path_factory):
    """Whoever has the kubeconfig of the Secret."""
    reader = Account.__new__(Account)
    reader.api = west
    reader.kubeconfig = tmp_path_factory.mktemp("reader") / "kubeconfig"
    reader.kubeconfig.write_text(json.dumps(kubeconfig_in(printed(west)[0])))
    return reader


def test_it_is_the_reader_s(reader):
    told = reader.kubectl("auth", "whoami", "-o", "json").json()
    assert told["status"]["userInfo"]["username"] == f"system:serviceaccount:{NAMESPACE}:{READER}"


@pytest.mark.parametrize(["verb", "resource"], sorted(ALLOWED), ids=map(" ".join, sorted(ALLOWED)))
def test_what_it_may(west, reader, verb, resource):
    assert reader.can(verb, resource, ROOT) and reader.can(verb, resource, "default")


@pytest.mark.parametrize(["verb", "resource"], FORBIDDEN, ids=map(" ".join, FORBIDDEN))
def test_what_it_may_not(reader, verb, resource):
    for namespace in (NAMESPACE, ROOT, "default"):
        assert not reader.can(verb, resource, namespace)


def test_it_may_nothing_but_what_this_table_names(reader):
    for namespace in ("default", NAMESPACE, ROOT):
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace},
        }
        status = created(reader, review, "-o", "json").json()["status"]
        assert ALLOWED == {
            (verb, resource + (f".{group}" if group else "") + (f"/{name}" if name else ""))
            for rule in status["resourceRules"]
            for verb in rule["verbs"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for name in rule.get("resourceNames") or [""]
            if group not in ("authorization.k8s.io", "authentication.k8s.io")
        }


def test_real_requests_are_answered_alike(west, reader):
    assert reader.kubectl("get", "services,pods,nodes,endpointslices", "-A").ok
    for words in (
        ["get", "secrets", "-A"],
        ["get", "secret", TOKEN, "-n", NAMESPACE],
        ["get", "configmaps", "-A"],
        ["create", "namespace", "mine"],
        ["create", "configmap", "mine"],
        ["create", "token", READER, "-n", NAMESPACE],
        ["delete", "service", "kubernetes"],
        ["delete", "clusterrole", READER],
    ):
        refused = reader.kubectl(*words)
        assert "forbidden" in refused.stderr.lower() and not refused.stdout, words


def test_the_reconciler_can_read_everything_with_it(east, west, reader, tmp_path):
    """And with one right less it says so: the control of that."""
    for api in (east, west):
        bring_root(api)
    east.kubectl("apply", "--server-side", "-f", istio_crds()).check()
    install(west)
    sources = {
        "east": f"kubeconfig:{east.kubeconfig}",
        "west": f"kubeconfig:{reader.kubeconfig}",
    }
    # As the config cluster, it is read for settings besides.
    options = ["--config-cluster=west", "--no-leader-elect"]
    with Reconciler(tmp_path, sources, options) as reconciler:
        synced = "spillway_cluster_synced"
        wait_until("west is read", lambda: reconciler.metric(synced, cluster="west") == 1)
        assert reconciler.sum("spillway_cluster_denied", cluster="west") == 0
        assert reconciler.metric("spillway_cluster_objects", cluster="west", kind="Service") == 1
        role = west.get("clusterrole", READER)
        fewer = [rule for rule in role["rules"] if "security.istio.io" not in rule["apiGroups"]]
        west.kubectl("replace", "-f", "-", input={**role, "rules": fewer}).check()
    try:
        with Reconciler(tmp_path / "fewer", sources, options) as reconciler:
            denied = {"cluster": "west", "kind": "PeerAuthentication"}
            wait_until(
                "it says so", lambda: reconciler.metric("spillway_cluster_denied", **denied) == 1
            )
    finally:
        west.kubectl("delete", "clusterrole", READER).check()
        printed(west, "--apply", "--duration=1h")


def test_the_secret_connects_the_clusters(east, west, authority, tmp_path):
    """As the help says: what one command prints, the other applies."""
    install(west)
    for api in (east, west):
        api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    west.apply(gateway("shop"), service("cart", "shop"))
    text = run(west).stdout
    with Cluster(east, tmp_path, "east") as cluster:
        options = [f"--cluster-secrets={NAMESPACE}"]
        with Live([cluster], tmp_path / "webhook", authority, options) as live:
            live.apply(workspace("shop"), gateway("shop")).check()
            wanted = setting("shop", app="cart")
            wait_until("only east is looked at",
                       lambda: "looked for labels" in (live.refused(wanted) or ""))
            assert "in east; " in live.refused(wanted)

            east.kubectl("apply", "--server-side", "-f", "-", input=text).check()

            n = len(west.kubectl("get", "services", "-A", "-o", "json").json()["items"])
            live.wait_objects("west", "Service", n)
            assert live.metric("spillway_cluster_failing", cluster="west") == 0
            done = live.apply(wanted)
            assert done.ok, done.stderr
            # Made anew it is the same, and no conflict.
            east.kubectl("apply", "--server-side", "-f", "-", input=run(west).stdout).check()
