"""hack/install, as a person runs it, before real API servers. No kubelet: no rollout ends here."""

import json
import os
import re
import subprocess

import pytest

from harness import ApiServer, wait_until
from harness.tools import REPOSITORY, istio_crds, program, tool
from installed import NAMESPACE, ROOT, bring_root, bring_tsb, finish_namespace, ours, versions
from shipped import CRDS, MANIFESTS, VALIDATING, built

SCRIPT = REPOSITORY / "hack" / "install"
IMAGE = "registry.example:5000/team/spillway-webhook"


@pytest.fixture(scope="module")
def cluster(tools, tmp_path_factory):
    """An API server without anything in it, at the beginning, but the namespace of Istio."""
    with ApiServer("script", tmp_path_factory.mktemp("script") / "cluster") as api:
        bring_root(api)
        yield api


def run(api, *arguments, **env):
    """hack/install before that API server, from a folder of its own."""
    env = {
        "PATH": f"{tool('kubectl').parent}:{os.environ['PATH']}",
        "HOME": str(api.directory),
        "KUBECONFIG": str(api.kubeconfig),
        "SPILLWAY_BIN": str(program("spillway").parent),
        **env,
    }
    command = [SCRIPT, *arguments]
    where = {"cwd": api.directory, "env": env}
    return subprocess.run(command, text=True, capture_output=True, timeout=300, **where)


def done(api, *arguments, **env):
    result = run(api, *arguments, **env)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def install(api, *arguments, **env):
    return done(api, "--without-wait", *arguments, **env)


def choices(api, name="spillway-webhook"):
    """The image and the cluster's name that the Deployment runs with."""
    template = api.get("deployment", name, NAMESPACE)["spec"]["template"]["spec"]
    [container] = template["containers"]
    [name] = [
        env["valueFrom"]["configMapKeyRef"]["name"]
        for env in container["env"]
        if env["name"] == "SPILLWAY_CLUSTER"
    ]
    return container["image"], api.get("configmap", name, NAMESPACE)["data"]["cluster"]


# --- installing, in the order of these tests --------------------------------------------------


def test_a_dry_run_changes_nothing(cluster):
    said = done(cluster, "--dry-run")
    assert "deployment.apps/spillway-webhook created (dry run)" in said
    assert "dry run: nothing was changed" in said
    assert ours(cluster) == []


def test_it_installs_after_having_looked(cluster):
    said = install(cluster)
    assert "warning: networking.istio.io is not served" in said
    assert said.index("preflight: nothing stands in the way") < said.index("serverside-applied")
    assert len(versions(cluster)) == len(built(cluster))
    shipped = [each for each in built(cluster) if each["kind"] == "Deployment"]
    for each in shipped:
        [container] = each["spec"]["template"]["spec"]["containers"]
        assert choices(cluster, each["metadata"]["name"]) == (container["image"], "local")


def test_again_changes_nothing(cluster):
    before = versions(cluster)
    install(cluster)
    assert versions(cluster) == before
    assert "(server dry run)" in done(cluster, "--dry-run")
    assert versions(cluster) == before


def test_what_was_chosen_is_kept_until_something_else_is(cluster):
    install(cluster, "--image", f"{IMAGE}:0.1.0-a", "--cluster", "east")
    assert choices(cluster) == (f"{IMAGE}:0.1.0-a", "east")
    assert choices(cluster, "spillway-reconciler") == choices(cluster)
    assert f"keeps the image {IMAGE}:0.1.0-a" in install(cluster)
    assert choices(cluster) == (f"{IMAGE}:0.1.0-a", "east")
    digest = "sha256:" + "a" * 64
    install(cluster, "--image", f"{IMAGE}@{digest}")
    assert choices(cluster) == (f"{IMAGE}@{digest}", "east")
    install(cluster, "--cluster", "west")
    assert choices(cluster) == (f"{IMAGE}@{digest}", "west")


