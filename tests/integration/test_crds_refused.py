"""What the CRDs refuse of a value, judged by a real API server.

The messages are part of the promise: a user who slips reads nothing else.
"""

import pytest
import yaml

from crd_objects import (
    GUIDE,
    ITEM,
    SETTINGS,
    apply,
    crds,
    exposing,
    gateway_item,
    ingress_gateway,
    outliers,
    selecting,
    setting,
    workspace,
)

NAMES_ITEM = "spec.namespaceSelector.names[0]"
NAMES_PATTERN = r"should match '^(\*|[^/*]+)/(\*|[^/*]+\*?)$'"
LABELS = f"{ITEM}.exposedServices[0].serviceLabels"
OUTLIERS = "spec.defaultTrafficSetting.outlierDetection"
LABEL_KEY = "every key has to be a label key"
DURATION = "has to be a duration of at least 1ms with its unit, such as 10s, 1m30s or 500ms"
WRITE_NAMES = "write CLUSTER/NAMESPACE: CLUSTER is one name or '*', NAMESPACE is a name"

REFUSED = {
    # Workspace
    "no cluster": (
        workspace("bookinfo"),
        f'{NAMES_ITEM}: Invalid value: "bookinfo"',
        NAMES_PATTERN,
        "'bookinfo' names no cluster: write '*/bookinfo' for that namespace in every cluster, "
        "or 'CLUSTER/bookinfo' for one",
    ),
    "two slashes": (workspace("a/b/c"), NAMES_PATTERN, WRITE_NAMES),
    "prefix of clusters": (workspace("c*/ns"), NAMES_PATTERN, WRITE_NAMES),
    "wildcard in front": (workspace("c1/*ns"), NAMES_PATTERN, WRITE_NAMES),
    "wildcard in the middle": (workspace("c1/n*s"), NAMES_PATTERN, WRITE_NAMES),
    "no namespace": (workspace("c1/"), NAMES_PATTERN, WRITE_NAMES),
    "no cluster before the slash": (workspace("/ns"), NAMES_PATTERN, WRITE_NAMES),
    "an empty name": (workspace(""), NAMES_PATTERN),
    "a namespace that cannot be": (workspace("*/Bookinfo"), NAMES_ITEM, WRITE_NAMES),
    "the second name": (workspace("*/a", "b"), "spec.namespaceSelector.names[1]", "'b' names no"),
    "no names": (workspace(), "spec.namespaceSelector.names", "should have at least 1 items"),
    "a number": (workspace(7), f"{NAMES_ITEM} in body must be of type string"),
    "misspelt names": (
        {**workspace(), "spec": {"namespaceSelector": {"name": ["*/a"]}}},
        'unknown field "spec.namespaceSelector.name"',
    ),
    # WorkspaceSetting
    "no workloadSelector": (
        setting(**{SETTINGS: [{"exposedServices": []}]}),
        f"{ITEM}.workloadSelector: Required value",
    ),
    "settings that are not a list": (
        setting(**{SETTINGS: gateway_item()}),
        f'unknown field "spec.{SETTINGS}.workloadSelector"',
    ),
    "no gateway namespace": (
        selecting(namespace=None),
        f"{ITEM}.workloadSelector.namespace: Required value",
    ),
    "an empty gateway namespace": (
        selecting(namespace=""),
        f"{ITEM}.workloadSelector.namespace in body should be at least 1 chars long",
    ),
    "a gateway namespace that cannot be": (
        selecting(namespace="East West"),
        f"{ITEM}.workloadSelector.namespace in body should match",
    ),
    "no gateway labels": (
        selecting(labels=None),
        f"{ITEM}.workloadSelector.labels: Required value",
    ),
    "empty gateway labels": (
        selecting(labels={}),
        f"{ITEM}.workloadSelector.labels in body should have at least 1 properties",
    ),
    "a gateway label key": (
        selecting(labels={"-app": "x"}),
        f"{ITEM}.workloadSelector.labels: Invalid value",
        LABEL_KEY,
    ),
    "no serviceLabels": (
        setting(**{SETTINGS: [gateway_item(exposedServices=[{}])]}),
        f"{LABELS}: Required value",
    ),
    "empty serviceLabels": (exposing({}), f"{LABELS} in body should have at least 1 properties"),
    "an empty label value": (
        exposing({"app": ""}),
        f"{LABELS}.app in body should be at least 1 chars long",
    ),
    "a label value": (exposing({"app": "a b"}), f"{LABELS}.app in body should match"),
    "a label value too long": (exposing({"app": "x" * 64}), f"{LABELS}.app", "63"),
    "an unquoted boolean": (
        exposing({"critical": True}),
        f'{LABELS}.critical in body must be of type string: "boolean"',
    ),
    "a label key with a space": (exposing({"a b": "c"}), f"{LABELS}: Invalid value", LABEL_KEY),
    "an empty label key": (exposing({"": "c"}), LABEL_KEY),
    "a label key with an empty prefix": (exposing({"/app": "c"}), LABEL_KEY),
    "a label key with two prefixes": (exposing({"a/b/c": "c"}), LABEL_KEY),
    "a label key too long": (exposing({"x" * 64: "c"}), LABEL_KEY),
    "an expression": (
        setting(**{SETTINGS: [gateway_item(exposedServices=[{"matchExpressions": []}])]}),
        'unknown field "spec.defaultEastWestGatewaySettings[0].exposedServices[0].matchExp',
    ),
    "topologyChoice": (
        setting(failoverSettings={"topologyChoice": "cluster"}),
        "spec.failoverSettings.topologyChoice: Unsupported value",
        'supported values: "NONE", "CLUSTER", "LOCALITY"',
    ),
    "failoverPriority": (
        setting(failoverSettings={"failoverPriority": ["version: v1"]}),
        'spec.failoverSettings.failoverPriority[0]: Invalid value: "version: v1"',
        "has to be a label, KEY or KEY=VALUE",
    ),
    "failoverPriority of two prefixes": (
        setting(failoverSettings={"failoverPriority": ["a", "x/y/z"]}),
        "spec.failoverSettings.failoverPriority[1]",
        "has to be a label, KEY or KEY=VALUE",
    ),
    "one region twice": (
        setting(regionalFailover=[{"from": "us-east1", "to": "us-east1"}]),
        "spec.regionalFailover[0]: Invalid value: from and to have to be different regions",
    ),
    "one region twice, in failoverSettings": (
        setting(failoverSettings={"regionalFailover": [{"from": "a", "to": "a"}]}),
        "spec.failoverSettings.regionalFailover[0]: Invalid value: from and to have to be",
    ),
    "no region to go to": (
        setting(regionalFailover=[{"from": "us-east1"}]),
        "spec.regionalFailover[0].to: Required value",
    ),
    "a zone": (
        setting(regionalFailover=[{"from": "us-east1/a", "to": "us-west1"}]),
        "from and to each name one region: no zone after a '/', no '*'",
    ),
    "a duration without a unit": (outliers(interval="10"), f"{OUTLIERS}.interval", DURATION),
    "a duration that is a number": (
        outliers(interval=10),
        f"{OUTLIERS}.interval in body must be of type string",
    ),
    "no duration at all": (
        outliers(baseEjectionTime="0s"),
        f"{OUTLIERS}.baseEjectionTime",
        DURATION,
    ),
    "finer than Istio takes": (outliers(interval="1.0005s"), f"{OUTLIERS}.interval", DURATION),
    "more than all": (
        outliers(maxEjectionPercent=101),
        f"{OUTLIERS}.maxEjectionPercent in body should be less than or equal to 100",
    ),
    "less than none": (
        outliers(consecutiveGatewayErrors=-1),
        f"{OUTLIERS}.consecutiveGatewayErrors in body should be greater than or equal to 0",
    ),
    "local origin failures alone": (
        outliers(consecutiveLocalOriginFailures=5),
        "consecutiveLocalOriginFailures has no effect, and Istio refuses it, "
        "without splitExternalLocalOriginErrors: true",
    ),
    "Envoy's name for an Istio field": (
        outliers(consecutiveGatewayFailure=5),
        'unknown field "spec.defaultTrafficSetting.outlierDetection.consecutiveGatewayFailure"',
    ),
    # IngressGateway
    "a name that no Service can have": (
        ingress_gateway("east.west", eastWestOnly=True),
        "metadata.name becomes the name of a Service",
    ),
    "not a boolean": (
        ingress_gateway("gateway", eastWestOnly="yes"),
        "spec.eastWestOnly in body must be of type boolean",
    ),
}


