"""What the ValidatingAdmissionPolicy holds our ServiceAccount to, tried with its own token."""

import base64
import copy

import pytest

from harness import ApiServer, wait_until
from installed import ACCOUNT, NAMESPACE, Account, created, install, replaced
from shipped import MUTATING, VALIDATING

CERTS = "spillway-webhook-certs"


@pytest.fixture(scope="module")
def cluster(tools, tmp_path_factory):
    """Everything of manifests/ in a cluster, with a namespace that is somebody else's."""
    with ApiServer("policy", tmp_path_factory.mktemp("policy") / "cluster") as api:
        install(api)
        api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system"}})
        yield api


@pytest.fixture(scope="module")
def account(cluster, tmp_path_factory):
    account = Account(cluster, tmp_path_factory.mktemp("account"))
    account.wait_for_policy()
    return account


# --- webhook configurations ------------------------------------------------------------------


def changed(cluster, kind, change):
    """The configuration as the cluster holds it, with change(it) made to a copy."""
    configuration = copy.deepcopy(cluster.get(kind, "spillway"))
    change(configuration)
    return configuration


def first(key, value):
    """A change of a field of the first webhook; None takes it away."""

    def change(configuration):
        webhook = configuration["webhooks"][0]
        webhook.pop(key) if value is None else webhook.update({key: value})

    return change


def client(**values):
    def change(configuration):
        at = configuration["webhooks"][0]["clientConfig"]
        at.update(values)
        for key in [key for key, value in values.items() if value is None]:
            del at[key]

    return change


def metadata(key, value):
    return lambda configuration: configuration["metadata"].update({key: value})


def of_both(change):
    return lambda configuration: [
        change({"webhooks": [webhook]}) for webhook in configuration["webhooks"]
    ]


@pytest.mark.parametrize("kind", [MUTATING, VALIDATING])
def test_a_bundle_of_its_own_may_be_put_in_and_taken_out(account, cluster, authority, kind):
    bundle = base64.b64encode(authority.root.read_bytes()).decode()
    before = cluster.get(kind, "spillway")

    replaced(account, changed(cluster, kind, of_both(client(caBundle=bundle)))).check()
    held = cluster.get(kind, "spillway")["webhooks"]
    assert {webhook["clientConfig"]["caBundle"] for webhook in held} == {bundle}
    replaced(account, changed(cluster, kind, of_both(client(caBundle=None)))).check()
    assert cluster.get(kind, "spillway")["webhooks"] == before["webhooks"]


@pytest.mark.parametrize("policy", ["Ignore", "Fail"])
def test_the_validating_one_may_be_made_to_fail_open_or_closed(account, cluster, policy):
    wanted = changed(cluster, VALIDATING, first("failurePolicy", policy))
    replaced(account, wanted).check()
    assert cluster.get(VALIDATING, "spillway")["webhooks"][0]["failurePolicy"] == policy


