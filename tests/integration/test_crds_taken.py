"""What the CRDs take, and that they keep it whole: the guide's objects, and TSB's own examples."""

import copy

import pytest
import yaml

from crd_objects import (
    GUIDE,
    SETTINGS,
    apply,
    crds,
    exposing,
    gateway_item,
    group,
    ingress_gateway,
    outliers,
    selecting,
    setting,
    workspace,
)


@pytest.mark.parametrize("name", ["workspace", "gateway", "setting", "setting with selectors"])
@pytest.mark.parametrize("options", [[], ["--server-side"]], ids=["client", "server"])
def test_the_guide_s_objects_are_taken_as_they_are(crds, namespace, name, options):
    wanted = yaml.safe_load(GUIDE[name])
    apply(crds, namespace, GUIDE[name], *options).check()

    held = crds.get(f"{wanted['kind']}.{group(wanted)}", wanted["metadata"]["name"], namespace)
    assert held["spec"] == wanted["spec"]


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


def test_applying_twice_changes_nothing(crds, namespace):
    made = copy.deepcopy(PRESERVED["setting"])
    made["spec"][SETTINGS] = [gateway_item(exposedServices=[{"serviceLabels": {"a": "b"}}])]

    def applied():
        apply(crds, namespace, made, "--server-side").check()
        return crds.get("wss", made["metadata"]["name"], namespace)["metadata"]

    assert applied() == applied()
