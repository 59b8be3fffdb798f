"""What our CRDs are to kubectl: status, columns, short names, explanations."""

import json

import pytest
import yaml

from crd_objects import GUIDE, NAMES, SETTINGS, apply, crds, group, workspace


def condition(type, status="True", reason="Fine"):
    return {
        "type": type,
        "status": status,
        "reason": reason,
        "message": "",
        "lastTransitionTime": "2026-11-23T12:00:00Z",
    }


def report(api, namespace, kind, name, status):
    patch = json.dumps({"status": status})
    options = ["--subresource=status", "--type=merge", "-n", namespace, "-p", patch]
    return api.kubectl("patch", kind, name, *options)


def test_status_is_a_subresource(crds, namespace):
    made = workspace("*/a")
    made["status"] = {"conditions": [condition("Accepted")]}
    apply(crds, namespace, made, "--validate=false").check()
    first = crds.get("ws", "bookinfo-ws", namespace)
    assert "status" not in first

    status = {"observedGeneration": 1, "conditions": [condition("Accepted")], "anything": ["else"]}
    report(crds, namespace, "ws", "bookinfo-ws", status).check()
    second = crds.get("ws", "bookinfo-ws", namespace)
    assert second["status"] == status
    assert second["metadata"]["generation"] == first["metadata"]["generation"]


@pytest.mark.parametrize("kind", ["ws", "wss"])
def test_conditions_are_keyed_on_their_type(crds, namespace, kind):
    for thing in (GUIDE["workspace"], GUIDE["setting"]):
        apply(crds, namespace, thing).check()
    name = crds.kubectl("get", kind, "-n", namespace, "-o", "jsonpath={.items[0].metadata.name}")
    twice = {"conditions": [condition("Accepted"), condition("Accepted")]}
    refused = report(crds, namespace, kind, name.check().stdout, twice)

    assert 'status.conditions[1]: Duplicate value: {"type":"Accepted"}' in refused.stderr


def test_a_condition_is_of_the_usual_form(crds, namespace):
    apply(crds, namespace, GUIDE["workspace"]).check()
    wrong = {"conditions": [condition("Accepted", status="true", reason="not one word")]}
    refused = report(crds, namespace, "ws", "bookinfo-ws", wrong)

    assert "status.conditions[0].status: Unsupported value" in refused.stderr
    assert 'status.conditions[0].reason: Invalid value: "not one word"' in refused.stderr


COLUMNS = {
    "workspace": {
        "NAME": "bookinfo-ws",
        "TENANT": "tetrate",
        "NAMESPACES": '["*/bookinfo"]',
        "ACCEPTED": "True",
        "PROGRAMMED": "False",
        "REASON": "Fine",
        "ORGANIZATION": "tetrate",
    },
    "setting": {
        "NAME": "bookinfo-ws-setting",
        "WORKSPACE": "bookinfo-ws",
        "GATEWAY NAMESPACE": "eastwest",
        "ACCEPTED": "True",
        "PROGRAMMED": "False",
        "REASON": "Pending",
        "TENANT": "tetrate",
    },
    "gateway": {
        "NAME": "eastwest-gateway",
        "EAST-WEST ONLY": "true",
    },
}


@pytest.mark.parametrize("name", COLUMNS)
def test_the_columns_of_kubectl_get(crds, namespace, name):
    made = yaml.safe_load(GUIDE[name])
    kind = f"{made['kind']}.{group(made)}"
    apply(crds, namespace, made).check()
    conditions = [condition("Accepted"), condition("Programmed", "False", "Pending")]
    report(crds, namespace, kind, made["metadata"]["name"], {"conditions": conditions}).check()

    listed = crds.kubectl("get", kind, "-n", namespace, "-o", "wide").check().stdout
    shown = table(listed)
    assert shown.pop("AGE")
    assert shown == COLUMNS[name]


def table(text):
    """A table of kubectl with one line, as a mapping: three blanks part the columns."""
    header, line = ([cell.strip() for cell in row.split("   ") if cell.strip()]
                    for row in text.splitlines())
    return dict(zip(header, line, strict=True))


def test_one_word_lists_all_that_is_ours(crds, namespace):
    for name in ("workspace", "setting", "gateway"):
        apply(crds, namespace, GUIDE[name]).check()
    listed = crds.kubectl("get", "spillway", "-n", namespace, "-o", "name").check().stdout

    assert sorted(listed.split()) == [
        "ingressgateway.install.tetrate.io/eastwest-gateway",
        "workspace.tsb.tetrate.io/bookinfo-ws",
        "workspacesetting.tsb.tetrate.io/bookinfo-ws-setting",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_crd_is_sound_and_can_be_told_from_tsb_s(crds, name):
    crd = crds.get("crd", name)
    conditions = {each["type"]: each["status"] for each in crd["status"]["conditions"]}

    assert conditions == {"NamesAccepted": "True", "Established": "True"}
    assert crd["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "spillway"
    assert crd["spec"]["scope"] == "Namespaced"


def test_kubectl_explains_the_fields(crds):
    field = f"workspacesettings.spec.{SETTINGS}.exposedServices"
    explained = crds.kubectl("explain", "--api-version=tsb.tetrate.io/v2", field).check().stdout

    assert "every Service of the workspace" in " ".join(explained.split())
