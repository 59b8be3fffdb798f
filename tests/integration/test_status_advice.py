"""What `spillway status` says to do: each command is one that kubectl takes, and it heals.

The commands are run as they are printed, by a shell. Only what stands in capitals is filled in, and
what would open an editor gets one that changes nothing.
"""

import json
import os
import re
import shlex
import subprocess

import pytest

from admission import OUTLIER
from harness import wait_until
from harness.tools import REPOSITORY, program, tool
from harness.webhook import Webhook
from reconciler import GATEWAY, Pair, service

OURS = "spillway-system"
FILLED_IN = {"=ADDRESS": "=192.0.2.77", "=NAME": "=a-network"}
# There is no Deployment of ours here, and nothing else that a command asks for may be absent.
ABSENT = {"NotWritten": 'deployments.apps "spillway-reconciler" not found'}


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    """Two clusters whose reconcilers run where a test starts them."""
    pair = Pair(tmp_path_factory.mktemp("advice"), [f"--namespace={OURS}"])
    first, pair.reconcilers = pair.reconcilers[0], []
    with pair:
        pair.held_back = first
        yield pair


@pytest.fixture(scope="module")
def shell(pair, tmp_path_factory):
    """Runs a line as a user does who reaches both clusters by contexts of their names."""
    folder = tmp_path_factory.mktemp("user")
    merged = {"apiVersion": "v1", "kind": "Config", "current-context": pair.first.name}
    for kind in ("clusters", "users", "contexts"):
        merged[kind] = []
    for cluster in pair.clusters:
        config = json.loads(cluster.api.kubeconfig.read_text())
        for kind in ("cluster", "user"):
            [held] = config[f"{kind}s"]
            merged[f"{kind}s"].append({"name": cluster.name, kind: held[kind]})
        context = {"cluster": cluster.name, "user": cluster.name}
        merged["contexts"].append({"name": cluster.name, "context": context})
    (folder / "config").write_text(json.dumps(merged))
    (folder / "kubectl").symlink_to(tool("kubectl"))
    env = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "KUBECONFIG": str(folder / "config"),
        "KUBE_EDITOR": "true",
    }

    def run(line):
        return subprocess.run(
            ["sh", "-c", line], env=env, text=True, capture_output=True, timeout=60
        )

    return run


def rows(cluster):
    """What it says, by reason and remote cluster."""
    source = f"here=kubeconfig:{cluster.api.kubeconfig}"
    command = [program("spillway"), "status", f"--cluster={source}", "-o", "json"]
    done = subprocess.run(command, text=True, capture_output=True, timeout=60)
    if done.returncode not in (0, 1):
        return {}
    [said] = json.loads(done.stdout)["clusters"]
    return {(each["reason"], each["remote"]): each for each in said["rows"]}


def command_of(row):
    """The command that is the rest of the advice, with what a user fills in."""
    found = re.search(r"kubectl .*", row["advice"] or "")
    command = found[0] if found else ""
    for part, value in FILLED_IN.items():
        command = command.replace(part, value)
    return command


def reasons():
    """Every reason that there is, by its word."""
    text = (REPOSITORY / "pkg" / "failover" / "reason.h").read_text()
    return re.findall(r'X\(SW_\w+,\s*"(\w+)"', text)


def message_of(reason):
    if "Rule" in reason or reason in ("NoOutlierDetection", "LocalityOff"):
        return "DestinationRule bookinfo/details lacks outlierDetection: and so on"
    if reason.startswith("Gateway") or reason in ("AddressFamily", "PassthroughTaken"):
        return f"gateway eastwest/{GATEWAY}: and so on"
    return "and so on"


def report():
    """What a reconciler would write that had something to say for every reason, twice."""
    subjects = []
    for reason in reasons():
        at = {"NoNamespace": "absent"}.get(reason, "bookinfo")
        finding = {"state": "Withheld", "reason": reason, "message": message_of(reason)}
        both = [finding, {**finding, "remote": "cluster-2"}]
        subjects.append(
            {"kind": "Service", "namespace": at, "name": "details", "wanted": 0, "findings": both}
        )
    said = {"schemaVersion": 1, "local": "cluster-1", "native": False, "clusters": []}
    data = {
        "status.json": json.dumps({**said, "subjects": subjects, "omitted": 0}),
        "written": "1",
    }
    metadata = {"name": "spillway-status", "namespace": OURS}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def rule(policy=None):
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": "details", "namespace": "bookinfo"},
        "spec": {"host": "details", **({"trafficPolicy": policy} if policy else {})},
    }


def labels(cluster, kind, name, at=""):
    return cluster.get(kind, name, at)["metadata"].get("labels", {})


def annotations(cluster, kind, name, at=""):
    return cluster.get(kind, name, at)["metadata"].get("annotations", {})


