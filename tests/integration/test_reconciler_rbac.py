"""What the reconciler's ServiceAccount may do, and what it may not: tried with its own token.

RBAC says which objects; what of them, a policy says (test_reconciler_policy.py).
"""

import pytest

from harness import ApiServer
from harness.tools import istio_crds
from installed import NAMESPACE, RECONCILER, ROOT, Account, created, install

LEASE = f"leases.coordination.k8s.io/{RECONCILER}"
ISTIO = "networking.istio.io"
READ = [
    *["namespaces", "nodes", "pods", "services", "serviceaccounts", "deployments.apps"],
    *["endpointslices.discovery.k8s.io", "peerauthentications.security.istio.io"],
    *[f"{kind}.{ISTIO}" for kind in ("destinationrules", "workloadentries", "gateways")],
    *["workspaces.tsb.tetrate.io", "workspacesettings.tsb.tetrate.io"],
    "ingressgateways.install.tetrate.io",
]
WRITTEN = ["services", f"workloadentries.{ISTIO}", f"gateways.{ISTIO}"]
STATUSES = ["workspaces.tsb.tetrate.io/status", "workspacesettings.tsb.tetrate.io/status"]
WRITES = ("create", "patch", "delete")
ANYWHERE = [
    *((verb, kind) for kind in READ for verb in ("list", "watch")),
    *((verb, kind) for kind in WRITTEN for verb in WRITES),
    *((verb, kind) for kind in STATUSES for verb in ("get", "patch")),
    *((verb, "events") for verb in ("create", "patch")),
]
AT_HOME = [
    *((verb, "secrets") for verb in ("list", "watch")),
    *((verb, LEASE) for verb in ("get", "update", "patch")),
    ("create", "leases.coordination.k8s.io"),
    *((verb, "configmaps/spillway-status") for verb in ("get", "patch")),
    ("create", "configmaps"),
]
AT_ROOT = [
    *((verb, f"destinationrules.{ISTIO}") for verb in WRITES),
    *((verb, "configmaps/istio-ca-root-cert") for verb in ("list", "watch")),
    ("get", "services/proxy/http:istiod:15014"),
]
GATEWAYS = [
    (verb, kind)
    for kind in ("serviceaccounts", "services", "deployments.apps")
    for verb in WRITES
]
NOWHERE = [
    *((verb, kind) for kind in WRITTEN for verb in ("update", "deletecollection")),
    *((verb, "secrets") for verb in ("get", "create", "update", "patch", "delete")),
    *((verb, LEASE) for verb in ("delete", "list")),
    ("update", "leases.coordination.k8s.io/spillway-webhook-certs"),
    *((verb, "namespaces") for verb in ("get", "create", "update", "patch", "delete")),
    *((verb, "nodes") for verb in ("get", "update", "patch", "delete")),
    *((verb, "pods") for verb in ("get", "create", "update", "patch", "delete")),
    *[("create", "pods/exec"), ("get", "pods/log"), ("create", "pods/portforward")],
    ("get", "services/proxy"),
    *[("get", "nodes/proxy"), ("get", "pods/proxy"), ("create", "services/proxy")],
    *((verb, "endpointslices.discovery.k8s.io") for verb in ("create", "patch", "delete")),
    *((verb, "endpoints") for verb in ("list", "create", "patch")),
    *((verb, "configmaps") for verb in ("get", "list", "update", "patch", "delete")),
    ("patch", "configmaps/istio"),
    ("delete", "configmaps/spillway-status"),
    *((verb, "workspaces.tsb.tetrate.io") for verb in WRITES),
    *((verb, "workspacesettings.tsb.tetrate.io") for verb in WRITES),
    *((verb, "ingressgateways.install.tetrate.io") for verb in WRITES),
    ("patch", "ingressgateways.install.tetrate.io/status"),
    *((verb, "peerauthentications.security.istio.io") for verb in WRITES),
    *((verb, "authorizationpolicies.security.istio.io") for verb in ("list", "create")),
    *((verb, f"virtualservices.{ISTIO}") for verb in ("list", "create", "patch")),
    *((verb, f"envoyfilters.{ISTIO}") for verb in ("list", "create", "patch")),
    *((verb, f"serviceentries.{ISTIO}") for verb in ("list", "create", "patch")),
    *[("create", "serviceaccounts/token"), ("impersonate", "serviceaccounts")],
    *[("patch", "services/status"), ("update", "deployments.apps/scale")],
    ("impersonate", "users"),
    ("create", "rolebindings.rbac.authorization.k8s.io"),
    ("bind", "clusterroles.rbac.authorization.k8s.io"),
    ("escalate", "clusterroles.rbac.authorization.k8s.io"),
    ("patch", "validatingadmissionpolicies.admissionregistration.k8s.io"),
    ("delete", "validatingadmissionpolicybindings.admissionregistration.k8s.io"),
    ("patch", "mutatingwebhookconfigurations.admissionregistration.k8s.io"),
    ("patch", "customresourcedefinitions.apiextensions.k8s.io"),
]