PODS = [{
    "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"],
    "operations": ["CREATE"], "scope": "Namespaced",
}]
ELSEWHERE = {"namespace": "shop", "name": "mine", "port": 443, "path": "/"}
CHANGES = {
    "where it leads": client(service=ELSEWHERE),
    "an address outside": client(service=None, url="https://elsewhere.example/"),
    "what it is sent": first("rules", PODS),
    "from which namespaces": first("namespaceSelector", {"matchLabels": {"a": "b"}}),
    "of which objects": first("objectSelector", {"matchLabels": {"a": "b"}}),
    "on which conditions": first("matchConditions", None),
    "a condition more": first("matchConditions", [{"name": "x", "expression": "true"}]),
    "how long it is waited for": first("timeoutSeconds", 30),
    "how it matches": first("matchPolicy", "Exact"),
    "what it does besides": first("sideEffects", "NoneOnDryRun"),
    "its name": first("name", "another.spillway.dev"),
    "a webhook less": lambda it: it.update(webhooks=it["webhooks"][1:]),
    "a webhook more": lambda it: it["webhooks"].append(
        {**it["webhooks"][0], "name": "more.spillway.dev"}
    ),
    "a label": metadata("labels", {"mine": "yes"}),
    "no labels": metadata("labels", None),
    "an annotation": metadata("annotations", {"cert-manager.io/inject-ca-from": "shop/mine"}),
    "a finalizer": metadata("finalizers", ["spillway.dev/mine"]),
    "an owner": metadata(
        "ownerReferences",
        [{"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "00000000-0000-0000-0000-0"}],
    ),
}
REFUSAL = "denied request: "


@pytest.mark.parametrize("kind", [MUTATING, VALIDATING])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nothing_else_of_a_configuration_may_change(account, cluster, kind, change):
    wanted = changed(cluster, kind, change)
    refused = replaced(account, wanted, "--dry-run=server")

    assert f"ValidatingAdmissionPolicy '{ACCOUNT}'" in refused.stderr, refused
    assert REFUSAL in refused.stderr and "spillway-webhook may" in refused.stderr
    # It is the account that is held: who may change it keeps that right.
    replaced(cluster, wanted, "--dry-run=server").check()


@pytest.mark.parametrize("key", ["failurePolicy", "reinvocationPolicy"])
def test_the_mutating_one_may_not_be_made_to_fail_closed(account, cluster, key):
    value = {"failurePolicy": "Fail", "reinvocationPolicy": "Never"}[key]
    wanted = changed(cluster, MUTATING, first(key, value))
    assert "may change only clientConfig.caBundle" in replaced(account, wanted).stderr
    replaced(cluster, wanted, "--dry-run=server").check()


@pytest.fixture
def too_much(cluster):
    """Rights that the account should never have been given: the policy holds all the same."""
    name = "too-much"
    cluster.kubectl(
        *["create", "clusterrole", name, "--verb=*"],
        *[f"--resource={MUTATING},{VALIDATING},secrets,leases,workspacesettings.tsb.tetrate.io"],
    ).check()
    binding = [name, f"--clusterrole={name}", f"--serviceaccount={NAMESPACE}:{ACCOUNT}"]
    cluster.kubectl("create", "clusterrolebinding", *binding).check()
    yield
    cluster.kubectl("delete", f"clusterrolebinding/{name}", f"clusterrole/{name}").check()


@pytest.mark.parametrize("kind", [MUTATING, VALIDATING])
def test_with_more_rights_configurations_are_safe_still(account, cluster, too_much, kind):
    at_server = ["--dry-run=server"]
    other = changed(cluster, kind, metadata("name", "another"))
    for key in ("resourceVersion", "uid"):
        del other["metadata"][key]

    assert "neither create nor delete one" in created(account, other, *at_server).stderr
    deleted = account.kubectl("delete", kind, "spillway", *at_server)
    assert "neither create nor delete one" in deleted.stderr

    created(cluster, other).check()
    patch = ["--type=merge", "-p", '{"webhooks": []}', *at_server]
    changed_other = account.kubectl("patch", kind, "another", *patch)
    cluster.kubectl("delete", kind, "another").check()
    assert "only the webhook configurations named spillway" in changed_other.stderr


# --- what it writes in its own namespace -----------------------------------------------------


def secret(name=CERTS, kind="Opaque", **metadata):
    metadata = {"name": name, "namespace": NAMESPACE, **metadata}
    data = {"tls.crt": "", "tls.key": ""}
    return {
        "apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "data": data,
    }


def lease(name=CERTS):
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}


@pytest.mark.parametrize("obj", [secret(), secret(kind="kubernetes.io/tls"), lease()])
def test_its_own_secret_and_lease_may_be_made(account, obj):
    created(account, obj, "--dry-run=server").check()


def test_its_own_secret_and_lease_may_be_renewed(account, cluster):
    for obj, key, value in ((secret(), "stringData", {"a": "b"}), (lease(), "spec", {})):
        created(account, obj).check()
        replaced(account, {**obj, key: value}).check()
        cluster.kubectl("delete", "-f", "-", input=obj).check()


TOKEN = "kubernetes.io/service-account-token"
SECRETS = {
    "another name": (secret("west"), "only the Secret spillway-system/spillway-webhook-certs"),
    "a name of the API server's choice": (
        secret(None, generateName="spillway-webhook-certs"), "only the Secret"
    ),
    "another account's token": (
        secret(kind=TOKEN, annotations={"kubernetes.io/service-account.name": "default"}),
        "of the type Opaque or kubernetes.io/tls",
    ),
    "a cluster to watch": (
        secret(labels={"spillway.dev/cluster": "true"}), "names no cluster to watch"
    ),
    "another Lease": (lease("spillway-reconciler"), "only the Lease"),
}


@pytest.mark.parametrize(["obj", "said"], SECRETS.values(), ids=SECRETS)
def test_no_other_secret_and_lease_may_be_made(account, cluster, obj, said):
    assert said in created(account, obj, "--dry-run=server").stderr
    created(cluster, obj, "--dry-run=server").check()


def test_its_own_secret_may_not_become_a_cluster_to_watch(account, cluster):
    created(account, secret()).check()
    refused = replaced(account, secret(labels={"spillway.dev/cluster": "true"}))
    cluster.kubectl("delete", "-f", "-", input=secret()).check()
    assert "names no cluster to watch" in refused.stderr


def test_with_more_rights_nothing_else_can_be_written(account, cluster, too_much):
    elsewhere = secret()
    elsewhere["metadata"]["namespace"] = "istio-system"
    assert "only the Secret" in created(account, elsewhere).stderr

    cluster.apply(secret("west"), secret(), lease("another"))
    tries = {
        ("delete", "secret", "west"): "only the Secret",
        ("delete", "secret", CERTS): "only the Secret",
        ("label", "secret", "west", "a=b"): "only the Secret",
        ("delete", "lease", "another"): "only the Lease",
        ("label", "lease", "another", "a=b"): "only the Lease",
    }
    for words, said in tries.items():
        refused = account.kubectl(*words, "-n", NAMESPACE)
        assert not refused.ok and said in refused.stderr, refused
    for obj in (secret("west"), secret(), lease("another")):
        cluster.kubectl("delete", "-f", "-", input=obj).check()


def setting():
    metadata = {"name": "probe", "namespace": NAMESPACE}
    return {"apiVersion": "tsb.tetrate.io/v2", "kind": "WorkspaceSetting", "metadata": metadata}


@pytest.fixture
def unjudged(cluster):
    """Settings go in unjudged, as no webhook runs here."""
    before = cluster.get(VALIDATING, "spillway")["webhooks"][0]["failurePolicy"]
    replaced(cluster, changed(cluster, VALIDATING, first("failurePolicy", "Ignore"))).check()
    yield
    replaced(cluster, changed(cluster, VALIDATING, first("failurePolicy", before))).check()


def test_a_setting_may_be_tried_and_not_stored(account, cluster, unjudged):
    # How a configuration fails is heeded a moment later.
    wait_until("settings go in", lambda: created(cluster, setting(), "--dry-run=server").ok)
    created(account, setting(), "--dry-run=server").check()
    refused = created(account, setting())
    assert "may try a WorkspaceSetting, but not store one" in refused.stderr
