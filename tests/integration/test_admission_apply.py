"""Server-side apply, and the lists of a DestinationRule, which it takes whole (ARCHITECTURE.md).

portLevelSettings and subsets have no keys in Istio's CRD. So whoever applied such a list owns all
of it, what was filled in included, and a second one that applies the same list differs from what
is there. What is filled in outside of lists belongs to nobody.
"""

import json
import subprocess

import pytest

from admission import LOCALITY, OUTLIER, RECORD
from admission import annotated, identity, owners, rule, service
from harness.tools import REPOSITORY

DEFAULTS = {"loadBalancer": {"localityLbSetting": LOCALITY}, "outlierDetection": OUTLIER}
POOL = {"connectionPool": {"tcp": {"maxConnections": 9}}}
PORTS = {"portLevelSettings": [{"port": {"number": 9080}, **POOL}]}
V1 = {"name": "v1", "labels": {"version": "v1"}}
RANDOM = {"loadBalancer": {"simple": "RANDOM"}}
V2 = {"name": "v2", "labels": {"version": "v2"}, "trafficPolicy": RANDOM}
AT_PORTS = ".spec.trafficPolicy.portLevelSettings"
FORCE = "--force-conflicts"


def with_lists(name):
    """A rule in two of whose lists something is filled in."""
    return rule(name, PORTS, [V1, V2])


def is_filled_in(admission, obj):
    held = admission.held(obj)["spec"]
    port = held["trafficPolicy"]["portLevelSettings"][0]
    v2 = held["subsets"][1]["trafficPolicy"]
    localities = [each["loadBalancer"]["localityLbSetting"] for each in (port, v2)]
    return port["outlierDetection"] == OUTLIER and localities == [LOCALITY, LOCALITY]


def conflict(refused):
    """The fields that a server-side apply was refused for, and whose they are."""
    assert refused.returncode == 1
    told = refused.stderr.partition("Please review the fields above")[0]
    owner = told.partition('with "')[2].partition('"')[0]
    return owner, {word for word in told.split() if word.startswith(".spec")}


# --- without lists there is nothing to know ------------------------------------------------------


@pytest.mark.parametrize("obj", [
    service("shared"),
    rule("shared-bare"),
    rule("shared-policy", RANDOM),
    rule("shared-subsets", POOL, [V1]),
], ids=lambda obj: obj["metadata"]["name"])
def test_two_managers_of_one_manifest_share_it(admission, obj):
    for manager in ("a", "b"):
        admission.server_side(obj, manager).check()
    before = admission.held(obj)
    for manager in ("a", "b"):
        admission.server_side(obj, manager).check()

    assert identity(admission.held(obj)) == identity(before)
    assert owners(before)["a"] == owners(before)["b"]


def test_what_is_filled_in_belongs_to_nobody(admission):
    cart, reviews = service("owned"), rule("owned", RANDOM)
    for obj in (cart, reviews):
        admission.server_side(obj, "a").check()

    assert RECORD.items() <= admission.labels(cart).items()
    assert admission.policy(reviews)["outlierDetection"] == OUTLIER
    assert "metadata.labels.app" in owners(admission.held(cart))["a"]
    assert not any("failover" in path for path in owners(admission.held(cart))["a"])
    held = {"a": {"spec.host", "spec.trafficPolicy.loadBalancer.simple"}}
    assert owners(admission.held(reviews)) == held


def test_what_belongs_to_nobody_can_be_taken_over_and_given_up(admission):
    admission.server_side(rule("taken"), "a").check()
    own = {"outlierDetection": {**OUTLIER, "interval": "1s"}}
    admission.server_side(rule("taken", own), "a").check()
    assert admission.policy(rule("taken"))["outlierDetection"] == own["outlierDetection"]

    admission.server_side(rule("taken"), "a").check()
    assert admission.policy(rule("taken")) == DEFAULTS


