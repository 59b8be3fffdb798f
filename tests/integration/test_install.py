"""Installing and uninstalling with one command, on an API server that has nothing."""

import base64
import copy
import json
import os
import re

import pytest

from harness import ApiServer, wait_until
from harness.tools import REPOSITORY
from installed import NAMESPACE, Account, bring_root, finish_namespace, install, ours
from installed import replaced, versions
from shipped import MANIFESTS, VALIDATING, built


@pytest.fixture(scope="module")
def cluster(tools, tmp_path_factory):
    """Everything of manifests/, in one apply, on an API server without anything in it."""
    with ApiServer("installed", tmp_path_factory.mktemp("installed") / "cluster") as api:
        install(api)
        yield api


PROGRAMS = ["spillway-webhook", "spillway-reconciler"]


def deployment(objects, name="spillway-webhook"):
    [found] = [
        each
        for each in objects
        if each["kind"] == "Deployment" and each["metadata"]["name"] == name
    ]
    return found


def pod(api, change=None, name="spillway-webhook"):
    """The Pod that the Deployment's ReplicaSet would create."""
    template = copy.deepcopy(deployment(built(api), name)["spec"]["template"])
    template["metadata"].update(name="spillway-webhook-test", namespace=NAMESPACE)
    if change:
        change(template["spec"])
    return {"apiVersion": "v1", "kind": "Pod", **template}


# --- applying ----------------------------------------------------------------------------------


def test_applying_again_changes_nothing(cluster):
    before = versions(cluster)
    cluster.kubectl("apply", "--server-side", "-k", MANIFESTS).check()

    assert len(before) == len(built(cluster))
    assert versions(cluster) == before


def closed(cluster, folder, authority):
    """The validating configuration as the webhook leaves it: closed, by a field it disowns."""
    account = Account(cluster, folder)
    as_webhook = ["--field-manager=spillway"]
    written = cluster.get(VALIDATING, "spillway")
    for webhook in written["webhooks"]:
        bundle = base64.b64encode(authority.root.read_bytes()).decode()
        webhook["clientConfig"]["caBundle"] = bundle
        webhook["failurePolicy"] = "Fail"
    replaced(account, written, *as_webhook).check()
    written = cluster.kubectl(
        *["get", VALIDATING, "spillway", "-o", "json", "--show-managed-fields"]
    ).json()
    for entry in written["metadata"]["managedFields"]:
        for fields in entry["fieldsV1"]["f:webhooks"].values():
            if entry["manager"] == "spillway":
                fields.pop("f:failurePolicy", None)
    replaced(account, written, *as_webhook).check()
    held = cluster.get(VALIDATING, "spillway")
    assert held["webhooks"] == written["webhooks"]
    return held


def test_applying_again_is_no_conflict_with_the_webhook(cluster, authority, tmp_path):
    before = closed(cluster, tmp_path, authority)
    cluster.kubectl("apply", "--server-side", "-k", MANIFESTS).check()

    held = cluster.get(VALIDATING, "spillway")["webhooks"]
    assert [webhook.pop("failurePolicy") for webhook in held] == ["Ignore"]
    assert [webhook.pop("failurePolicy") for webhook in before["webhooks"]] == ["Fail"]
    assert held == before["webhooks"], "the certificate authority stays"


def test_a_gitops_loop_that_says_fail_changes_nothing(cluster, authority, tmp_path):
    """As manifests/README.md shows it."""
    [shown] = re.findall(r"```yaml\n(patches:\n.*?)```", readme(), re.DOTALL)
    there = os.path.relpath(MANIFESTS, tmp_path.resolve())
    (tmp_path / "kustomization.yaml").write_text(f"resources: [{there}]\n{shown}")
    closed(cluster, tmp_path, authority)
    before = versions(cluster)
    for _ in range(2):
        cluster.kubectl("apply", "--server-side", "-k", tmp_path).check()
    after = versions(cluster)
    assert cluster.get(VALIDATING, "spillway")["webhooks"][0]["failurePolicy"] == "Fail"
    # Whose the field is, is noted at the first of the two.
    one = ("ValidatingWebhookConfiguration", "", "spillway")
    before.pop(one), after.pop(one)
    assert after == before


