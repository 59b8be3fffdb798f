"""Whatever kubectl writes an object with, it comes to the webhook, and back as it should be."""

import json

import pytest

from admission import CLUSTER_LABEL, LOCALITY, OUTLIER, RECORD, WORKSPACE_LABEL
from admission import golden, identity, rule, service

DEFAULTS = {"loadBalancer": {"localityLbSetting": LOCALITY}, "outlierDetection": OUTLIER}
ROUND_ROBIN = {"loadBalancer": {"simple": "ROUND_ROBIN"}}


def with_defaults(simple):
    balancer = {"simple": simple, "localityLbSetting": LOCALITY}
    return {"loadBalancer": balancer, "outlierDetection": OUTLIER}


def is_absent(admission, kind, name):
    return "(NotFound)" in admission.kubectl("get", kind, name, "-n", "bookinfo").stderr


# --- dry run -------------------------------------------------------------------------------------


def test_a_dry_run_shows_what_would_be_stored_and_stores_nothing(admission):
    dry_run = ["--dry-run=server", "-o", "json"]
    cart = admission.apply(service("dry"), options=dry_run).json()
    reviews = admission.apply(rule("dry"), options=dry_run).json()

    assert cart["metadata"]["labels"] == {"app": "dry", **RECORD}
    assert reviews["spec"]["trafficPolicy"] == DEFAULTS
    assert is_absent(admission, "service", "dry")
    assert is_absent(admission, "destinationrule", "dry")


def test_a_dry_run_of_a_change_shows_it_and_leaves_the_object(admission):
    admission.apply(rule("dry-change", ROUND_ROBIN)).check()
    before = admission.held(rule("dry-change"))
    changed = rule("dry-change", {"loadBalancer": {"simple": "RANDOM"}})
    shown = admission.apply(changed, options=["--dry-run=server", "-o", "json"]).json()

    assert shown["spec"]["trafficPolicy"] == with_defaults("RANDOM")
    assert admission.held(changed) == before


# --- the same manifest again ---------------------------------------------------------------------


@pytest.mark.parametrize("obj", [
    service("again"),
    rule("again"),
    rule("again-policy", ROUND_ROBIN),
    rule("again-subsets", ROUND_ROBIN, [{"name": "v1", "labels": {"version": "v1"}}]),
], ids=lambda obj: f"{obj['kind']}-{obj['metadata']['name']}")
@pytest.mark.parametrize("options, says", [
    ([], "unchanged"),
    (["--server-side"], "serverside-applied"),
], ids=["client", "server"])
def test_applying_a_manifest_again_writes_nothing(admission, obj, options, says):
    name = f"{obj['metadata']['name']}-{says[:6]}"
    obj = {**obj, "metadata": {**obj["metadata"], "name": name}}
    admission.apply(obj, options=options).check()
    before = identity(admission.held(obj))
    again = admission.apply(obj, options=options).check()

    assert (again.stdout.split()[-1], again.stderr) == (says, "")
    assert identity(admission.held(obj)) == before


# --- changes -------------------------------------------------------------------------------------


def test_a_changed_manifest_changes_what_it_says_and_keeps_the_rest(admission):
    admission.apply(rule("changed", ROUND_ROBIN)).check()
    random = rule("changed", {"loadBalancer": {"simple": "RANDOM"}})
    admission.apply(random).check()
    assert admission.policy(random) == with_defaults("RANDOM")

    own = {"consecutive5xxErrors": 3, "maxEjectionPercent": 100}
    admission.apply(rule("changed", {"outlierDetection": own})).check()
    assert admission.policy(random)["outlierDetection"] == {**OUTLIER, **own}


def test_a_policy_that_is_taken_out_leaves_the_defaults(admission):
    admission.apply(rule("bared", ROUND_ROBIN)).check()
    admission.apply(rule("bared")).check()

    assert admission.policy(rule("bared")) == DEFAULTS


def test_a_level_that_a_patch_adds_gets_its_defaults(admission):
    admission.apply(rule("patched", ROUND_ROBIN)).check()
    port = {"port": {"number": 9080}, "connectionPool": {"tcp": {"maxConnections": 9}}}
    operation = {"op": "add", "path": "/spec/trafficPolicy/portLevelSettings", "value": [port]}
    how = ["--type=json", "-p", json.dumps([operation])]
    admission.kubectl("patch", "destinationrule", "patched", "-n", "bookinfo", *how).check()

    held = admission.policy(rule("patched"))
    assert held == {**with_defaults("ROUND_ROBIN"), "portLevelSettings": [{**port, **DEFAULTS}]}