# What is so afterwards, in which cluster: by reason and the cluster that it was about.
HEALED = {
    ("Disabled", None): lambda p: labels(p.first, "Service", "details", "bookinfo")["failover"]
    == "enable",
    ("Ambient", "cluster-2"): lambda p: "istio.io/dataplane-mode"
    not in labels(p.second, "Namespace", "bookinfo"),
    ("LocalTrafficPolicy", "cluster-2"): lambda p: p.second.get("Service", "details", "bookinfo")[
        "spec"
    ]["internalTrafficPolicy"]
    == "Cluster",
    ("NoSidecar", "cluster-2"): lambda p: labels(p.second, "Namespace", "bookinfo")[
        "istio-injection"
    ]
    == "enabled",
    ("NoOutlierDetection", "cluster-2"): lambda p: "spillway.dev/rewritten"
    in annotations(p.first, "DestinationRule", "details", "bookinfo"),
    ("GatewayNoAddress", "cluster-2"): lambda p: annotations(
        p.second, "Service", GATEWAY, "eastwest"
    )["xcp.tetrate.io/cluster-external-addresses"]
    == "192.0.2.77",
    ("NotExported", "cluster-2"): lambda p: "networking.istio.io/exportTo"
    not in annotations(p.second, "Service", "details", "bookinfo"),
    ("NoNamespace", None): lambda p: p.first.get("Namespace", "absent"),
    ("StubDisabled", None): lambda p: "spillway.dev/stub"
    not in labels(p.first, "Namespace", "bookinfo"),
    ("InjectionOff", None): lambda p: labels(p.first, "Namespace", "bookinfo")["istio-injection"]
    == "enabled",
    ("NetworkShared", "cluster-2"): lambda p: labels(p.first, "Namespace", "istio-system")[
        "topology.istio.io/network"
    ]
    == "a-network",
}


def make_ill(pair):
    """Objects as the commands are to find them."""
    for cluster in pair.clusters:
        local = service("details", failover="disable")
        local["spec"]["internalTrafficPolicy"] = "Local"
        local["metadata"]["annotations"] = {"networking.istio.io/exportTo": "."}
        cluster.put(local)
        cluster.put(rule())
        words = ["istio-injection=disabled", "istio.io/dataplane-mode=ambient"]
        command = ["label", "--overwrite", "namespace", "bookinfo", "spillway.dev/stub=disabled"]
        cluster.api.kubectl(*command, *words).check()
        take_back(cluster)


def take_back(cluster):
    """What commands with a word filled in have written."""
    network = f"topology.istio.io/network={cluster.name}"
    cluster.api.kubectl("label", "--overwrite", "namespace", "istio-system", network).check()
    unset = "xcp.tetrate.io/cluster-external-addresses-"
    cluster.api.kubectl("annotate", "service", GATEWAY, "-n", "eastwest", unset).check()


def restore(pair):
    for cluster in pair.clusters:
        cluster.delete("DestinationRule", "details", "bookinfo")
        healthy = service("details")
        healthy["spec"]["internalTrafficPolicy"] = "Cluster"
        cluster.put(healthy)
        words = ["istio-injection=enabled", "istio.io/dataplane-mode-", "spillway.dev/stub-"]
        cluster.api.kubectl("label", "--overwrite", "namespace", "bookinfo", *words).check()
        take_back(cluster)


def test_every_command_runs_and_heals(pair, shell):
    pair.first.put(report())
    said = rows(pair.first)
    assert len(said) == 2 * len(reasons())
    commands = {key: command_of(row) for key, row in said.items() if command_of(row)}
    assert set(HEALED) <= set(commands)
    make_ill(pair)
    try:
        for (reason, remote), command in commands.items():
            words = shlex.split(command)
            if "--context" in words:
                assert words[words.index("--context") + 1] == remote == "cluster-2", command
            if reason == "NoNamespace" and remote:
                continue  # it is always about the local cluster
            check = HEALED.get((reason, remote))
            if check:
                make_ill(pair)
                assert not holds(check, pair), reason
            done = shell(command)
            if reason in ABSENT:
                assert ABSENT[reason] in done.stderr, (command, done.stderr)
            else:
                assert done.returncode == 0, (command, done.stderr)
            assert not check or holds(check, pair), (reason, command, done.stdout)
    finally:
        restore(pair)
        pair.first.delete("ConfigMap", "spillway-status", OURS)


def holds(check, pair):
    try:
        return bool(check(pair))
    except (KeyError, TypeError):
        return False


def test_a_rule_from_before_the_webhook_heals_by_its_command(pair, shell, authority, tmp_path):
    """A user's rule is never edited by us: its next write is, and this is one."""
    clusters = {each.name: f"kubeconfig:{each.api.kubeconfig}" for each in pair.clusters}
    pair.first.put(rule({"connectionPool": {"tcp": {"maxConnections": 7}}}))
    pair.expose()
    webhook = Webhook(
        pair.first.api, tmp_path / "webhook", clusters, authority, options=["--drain-seconds=0"]
    )
    there = pair.reconciler(pair.second)
    with there, pair.held_back, webhook, webhook.registration():
        key = ("NoOutlierDetection", "cluster-2")
        wait_until("it is withheld, and told", lambda: key in rows(pair.first), 60)
        row = rows(pair.first)[key]
        assert (row["namespace"], row["name"], row["entries"]) == ("bookinfo", "details", 0)
        assert not pair.first.entries("details")

        done = shell(command_of(row))

        assert done.returncode == 0, done.stderr
        policy = pair.first.get("DestinationRule", "details", "bookinfo")["spec"]["trafficPolicy"]
        assert policy["outlierDetection"] == OUTLIER
        assert policy["connectionPool"] == {"tcp": {"maxConnections": 7}}
        wait_until("it is emitted", lambda: pair.first.entries("details"), 60)
        wait_until("and so it says", lambda: key not in rows(pair.first), 60)
        assert row["advice"].startswith("let the webhook complete it: ")
