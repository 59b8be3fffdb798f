"""The optional component for Prometheus: that it fits the base, and that its series exist.

An alert on a series that nobody has never fires, and looks like one on which all is well. So each
name and each label of each expression is looked up in what a running webhook, a running reconciler
and a real API server tell.
"""

import os
import re
import urllib.request

import pytest

from harness import ApiServer, Process, wait_until
from harness.net import free_port, host_address
from harness.process import answers_ok
from harness.reconciler import Reconciler
from harness.tools import program
from installed import NAMESPACE, RECONCILER, Account, created, install
from shipped import MANIFESTS, built

COMPONENT = MANIFESTS / "components" / "prometheus"
# Of the scraped Pod, which Prometheus adds.
SCRAPED = {"pod", "container"}


@pytest.fixture(scope="module")
def objects(tools, tmp_path_factory):
    """The base with the component, as manifests/README.md says."""
    overlay = tmp_path_factory.mktemp("overlay")
    there = os.path.relpath(MANIFESTS, overlay.resolve())
    (overlay / "kustomization.yaml").write_text(
        f"resources: [{there}]\ncomponents: [{there}/components/prometheus]\n"
    )
    with ApiServer("prometheus", tmp_path_factory.mktemp("prometheus") / "cluster") as api:
        yield {(each["kind"], each["metadata"]["name"]): each for each in built(api, overlay)}


@pytest.fixture(scope="module")
def series(tools, tmp_path_factory):
    """The labels of every series that the webhook and the API server tell, by name."""
    folder = tmp_path_factory.mktemp("series")
    with ApiServer("series", folder / "cluster") as api:
        install(api)
        account = Account(api, folder / "account")
        account.wait_for_policy()  # and so is refused by it
        call_what_does_not_answer(api)
        probes = f"http://127.0.0.1:{free_port()}"
        argv = [
            *[program("spillway-webhook"), "--listen", f"{host_address()}:{free_port()}"],
            *["--probe-listen", probes.removeprefix("http://"), "--drain-seconds=0"],
            *[f"--cluster=local=kubeconfig:{account.kubeconfig}"],
            *[f"--cert-secret={NAMESPACE}/spillway-webhook-certs"],
            *[f"--cluster-secrets={NAMESPACE}"],
        ]
        webhook = Process("spillway-webhook", argv, folder)
        with webhook:
            webhook.wait_ready(lambda: answers_ok(f"{probes}/readyz"))
            told = urllib.request.urlopen(f"{probes}/metrics", timeout=10).read().decode()
        written = Account(api, folder / "account", RECONCILER)
        sources = {"local": f"kubeconfig:{written.kubeconfig}"}
        options = [f"--namespace={NAMESPACE}", "--leader-elect"]
        with Reconciler(folder / "reconciler", sources, options) as reconciler:
            wait_until("it leads", lambda: reconciler.metric("spillway_reconciler_leader") == 1)
            told += reconciler.says("/metrics")
        yield read(told), read(api.kubectl("get", "--raw", "/metrics").check().stdout)


def call_what_does_not_answer(api):
    """Calls webhooks that fail open and closed, as nobody serves them."""
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "new"}}
    service["spec"] = {"ports": [{"port": 80}]}
    setting = {
        "apiVersion": "tsb.tetrate.io/v2",
        "kind": "WorkspaceSetting",
        "metadata": {"name": "new"},
        "spec": {},
    }
    patch = '[{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Fail"}]'
    on = ["validatingwebhookconfiguration", "spillway", "--type=json", "-p", patch]
    api.kubectl("patch", *on).check()
    dry_run = ["--dry-run=server", "-n", "default"]
    wait_until("settings are refused", lambda: not created(api, setting, *dry_run).ok)
    wait_until(
        "a call failed open",
        lambda: created(api, service, *dry_run).ok
        and "apiserver_admission_webhook_fail_open_count{"
        in api.kubectl("get", "--raw", "/metrics").stdout,
    )


def read(text):
    labels = {}
    for line in text.splitlines():
        found = re.match(r"([a-z_]+)(?:\{(.*)\})? ", line)
        if found:
            names = re.findall(r'(\w+)="', found[2] or "")
            labels.setdefault(found[1], set()).update(names)
    return labels


PROGRAMS = ["spillway-webhook", "spillway-reconciler"]


def alerts(objects):
    rules = [objects["PrometheusRule", name] for name in PROGRAMS]
    return [each for rule in rules for group in rule["spec"]["groups"] for each in group["rules"]]


def selectors(expression):
    """The names in an expression, each with the labels that it is asked for by."""
    for name, matchers in re.findall(
        r"((?:spillway|apiserver)_\w+)(?:\{([^}]*)\})?", re.sub(r'"[^"]*"', '""', expression)
    ):
        yield name, set(re.findall(r"(\w+)\s*[=!]", matchers))


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_component_fits_the_base(objects, name):
    monitor = objects["PodMonitor", name]["spec"]
    template = objects["Deployment", name]["spec"]["template"]
    ports = {each["name"] for each in template["spec"]["containers"][0]["ports"]}

    assert monitor["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    assert {each["port"] for each in monitor["podMetricsEndpoints"]} <= ports


def test_all_of_it_is_ours(objects):
    for each in objects.values():
        assert each["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "spillway"


def test_every_series_of_an_alert_is_told_by_somebody(objects, series):
    ours, api_server = series
    asked = [(alert, each) for alert in alerts(objects) for each in selectors(alert["expr"])]
    assert len(asked) >= len(alerts(objects))
    for alert, (name, matched) in asked:
        told = ours if name.startswith("spillway_") else api_server
        assert name in told, f"{alert['alert']}: nobody tells {name}"
        assert matched <= told[name], f"{alert['alert']}: {name} has only {told[name]}"


def test_every_label_of_a_text_is_in_its_expression(objects, series):
    for alert in alerts(objects):
        texts = " ".join(alert["annotations"].values())
        grouped = re.search(r"by \(([^)]*)\)", alert["expr"])
        kept = set(re.split(r",\s*", grouped[1])) if grouped else SCRAPED
        assert set(re.findall(r"\$labels\.(\w+)", texts)) <= kept, alert["alert"]
        for name, _ in selectors(alert["expr"]):
            told = {**series[0], **series[1]}[name]
            known = told | SCRAPED
            assert not grouped or kept <= known, f"{alert['alert']}: {name} has only {told}"


def test_every_series_that_the_readme_names_exists(series):
    said = (MANIFESTS / "README.md").read_text()
    named = re.findall(r"`((?:spillway|apiserver)_\w+)\{([^}]*)\}`", said)
    assert named
    for name, labels in named:
        found = series[1].get(name) or series[1].get(f"{name}_bucket")
        assert found, name
        assert {each.partition("=")[0] for each in labels.split(",")} <= found, name


def test_what_tells_of_the_webhook_is_told_by_it_alone(objects, series):
    """Both programs tell of clusters alike: what is absent must be absent of one alone."""
    for alert in alerts(objects):
        found = re.fullmatch(r"absent\((\w+)\)", alert["expr"])
        assert not found or not found[1].startswith("spillway_cluster_"), alert["alert"]


def test_each_alert_says_what_and_how_bad(objects):
    names = [alert["alert"] for alert in alerts(objects)]
    assert len(set(names)) == len(names)
    for alert in alerts(objects):
        assert alert["labels"]["severity"] in ("critical", "warning")
        assert {"summary", "description"} == alert["annotations"].keys()
