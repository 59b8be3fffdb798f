"""Which writes the webhook configurations of manifests/ send to the webhook.

No webhook runs here. All of them are made to fail closed, so a call shows as the API server's word
that it failed: who is named there was called, and who is not was skipped by a selector or a
matchCondition. On an API server of its own, since closed webhooks are no neighbours.
"""

import json
import re

import pytest

from harness import ApiServer, wait_until
from shipped import CONFIGURATIONS, MANIFESTS, OURS, RULE, SERVICE, SETTING
from shipped import built, define, gen, webhooks_of

HIERARCHY = ("organization", "tenant", "workspace")
RECONCILER = [
    "--as=system:serviceaccount:spillway-system:spillway-reconciler",
    "--as-group=system:masters",
]


def thing(api_version, kind, name, namespace, spec, **metadata):
    metadata = {"name": name, "namespace": namespace, **metadata}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def service(name="new", namespace="shop", labels=None, **spec):
    spec = {"ports": [{"name": "http", "port": 80}], "selector": {"app": name}, **spec}
    return thing("v1", "Service", name, namespace, spec, labels=labels or {})


def rule(name="new", namespace="shop", version="v1", labels=None):
    kind = (f"networking.istio.io/{version}", "DestinationRule")
    return thing(*kind, name, namespace, {"host": name}, labels=labels or {})


def setting(name="new", namespace="shop", **metadata):
    gateway = {"namespace": "eastwest", "labels": {"app": "eastwest-gateway"}}
    spec = {"defaultEastWestGatewaySettings": [{"workloadSelector": gateway}]}
    annotations = {f"tsb.tetrate.io/{level}": "a" for level in HIERARCHY}
    metadata = {"annotations": annotations, **metadata}
    return thing("tsb.tetrate.io/v2", "WorkspaceSetting", name, namespace, spec, **metadata)


@pytest.fixture(scope="module")
def closed(tools, tmp_path_factory):
    """An API server with objects to change, and with every webhook failing closed."""
    with ApiServer("closed", tmp_path_factory.mktemp("closed") / "cluster") as api:
        define(api)
        api.kubectl("apply", "--server-side", "-f", MANIFESTS / "namespace.yaml").check()
        for name, labels in {
            "shop": {},
            "istio-system": {},
            "opted-out": {"spillway.dev/admission": "disabled"},
        }.items():
            metadata = {"name": name, "labels": labels}
            api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        make_objects(api)
        register_closed(api)
        wait_until("services are sent", lambda: called(api, service()) == {SERVICE})
        wait_until("rules are sent", lambda: called(api, rule()) == {RULE})
        wait_until("settings are sent", lambda: called(api, setting()) == {SETTING})
        yield api


def make_objects(api):
    """One of each kind that stays, and one on its way out that a finalizer holds."""
    held = {"finalizers": ["spillway.dev/test"]}
    for make in (service, rule, setting):
        going = make("going")
        going["metadata"].update(held)
        api.apply(make("there"), going)
        at = ["-n", "shop", going["kind"], "going"]
        api.kubectl("delete", "--wait=false", *at).check()
    api.apply(service("stub", labels={OURS: "spillway"}))
    api.apply(rule("generated", labels={OURS: "spillway"}))


def register_closed(api):
    """The shipped configurations, but that a call which fails is an error."""
    for each in built(api, MANIFESTS / "webhooks"):
        for webhook in each["webhooks"]:
            webhook["failurePolicy"] = "Fail"
        api.kubectl("apply", "--server-side", "-f", "-", input=each).check()


def called(api, created, *options):
    """The webhooks that creating an object would call."""
    return tried(api.kubectl("create", "--dry-run=server", *options, "-f", "-", input=created))


def called_by_patch(api, kind, name, patch, *options):
    """The webhooks that a merge patch of an object in the namespace shop would call."""
    how = ["--type=merge", "--dry-run=server", "-n", "shop", "-p", json.dumps(patch)]
    return tried(api.kubectl("patch", kind, name, *how, *options))


def tried(result):
    names = set(re.findall(r'failed calling webhook "([^"]+)"', result.stderr))
    assert result.ok or names, result.stderr
    return names


# --- what is sent ----------------------------------------------------------------------------

