"""Refusals and warnings, word for word as a user reads them below a kubectl command."""

import json

import pytest

from admission import OUTLIER, annotated, identity, rule, service, setting

WEBHOOK = 'admission webhook "workspacesetting.validate.spillway.dev" denied the request: '
ITEM = "spec.defaultEastWestGatewaySettings[0]"
ADVICE = 'To let it in unmatched, annotate it spillway.dev/allow-unmatched: "true"\n'
NO_SERVICE = (
    f"{ITEM}.exposedServices[0].serviceLabels: matches no Service: "
    "looked for labels app=detials in workspace bookinfo-ws (namespaces */bookinfo) "
    "in cluster-1, cluster-2; "
    "the nearest is Service bookinfo/details in cluster cluster-1, "
    "which has app=details, service=details\n"
)
NO_GATEWAY = (
    f"{ITEM}.workloadSelector: matches no gateway: "
    "looked for a Service in namespace eastwest with TCP port 15443 "
    "and labels app=eastwest-gatway in cluster-1, cluster-2; "
    "the nearest is Service eastwest/eastwest-gateway in cluster cluster-1, "
    "which has app=eastwest-gateway\n"
)
NO_WORKSPACE = (
    'metadata.annotations["tsb.tetrate.io/workspace"]: no such workspace: '
    'looked for bookinfo-w of organization "tetrate", tenant "tetrate" in cluster cluster-1; '
    'the nearest is workspace bookinfo-ws of organization "tetrate", tenant "tetrate"\n'
)
DETIALS = {"app": "detials"}


def is_absent(admission, obj):
    at = [obj["kind"], obj["metadata"]["name"], "-n", "bookinfo"]
    return "(NotFound)" in admission.kubectl("get", *at).stderr


def unmatched(admission, name):
    """A setting that matches nothing and is there all the same."""
    obj = setting(name, DETIALS)
    admission.apply(annotated(obj, allow_unmatched="true")).check()
    admission.apply(obj).check()  # which takes the annotation off again
    return obj


# --- settings that are refused -------------------------------------------------------------------


@pytest.mark.parametrize("command, says", [
    (["apply"], 'error when creating "STDIN": '),
    (["create"], 'error when creating "STDIN": '),
    (["apply", "--server-side"], ""),
    (["apply", "--dry-run=server"], 'error when creating "STDIN": '),
], ids=["apply", "create", "server-side", "dry-run"])
def test_one_finding_is_told_in_its_line_with_what_helps(admission, command, says):
    obj = setting("one", DETIALS)
    refused = admission.kubectl(*command, "-f", "-", input=obj)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"The request is invalid: {says}{WEBHOOK}{NO_SERVICE}{ADVICE}"
    assert is_absent(admission, obj)


def test_several_findings_are_told_all_at_once(admission):
    refused = admission.apply(setting("several", DETIALS, gateway="eastwest-gatway"))

    assert refused.returncode == 1
    assert refused.stderr == (
        f'The request is invalid: error when creating "STDIN": {WEBHOOK}2 findings:\n'
        f"  {NO_GATEWAY}  {NO_SERVICE}{ADVICE}"
    )


def test_a_workspace_that_is_not_there_is_named_with_the_nearest(admission):
    refused = admission.apply(setting("lost", **{"tsb.tetrate.io/workspace": "bookinfo-w"}))

    assert refused.stderr == (
        f'The request is invalid: error when creating "STDIN": {WEBHOOK}{NO_WORKSPACE}{ADVICE}'
    )


def test_a_change_for_the_worse_is_refused_and_the_setting_stays(admission):
    obj = setting("worse", {"app": "details"})
    admission.apply(obj).check()
    before = admission.held(obj)
    patch = {"spec": setting("worse", DETIALS)["spec"]}
    how = ["-n", "bookinfo", "--type=merge", "-p", json.dumps(patch)]
    patched = admission.kubectl("patch", "workspacesetting", "worse", *how)
    applied = admission.apply(setting("worse", DETIALS))

    assert patched.stderr == f"The request is invalid: {WEBHOOK}{NO_SERVICE}{ADVICE}"
    assert applied.stderr.startswith("The request is invalid: error when applying patch:\n")
    assert applied.stderr.endswith(f'"STDIN": {WEBHOOK}{NO_SERVICE}{ADVICE}')
    assert admission.held(obj) == before


def test_the_good_objects_of_a_file_are_taken_beside_the_bad_one(admission):
    good = [service("beside"), setting("beside", {"app": "details"})]
    applied = admission.apply(good[0], setting("bad", DETIALS), good[1])

    assert applied.returncode == 1
    assert applied.stdout == (
        "service/beside created\nworkspacesetting.tsb.tetrate.io/beside created\n"
    )
    assert applied.stderr.count(WEBHOOK) == 1


# --- settings that are let in --------------------------------------------------------------------


def test_with_allow_unmatched_the_findings_are_warnings(admission):
    obj = annotated(setting("early", DETIALS), allow_unmatched="true")
    applied = admission.apply(obj).check()

    assert applied.stdout == "workspacesetting.tsb.tetrate.io/early created\n"
    assert applied.stderr == f"Warning: {NO_SERVICE}"


def test_a_match_in_some_clusters_only_is_a_warning(admission):
    cart = service("only-there")
    with admission.published(cart, clusters=["cluster-2"]):
        applied = admission.apply(setting("partly", {"app": "only-there"})).check()

    assert applied.stderr == (
        f"Warning: {ITEM}.exposedServices[0].serviceLabels: matches no Service in cluster-1\n"
    )