def test_an_edit_comes_back_whole(admission):
    admission.apply(rule("edited", ROUND_ROBIN)).check()
    script = "/outlierDetection:/,/minHealthPercent/d;s/ROUND_ROBIN/RANDOM/"
    edit = ["edit", "destinationrule", "edited", "-n", "bookinfo"]
    admission.kubectl(*edit, env={"KUBE_EDITOR": f"sed -i {script}"}).check()

    assert admission.policy(rule("edited")) == with_defaults("RANDOM")


@pytest.mark.parametrize("labels", [
    [f"{CLUSTER_LABEL}-"],
    [f"{WORKSPACE_LABEL}=another", f"{CLUSTER_LABEL}=another"],
], ids=["taken off", "changed"])
def test_the_record_is_set_right_at_once(admission, labels):
    admission.apply(service("record")).check()
    how = ["--overwrite", "service", "record", "-n", "bookinfo"]
    admission.kubectl("label", *how, *labels).check()

    assert admission.labels(service("record")) == {"app": "record", **RECORD}


def test_a_service_that_stops_being_exposed_loses_the_record(admission):
    admission.apply(service("leaving")).check()
    assert admission.labels(service("leaving")) == {"app": "leaving", **RECORD}
    opt_out = ["label", "service", "leaving", "-n", "bookinfo", "failover=disable"]
    admission.kubectl(*opt_out).check()

    assert admission.labels(service("leaving")) == {"app": "leaving", "failover": "disable"}


def test_a_replaced_object_is_made_anew(admission):
    admission.apply(rule("replaced", ROUND_ROBIN), service("replaced")).check()
    pool = {"connectionPool": {"tcp": {"maxConnections": 9}}}
    objects = [rule("replaced", pool), service("replaced", labels={"tier": "gold"})]
    admission.kubectl("replace", "-f", "-", input=objects).check()

    assert admission.policy(objects[0]) == {**pool, **DEFAULTS}
    assert admission.labels(objects[1]) == {"app": "replaced", "tier": "gold", **RECORD}


# --- creation ------------------------------------------------------------------------------------


def test_a_generated_name_does_no_harm(admission):
    created = []
    for obj in (rule("unused"), service("generated")):
        del obj["metadata"]["name"]
        obj["metadata"]["generateName"] = "generated-"
        result = admission.kubectl("create", "-o", "json", "-f", "-", input=obj).json()
        assert result["metadata"]["name"].startswith("generated-")
        created.append(admission.held(result))

    assert created[0]["spec"]["trafficPolicy"] == DEFAULTS
    assert created[1]["metadata"]["labels"] == {"app": "generated", **RECORD}


def test_a_list_is_created_item_by_item(admission):
    items = [service("listed"), rule("listed")]
    listed = {"apiVersion": "v1", "kind": "List", "items": items}
    admission.kubectl("create", "-f", "-", input=listed).check()

    assert admission.labels(items[0]) == {"app": "listed", **RECORD}
    assert admission.policy(items[1]) == DEFAULTS


def test_what_kubectl_makes_without_a_manifest_is_a_service_like_any_other(admission):
    create = ["create", "service", "clusterip", "imperative", "--tcp=80:8080", "-n", "bookinfo"]
    admission.kubectl(*create).check()

    assert admission.labels(service("imperative")) == {"app": "imperative", **RECORD}


# --- the served versions -------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha3"])
def test_a_rule_is_filled_in_whatever_version_it_is_written_in(admission, version):
    written = golden("admit", "destinationrule", "every-level", "object.yaml")
    wanted = golden("admit", "destinationrule", "every-level", "expected.yaml")["object"]["spec"]
    written["apiVersion"] = f"networking.istio.io/{version}"
    written["metadata"]["name"] = version
    admission.apply(written).check()

    for read in ("v1", "v1beta1", "v1alpha3"):
        at = [f"destinationrules.{read}.networking.istio.io", version]
        held = admission.kubectl("get", *at, "-n", "bookinfo", "-o", "json").json()
        assert (held["apiVersion"], held["spec"]) == (f"networking.istio.io/{read}", wanted)


def test_a_rule_of_an_old_version_is_changed_in_a_new_one(admission):
    admission.apply(rule("aged", ROUND_ROBIN, version="v1alpha3")).check()
    admission.apply(rule("aged", {"loadBalancer": {"simple": "RANDOM"}}, version="v1")).check()

    assert admission.policy(rule("aged")) == with_defaults("RANDOM")
