"""What the CRDs promise with no process of ours running, judged by a real API server.

The messages are part of the promise: a user who slips reads nothing else. The objects are those of
the EastWest failover guide in the form that clusters hold, and TSB's own examples.
"""

import copy
import json

import pytest
import yaml

from harness.tools import REPOSITORY

CRDS = REPOSITORY / "manifests" / "crds"
NAMES = (
    "workspaces.tsb.tetrate.io",
    "workspacesettings.tsb.tetrate.io",
    "ingressgateways.install.tetrate.io",
)
SETTINGS = "defaultEastWestGatewaySettings"

GUIDE = {
    "workspace": """
        apiVersion: tsb.tetrate.io/v2
        kind: Workspace
        metadata:
          name: bookinfo-ws
          annotations:
            tsb.tetrate.io/organization: tetrate
            tsb.tetrate.io/tenant: tetrate
        spec:
          namespaceSelector:
            names:
              - "*/bookinfo"
        """,
    "gateway": """
        apiVersion: install.tetrate.io/v1alpha1
        kind: IngressGateway
        metadata:
          name: eastwest-gateway
        spec:
          eastWestOnly: true
        """,
    "setting": """
        apiVersion: tsb.tetrate.io/v2
        kind: WorkspaceSetting
        metadata:
          name: bookinfo-ws-setting
          annotations:
            tsb.tetrate.io/organization: tetrate
            tsb.tetrate.io/tenant: tetrate
            tsb.tetrate.io/workspace: bookinfo-ws
        spec:
          defaultEastWestGatewaySettings:
            - workloadSelector:
                namespace: eastwest
                labels:
                  app: eastwest-gateway
        """,
    "setting with selectors": """
        apiVersion: tsb.tetrate.io/v2
        kind: WorkspaceSetting
        metadata:
          name: bookinfo-ws-setting
          annotations:
            tsb.tetrate.io/organization: tetrate
            tsb.tetrate.io/tenant: tetrate
            tsb.tetrate.io/workspace: bookinfo-ws
        spec:
          defaultEastWestGatewaySettings:
            - workloadSelector:
                namespace: eastwest
                labels:
                  app: eastwest-gateway
              exposedServices:
                - serviceLabels:
                    failover: enable
                - serviceLabels:
                    app: details
        """,
    # The FAQ's manifest as it stands there: the block is beside spec, which is null.
    "slip": """
        apiVersion: tsb.tetrate.io/v2
        kind: WorkspaceSetting
        metadata:
          name: bookinfo-ws-setting
          annotations:
            tsb.tetrate.io/organization: tetrate
            tsb.tetrate.io/tenant: tetrate
            tsb.tetrate.io/workspace: bookinfo-ws
        spec:
        defaultEastWestGatewaySettings:
          - workloadSelector:
              namespace: eastwest
              labels:
                app: eastwest-gateway
            exposedServices:
              - serviceLabels:
                  failover: enable
              - serviceLabels:
                  app: details
        """,
}


@pytest.fixture(scope="module")
def crds(api):
    """The API server with our CRDs."""
    api.kubectl("apply", "--server-side", "-k", CRDS).check()
    api.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", *NAMES).check()
    return api


def apply(api, namespace, thing, *options):
    return api.kubectl("apply", "-n", namespace, *options, "-f", "-", input=thing)


def workspace(*names, **spec):
    made = yaml.safe_load(GUIDE["workspace"])
    made["spec"] = {"namespaceSelector": {"names": list(names)}, **spec}
    return made


def setting(**spec):
    made = yaml.safe_load(GUIDE["setting"])
    made["spec"] = spec
    return made


def gateway_item(**fields):
    selector = {"namespace": "eastwest", "labels": {"app": "eastwest-gateway"}}
    return {"workloadSelector": selector, **fields}


def exposing(*service_labels):
    items = [{"serviceLabels": labels} for labels in service_labels]
    return setting(**{SETTINGS: [gateway_item(exposedServices=items)]})