# --- one manager of lists ------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], [FORCE]], ids=["plain", "forced"])
def test_a_gitops_loop_over_lists_writes_nothing(admission, options):
    """Flux and Argo CD apply again and again, by force."""
    obj = with_lists(f"loop-{len(options)}")
    admission.server_side(obj, "gitops", *options).check()
    before = identity(admission.held(obj))
    for _ in range(3):
        admission.server_side(obj, "gitops", *options).check()

    assert identity(admission.held(obj)) == before
    assert is_filled_in(admission, obj)


def test_client_side_apply_of_lists_says_configured_and_writes_nothing(admission):
    obj = with_lists("says-configured")
    admission.apply(obj).check()
    before = identity(admission.held(obj))

    assert admission.apply(obj).check().stdout.endswith(" configured\n")
    assert identity(admission.held(obj)) == before


@pytest.mark.parametrize("options", [[], ["--server-side", "--field-manager=gitops"]],
                         ids=["client", "server"])
def test_diff_finds_no_difference_in_what_was_filled_in(admission, options):
    obj = with_lists(f"diff-{len(options)}")
    admission.apply(obj, options=options).check()
    diff = admission.kubectl("diff", *options, "-f", "-", input=obj)

    assert (diff.returncode, diff.stdout) == (0, "")


def test_a_list_that_its_owner_no_longer_applies_is_gone(admission):
    admission.server_side(with_lists("given-up"), "a").check()
    admission.server_side(rule("given-up", POOL), "a").check()

    assert admission.held(rule("given-up"))["spec"] == {
        "host": "reviews", "trafficPolicy": {**POOL, **DEFAULTS}
    }


# --- two managers of lists -----------------------------------------------------------------------


@pytest.mark.parametrize("obj, fields", [
    (rule("contested-ports", PORTS), {AT_PORTS}),
    (rule("contested-subsets", POOL, [V1, V2]), {".spec.subsets"}),
    (with_lists("contested-both"), {AT_PORTS, ".spec.subsets"}),
], ids=["ports", "subsets", "both"])
def test_a_second_manager_of_a_list_that_was_filled_in_is_refused(admission, obj, fields):
    admission.server_side(obj, "a").check()

    assert conflict(admission.server_side(obj, "b")) == ("a", fields)
    admission.server_side(obj, "a").check()


def test_without_our_hand_in_it_the_second_manager_would_not_be_refused(admission):
    obj = annotated(with_lists("by-hand"), inject="false")
    for manager in ("a", "b"):
        admission.server_side(obj, manager).check()


def test_force_hands_the_list_over_and_failover_stays(admission):
    obj = with_lists("forced")
    admission.server_side(obj, "a").check()
    admission.server_side(obj, "b", FORCE).check()

    lists = {"spec.trafficPolicy.portLevelSettings", "spec.subsets"}
    held = owners(admission.held(obj))
    assert lists <= held["b"] and lists.isdisjoint(held["a"])
    assert is_filled_in(admission, obj)
    admission.server_side(obj, "b").check()
    assert conflict(admission.server_side(obj, "a")) == ("b", {AT_PORTS, ".spec.subsets"})


def test_two_that_force_take_turns_in_owning_and_change_nothing_else(admission):
    obj = with_lists("by-turns")
    admission.server_side(obj, "a").check()
    before = admission.held(obj)
    versions = set()
    for manager in ("b", "a", "b", "a"):
        admission.server_side(obj, manager, FORCE).check()
        held = admission.held(obj)
        assert held["spec"] == before["spec"]
        versions.add(identity(held))

    generations = {generation for _, generation in versions}
    assert (len(versions), generations) == (4, {before["metadata"]["generation"]})


# --- from client-side to server-side -------------------------------------------------------------


def test_a_rule_without_lists_goes_over_to_server_side_apply(admission):
    obj = rule("over", RANDOM)
    admission.apply(obj).check()
    admission.apply(obj, options=["--server-side"]).check()