def test_an_overlay_sets_the_image_and_the_cluster_s_name(cluster, tmp_path):
    """As manifests/README.md shows it."""
    [shown] = re.findall(r"```yaml\n(# kustomization.yaml\n.*?)```", readme(), re.DOTALL)
    there = os.path.relpath(MANIFESTS, tmp_path.resolve())
    (tmp_path / "kustomization.yaml").write_text(shown.replace("PATH-TO/manifests", there))
    objects = built(cluster, tmp_path)
    [settings] = [each for each in objects if each["kind"] == "ConfigMap"]
    assert settings["data"] == {"cluster": "east"}
    for name in PROGRAMS:
        [container] = deployment(objects, name)["spec"]["template"]["spec"]["containers"]
        assert container["image"] == "registry.example/spillway-webhook:0.1.0"
        [env] = container["env"]
        named = env["valueFrom"]["configMapKeyRef"]["name"]
        assert named == settings["metadata"]["name"], "a change of the name has to roll the Pods"


def readme():
    return (MANIFESTS / "README.md").read_text()


# --- the Deployment ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_namespace_takes_the_pod(cluster, name):
    """Pod Security Admission, priority and quota: all that could keep a ReplicaSet from it."""
    wanted = pod(cluster, name=name)
    created = cluster.kubectl("create", "--dry-run=server", "-f", "-", input=wanted).check()
    assert "violate" not in created.stderr


def container(**values):
    return lambda spec: spec["containers"][0]["securityContext"].update(values)


UNSAFE = {
    "root": lambda spec: spec["securityContext"].update(runAsNonRoot=False),
    "no seccomp": lambda spec: spec["securityContext"].pop("seccompProfile"),
    "escalation": container(allowPrivilegeEscalation=True),
    "capabilities": container(capabilities={"drop": ["NET_RAW"]}),
    "the host's network": lambda spec: spec.update(hostNetwork=True),
}


@pytest.mark.parametrize("change", UNSAFE.values(), ids=UNSAFE)
def test_the_namespace_takes_no_pod_with_more_privilege(cluster, change):
    unsafe = pod(cluster, change)
    refused = cluster.kubectl("create", "--dry-run=server", "-f", "-", input=unsafe)
    assert 'violates PodSecurity "restricted:latest"' in refused.stderr


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_container_can_write_nowhere(cluster, name):
    spec = deployment(built(cluster), name)["spec"]["template"]["spec"]
    [one] = spec["containers"]
    assert one["securityContext"]["readOnlyRootFilesystem"] is True
    assert "volumes" not in spec and "volumeMounts" not in one


def test_the_grace_period_is_long_enough_to_drain(cluster):
    spec = deployment(built(cluster))["spec"]["template"]["spec"]
    [drain] = [
        int(argument.partition("=")[2])
        for argument in spec["containers"][0]["args"]
        if argument.startswith("--drain-seconds=")
    ]
    main = (REPOSITORY / "webhook" / "main.c").read_text()
    [grace_ms] = re.findall(r"#define STOP_GRACE_MS (\d+)", main)
    assert drain + int(grace_ms) / 1000 < spec["terminationGracePeriodSeconds"]