SENT = {
    "a Service": (service(), SERVICE),
    "an ExternalName": (service(type="ExternalName", externalName="a.example"), SERVICE),
    "a headless Service": (service(clusterIP="None"), SERVICE),
    "a Service without a selector": (service(selector=None), SERVICE),
    "a Service in istio-system": (service(namespace="istio-system"), SERVICE),
    "a Service that says it is ours": (service(labels={OURS: "spillway"}), SERVICE),
    "a rule in v1": (rule(), RULE),
    "a rule in v1beta1": (rule(version="v1beta1"), RULE),
    "a rule in v1alpha3": (rule(version="v1alpha3"), RULE),
    "a rule in the root namespace": (rule(namespace="istio-system"), RULE),
    "a rule that says it is ours": (rule(labels={OURS: "spillway"}), RULE),
    "a setting": (setting(), SETTING),
    "a setting in our own namespace": (setting(namespace="spillway-system"), SETTING),
    "a setting in a namespace that opted out": (setting(namespace="opted-out"), SETTING),
}


@pytest.mark.parametrize(["created", "webhook"], SENT.values(), ids=SENT)
def test_what_is_created_is_sent(closed, created, webhook):
    assert called(closed, created) == {webhook}


NOT_SENT = {
    "a Service in kube-system": service(namespace="kube-system"),
    "a Service in our namespace": service(namespace="spillway-system"),
    "a Service in a namespace that opted out": service(namespace="opted-out"),
    "a rule in kube-system": rule(namespace="kube-system"),
    "a rule in our namespace": rule(namespace="spillway-system"),
    "a rule in a namespace that opted out": rule(namespace="opted-out"),
}


@pytest.mark.parametrize("created", NOT_SENT.values(), ids=NOT_SENT)
def test_what_is_created_elsewhere_is_not_sent(closed, created):
    assert called(closed, created) == set()


OTHERS = [
    thing("v1", "PersistentVolumeClaim", "new", "shop", {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
    }),
    thing("coordination.k8s.io/v1", "Lease", "new", "shop", {}),
    thing("networking.istio.io/v1", "WorkloadEntry", "new", "shop", {"address": "10.0.0.1"}),
    thing("tsb.tetrate.io/v2", "Workspace", "new", "shop", {
        "namespaceSelector": {"names": ["*/*"]},
    }),
]


@pytest.mark.parametrize("created", OTHERS, ids=lambda each: each["kind"])
def test_other_kinds_are_never_sent(closed, created):
    assert called(closed, created) == set()


LABEL = {"metadata": {"labels": {"changed": "yes"}}}


@pytest.mark.parametrize(["kind", "webhook"], [("service", SERVICE), ("destinationrule", RULE)])
def test_any_change_is_sent(closed, kind, webhook):
    assert called_by_patch(closed, kind, "there", LABEL) == {webhook}


@pytest.mark.parametrize("kind", ["service", "destinationrule", "wss"])
def test_what_is_on_its_way_out_is_not_held_up(closed, kind):
    assert called_by_patch(closed, kind, "going", {"metadata": {"finalizers": None}}) == set()
    assert called_by_patch(closed, kind, "going", {"spec": {"changed": None}}) == set()


@pytest.mark.parametrize("kind", ["service", "destinationrule", "wss"])
def test_a_delete_is_not_sent(closed, kind):
    how = ["delete", "--dry-run=server", "-n", "shop", kind, "there"]
    assert tried(closed.kubectl(*how)) == set()


def test_a_service_s_status_is_not_sent(closed):
    conditions = [{
        "type": "Ready", "status": "True", "reason": "Fine", "message": "",
        "lastTransitionTime": "2026-11-23T12:00:00Z",
    }]
    status = {"status": {"conditions": conditions}}
    assert called_by_patch(closed, "service", "there", status, "--subresource=status") == set()


def test_the_api_server_s_own_service_is_not_sent(closed):
    how = ["label", "--dry-run=server", "-n", "default", "service"]
    assert tried(closed.kubectl(*how, "kubernetes", "changed=yes")) == set()
    assert called(closed, service("kubernetes", "shop")) == {SERVICE}
    assert called(closed, service("other", "default")) == {SERVICE}


def test_a_service_whose_name_the_api_server_chooses_is_sent(closed):
    created = service(namespace="default")
    created["metadata"]["generateName"] = created["metadata"].pop("name") + "-"
    assert called(closed, created) == {SERVICE}