def test_a_write_that_leaves_spec_and_hierarchy_is_not_judged(admission):
    at = ["workspacesetting", unmatched(admission, "left")["metadata"]["name"], "-n", "bookinfo"]
    for verb, *words in [
        ["annotate", "note=kept"],
        ["label", "tier=gold"],
        ["patch", *finalizers("spillway.dev/test")],
        ["patch", *finalizers()],
    ]:
        assert admission.kubectl(verb, *at, *words).check().stderr == ""


def finalizers(*names):
    """How kubectl patch makes these the only finalizers."""
    return ["--type=merge", "-p", json.dumps({"metadata": {"finalizers": names}})]


def test_an_unmatched_setting_can_be_applied_again_as_it_is(admission):
    obj = unmatched(admission, "applied-again")
    before = identity(admission.held(obj))

    assert admission.apply(obj).check().stdout.endswith(" unchanged\n")
    assert admission.server_side(obj, "gitops").check().stderr == ""
    assert identity(admission.held(obj))[1] == before[1]


def test_its_hierarchy_is_judged_when_it_changes(admission):
    obj = unmatched(admission, "moved")
    at = ["workspacesetting", "moved", "-n", "bookinfo", "--overwrite"]
    moved = admission.kubectl("annotate", *at, "tsb.tetrate.io/workspace=bookinfo-w")

    assert moved.returncode == 1
    assert NO_WORKSPACE in moved.stderr
    held = admission.held(obj)["metadata"]["annotations"]
    assert held["tsb.tetrate.io/workspace"] == "bookinfo-ws"


def test_an_unmatched_setting_goes_when_it_is_told_to_finalizers_and_all(admission):
    obj = unmatched(admission, "going")
    at = ["workspacesetting", "going", "-n", "bookinfo"]
    admission.kubectl("patch", *at, *finalizers("spillway.dev/test")).check()
    admission.kubectl("delete", *at, "--wait=false").check()
    assert "deletionTimestamp" in admission.held(obj)["metadata"]
    admission.kubectl("patch", *at, *finalizers()).check()

    assert is_absent(admission, obj)


# --- warnings about what is stored all the same --------------------------------------------------


@pytest.mark.parametrize("obj, says", [
    (
        service("headless", clusterIP="None"),
        ["spec: will not fail over: Istio gives a headless Service no WorkloadEntries"],
    ),
    (
        service("unnamed", ports=[{"port": 80}]),
        ["spec: will not fail over: it has no named TCP port, and an unnamed port cannot go "
         "through a WorkloadEntry"],
    ),
    (
        rule("weak", {"tls": {"mode": "SIMPLE"}, "outlierDetection": {"maxEjectionPercent": 50}}),
        ["spec.trafficPolicy.outlierDetection.maxEjectionPercent: 50: "
         "under 100, some failing pods keep their traffic",
         "spec.trafficPolicy.tls.mode: SIMPLE: only ISTIO_MUTUAL passes an east-west gateway"],
    ),
], ids=lambda value: value["metadata"]["name"] if isinstance(value, dict) else "")
def test_a_warning_is_a_line_and_the_object_is_stored(admission, obj, says):
    applied = admission.apply(obj).check()

    assert applied.stdout.endswith(" created\n")
    assert applied.stderr == "".join(f"Warning: {line}\n" for line in says)


# --- what others refuse, in their own words ------------------------------------------------------


def test_istiod_refuses_a_rule_that_was_filled_in_and_is_wrong_all_the_same(admission):
    shares = [{"from": "us-east/*", "to": {"us-east/*": 60, "us-west/*": 30}}]
    wrong = rule("wrong", {"loadBalancer": {"localityLbSetting": {"distribute": shares}}})
    refused = admission.apply(wrong)

    warning, error = refused.stderr.splitlines()
    at = "spec.trafficPolicy.loadBalancer.localityLbSetting.distribute"
    assert warning == f"Warning: {at}: turns failover off"
    assert error == (
        'Error from server: error when creating "STDIN": admission webhook "validation.istio.io" '
        "denied the request: configuration is invalid: total locality weight 90 != 100"
    )
    assert is_absent(admission, wrong)


def test_the_schema_refuses_a_rule_that_is_ill_typed(admission):
    refused = admission.apply(rule("ill", {"outlierDetection": {**OUTLIER, "interval": [10]}}))

    at = "spec.trafficPolicy.outlierDetection.interval"
    assert refused.stderr == (
        f"Warning: left as it is: {at}: expected a string, found an array\n"
        'The DestinationRule "ill" is invalid: \n'
        f'* {at}: Invalid value: "array": {at} in body must be of type string: "array"\n'
        "* <nil>: Invalid value: null: some validation rules were not checked because the object "
        "was invalid; correct the existing errors to complete validation\n"
    )


def test_kubectl_refuses_a_misspelt_field_of_a_rule(admission):
    refused = admission.apply(rule("misspelt", {"outlierDetections": OUTLIER}))

    assert refused.stderr == (
        'Error from server (BadRequest): error when creating "STDIN": DestinationRule in version '
        '"v1" cannot be handled as a DestinationRule: strict decoding error: unknown field '
        '"spec.trafficPolicy.outlierDetections"\n'
    )