def test_the_grace_period_is_long_enough_to_hand_over(cluster):
    spec = deployment(built(cluster), "spillway-reconciler")["spec"]["template"]["spec"]
    header = (REPOSITORY / "pkg" / "reconciler" / "engine.h").read_text()
    [stop_ms] = re.findall(r"#define SW_ENGINE_STOP_MS (\d+)", header)
    header = (REPOSITORY / "pkg" / "sync" / "lease.h").read_text()
    [release_ms] = re.findall(r"#define SW_LEASE_RELEASE_MS (\d+)", header)
    assert (int(stop_ms) + int(release_ms)) / 1000 < spec["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_both_are_hardened_and_spread_alike(cluster, name):
    """The reconciler's Deployment is written beside the webhook's: one must not fall behind."""
    def shape(each):
        spec = each["spec"]["template"]["spec"]
        [one] = spec["containers"]
        text = json.dumps([spec["securityContext"], one["securityContext"], spec["affinity"],
                           spec["topologySpreadConstraints"], spec["priorityClassName"],
                           spec["nodeSelector"], each["spec"]["strategy"], each["spec"]["replicas"],
                           spec["automountServiceAccountToken"], spec["enableServiceLinks"]])
        return text.replace("reconciler", "webhook")

    objects = built(cluster)
    assert shape(deployment(objects, name)) == shape(deployment(objects))


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_image_is_of_this_version(cluster, name):
    project = (REPOSITORY / "meson.build").read_text()
    [version] = re.findall(r"^  version: '([^']+)'", project, re.MULTILINE)
    [one] = deployment(built(cluster), name)["spec"]["template"]["spec"]["containers"]
    assert one["image"] == f"spillway-webhook:{version}"


def specs(api, name):
    """By kind, the specs of the objects of that name."""
    return {
        each["kind"]: each["spec"]
        for each in built(api)
        if "spec" in each and each["metadata"]["name"] == name
    }


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_selects_the_pods_selects_them(cluster, name):
    """Service, budget, policy, spread: a label that is changed in one place breaks in silence."""
    objects = specs(cluster, name)
    spec = objects["Deployment"]["template"]["spec"]
    terms = spec["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    selectors = [
        *([objects["Service"]["selector"]] if "Service" in objects else []),
        objects["Deployment"]["selector"]["matchLabels"],
        objects["PodDisruptionBudget"]["selector"]["matchLabels"],
        objects["NetworkPolicy"]["podSelector"]["matchLabels"],
        *(each["labelSelector"]["matchLabels"] for each in spec["topologySpreadConstraints"]),
        *(each["podAffinityTerm"]["labelSelector"]["matchLabels"] for each in terms),
    ]
    labels = objects["Deployment"]["template"]["metadata"]["labels"]
    for selector in selectors:
        assert selector and selector.items() <= labels.items()


def test_ports_are_those_that_the_registrations_and_the_probes_name(cluster):
    objects = specs(cluster, "spillway-webhook")
    [one] = objects["Deployment"]["template"]["spec"]["containers"]
    ports = {each["name"]: each["containerPort"] for each in one["ports"]}
    [serving] = objects["Service"]["ports"]
    [reviews, metrics] = [rule["ports"][0]["port"] for rule in objects["NetworkPolicy"]["ingress"]]

    assert f"--listen=:{ports['https']}" in one["args"]
    assert f"--probe-listen=:{ports['probes']}" in one["args"]
    assert (serving["port"], serving["targetPort"], reviews) == (443, "https", "https")
    assert metrics == "probes"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert one[probe]["httpGet"]["port"] == "probes"


def test_the_reconciler_is_reached_for_probes_and_metrics_alone(cluster):
    objects = specs(cluster, "spillway-reconciler")
    [one] = objects["Deployment"]["template"]["spec"]["containers"]
    [port] = one["ports"]
    [rule] = objects["NetworkPolicy"]["ingress"]

    assert "Service" not in objects
    assert f"--probe-listen=:{port['containerPort']}" in one["args"]
    assert rule["ports"][0]["port"] == port["name"] == "probes"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert one[probe]["httpGet"]["port"] == "probes"


# --- uninstalling ------------------------------------------------------------------------------


def test_nothing_of_ours_stays_behind(tools, tmp_path):
    with ApiServer("gone", tmp_path / "cluster") as api:
        kinds = "crds,clusterroles,clusterrolebindings,namespaces"

        def names():
            return set(api.kubectl("get", kinds, "-o", "name").check().stdout.split())

        wait_until("the API server's own", lambda: "namespace/kube-node-lease" in names())
        bring_root(api)
        before = names()
        install(api)
        # With an object of each kind of ours, which goes with its CRD.
        workspace = {
            "apiVersion": "tsb.tetrate.io/v2",
            "kind": "Workspace",
            "metadata": {"name": "shop", "namespace": "default"},
            "spec": {"namespaceSelector": {"names": ["*/shop"]}},
        }
        api.apply(workspace)
        assert len(ours(api)) >= len(built(api))
        api.kubectl("delete", "--wait=false", "-k", MANIFESTS).check()
        left = {f"namespace/{NAMESPACE}"}
        wait_until("the objects are gone", lambda: set(ours(api)) == left)
        finish_namespace(api)

        wait_until("the namespace is gone", lambda: not ours(api))
        wait_until("all is as before", lambda: names() == before)