def test_an_image_with_a_port_and_no_tag(cluster):
    install(cluster, "--image", IMAGE)
    image, _ = choices(cluster)
    assert image.startswith(f"{IMAGE}:")


def test_it_says_that_the_webhook_does_not_serve(cluster, tmp_path):
    """kubectl as it is, but that it waits for a second instead of three minutes."""
    script = tmp_path / "kubectl"
    script.write_text(
        "#!/bin/bash\n"
        f'exec {tool("kubectl")} "${{@/--timeout=180s/--timeout=1s}}"\n'
    )
    script.chmod(0o755)
    failed = run(cluster, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert failed.returncode == 1
    assert "the webhook is not ready yet" in failed.stderr
    assert f"kubectl logs -n {NAMESPACE} deployment/spillway-webhook" in failed.stderr


# --- the kubeconfig ----------------------------------------------------------------------------


def two_contexts(cluster, change=None):
    """A kubeconfig whose current context leads nowhere, and in which `there` is the cluster."""
    config = json.loads(cluster.kubeconfig.read_text())
    config["clusters"].append({"name": "x", "cluster": {"server": "https://127.0.0.1:1"}})
    [context] = config["contexts"]
    config["contexts"] = [
        {"name": "there", "context": context["context"]},
        {"name": "nowhere", "context": {"cluster": "x", "user": "admin"}},
    ]
    config["current-context"] = "nowhere"
    if change:
        change(config)
    return json.dumps(config)


def test_the_context_is_chosen(cluster):
    # Relative to where it is called from, which is not where it runs.
    (cluster.directory / "contexts").write_text(two_contexts(cluster))
    install(cluster, "--context", "there", KUBECONFIG="contexts")
    failed = run(cluster, "--without-wait", KUBECONFIG="contexts")
    assert failed.returncode == 1 and "127.0.0.1:1" in failed.stderr


def test_a_kubeconfig_that_runs_a_program_to_log_in(cluster, tmp_path):
    """As those of the large clouds do; the program's token is used, and kept nowhere."""
    config = json.loads(cluster.kubeconfig.read_text())
    token = config["users"][0]["user"]["token"]
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    plugin = tmp_path / "cloud-login"
    plugin.write_text(
        "#!/usr/bin/python3\n"
        "import json, os\n"
        "info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        "assert info['spec']['cluster']['server'] and os.environ['REGION'] == 'north'\n"
        f"print(json.dumps({{**{credential}, 'status': {{'token': '{token}'}}}}))\n"
    )
    plugin.chmod(0o755)
    config["users"][0]["user"] = {
        "exec": {
            "apiVersion": credential["apiVersion"],
            "command": str(plugin),
            "env": [{"name": "REGION", "value": "north"}],
            "interactiveMode": "Never",
            "provideClusterInfo": True,
        }
    }
    (tmp_path / "config").write_text(json.dumps(config))
    work = tmp_path / "tmp"
    work.mkdir()
    install(cluster, KUBECONFIG=str(tmp_path / "config"), TMPDIR=str(work))
    assert list(work.iterdir()) == []

    plugin.write_text("#!/bin/sh\nexit 7\n")
    failed = run(cluster, KUBECONFIG=str(tmp_path / "config"))
    assert failed.returncode == 1 and not failed.stdout.count("serverside-applied")


# --- what it refuses ---------------------------------------------------------------------------


@pytest.fixture
def tsb(tools, tmp_path):
    """An API server with a real TSB's CRDs."""
    with ApiServer("tsb", tmp_path / "cluster") as api:
        bring_root(api)
        bring_tsb(api)
        yield api


def test_beside_a_tsb_nothing_is_applied_and_nothing_deleted(tsb):
    def crds():
        return [tsb.get("crd", name)["metadata"]["resourceVersion"] for name in CRDS]

    before = crds()
    refused = run(tsb, "--without-wait")
    assert refused.returncode == 1
    assert refused.stdout.count("[ForeignCrd]") == len(CRDS)
    assert "nothing was applied" in refused.stderr
    assert ours(tsb) == []

    # Without having looked, the API server is what keeps it from them.
    refused = run(tsb, "--without-wait", "--without-preflight")
    assert refused.returncode == 1 and 'with "tsb-operator"' in refused.stderr
    done(tsb, "--uninstall", "--delete-settings", "--without-wait")
    assert crds() == before


def test_beside_a_tsb_all_but_the_crds_can_be_installed(tsb):
    """By the commands that manifests/README.md shows there."""
    section = (MANIFESTS / "README.md").read_text().split("## Beside a real TSB")[1]
    [_, commands] = re.findall(r"```bash\n(.*?)```", section, re.DOTALL)
    env = {"PATH": f"{tool('kubectl').parent}:{os.environ['PATH']}", "HOME": str(tsb.directory)}
    env["KUBECONFIG"] = str(tsb.kubeconfig)
    script = ["bash", "-eu", "-c", commands]
    subprocess.run(script, cwd=REPOSITORY, env=env, check=True, timeout=120)

    everything = {each["kind"] for each in built(tsb)} - {"CustomResourceDefinition"}
    held = {kind for kind, _, _ in versions(tsb, skip=["CustomResourceDefinition"])}
    assert held == everything


@pytest.mark.parametrize(
    ["arguments", "said"],
    [
        (["--what"], "expected an option, found --what"),
        (["--cluster"], "--cluster: expected a value"),
        (["--cluster", "a b"], "--cluster: expected at most 63"),
        (["--image", "a b"], "--image: expected NAME"),
        (["--uninstall", "--image", "a"], "--uninstall: expected no option"),
        (["--delete-settings"], "expected --uninstall with it"),
    ],
)
def test_wrong_usage(cluster, arguments, said):
    wrong = run(cluster, *arguments)
    assert wrong.returncode == 2 and said in wrong.stderr and not wrong.stdout


# --- uninstalling, at last ---------------------------------------------------------------------


def written(kind, version, name, spec, manager="spillway", **labels):
    """An object as the reconciler has it, and the field manager that is to apply it."""
    labels = {"app.kubernetes.io/managed-by": "spillway", **labels}
    metadata = {"name": name, "namespace": "shop", "labels": labels}
    return manager, {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def test_what_the_reconciler_has_written_goes_and_nothing_else_does(cluster):
    install(cluster)
    cluster.kubectl("apply", "--server-side", "-f", istio_crds()).check()
    cluster.wait_for_crds()
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    istio, ports = "networking.istio.io/v1", [{"port": 80}]
    server = {
        "port": {"name": "tls", "number": 15443, "protocol": "TLS"},
        "tls": {"mode": "AUTO_PASSTHROUGH"},
        "hosts": ["cart.shop.svc.cluster.local"],
    }
    users = ("kubectl-client-side-apply",)
    for manager, obj in [
        written("WorkloadEntry", istio, "ours", {"address": "192.0.2.1"}),
        written("WorkloadEntry", istio, "copied", {"address": "192.0.2.1"}, *users),
        written("Gateway", istio, "ours", {"selector": {"a": "b"}, "servers": [server]}),
        written("DestinationRule", istio, "ours", {"host": "cart.shop.svc.cluster.local"}),
        written("Service", "v1", "ours", {"ports": ports}),
        written("Service", "v1", "copied", {"ports": ports}, *users),
        written("Service", "v1", "shared", {"ports": ports}),
        written("Service", "v1", "shared", {"selector": {"a": "b"}}, *users),
    ]:
        apply = ["apply", "--server-side", "--force-conflicts", f"--field-manager={manager}"]
        cluster.kubectl(*apply, "-f", "-", input=obj).check()
    kinds = "workloadentries,gateways,destinationrules,services"

    def left():
        return cluster.kubectl("get", kinds, "-n", "shop", "-o", "name").check().stdout.split()

    assert len(left()) == 7
    done(cluster, "--uninstall", "--dry-run")
    assert len(left()) == 7
    done(cluster, "--uninstall", "--without-wait")
    assert sorted(left()) == [
        *["service/copied", "service/shared", "workloadentry.networking.istio.io/copied"],
    ]
    kept = cluster.get("service", "shared", "shop")
    assert "app.kubernetes.io/managed-by" not in kept["metadata"].get("labels", {})
    for kind in ("role", "rolebinding"):
        assert not cluster.kubectl("get", kind, "spillway-reconciler", "-n", ROOT).ok
    cluster.kubectl("delete", "all,configmaps,secrets", "--all", "-n", NAMESPACE).check()
    finish_namespace(cluster)
    wait_until("it is gone", lambda: not cluster.kubectl("get", "namespace", NAMESPACE).ok)


def test_users_settings_are_not_deleted_unasked(cluster):
    workspace = {
        "apiVersion": "tsb.tetrate.io/v2",
        "kind": "Workspace",
        "metadata": {"name": "shop", "namespace": "default"},
        "spec": {"namespaceSelector": {"names": ["*/shop"]}},
    }
    install(cluster)
    wait_until("the CRD is served", lambda: cluster.kubectl("get", "workspaces").ok)
    cluster.apply(workspace)
    before = set(ours(cluster))
    refused = run(cluster, "--uninstall", "--without-wait")
    assert refused.returncode == 1 and "Nothing was deleted" in refused.stderr
    listed = [line.split() for line in refused.stderr.splitlines()]
    assert ["Workspace", "default", "shop"] in listed
    done(cluster, "--uninstall", "--delete-settings", "--dry-run")
    assert set(ours(cluster)) == before
    done(cluster, "--uninstall", "--delete-settings", "--without-wait")
    left = {"clusterroles", "customresourcedefinitions", VALIDATING}
    gone = ",".join(left)
    wait_until(
        "all but the namespace is gone",
        lambda: not cluster.kubectl("get", gone, "-l", "app.kubernetes.io/part-of=spillway",
                                    "-o", "name").stdout,
    )
    namespace = cluster.get("namespace", NAMESPACE)
    assert namespace["metadata"]["deletionTimestamp"]
    cluster.kubectl("delete", "all,configmaps,secrets", "--all", "-n", NAMESPACE).check()
    finish_namespace(cluster)


def test_what_others_have_in_our_namespace_is_not_deleted_unasked(cluster):
    wait_until("it is gone", lambda: not cluster.kubectl("get", "namespace", NAMESPACE).ok)
    install(cluster)
    at = ["-n", NAMESPACE]
    for name in ("kube-root-ca.crt", "theirs"):
        cluster.kubectl("create", "configmap", name, *at).check()
    linked = ["create", "secret", "generic", "linked", "--from-literal=west=x", *at]
    cluster.kubectl(*linked).check()
    cluster.kubectl("label", "secret", "linked", "spillway.dev/cluster=true", *at).check()
    before = set(ours(cluster))
    refused = run(cluster, "--uninstall", "--without-wait")
    assert refused.returncode == 1 and "Nothing was deleted" in refused.stderr
    listed = [line.split() for line in refused.stderr.splitlines() if line.startswith("    ")]
    assert listed == [["ConfigMap", NAMESPACE, "theirs"]]
    assert set(ours(cluster)) == before
    cluster.kubectl("delete", "configmap", "theirs", *at).check()
    done(cluster, "--uninstall", "--without-wait")
    cluster.kubectl("delete", "all,configmaps,secrets", "--all", *at).check()
    finish_namespace(cluster)


def test_uninstalling_what_is_not_there_is_no_failure(cluster):
    wait_until("it is gone", lambda: not cluster.kubectl("get", "namespace", NAMESPACE).ok)
    done(cluster, "--uninstall")