def test_a_rule_with_lists_goes_over_by_force_once(admission):
    obj = with_lists("over-by-force")
    admission.apply(obj).check()
    server_side = ["--server-side"]
    owner = "kubectl-client-side-apply"
    assert conflict(admission.apply(obj, options=server_side))[0] == owner
    assert "Apply failed" in admission.kubectl("diff", *server_side, "-f", "-", input=obj).stderr

    admission.apply(obj, options=[*server_side, FORCE]).check()
    admission.apply(obj, options=server_side).check()
    assert admission.kubectl("diff", *server_side, "-f", "-", input=obj).returncode == 0
    assert is_filled_in(admission, obj)


# --- written in git ------------------------------------------------------------------------------


def filled_in_by_the_command_line(admission, obj):
    command = [REPOSITORY / "bin" / "spillway", "admit", "-f", "-", "-o", "json"]
    clusters = [f"--cluster={name}=dir:{path}" for name, path in admission.folders.items()]
    told = subprocess.run([*command, *clusters], input=json.dumps(obj), text=True,
                          capture_output=True, check=True)
    return json.loads(told.stdout)["objects"][0]["patchedObject"]


def test_what_the_command_line_prints_is_what_the_cluster_would_hold(admission):
    obj = with_lists("printed")
    admission.apply(obj).check()

    printed = filled_in_by_the_command_line(admission, obj)
    assert printed["spec"] == admission.held(obj)["spec"]


def test_with_everything_in_git_any_number_of_managers_share_the_lists(admission):
    obj = filled_in_by_the_command_line(admission, with_lists("in-git"))
    for manager in ("a", "b"):
        admission.server_side(obj, manager).check()
    before = identity(admission.held(obj))
    for manager in ("a", "b"):
        admission.server_side(obj, manager).check()

    assert identity(admission.held(obj)) == before


def test_with_everything_in_git_applies_are_quiet_and_go_over_by_themselves(admission):
    written = with_lists("in-git-later")
    admission.apply(written).check()
    obj = filled_in_by_the_command_line(admission, written)
    admission.apply(obj).check()

    assert admission.apply(obj).check().stdout.endswith(" unchanged\n")
    admission.apply(obj, options=["--server-side"]).check()


# --- what was filled in stands beside what comes later -------------------------------------------


FAILOVER = {"enabled": True, "failover": [{"from": "us-east", "to": "us-west"}]}
ZONE_AWARE = {"loadBalancer": {"zoneAwareLbSetting": {"enabled": True}}}


@pytest.mark.parametrize("later, says", [
    ({"loadBalancer": {"localityLbSetting": FAILOVER}},
     "can not simultaneously set 'failover' and topology label 'topology.kubernetes.io/region' "
     "in 'failover_priority'"),
    (ZONE_AWARE, "only one of localityLbSetting and zoneAwareLbSetting can be set"),
], ids=["failover", "zone-aware"])
@pytest.mark.parametrize("options", [[], ["--server-side"]], ids=["client", "server"])
def test_a_field_that_excludes_what_was_filled_in_needs_a_replace(
        admission, later, says, options, request):
    """istiod refuses the two together, and an apply takes away only what it once applied."""
    name = request.node.callspec.id
    admission.apply(rule(name), options=options).check()
    refused = admission.apply(rule(name, later), options=options)
    assert says in refused.stderr

    admission.kubectl("replace", "-f", "-", input=rule(name, later)).check()
    assert admission.policy(rule(name)) == {**later, "outlierDetection": OUTLIER}


def test_a_failover_of_one_s_own_goes_in_beside_a_priority_without_region_and_zone(admission):
    admission.apply(rule("own-failover")).check()
    priority = ["topology.istio.io/network", "spillway.dev/remote"]
    own = {"loadBalancer": {"localityLbSetting": {**FAILOVER, "failoverPriority": priority}}}
    admission.apply(rule("own-failover", own)).check()

    assert admission.policy(rule("own-failover")) == {**own, "outlierDetection": OUTLIER}