WRITTEN = [
    (service, "service", "stub", SERVICE),
    (rule, "destinationrule", "generated", RULE),
]


@pytest.mark.parametrize(["make", "kind", "name", "webhook"], WRITTEN, ids=["Service", "rule"])
def test_the_reconciler_is_spared_for_its_own_objects_alone(closed, make, kind, name, webhook):
    ours = {OURS: "spillway"}
    assert called(closed, make(labels=ours), *RECONCILER) == set()
    assert called(closed, make(labels={OURS: "Helm"}), *RECONCILER) == {webhook}
    assert called(closed, make(), *RECONCILER) == {webhook}
    assert called_by_patch(closed, kind, name, LABEL, *RECONCILER) == set()
    assert called_by_patch(closed, kind, name, LABEL) == {webhook}
    # What it gives up is a user's from that very write on.
    given_up = {"metadata": {"labels": {OURS: None}}}
    assert called_by_patch(closed, kind, name, given_up, *RECONCILER) == {webhook}


# --- settings --------------------------------------------------------------------------------


@pytest.mark.parametrize("level", HIERARCHY)
@pytest.mark.parametrize("value", ["b", None], ids=["changed", "removed"])
def test_a_setting_that_moves_in_the_hierarchy_is_sent(closed, level, value):
    patch = {"metadata": {"annotations": {f"tsb.tetrate.io/{level}": value}}}
    assert called_by_patch(closed, "wss", "there", patch) == {SETTING}


@pytest.mark.parametrize(
    "spec",
    [
        {"defaultEastWestGatewaySettings": []},
        {"failoverSettings": {"topologyChoice": "NONE"}},
        {"displayName": "not read by us, but of the spec"},
    ],
    ids=lambda spec: next(iter(spec)),
)
def test_a_setting_whose_spec_changes_is_sent(closed, spec):
    assert called_by_patch(closed, "wss", "there", {"spec": spec}) == {SETTING}


def test_a_setting_that_loses_its_spec_is_sent(closed):
    assert called_by_patch(closed, "wss", "there", {"spec": None}) == {SETTING}


@pytest.mark.parametrize(
    "metadata",
    [
        {"finalizers": ["spillway.dev/test"]},
        {"labels": {"changed": "yes"}},
        {"annotations": {"changed": "yes"}},
        {"annotations": {"spillway.dev/allow-unmatched": "true"}},
        {},
    ],
    ids=json.dumps,
)
def test_a_write_that_changes_nothing_we_judge_is_not_held_up(closed, metadata):
    assert called_by_patch(closed, "wss", "there", {"metadata": metadata}) == set()


def test_a_setting_s_status_is_not_sent(closed):
    status = {"status": {"observedGeneration": 1}}
    assert called_by_patch(closed, "wss", "there", status, "--subresource=status") == set()


def test_a_wrong_setting_is_refused_by_the_crd_with_the_webhook_down(closed):
    wrong = setting("there")
    wrong["metadata"]["labels"] = {"changed": "yes"}
    wrong["failoverSettings"] = {}
    how = ["apply", "--server-side", "--dry-run=server", "--force-conflicts", "-f", "-"]
    refused = closed.kubectl(*how, input=wrong)

    assert "failoverSettings belongs under spec" in refused.stderr


# --- emergencies and neighbours --------------------------------------------------------------


def test_the_webhooks_can_always_be_taken_away(closed):
    closed.kubectl("delete", "--dry-run=server", "-k", MANIFESTS / "webhooks").check()


def test_another_s_ca_bundle_outlives_our_apply(closed, tmp_path):
    made = gen("--ca-bundle", tmp_path / "pki").stdout.strip()
    for configuration, webhooks in CONFIGURATIONS.items():
        patch = [
            {"op": "add", "path": f"/webhooks/{number}/clientConfig/caBundle", "value": made}
            for number, _ in enumerate(webhooks)
        ]
        how = ["patch", configuration, "spillway", "--type=json", "--field-manager=ca", "-p"]
        closed.kubectl(*how, json.dumps(patch)).check()
    register_closed(closed)

    every = [webhook["clientConfig"] for _, webhook in webhooks_of(closed).values()]
    assert [each["caBundle"] for each in every] == [made] * 3
