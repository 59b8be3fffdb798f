"""Whose objects the ValidatingAdmissionPolicy lets the reconciler's account touch.

Tried with its own token, by an attacker: generated.py. Of what shape they have to be is in
test_reconciler_policy_shape.py.
"""

import copy

import pytest

from generated import MADE, MANAGER, NAMES, applied, at, entry, gateway, held, installed_account
from generated import installed_deployment, refused, remove, rule, seen, stub
from installed import NAMESPACE, RECONCILER, created
from shipped import OURS


@pytest.fixture(scope="module")
def account(tools, tmp_path_factory):
    with held(tmp_path_factory.mktemp("policy")) as account:
        yield account


@pytest.fixture(scope="module")
def cluster(account):
    """The same API server, for whom nobody holds."""
    return account.api


@pytest.fixture
def there(cluster, account):
    """Makes an object as the reconciler does; all are gone after the test."""
    made = []

    def make(wanted):
        made.append(wanted)
        applied(account, wanted).check()
        return wanted

    yield make
    remove(cluster, *made)


@pytest.mark.parametrize("make", MADE, ids=NAMES)
def test_what_is_ours_may_be_made_mended_and_deleted(account, there, make):
    wanted = there(make())
    changed = copy.deepcopy(wanted)
    changed["metadata"]["labels"]["version"] = "2"
    applied(account, changed, "--force-conflicts").check()
    assert "version" in seen(account, wanted)["metadata"]["labels"]
    account.kubectl("delete", *at(wanted)).check()


# --- whose it is -----------------------------------------------------------------------------


@pytest.mark.parametrize("make", MADE, ids=NAMES)
def test_nothing_is_made_without_the_label(account, cluster, make):
    wanted = make()
    del wanted["metadata"]["labels"][OURS]
    refused(applied(account, wanted, "--dry-run=server"), "carries the label")
    applied(cluster, wanted, "--dry-run=server").check()


def foreign(make, labelled):
    """A user's object of that kind; labelled: a copy of one of ours, label and all."""
    wanted = make()
    if not labelled:
        del wanted["metadata"]["labels"][OURS]
    return wanted


@pytest.mark.parametrize("labelled", [False, True], ids=["plain", "labelled"])
@pytest.mark.parametrize("make", MADE, ids=NAMES)
def test_a_user_s_object_is_not_touched(account, cluster, make, labelled):
    users = foreign(make, labelled)
    cluster.apply(users)
    try:
        before = cluster.get(*at(users)[:2], users["metadata"]["namespace"])
        wanted = make()
        said = "may change and delete only"
        refused(account.kubectl("delete", *at(users)), said)
        refused(account.kubectl("delete", "--cascade=orphan", *at(users)), said)
        label = ["label", "--overwrite", *at(users), f"{OURS}=spillway", "x=y"]
        refused(account.kubectl(*label), said)
        refused(account.kubectl("annotate", *at(users), "a=b"), said)
        refused(account.kubectl("patch", *at(users), "--type=json", "-p", "[]", MANAGER), said)
        refused(applied(account, wanted, "--force-conflicts"), said)
        cleared = '{"metadata": {"managedFields": [{}]}}'
        refused(account.kubectl("patch", *at(users), "--type=merge", "-p", cleared), said)
        assert cluster.get(*at(users)[:2], users["metadata"]["namespace"]) == before
    finally:
        remove(cluster, users)


def test_a_delete_of_all_meets_the_users_that_are_among_them(account, cluster):
    """RBAC has no deletecollection; kubectl deletes one by one."""
    users = foreign(stub, False)
    cluster.apply(users)
    try:
        account.kubectl("delete", "services", "--all", "-n", "shop")
        raw = account.kubectl("delete", "--raw", "/api/v1/namespaces/shop/services")
        assert "forbidden" in raw.stderr.lower()
        assert cluster.kubectl("get", *at(users)).ok
    finally:
        remove(cluster, users)


def test_our_own_namespace_is_left_alone(account, cluster):
    """Its Services carry the label too, and a stub there would be before the webhook."""
    for words in (
        ["delete", "service", "spillway-webhook"],
        ["label", "service", "spillway-webhook", "a=b"],
        ["patch", "service", "spillway-webhook", "-p", '{"spec": {"selector": {"app": "mine"}}}'],
    ):
        refused(account.kubectl(*words, "-n", NAMESPACE), "nothing of the sort in its own")
    for make in (stub, entry, gateway):
        wanted = make()
        wanted["metadata"]["namespace"] = NAMESPACE
        refused(applied(account, wanted, "--dry-run=server"), "nothing of the sort in its own")
    # Even where a user has opened it, and even where the object was written under our manager.
    cluster.kubectl("label", "service", "spillway-webhook", "-n", NAMESPACE, "a=b", MANAGER).check()
    said = "nothing of the sort in its own"
    refused(account.kubectl("delete", "service", "spillway-webhook", "-n", NAMESPACE), said)


# --- letting go ------------------------------------------------------------------------------


RELEASE = (
    '{"metadata": {"labels": {"app.kubernetes.io/managed-by": null},'
    ' "annotations": {"spillway.dev/service": null}}}'
)


def take_over(cluster, wanted):
    """A user applies a Service of that name: from then on both have fields of its spec."""
    ports = [*wanted["spec"]["ports"], {"name": "admin", "port": 8081, "protocol": "TCP"}]
    metadata = {key: wanted["metadata"][key] for key in ("name", "namespace")}
    users = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports}}
    words = ["apply", "--server-side", "--force-conflicts", "--validate=false", "-f", "-"]
    cluster.kubectl(*words, input=users).check()