def selecting(**selector):
    whole = {"namespace": "eastwest", "labels": {"app": "eastwest-gateway"}, **selector}
    given = {key: value for key, value in whole.items() if value is not None}
    return setting(**{SETTINGS: [{"workloadSelector": given}]})


def outliers(**fields):
    return setting(defaultTrafficSetting={"outlierDetection": fields})


def ingress_gateway(name, **spec):
    made = yaml.safe_load(GUIDE["gateway"])
    made["metadata"]["name"] = name
    made["spec"] = spec
    return made


# --- what is taken ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["workspace", "gateway", "setting", "setting with selectors"])
@pytest.mark.parametrize("options", [[], ["--server-side"]], ids=["client", "server"])
def test_the_guide_s_objects_are_taken_as_they_are(crds, namespace, name, options):
    wanted = yaml.safe_load(GUIDE[name])
    apply(crds, namespace, GUIDE[name], *options).check()

    held = crds.get(f"{wanted['kind']}.{group(wanted)}", wanted["metadata"]["name"], namespace)
    assert held["spec"] == wanted["spec"]


def group(thing):
    return thing["apiVersion"].partition("/")[0]


TAKEN = {
    "every namespace of every cluster": workspace("*/*"),
    "every namespace of a cluster": workspace("c1/*"),
    "a prefix": workspace("c1/ns*", "*/team-a-*"),
    "several": workspace("*/ns1", "c1/ns1", "eu.west_1/ns1"),
    "an empty setting": setting(),
    "no gateways": setting(**{SETTINGS: []}),
    "no selectors": setting(**{SETTINGS: [gateway_item(exposedServices=[])]}),
    "several labels": exposing({"tier": "platinum", "critical": "true"}, {"app": "eshop"}),
    "prefixed labels": exposing({"failover.tetrate.io/tier": "gold", "a.b/C_d.e-1": "V"}),
    "a label without a value on a gateway": selecting(labels={"gateway": ""}),
    "two gateways": setting(**{SETTINGS: [gateway_item(), gateway_item()]}),
    "generated metadata": setting(
        **{SETTINGS: [gateway_item(configGenerationMetadata={"labels": {"a": "b"}})]}
    ),
    "failoverPriority": setting(
        failoverSettings={
            "failoverPriority": [
                "failover.tetrate.io/version=v1",
                "failover.tetrate.io/domain",
                "topology.istio.io/network",
                "version=",
            ]
        }
    ),
    "topologyChoice": setting(failoverSettings={"topologyChoice": "LOCALITY"}),
    "regionalFailover": setting(
        regionalFailover=[{"from": "us-east1", "to": "us-west1"}],
        failoverSettings={"regionalFailover": [{"from": "eastus", "to": "westus"}]},
    ),
    "the default outlier detection": outliers(
        consecutiveGatewayErrors=5,
        consecutive5xxErrors=0,
        interval="10s",
        baseEjectionTime="30s",
        maxEjectionPercent=100,
        minHealthPercent=1,
    ),
    "durations": outliers(interval="1m30s", baseEjectionTime="1.5h"),
    "milliseconds": outliers(interval="500ms", baseEjectionTime="0.001s"),
    "local origin failures": outliers(
        splitExternalLocalOriginErrors=True, consecutiveLocalOriginFailures=4294967295
    ),
    "a gateway that is more than east-west": ingress_gateway("0day.with.dots"),
}


@pytest.mark.parametrize("thing", TAKEN.values(), ids=TAKEN)
def test_what_is_right_is_taken(crds, namespace, thing):
    apply(crds, namespace, thing).check()


@pytest.mark.parametrize("options", [[], ["--server-side"]], ids=["client", "server"])
@pytest.mark.parametrize("name", ["setting", "gateway"])
def test_an_empty_spec_is_legal(crds, namespace, name, options):
    # TSB documents both: they change nothing. So null alone cannot be the refusal of the slip.
    made = {**yaml.safe_load(GUIDE[name]), "spec": None}
    apply(crds, namespace, made, *options).check()


