"""What `kubectl apply -k manifests` puts into a cluster; no webhook runs here."""

import pytest
import yaml

from harness import ApiServer
from installed import bring_root
from shipped import CONFIGURATIONS, CRDS, MANIFESTS, OURS, RULE, SERVICE, SETTING
from shipped import built, define, webhooks_of


@pytest.fixture(scope="module")
def cluster(tools, tmp_path_factory):
    """An API server with Istio's CRDs and everything of manifests/."""
    with ApiServer("shipped", tmp_path_factory.mktemp("shipped") / "cluster") as api:
        define(api)
        bring_root(api)
        api.kubectl("apply", "--server-side", "-k", MANIFESTS).check()
        yield api


# --- the base --------------------------------------------------------------------------------


def test_the_base_holds_what_it_should_and_all_of_it_is_marked_as_ours(cluster):
    held = {(each["kind"], each["metadata"]["name"]) for each in built(cluster)}

    webhook = [
        *["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
        *["Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"],
        *["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
    ]
    reconciler = [
        *["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
        *["Deployment", "PodDisruptionBudget", "NetworkPolicy"],
        *["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
    ]
    [settings] = [name for kind, name in held if kind == "ConfigMap"]
    assert settings.startswith("spillway-webhook-")
    assert held == {
        ("Namespace", "spillway-system"),
        ("ResourceQuota", "spillway-critical-pods"),
        ("ConfigMap", settings),
        *((kind, "spillway-webhook") for kind in webhook),
        *((kind, "spillway-reconciler") for kind in reconciler),
        ("ClusterRole", "spillway-gateway-installer"),
        *(("CustomResourceDefinition", name) for name in CRDS),
        ("MutatingWebhookConfiguration", "spillway"),
        ("ValidatingWebhookConfiguration", "spillway"),
    }
    for each in built(cluster):
        labels = each["metadata"]["labels"]
        assert labels[OURS] == labels["app.kubernetes.io/part-of"] == "spillway"


@pytest.mark.parametrize("folder", [".", "crds", "policies", "webhook", "reconciler", "webhooks"])
@pytest.mark.parametrize("options", [["--server-side"], []], ids=["server", "client"])
def test_a_folder_can_be_applied_either_way(cluster, folder, options):
    cluster.kubectl("apply", *options, "--dry-run=server", "-k", MANIFESTS / folder).check()


def test_applying_again_changes_nothing(cluster):
    def versions():
        kinds = ",".join(["customresourcedefinition", *CONFIGURATIONS])
        listed = cluster.kubectl("get", kinds, "-o", "json").json()["items"]
        return {
            (each["kind"], each["metadata"]["name"]): each["metadata"]["resourceVersion"]
            for each in listed
            if each["metadata"].get("labels", {}).get(OURS) == "spillway"
        }

    before = versions()
    cluster.kubectl("apply", "--server-side", "-k", MANIFESTS).check()
    assert len(before) == 5
    assert versions() == before


# --- the registrations -----------------------------------------------------------------------


def test_the_webhooks_are_these_and_no_others(cluster):
    assert list(webhooks_of(cluster)) == [SERVICE, RULE, SETTING]


@pytest.mark.parametrize("name", [SERVICE, RULE, SETTING])
def test_what_holds_for_every_webhook(cluster, name):
    _, webhook = webhooks_of(cluster)[name]

    assert webhook["sideEffects"] == "None", "a dry run has to be possible"
    assert webhook["matchPolicy"] == "Equivalent"
    assert webhook["admissionReviewVersions"] == ["v1"]
    assert webhook["timeoutSeconds"] == 5
    assert "caBundle" not in webhook["clientConfig"]
    assert {rule["scope"] for rule in webhook["rules"]} == {"Namespaced"}
    assert [rule["operations"] for rule in webhook["rules"]] == [["CREATE", "UPDATE"]]


def test_what_holds_for_the_kinds_of_webhook(cluster):
    for configuration, webhook in webhooks_of(cluster).values():
        mutates = configuration.startswith("mutating")
        at = webhook["clientConfig"]["service"]
        assert at == {
            "namespace": "spillway-system",
            "name": "spillway-webhook",
            "port": 443,
            "path": "/mutate" if mutates else "/validate",
        }
        assert webhook["failurePolicy"] == "Ignore", "the webhook closes what it can answer"
        assert webhook.get("reinvocationPolicy") == ("IfNeeded" if mutates else None)


def test_what_each_webhook_is_sent(cluster):
    def resources(name):
        return [
            (group, version, resource)
            for rule in webhooks_of(cluster)[name][1]["rules"]
            for group in rule["apiGroups"]
            for version in rule["apiVersions"]
            for resource in rule["resources"]
        ]

    assert resources(SERVICE) == [("", "v1", "services")]
    assert resources(RULE) == [
        ("networking.istio.io", version, "destinationrules")
        for version in ("v1", "v1beta1", "v1alpha3")
    ]
    assert resources(SETTING) == [("tsb.tetrate.io", "v2", "workspacesettings")]


def test_every_version_of_destinationrule_that_istio_serves_is_named(cluster):
    crd = cluster.get("crd", "destinationrules.networking.istio.io")
    served = {each["name"] for each in crd["spec"]["versions"] if each["served"]}
    named = webhooks_of(cluster)[RULE][1]["rules"][0]["apiVersions"]

    assert served == set(named)


# --- neighbours ------------------------------------------------------------------------------


def test_crds_of_a_real_tsb_are_not_overwritten(tools, tmp_path):
    with ApiServer("tsb", tmp_path / "cluster") as api:
        for file in sorted((MANIFESTS / "crds").glob("*.tetrate.io_*.yaml")):
            crd = yaml.safe_load(file.read_text())
            del crd["metadata"]["labels"]
            anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
            crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = anything
            api.kubectl("create", "--field-manager=tsb-operator", "-f", "-", input=crd).check()
        api.kubectl("wait", "--for=condition=Established", "crd", *CRDS).check()
        before = [api.get("crd", name)["metadata"]["resourceVersion"] for name in CRDS]
        refused = api.kubectl("apply", "--server-side", "-k", MANIFESTS)
        after = [api.get("crd", name)["metadata"]["resourceVersion"] for name in CRDS]

    assert refused.returncode == 1
    assert refused.stderr.count('with "tsb-operator"') == len(CRDS)
    assert after == before
