"""The webhook down, and back: what is let through meanwhile, what is refused, what it heals."""

import concurrent.futures
import json
import signal
import time

import pytest

from admission import LOCALITY, OUTLIER, RECORD, annotated, identity, rule, service, setting
from harness.tools import REPOSITORY

DEFAULTS = {"loadBalancer": {"localityLbSetting": LOCALITY}, "outlierDetection": OUTLIER}
PORT = {"port": {"number": 9080}, "connectionPool": {"tcp": {"maxConnections": 9}}}
CALL = (
    'Internal error occurred: failed calling webhook "workspacesetting.validate.spillway.dev": '
    "failed to call webhook: Post "
    '"https://spillway-webhook.spillway-system.svc:443/validate?timeout=5s": '
)


def refused_connection(admission):
    return f"dial tcp {admission.webhook.address}: connect: connection refused\n"


def unmatched(name):
    return annotated(setting(name, {"app": "detials"}), allow_unmatched="true")


@pytest.fixture(params=["stopped", "killed"])
def down(admission, request):
    """Ends the webhook; what has to be there before is made before it is called."""
    def end():
        admission.webhook.stop() if request.param == "stopped" else admission.webhook.kill()

    yield end
    admission.webhook.stop()
    admission.webhook.start()


# --- open: Services and DestinationRules ---------------------------------------------------------


def test_what_is_written_meanwhile_is_taken_as_it_is_and_healed_when_written_again(admission, down):
    down()
    written = [service("meanwhile"), rule("meanwhile")]
    applied = admission.apply(*written).check()
    assert applied.stderr == ""
    assert admission.labels(written[0]) == {"app": "meanwhile"}
    assert admission.policy(written[1]) is None

    admission.webhook.start()
    note = ["annotate", "-n", "bookinfo", "service/meanwhile", "destinationrule/meanwhile"]
    admission.kubectl(*note, "note=written-again").check()
    assert admission.labels(written[0]) == {"app": "meanwhile", **RECORD}
    assert admission.policy(written[1]) == DEFAULTS
    admission.kubectl("delete", "-f", "-", input=written).check()


def test_server_side_apply_heals_and_an_unchanged_client_side_apply_writes_nothing(admission, down):
    down()
    written = service("quiet")
    admission.apply(written).check()
    admission.webhook.start()

    assert admission.apply(written).check().stdout == "service/quiet unchanged\n"
    assert admission.labels(written) == {"app": "quiet"}
    admission.server_side(written, "kubectl").check()
    assert admission.labels(written) == {"app": "quiet", **RECORD}
    admission.kubectl("delete", "-f", "-", input=written).check()


def test_get_piped_into_replace_heals_all_there_is(admission, down):
    down()
    written = [service("piped"), rule("piped", {"portLevelSettings": [PORT]})]
    admission.apply(*written).check()
    admission.webhook.start()
    held = admission.kubectl("get", "services,destinationrules", "-n", "bookinfo", "-o", "json")
    admission.kubectl("replace", "-f", "-", input=held.check().stdout).check()

    assert admission.labels(written[0]) == {"app": "piped", **RECORD}
    policy = {**DEFAULTS, "portLevelSettings": [{**PORT, **DEFAULTS}]}
    assert admission.policy(written[1]) == policy
    admission.kubectl("delete", "-f", "-", input=written).check()


def test_what_was_filled_in_before_stays_when_other_things_are_written(admission, down):
    written = [service("before"), rule("before")]
    admission.apply(*written).check()
    down()
    admission.apply(service("before", labels={"tier": "gold"})).check()
    admission.server_side(rule("before"), "kubectl").check()

    assert admission.labels(written[0]) == {"app": "before", "tier": "gold", **RECORD}
    assert admission.policy(written[1]) == DEFAULTS
    admission.kubectl("delete", "-f", "-", input=written).check()


@pytest.mark.parametrize("options", [[], ["--server-side"]], ids=["client", "server"])
def test_a_list_that_is_applied_meanwhile_is_as_written_until_it_is_written_again(
        admission, down, options):
    written = rule("listed", {"portLevelSettings": [PORT]})
    admission.apply(written, options=options).check()
    down()
    admission.apply(written, options=options).check()
    assert admission.policy(written) == {**DEFAULTS, "portLevelSettings": [PORT]}

    admission.webhook.start()
    admission.apply(written, options=["--server-side", "--force-conflicts"]).check()
    policy = {**DEFAULTS, "portLevelSettings": [{**PORT, **DEFAULTS}]}
    assert admission.policy(written) == policy
    admission.kubectl("delete", "-f", "-", input=written).check()


def test_one_that_hangs_holds_up_a_write_for_five_seconds(admission):
    admission.webhook.process.send(signal.SIGSTOP)
    began = time.monotonic()
    try:
        with concurrent.futures.ThreadPoolExecutor() as both:
            open_ = both.submit(admission.apply, service("held-up"))
            closed = both.submit(admission.apply, setting("held-up", {"app": "details"}))
            assert open_.result().check().stderr == ""
            refused = closed.result()
        took_s = time.monotonic() - began
    finally:
        admission.webhook.process.send(signal.SIGCONT)

    assert 5 <= took_s < 10
    assert admission.labels(service("held-up")) == {"app": "held-up"}
    assert "context deadline exceeded" in refused.stderr
    assert admission.apply(setting("held-up", {"app": "details"})).ok


# --- closed: WorkspaceSettings -------------------------------------------------------------------


def test_a_setting_is_refused_with_the_api_server_s_words(admission, down):
    down()
    new = setting("closed", {"app": "details"})
    refused = admission.apply(new)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f'Error from server (InternalError): error when creating "STDIN": {CALL}'
        f"{refused_connection(admission)}"
    )

    admission.webhook.start()
    assert admission.apply(new).check().stderr == ""
    admission.kubectl("delete", "-f", "-", input=new).check()


def test_a_change_of_a_setting_is_refused_and_all_else_about_it_is_not(admission, down):
    obj = unmatched("standing")
    admission.apply(obj).check()
    before = identity(admission.held(obj))
    down()
    at = ["workspacesetting", "standing", "-n", "bookinfo"]
    changed = json.dumps({"spec": setting("standing")["spec"]})
    refused = admission.kubectl("patch", *at, "--type=merge", "-p", changed)
    assert refused.stderr == (
        f"Error from server (InternalError): {CALL}{refused_connection(admission)}"
    )
    assert identity(admission.held(obj)) == before

    hold, release = ({"metadata": {"finalizers": names}} for names in (["spillway.dev/test"], []))
    admission.kubectl("annotate", *at, "note=kept", "spillway.dev/allow-unmatched-").check()
    admission.kubectl("patch", *at, "--type=merge", "-p", json.dumps(hold)).check()
    admission.kubectl("delete", *at, "--wait=false").check()
    admission.kubectl("patch", *at, "--type=merge", "-p", json.dumps(release)).check()
    assert "(NotFound)" in admission.kubectl("get", *at).stderr


def test_taking_the_registrations_away_always_works(admission, down):
    down()
    webhooks = REPOSITORY / "manifests" / "webhooks"
    try:
        admission.kubectl("delete", "-k", webhooks).check()
        admission.registration.wait_until_gone()
        unjudged = setting("unregistered", {"app": "detials"})
        assert admission.apply(unjudged).check().stderr == ""
        admission.kubectl("delete", "-f", "-", input=unjudged).check()
    finally:
        admission.webhook.start()
        admission.registration.start()

    refused = admission.apply(setting("registered", {"app": "detials"}))
    assert "matches no Service" in refused.stderr