PRESERVED = {
    "workspace": workspace(
        "*/ns1",
        displayName="One",
        isolationBoundary="global",
        privileged=True,
        configGenerationMetadata={"labels": {"a": "b"}},
        notInventedYet={"deep": [{"er": 1}]},
    ),
    "setting": setting(
        defaultSecuritySetting={"authenticationSettings": {"trafficMode": "REQUIRED"}},
        hostsReachability={"hostnames": []},
        notInventedYet=[1, "two"],
        failoverSettings={"automaticLoadBalancing": {"enabled": True}, "new": 1},
        defaultTrafficSetting={
            "egress": {"host": "bookinfo-perimeter/tsb-egress"},
            "outbound": {
                "upstreamTrafficSettings": [
                    {
                        "hosts": ["*"],
                        "settings": {"resilience": {"outlierDetection": {"interval": "9s"}}},
                    }
                ]
            },
        },
    ),
    "gateway": ingress_gateway(
        "gateway", kubeSpec={"service": {"type": "NodePort"}}, connectionDrainDuration="10s"
    ),
}


@pytest.mark.parametrize("options", [[], ["--server-side"]], ids=["client", "server"])
@pytest.mark.parametrize("thing", PRESERVED.values(), ids=PRESERVED)
def test_fields_of_spec_that_we_do_not_read_are_kept(crds, namespace, thing, options):
    apply(crds, namespace, thing, *options).check()

    held = crds.get(f"{thing['kind']}.{group(thing)}", thing["metadata"]["name"], namespace)
    assert held["spec"] == thing["spec"]


def test_the_largest_setting_is_within_the_budget_of_its_rules(crds, namespace):
    # Estimates bound what a CRD may declare; the budget of a single request is another (KEP-2876).
    labels = {f"some.example/key-{number:02}": "some-value" for number in range(16)}
    items = [{"serviceLabels": labels} for _ in range(128)]
    largest = setting(**{SETTINGS: [gateway_item(exposedServices=items) for _ in range(16)]})
    largest["spec"][SETTINGS] += [gateway_item() for _ in range(16)]
    crds.kubectl("create", "-n", namespace, "-f", "-", input=largest).check()

    too_many = setting(**{SETTINGS: [gateway_item() for _ in range(33)]})
    refused = crds.kubectl("create", "-n", namespace, "-f", "-", input=too_many)
    assert "must have at most 32 items" in refused.stderr


# --- what is refused -------------------------------------------------------------------------

WAYS = {
    "apply": ["apply"],
    "server-side apply": ["apply", "--server-side"],
    "create": ["create"],
    # As a controller does: no strict validation, unknown fields are dropped in silence.
    "create unvalidated": ["create", "--validate=false"],
}


def write(api, namespace, thing, way):
    return api.kubectl(*WAYS[way], "-n", namespace, "-f", "-", input=thing)


@pytest.mark.parametrize("way", WAYS)
def test_the_slip_of_the_faq_is_refused_by_name(crds, namespace, way):
    refused = write(crds, namespace, GUIDE["slip"], way)

    assert refused.returncode == 1
    assert (
        f"{SETTINGS}: Forbidden: {SETTINGS} belongs under spec: "
        "indent it, and all below it, two spaces"
    ) in refused.stderr


def test_the_slip_is_refused_beside_a_spec_that_says_something_too(crds, namespace):
    made = setting(displayName="One")
    made[SETTINGS] = [gateway_item()]
    refused = apply(crds, namespace, made)

    assert f"{SETTINGS} belongs under spec" in refused.stderr


SLIPS = {
    "failoverSettings": {"topologyChoice": "CLUSTER"},
    "regionalFailover": [{"from": "a", "to": "b"}],
    "defaultTrafficSetting": {"outlierDetection": {}},
}