@pytest.fixture(scope="module")
def cluster(tools, tmp_path_factory):
    """Everything of manifests/ in a cluster with Istio's CRDs, and somebody else's namespaces."""
    with ApiServer("rbac", tmp_path_factory.mktemp("rbac") / "cluster") as api:
        api.kubectl("apply", "--server-side", "-f", istio_crds()).check()
        install(api)
        for name in ("shop", "eastwest"):
            api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        yield api


@pytest.fixture(scope="module")
def account(cluster, tmp_path_factory):
    return Account(cluster, tmp_path_factory.mktemp("account"), RECONCILER)


def named(pairs):
    return [f"{verb} {resource}" for verb, resource in pairs]


@pytest.mark.parametrize(["verb", "resource"], ANYWHERE, ids=named(ANYWHERE))
def test_what_it_may_in_every_namespace(account, verb, resource):
    assert account.can(verb, resource, "shop") and account.can(verb, resource)


@pytest.mark.parametrize(["verb", "resource"], AT_HOME, ids=named(AT_HOME))
def test_what_it_may_in_its_own_namespace_alone(account, verb, resource):
    assert account.can(verb, resource)
    assert not account.can(verb, resource, "shop")
    assert not account.can(verb, resource, ROOT)


@pytest.mark.parametrize(["verb", "resource"], AT_ROOT, ids=named(AT_ROOT))
def test_what_it_may_in_the_root_namespace_alone(account, verb, resource):
    assert account.can(verb, resource, ROOT)
    assert not account.can(verb, resource)
    assert not account.can(verb, resource, "shop")


@pytest.mark.parametrize(["verb", "resource"], NOWHERE, ids=named(NOWHERE))
def test_what_it_may_nowhere(account, verb, resource):
    for namespace in (NAMESPACE, ROOT, "shop"):
        assert not account.can(verb, resource, namespace)


def rules(account, namespace):
    """Each rule that the API server knows of, as verb and resource."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    status = created(account, review, "-o", "json").json()["status"]

    def words(resource, group):
        kind, _, part = resource.partition("/")
        return kind + (f".{group}" if group else "") + (f"/{part}" if part else "")

    return {
        (verb, words(resource, group) + (f"/{name}" if name else ""))
        for rule in status["resourceRules"]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames") or [""]
        # Of everybody who has a token at all.
        if group not in ("authorization.k8s.io", "authentication.k8s.io")
    }


def test_it_may_nothing_but_what_these_tables_name(account):
    assert rules(account, "shop") == set(ANYWHERE)
    assert rules(account, NAMESPACE) == {*ANYWHERE, *AT_HOME}
    assert rules(account, ROOT) == {*ANYWHERE, *AT_ROOT}


def test_secrets_of_other_namespaces_cannot_be_read(account):
    for asked in (["secrets", "-A"], ["secrets", "-n", ROOT], ["secrets", "-n", "shop"]):
        refused = account.kubectl("get", *asked)
        assert "Forbidden" in refused.stderr and not refused.stdout
    assert account.kubectl("get", "secrets", "-n", NAMESPACE).ok


def test_of_proxies_istiod_s_metrics_are_reached_alone(account):
    """Nothing answers here; what counts is who keeps the request from being answered."""
    at = "/api/v1/namespaces/{}/services/{}/proxy/metrics"
    reached = account.kubectl("get", "--raw", at.format(ROOT, "http:istiod:15014"))
    assert "Forbidden" not in reached.stderr and "not found" in reached.stderr
    for namespace, name in [
        *[(ROOT, "http:istiod:8080"), (ROOT, "istiod"), (ROOT, "https:istiod:15014")],
        *[("shop", "http:istiod:15014"), (NAMESPACE, "spillway-webhook")],
    ]:
        refused = account.kubectl("get", "--raw", at.format(namespace, name))
        assert "Forbidden" in refused.stderr, name


def test_only_the_root_certificate_is_read_of_configmaps(account, cluster):
    for name in ("istio-ca-root-cert", "istio"):
        cluster.kubectl("create", "configmap", name, "-n", ROOT).check()
    one = ["get", "configmaps", "-n", ROOT, "--field-selector", "metadata.name=istio-ca-root-cert"]
    assert account.kubectl(*one).ok
    assert "Forbidden" in account.kubectl("get", "configmaps", "-n", ROOT).stderr
    other = ["get", "configmaps", "-n", ROOT, "--field-selector", "metadata.name=istio"]
    assert "Forbidden" in account.kubectl(*other).stderr


def test_a_namespace_is_opened_to_gateways_by_a_role_binding(account, cluster):
    """As manifests/README.md says."""
    for verb, resource in GATEWAYS:
        assert account.can(verb, resource, "eastwest") == (resource == "services")
    cluster.kubectl(
        *["create", "rolebinding", "spillway-gateway-installer", "-n", "eastwest"],
        *["--clusterrole=spillway-gateway-installer"],
        f"--serviceaccount={NAMESPACE}:{RECONCILER}",
    ).check()
    for verb, resource in GATEWAYS:
        assert account.can(verb, resource, "eastwest")
        assert account.can(verb, resource, "shop") == (resource == "services")
    assert rules(account, "eastwest") == {*ANYWHERE, *GATEWAYS}