def patched(account, wanted, patch, *options):
    return account.kubectl("patch", *at(wanted), "--type=merge", "-p", patch, MANAGER, *options)


def test_a_stub_that_others_have_made_theirs_is_let_go_and_not_deleted(account, cluster, there):
    wanted = there(stub())
    take_over(cluster, wanted)

    refused(account.kubectl("delete", *at(wanted)), "no Service that others have fields of")
    patched(account, wanted, RELEASE).check()

    held = seen(account, wanted)
    assert OURS not in held["metadata"].get("labels", {})
    assert "spillway.dev/service" not in held["metadata"].get("annotations", {})
    # And is the user's for good.
    said = "may change and delete only"
    refused(account.kubectl("label", *at(wanted), f"{OURS}=spillway"), said)
    refused(account.kubectl("delete", *at(wanted)), said)


def test_a_stub_that_a_user_has_applied_as_it_is_is_theirs_too(account, cluster, there):
    """Of which kubectl leaves nothing behind but its note of what was applied."""
    wanted = there(stub())
    metadata = {key: wanted["metadata"][key] for key in ("name", "namespace")}
    cluster.apply({**wanted, "metadata": metadata})
    refused(account.kubectl("delete", *at(wanted)), "no Service that others have fields of")
    patched(account, wanted, RELEASE).check()


RELEASES = {
    "and the spec": '"spec": {"selector": {"app": "mine"}}',
    "and another label": '"metadata": {"labels": {"app.kubernetes.io/managed-by": null, "a": "b"}}',
    "and another annotation": (
        '"metadata": {"labels": {"app.kubernetes.io/managed-by": null}, "annotations": {"a": "b"}}'
    ),
    "and a finalizer": (
        '"metadata": {"labels": {"app.kubernetes.io/managed-by": null}, "finalizers": ["a.b/c"]}'
    ),
    "to another owner": '"metadata": {"labels": {"app.kubernetes.io/managed-by": "Helm"}}',
}


@pytest.mark.parametrize("more", RELEASES.values(), ids=RELEASES)
def test_letting_go_changes_nothing_else(account, cluster, there, more):
    wanted = there(stub())
    take_over(cluster, wanted)
    label = '"metadata": {"labels": {"app.kubernetes.io/managed-by": null}}'
    patch = "{%s}" % (f"{label}, {more}" if more.startswith('"spec"') else more)
    refused(patched(account, wanted, patch, "--dry-run=server"))
    patched(cluster, wanted, patch, "--dry-run=server").check()


def test_a_stub_of_ours_alone_is_not_let_go(account, there):
    wanted = there(stub())
    refused(patched(account, wanted, RELEASE), "takes it only off a Service that others")


def test_of_other_kinds_nothing_is_let_go(account, there):
    for make in (entry, rule, gateway, installed_account, installed_deployment):
        refused(patched(account, there(make()), RELEASE), "carries the label")


# --- Lease, ConfigMap and Events -----------------------------------------------------------------


def lease(name=RECONCILER):
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}


def test_one_lease_may_be_made(account):
    created(account, lease(), "--dry-run=server").check()
    said = "only the Lease spillway-system/spillway-reconciler"
    refused(created(account, lease("spillway-webhook-certs"), "--dry-run=server"), said)
    nameless = lease(None)
    nameless["metadata"]["generateName"] = RECONCILER
    refused(created(account, nameless, "--dry-run=server"), said)


def told(name="spillway-status"):
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b"}}


def test_one_config_map_may_be_written(account, cluster):
    applied(account, told(), "--dry-run=server").check()
    said = "only the ConfigMap spillway-system/spillway-status"
    refused(created(account, told("spillway-webhook"), "--dry-run=server"), said)
    # The one that says what the cluster is called is ours by its label, and no less out of reach.
    listed = cluster.kubectl("get", "configmaps", "-n", NAMESPACE, "-o", "name").check().stdout
    [name] = [each for each in listed.split() if "spillway-webhook-" in each]
    patch = ["--type=merge", "-p", '{"data": {"cluster": "west"}}']
    denied = account.kubectl("patch", name, "-n", NAMESPACE, *patch)
    assert "forbidden" in denied.stderr.lower()


def event(component):
    about = {"apiVersion": "v1", "kind": "Service", "namespace": "shop", "name": "cart"}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "cart.1", "namespace": "shop"},
        "involvedObject": about,
        "source": {"component": component},
        "type": "Normal",
        "reason": "Told",
        "message": "something",
    }


def test_events_are_its_own(account, cluster):
    created(account, event(RECONCILER), "--dry-run=server").check()
    refused(created(account, event("kubelet"), "--dry-run=server"), "as component")
    cluster.apply(event("kubelet"))
    patch = ["--type=merge", "-p", '{"message": "mine"}']
    on = ["event", "cart.1", "-n", "shop"]
    refused(account.kubectl("patch", *on, *patch), "only its own Events")
    taken = ["--type=merge", "-p", '{"source": {"component": "spillway-reconciler"}}']
    refused(account.kubectl("patch", *on, *taken), "only its own Events")
    cluster.kubectl("delete", *on).check()


def test_nobody_else_is_held(cluster):
    for make in MADE:
        wanted = make()
        del wanted["metadata"]["labels"][OURS]
        cluster.apply(wanted)
        remove(cluster, wanted)
