"""Installing and uninstalling with one command, on an API server that has nothing."""

import base64
import copy
import os
import re

import pytest

from harness import ApiServer, wait_until
from harness.tools import REPOSITORY
from installed import NAMESPACE, Account, finish_namespace, install, ours, replaced, versions
from shipped import MANIFESTS, VALIDATING, built


@pytest.fixture(scope="module")
def cluster(tools, tmp_path_factory):
    """Everything of manifests/, in one apply, on an API server without anything in it."""
    with ApiServer("installed", tmp_path_factory.mktemp("installed") / "cluster") as api:
        install(api)
        yield api


def deployment(api):
    [found] = [each for each in built(api) if each["kind"] == "Deployment"]
    return found


def pod(api, change=None):
    """The Pod that the Deployment's ReplicaSet would create."""
    template = copy.deepcopy(deployment(api)["spec"]["template"])
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
    kind = ("ValidatingWebhookConfiguration", "spillway")
    before.pop(kind), after.pop(kind)
    assert after == before


def test_an_overlay_sets_the_image_and_the_cluster_s_name(cluster, tmp_path):
    """As manifests/README.md shows it."""
    [shown] = re.findall(r"```yaml\n(# kustomization.yaml\n.*?)```", readme(), re.DOTALL)
    there = os.path.relpath(MANIFESTS, tmp_path.resolve())
    (tmp_path / "kustomization.yaml").write_text(shown.replace("PATH-TO/manifests", there))
    objects = built(cluster, tmp_path)
    [found] = [each for each in objects if each["kind"] == "Deployment"]
    [container] = found["spec"]["template"]["spec"]["containers"]
    [settings] = [each for each in objects if each["kind"] == "ConfigMap"]
    assert container["image"] == "registry.example/spillway-webhook:0.1.0"
    assert settings["data"] == {"cluster": "east"}
    [env] = container["env"]
    named = env["valueFrom"]["configMapKeyRef"]["name"]
    assert named == settings["metadata"]["name"], "a change of the name has to roll the Pods"


def readme():
    return (MANIFESTS / "README.md").read_text()


# --- the Deployment ----------------------------------------------------------------------------


def test_the_namespace_takes_the_pod(cluster):
    """Pod Security Admission, priority and quota: all that could keep a ReplicaSet from it."""
    created = cluster.kubectl("create", "--dry-run=server", "-f", "-", input=pod(cluster)).check()
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


def test_the_container_can_write_nowhere(cluster):
    spec = deployment(cluster)["spec"]["template"]["spec"]
    [one] = spec["containers"]
    assert one["securityContext"]["readOnlyRootFilesystem"] is True
    assert "volumes" not in spec and "volumeMounts" not in one


def test_the_grace_period_is_long_enough_to_drain(cluster):
    spec = deployment(cluster)["spec"]["template"]["spec"]
    [drain] = [
        int(argument.partition("=")[2])
        for argument in spec["containers"][0]["args"]
        if argument.startswith("--drain-seconds=")
    ]
    main = (REPOSITORY / "webhook" / "main.c").read_text()
    [grace_ms] = re.findall(r"#define STOP_GRACE_MS (\d+)", main)
    assert drain + int(grace_ms) / 1000 < spec["terminationGracePeriodSeconds"]


def test_the_image_is_of_this_version(cluster):
    project = (REPOSITORY / "meson.build").read_text()
    [version] = re.findall(r"^  version: '([^']+)'", project, re.MULTILINE)
    [one] = deployment(cluster)["spec"]["template"]["spec"]["containers"]
    assert one["image"] == f"spillway-webhook:{version}"


def test_what_selects_the_pods_selects_them(cluster):
    """Service, budget, policy, spread: a label that is changed in one place breaks in silence."""
    objects = {each["kind"]: each["spec"] for each in built(cluster) if "spec" in each}
    spec = objects["Deployment"]["template"]["spec"]
    terms = spec["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    selectors = [
        objects["Service"]["selector"],
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
    objects = {each["kind"]: each["spec"] for each in built(cluster) if "spec" in each}
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


# --- uninstalling ------------------------------------------------------------------------------


def test_nothing_of_ours_stays_behind(tools, tmp_path):
    with ApiServer("gone", tmp_path / "cluster") as api:
        kinds = "crds,clusterroles,clusterrolebindings,namespaces"

        def names():
            return set(api.kubectl("get", kinds, "-o", "name").check().stdout.split())

        wait_until("the API server's own", lambda: "namespace/kube-node-lease" in names())
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