@pytest.mark.parametrize(["thing", "phrases"], [(t, p) for t, *p in REFUSED.values()], ids=REFUSED)
def test_what_is_wrong_is_refused_with_a_message_that_helps(crds, namespace, thing, phrases):
    refused = apply(crds, namespace, thing)

    assert refused.returncode == 1
    for phrase in phrases:
        assert phrase in refused.stderr


def test_every_finding_is_told_at_once(crds, namespace):
    made = exposing({"a b": "c"}, {"app": "ok"}, {"-x": "y z"})
    made["spec"]["regionalFailover"] = [{"from": "a", "to": "a"}]
    refused = apply(crds, namespace, made).stderr

    assert refused.count(LABEL_KEY) == 2
    assert "serviceLabels.-x in body should match" in refused
    assert "different regions" in refused


def test_the_form_of_tctl_is_no_kind_of_the_api_server(crds, namespace):
    made = yaml.safe_load(GUIDE["workspace"])
    made["apiVersion"] = "api.tsb.tetrate.io/v2"
    refused = apply(crds, namespace, made)

    assert 'no matches for kind "Workspace" in version "api.tsb.tetrate.io/v2"' in refused.stderr


def test_the_slip_of_the_workspace_manifest_is_told(crds, namespace):
    refused = apply(crds, namespace, GUIDE["workspace"].replace("apiVersion", "apiversion"))

    assert "apiVersion not set" in refused.stderr


def test_a_hierarchy_in_metadata_is_refused(crds, namespace):
    made = yaml.safe_load(GUIDE["workspace"])
    made["metadata"]["tenant"] = "tetrate"
    refused = apply(crds, namespace, made)

    assert 'unknown field "metadata.tenant"' in refused.stderr
