"""What the CRDs do about slips of indentation and spelling, which would change nothing in silence.

Each is written in every way that an object gets into a cluster, as they differ in what they tell.
"""

import pytest

from crd_objects import (
    GUIDE,
    ITEM,
    SETTINGS,
    WAYS,
    apply,
    crds,
    gateway_item,
    ingress_gateway,
    setting,
    workspace,
    write,
)


# --- a block beside spec ---------------------------------------------------------------------


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
