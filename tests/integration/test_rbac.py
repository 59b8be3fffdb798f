"""What our ServiceAccount may do, and what it may not: tried with its own token.

RBAC says which objects; what of them, a policy says (test_policy.py).
"""

import pytest

from harness import ApiServer, Webhook, wait_until
from installed import ACCOUNT, NAMESPACE, USER, Account, created, install
from shipped import MANIFESTS, MUTATING, VALIDATING

CERTS = "spillway-webhook-certs"


@pytest.fixture(scope="module")
def cluster(tools, tmp_path_factory):
    """Everything of manifests/ in a cluster, with a namespace that is somebody else's."""
    with ApiServer("rbac", tmp_path_factory.mktemp("rbac") / "cluster") as api:
        install(api)
        for name in ("istio-system", "shop"):
            api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        yield api


@pytest.fixture(scope="module")
def account(cluster, tmp_path_factory):
    account = Account(cluster, tmp_path_factory.mktemp("account"))
    account.wait_for_policy()
    return account


def test_the_token_is_the_service_account_s(account):
    told = account.kubectl("auth", "whoami", "-o", "json").json()
    assert told["status"]["userInfo"]["username"] == USER


# --- RBAC ------------------------------------------------------------------------------------

ANYWHERE = [
    ("list", "namespaces"),
    ("watch", "namespaces"),
    ("list", "services"),
    ("watch", "services"),
    ("list", "workspaces.tsb.tetrate.io"),
    ("watch", "workspaces.tsb.tetrate.io"),
    ("list", "workspacesettings.tsb.tetrate.io"),
    ("watch", "workspacesettings.tsb.tetrate.io"),
    *((verb, f"{kind}/spillway") for kind in (MUTATING, VALIDATING) for verb in ("get", "update")),
]
AT_HOME = [
    ("get", "secrets"),
    ("list", "secrets"),
    ("watch", "secrets"),
    ("create", "secrets"),
    ("update", f"secrets/{CERTS}"),
    ("create", "leases.coordination.k8s.io"),
    ("get", f"leases.coordination.k8s.io/{CERTS}"),
    ("update", f"leases.coordination.k8s.io/{CERTS}"),
    ("patch", f"leases.coordination.k8s.io/{CERTS}"),
    ("create", "workspacesettings.tsb.tetrate.io"),
]
NOWHERE = [
    *(
        (verb, kind)
        for kind in ("services", "namespaces", "workspaces.tsb.tetrate.io")
        for verb in ("get", "create", "update", "patch", "delete")
    ),
    *((verb, "workspacesettings.tsb.tetrate.io") for verb in ("update", "patch", "delete")),
    *((verb, "workspacesettings.tsb.tetrate.io/status") for verb in ("update", "patch")),
    *(
        (verb, f"{kind}/{name}")
        for kind in (MUTATING, VALIDATING)
        for verb, name in [
            *[("get", "istio-sidecar-injector"), ("update", "istio-sidecar-injector")],
            *[("delete", "spillway"), ("patch", "spillway"), ("create", "spillway")],
        ]
    ),
    *((verb, kind) for kind in (MUTATING, VALIDATING) for verb in ("list", "watch")),
    ("update", "secrets"),
    ("update", "secrets/west"),
    ("patch", f"secrets/{CERTS}"),
    ("delete", f"secrets/{CERTS}"),
    ("deletecollection", "secrets"),
    ("list", "leases.coordination.k8s.io"),
    ("update", "leases.coordination.k8s.io/another"),
    ("delete", f"leases.coordination.k8s.io/{CERTS}"),
    *((verb, "pods") for verb in ("get", "list", "create", "delete")),
    ("create", "pods/exec"),
    ("get", "configmaps"),
    ("get", "nodes"),
    ("list", "destinationrules.networking.istio.io"),
    ("create", "serviceaccounts/token"),
    ("impersonate", "users"),
    ("impersonate", "serviceaccounts"),
    ("update", "deployments.apps"),
    ("create", "rolebindings.rbac.authorization.k8s.io"),
    ("escalate", "clusterroles.rbac.authorization.k8s.io"),
    ("bind", "clusterroles.rbac.authorization.k8s.io"),
    ("update", "validatingadmissionpolicies.admissionregistration.k8s.io"),
    ("delete", "validatingadmissionpolicybindings.admissionregistration.k8s.io"),
    ("update", "customresourcedefinitions.apiextensions.k8s.io"),
    ("approve", "signers.certificates.k8s.io"),
]


