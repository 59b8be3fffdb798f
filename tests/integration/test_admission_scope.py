"""What keeps the webhook's hands off an object, and that it follows its files while it runs."""

import pytest

from admission import LOCALITY, OUTLIER, RECORD, WORKSPACE_LABEL
from admission import annotated, golden, namespace, rule, service, setting
from harness import wait_until

DEFAULTS = {"loadBalancer": {"localityLbSetting": LOCALITY}, "outlierDetection": OUTLIER}
DISABLED = {"spillway.dev/admission": "disabled"}


# --- opting out ----------------------------------------------------------------------------------


@pytest.fixture
def opted_out(admission):
    """A namespace of a workspace, as the webhook's clusters have it, that is labelled away."""
    there = namespace("opted-out", DISABLED)
    admission.apply(there).check()
    workspace = golden("clusters", "tsb", "workspace.yaml")
    workspace["spec"]["namespaceSelector"]["names"].append("*/opted-out")
    with admission.published(workspace, namespace("opted-out"), service("reviews", "opted-out")):
        yield there


def in_opted_out(obj, name):
    return {**obj, "metadata": {**obj["metadata"], "namespace": "opted-out", "name": name}}


def test_a_namespace_labelled_away_is_left_alone_but_for_its_settings(admission, opted_out):
    cart, reviews, bad = (
        in_opted_out(obj, "left")
        for obj in (service("left"), rule("left"), setting("left", {"app": "detials"}))
    )
    assert admission.apply(cart, reviews).check().stderr == ""
    assert admission.labels(cart) == {"app": "left"}
    assert admission.policy(reviews) is None
    assert "matches no Service" in admission.apply(bad).stderr

    admission.kubectl("label", "namespace", "opted-out", "spillway.dev/admission-").check()
    wait_until("the API server heeds it", lambda: RECORD.items() <= made_labels(admission, cart))
    both = ["service/left", "destinationrule/left"]
    admission.kubectl("annotate", "-n", "opted-out", *both, "note=again").check()
    assert admission.labels(cart) == {"app": "left", **RECORD}
    assert admission.policy(reviews) == DEFAULTS


def made_labels(admission, obj):
    return admission.made_of(obj)["metadata"]["labels"].items()


def test_a_rule_with_inject_false_stays_as_written(admission):
    written = annotated(rule("by-hand", {"loadBalancer": {"simple": "RANDOM"}}), inject="false")
    applied = admission.apply(written).check()

    assert applied.stderr == (
        'Warning: metadata.annotations["spillway.dev/inject"]: '
        "no failover settings added for reviews, an exposed Service\n"
    )
    assert admission.held(written)["spec"] == written["spec"]


def test_inject_false_takes_nothing_out_of_a_rule_that_was_filled_in(admission):
    admission.apply(rule("by-hand-later")).check()
    how = ["destinationrule", "by-hand-later", "-n", "bookinfo", "spillway.dev/inject=false"]
    admission.kubectl("annotate", *how).check()
    assert admission.policy(rule("by-hand-later")) == DEFAULTS

    written = annotated(rule("by-hand-later"), inject="false")
    admission.kubectl("replace", "-f", "-", input=written).check()
    assert admission.policy(written) is None


def test_a_service_opts_out_by_itself(admission):
    written = service("alone", labels={"failover": "disable"})
    applied = admission.apply(written).check()

    assert applied.stderr == ""
    assert admission.labels(written) == {"app": "alone", "failover": "disable"}


@pytest.fixture
def closed_namespace(admission):
    """bookinfo, its namespace labelled failover: disable."""
    closed = namespace("bookinfo", {"failover": "disable"})
    with admission.published(closed):
        yield


def test_a_namespace_opts_its_services_out(admission, closed_namespace):
    services = [service("inherits"), service("insists", labels={"failover": "enable"})]
    applied = admission.apply(*services).check()

    assert applied.stderr == ""
    assert admission.labels(services[0]) == {"app": "inherits", "failover": "disable"}
    assert admission.labels(services[1]) == {"app": "insists", "failover": "enable", **RECORD}


def test_what_a_service_has_inherited_stays_when_its_namespace_changes_its_mind(admission):
    """The label is as good as one that its team wrote, until somebody takes it off."""
    written = service("torn")
    with admission.published(namespace("bookinfo", {"failover": "enable"})):
        admission.apply(written).check()
    with admission.published(namespace("bookinfo", {"failover": "disable"})):
        admission.server_side(written, "kubectl").check()
        assert admission.labels(written) == {"app": "torn", "failover": "enable", **RECORD}

        admission.kubectl("label", "service", "torn", "-n", "bookinfo", "failover-").check()
        assert admission.labels(written) == {"app": "torn", "failover": "disable"}


# --- files that change ---------------------------------------------------------------------------


def test_a_narrowed_setting_narrows_at_the_next_write(admission):
    written = service("narrowed")
    admission.apply(written).check()
    narrowed = golden("clusters", "tsb", "setting.yaml")
    only = [{"serviceLabels": {"tier": "gold"}}]
    narrowed["spec"]["defaultEastWestGatewaySettings"][0]["exposedServices"] = only
    with admission.published(narrowed):
        admission.kubectl("annotate", "service", "narrowed", "-n", "bookinfo", "note=a").check()
        assert admission.labels(written) == {"app": "narrowed"}

    admission.kubectl("annotate", "service", "narrowed", "-n", "bookinfo", "note-").check()
    assert admission.labels(written) == {"app": "narrowed", **RECORD}


def test_a_renamed_workspace_is_recorded_at_the_next_write(admission):
    written = service("renamed")
    admission.apply(written).check()
    workspace, exposing = (golden("clusters", "tsb", f"{name}.yaml") for name in
                           ("workspace", "setting"))
    workspace["metadata"].update(name="shop", creationTimestamp="2020-01-01T00:00:00Z")
    exposing["metadata"]["name"] = "shop"
    exposing["metadata"]["annotations"]["tsb.tetrate.io/workspace"] = "shop"
    with admission.published(workspace, exposing):
        admission.server_side(written, "kubectl").check()
        assert admission.labels(written) == {"app": "renamed", **RECORD, WORKSPACE_LABEL: "shop"}


def test_a_service_that_comes_into_a_cluster_s_folder_is_matched(admission):
    late = setting("late", {"app": "latecomer"})
    assert "matches no Service" in admission.apply(late).stderr
    with admission.published(service("latecomer"), clusters=["cluster-2"]):
        assert admission.apply(late).check().stderr.endswith(" in cluster-1\n")


def test_a_file_that_cannot_be_read_leaves_what_was_known(admission):
    path = admission.folders["cluster-1"] / "broken.yaml"
    path.write_text("kind: [")
    try:
        wait_until("it shows", lambda: admission.metric("failing", "cluster-1") == 1)
        admission.apply(service("unshaken")).check()
        assert admission.labels(service("unshaken")) == {"app": "unshaken", **RECORD}
    finally:
        path.unlink()
    wait_until("it is well again", lambda: admission.metric("failing", "cluster-1") == 0)
