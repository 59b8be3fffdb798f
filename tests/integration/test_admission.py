"""What users apply, and what they then read back: the EastWest failover guide and the golden cases.

Every object goes through kubectl, a real API server, the webhook, and then istiod.
"""

import pytest

from admission import CLUSTER_LABEL, GOLDEN, HIERARCHY, RECORD, WORKSPACE_LABEL
from admission import golden, namespace, rule, service

BOOKINFO = GOLDEN / "clusters" / "bookinfo" / "bookinfo.yaml"
TSB = GOLDEN / "clusters" / "tsb"


def test_bookinfo_comes_back_as_it_was_written_with_a_record_of_who_exposes_it(admission):
    applied = admission.kubectl("apply", "-f", BOOKINFO).check()

    for name in ("details", "ratings", "reviews", "productpage"):
        assert f"service/{name} created\n" in applied.stdout
        held = admission.held(service(name))
        assert held["metadata"]["labels"] == {"app": name, "service": name, **RECORD}
        assert held["spec"]["selector"] == {"app": name}
        port = {"name": "http", "port": 9080, "protocol": "TCP", "targetPort": 9080}
        assert held["spec"]["ports"] == [port]


def test_the_guide_s_workspace_and_setting_go_in_without_a_word(admission):
    applied = admission.kubectl("apply", "-f", TSB).check()

    assert applied.stderr == ""
    for file in ("workspace.yaml", "setting.yaml"):
        written = golden("clusters", "tsb", file)
        held = admission.held(written)
        assert held["spec"] == written["spec"]
        assert held["metadata"]["annotations"].items() >= written["metadata"]["annotations"].items()


def test_the_guide_s_rule_for_subset_routing_gets_what_failover_needs(admission):
    written = golden("admit", "seed", "subset-routing", "object.yaml")
    applied = admission.apply(written).check()

    assert applied.stderr == ""
    assert admission.held(written)["spec"] == expected("seed", "subset-routing")


def test_what_is_in_no_workspace_is_left_alone(admission):
    files = [GOLDEN / "clusters" / name for name in ("eastwest", "sleep")]
    applied = admission.kubectl("apply", "-f", files[0], "-f", files[1]).check()

    assert applied.stderr == ""
    gateway = admission.held(service("eastwest-gateway", "eastwest"))
    assert gateway["metadata"]["labels"] == {"app": "eastwest-gateway"}
    sleep = admission.held(service("sleep", "sleep"))
    assert sleep["metadata"]["labels"] == {"app": "sleep", "service": "sleep"}


# --- a rule's levels, and what a setting overrides -----------------------------------------------


@pytest.mark.parametrize("case", [
    "bare",
    "consistent-hash",
    "every-level",
    "fully-qualified",
    "ports",
    "subset-port",
    "subset-with-load-balancer",
    "subset-with-policy",
    "tls-istio-mutual",
    "wildcard",
])
def test_a_rule_gets_defaults_where_its_levels_lack_them_and_istiod_takes_it(admission, case):
    written = renamed(golden("admit", "destinationrule", case, "object.yaml"), case)
    admission.apply(written).check()

    assert admission.held(written)["spec"] == expected("destinationrule", case)


@pytest.mark.parametrize("case", [
    "setting-failover-priority",
    "setting-overrides-outlier-detection",
    "setting-priority-beside-regional",
    "setting-priority-wins",
    "setting-regional-failover",
    "setting-topology-locality",
    "setting-topology-none",
])
def test_a_setting_overrides_the_defaults_and_istiod_takes_it(admission, case):
    written = renamed(golden("admit", "destinationrule", case, "object.yaml"), case)
    override = golden("admit", "destinationrule", case, "clusters", "cluster-1", "setting.yaml")
    wanted = expected("destinationrule", case)
    with admission.published(override):
        admission.apply(written).check()

    assert admission.held(written)["spec"] == wanted


def test_an_override_reaches_rules_that_are_written_after_it(admission):
    """What was added once counts as present: a new default is no reason to rewrite a rule."""
    before = rule("before")
    admission.apply(before).check()
    held = admission.policy(before)
    override = golden("admit", "destinationrule", "setting-failover-priority", "clusters",
                      "cluster-1", "setting.yaml")
    with admission.published(override):
        admission.server_side(before, "gitops").check()
        assert admission.policy(before) == held

        admission.kubectl("replace", "-f", "-", input=before).check()
        assert admission.policy(before) == policy(admission.made_of(rule("new"))) != held


def expected(kind, case):
    return golden("admit", kind, case, "expected.yaml")["object"]["spec"]


def policy(obj):
    return obj["spec"]["trafficPolicy"]


def renamed(obj, name):
    return {**obj, "metadata": {**obj["metadata"], "name": name}}




# --- namespaces that opt in and out --------------------------------------------------------------


@pytest.fixture(scope="module")
def shops(admission):
    """A workspace of two namespaces, one of which opted in and one out."""
    namespaces = [
        namespace("shop-in", {"failover": "enable"}),
        namespace("shop-out", {"failover": "disable"}),
    ]
    admission.apply(*namespaces).check()
    annotations = {**HIERARCHY, "tsb.tetrate.io/workspace": "shops"}
    workspace = golden("clusters", "tsb", "workspace.yaml")
    workspace["metadata"]["name"] = "shops"
    workspace["spec"]["namespaceSelector"]["names"] = ["*/shop-*"]
    exposing = golden("clusters", "tsb", "setting.yaml")
    exposing["metadata"].update(name="shops", annotations=annotations)
    with admission.published(*namespaces, workspace, exposing):
        yield {WORKSPACE_LABEL: "shops", CLUSTER_LABEL: "cluster-1"}


@pytest.mark.parametrize("where, own, becomes, is_exposed", [
    ("shop-in", None, "enable", True),
    ("shop-in", "disable", "disable", False),
    ("shop-in", "enable", "enable", True),
    ("shop-out", None, "disable", False),
    ("shop-out", "enable", "enable", True),
])
def test_a_service_has_its_namespace_s_failover_label_unless_it_has_its_own(
        admission, shops, request, where, own, becomes, is_exposed):
    written = service(f"cart-{becomes}-{own}".lower(), where, {"failover": own} if own else None)
    applied = admission.apply(written).check()

    assert applied.stderr == ""
    record = shops if is_exposed else {}
    app = written["metadata"]["name"]
    assert admission.labels(written) == {"app": app, "failover": becomes, **record}