def named(pairs):
    return [f"{verb} {resource}" for verb, resource in pairs]


@pytest.mark.parametrize(["verb", "resource"], ANYWHERE, ids=named(ANYWHERE))
def test_what_it_may_in_every_namespace(account, verb, resource):
    assert account.can(verb, resource, "shop") and account.can(verb, resource)


@pytest.mark.parametrize(["verb", "resource"], AT_HOME, ids=named(AT_HOME))
def test_what_it_may_in_its_own_namespace_alone(account, verb, resource):
    assert account.can(verb, resource)
    assert not account.can(verb, resource, "shop")
    assert not account.can(verb, resource, "istio-system")


@pytest.mark.parametrize(["verb", "resource"], NOWHERE, ids=named(NOWHERE))
def test_what_it_may_nowhere(account, verb, resource):
    assert not account.can(verb, resource)
    assert not account.can(verb, resource, "shop")


def test_it_may_nothing_but_what_these_tables_name(account):
    """Each rule that the API server knows of, so that none comes without a line above."""

    def of(namespace):
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace},
        }
        status = created(account, review, "-o", "json").json()["status"]
        return {
            (verb, resource + (f".{group}" if group else "") + (f"/{name}" if name else ""))
            for rule in status["resourceRules"]
            for verb in rule["verbs"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for name in rule.get("resourceNames") or [""]
            # Of everybody who has a token at all.
            if group not in ("authorization.k8s.io", "authentication.k8s.io")
        }

    assert of("shop") == set(ANYWHERE)
    assert of(NAMESPACE) == {*ANYWHERE, *AT_HOME}


def test_secrets_of_other_namespaces_cannot_be_read(account, cluster):
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "remote"}}
    cluster.kubectl("create", "-n", "istio-system", "-f", "-", input=secret).check()

    for asked in (["secrets", "-A"], ["secrets", "-n", "istio-system"]):
        refused = account.kubectl("get", *asked)
        assert "Forbidden" in refused.stderr and not refused.stdout
    refused = account.kubectl("get", "secret", "remote", "-n", "istio-system")
    assert "Forbidden" in refused.stderr and not refused.stdout
    assert account.kubectl("get", "secrets", "-n", NAMESPACE).ok


def test_what_it_cannot_write(account, cluster):
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "new"}}
    service["spec"] = {"ports": [{"port": 80}]}
    tries = [
        created(account, service, "-n", "shop"),
        created(account, service, "-n", NAMESPACE),
        account.kubectl("create", "namespace", "mine"),
        account.kubectl("create", "token", "default", "-n", NAMESPACE),
        account.kubectl("delete", "deployment", ACCOUNT, "-n", NAMESPACE),
        account.kubectl("delete", "validatingadmissionpolicybinding", ACCOUNT),
        account.kubectl("delete", "validatingwebhookconfiguration", "spillway"),
        account.kubectl("create", "clusterrolebinding", "x", "--clusterrole=cluster-admin"),
        account.kubectl("get", "secrets", "-n", NAMESPACE, "--as=system:admin"),
    ]
    for refused in tries:
        assert "forbidden" in refused.stderr.lower(), refused
    assert not cluster.kubectl("get", "namespace", "mine").ok


# --- and the rights are enough -----------------------------------------------------------------


def test_the_webhook_becomes_ready_with_them(account, cluster, authority, tmp_path):
    sources = {"local": f"kubeconfig:{account.kubeconfig}"}
    with Webhook(cluster, tmp_path, sources, authority, options=["--drain-seconds=0"]):
        pass  # start() waits for it


def test_the_webhook_does_not_without_one_of_them(account, cluster, authority, tmp_path):
    """The control of the test above: what it waits for is what the rights are for."""
    cluster.kubectl("delete", "clusterrolebinding", ACCOUNT).check()
    sources = {"local": f"kubeconfig:{account.kubeconfig}"}
    webhook = Webhook(cluster, tmp_path, sources, authority, options=["--drain-seconds=0"])
    try:
        webhook.process.start()
        log = webhook.process.log
        said = '/api/v1/namespaces: the API server answered 403'
        wait_until("it says what it lacks", lambda: said in log.read_text())
    finally:
        webhook.stop()
        cluster.kubectl("apply", "--server-side", "-k", MANIFESTS).check()