@pytest.mark.parametrize("field", SLIPS)
@pytest.mark.parametrize("way", WAYS)
def test_the_same_slip_with_another_block_is_refused_by_name(crds, namespace, field, way):
    made = setting()
    made["spec"] = None
    made[field] = SLIPS[field]
    refused = write(crds, namespace, made, way)

    assert refused.returncode == 1
    assert f"{field}: Forbidden: {field} belongs under spec" in refused.stderr


@pytest.mark.parametrize("way", WAYS)
def test_the_same_slip_in_a_gateway_is_refused_by_name(crds, namespace, way):
    made = ingress_gateway("gateway")
    made["spec"] = None
    made["eastWestOnly"] = True
    refused = write(crds, namespace, made, way)

    assert refused.returncode == 1
    assert "eastWestOnly: Forbidden: eastWestOnly belongs under spec" in refused.stderr


def test_the_same_slip_in_a_workspace_leaves_a_field_missing(crds, namespace):
    made = workspace("*/bookinfo")
    made["namespaceSelector"] = made["spec"].pop("namespaceSelector")
    made["spec"] = None
    refused = write(crds, namespace, made, "create unvalidated")

    assert refused.returncode == 1
    assert "spec: Required value" in refused.stderr


NAMES_ITEM = "spec.namespaceSelector.names[0]"
NAMES_PATTERN = r"should match '^(\*|[^/*]+)/(\*|[^/*]+\*?)$'"
ITEM = f"spec.{SETTINGS}[0]"
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


# --- misspelt fields -------------------------------------------------------------------------

MISSPELT = {
    "exposedService": ([{"serviceLabels": {"app": "details"}}], "the field is called exposedServ"),
    "exposeServices": ([{"serviceLabels": {"app": "details"}}], "the field is called exposedServ"),
    "serviceLabels": ({"app": "details"}, "belongs into an item of exposedServices"),
}


@pytest.mark.parametrize("field", MISSPELT)
@pytest.mark.parametrize("way", WAYS)
def test_the_likeliest_misspellings_are_refused_by_name(crds, namespace, field, way):
    value, message = MISSPELT[field]
    refused = write(crds, namespace, setting(**{SETTINGS: [gateway_item(**{field: value})]}), way)

    assert refused.returncode == 1
    assert f"{ITEM}.{field}: Forbidden: {message}" in refused.stderr


def test_any_other_misspelling_is_refused_by_kubectl_apply(crds, namespace):
    made = setting(**{SETTINGS: [gateway_item(exposedServises=[])]})
    refused = apply(crds, namespace, made)

    assert refused.returncode == 1
    assert f'unknown field "{ITEM}.exposedServises"' in refused.stderr


def test_server_side_apply_drops_any_other_misspelling(crds, namespace):
    # Not what anybody wants: manifests/README.md warns of it. Where this fails, the API server has
    # become stricter, and the fields declared only to be refused may go.
    made = setting(**{SETTINGS: [gateway_item(exposedServises=[])]})
    apply(crds, namespace, made, "--server-side").check()

    held = crds.get("wss", made["metadata"]["name"], namespace)
    assert held["spec"][SETTINGS] == [gateway_item()]


# --- the rest of what a resource does --------------------------------------------------------


def test_applying_twice_changes_nothing(crds, namespace):
    made = copy.deepcopy(PRESERVED["setting"])
    made["spec"][SETTINGS] = [gateway_item(exposedServices=[{"serviceLabels": {"a": "b"}}])]

    def applied():
        apply(crds, namespace, made, "--server-side").check()
        return crds.get("wss", made["metadata"]["name"], namespace)["metadata"]

    assert applied() == applied()


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


@pytest.mark.parametrize("kind", ["ws", "wss", "igw"])
def test_conditions_are_keyed_on_their_type(crds, namespace, kind):
    for thing in (GUIDE["workspace"], GUIDE["setting"], GUIDE["gateway"]):
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
        "ACCEPTED": "True",
        "PROGRAMMED": "False",
        "REASON": "Pending",
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
