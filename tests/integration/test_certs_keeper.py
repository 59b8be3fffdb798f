"""The webhook looks after its own certificate: on a real API server, with the rights it is shipped
with, and under load."""

import contextlib
import json
import subprocess
import time

import pytest

from harness import ApiServer, wait_until
from installed import NAMESPACE, Account, install
from kept import SECRET, VALIDATING, VALIDATOR, Askers, Kept, Newcomers
from kept import begin_anew, bundles, change_secret, ignoring, policy, secret, wait_bundles
from live import Cluster
from shipped import MANIFESTS, gen

# What a replica needs to hear of a change, and some more for a busy machine.
SOON_S = 30


@pytest.fixture(scope="module")
def cluster(tools, tmp_path_factory):
    """Everything of manifests/, as users apply it."""
    with ApiServer("kept", tmp_path_factory.mktemp("kept") / "cluster") as api:
        install(api)
        yield api


@pytest.fixture(scope="module")
def account(cluster, tmp_path_factory):
    account = Account(cluster, tmp_path_factory.mktemp("account"))
    account.wait_for_policy()
    return account


@pytest.fixture
def replicas(cluster, account, tmp_path):
    """Makes replicas; ends those that a test has left running."""
    begin_anew(cluster)
    with contextlib.ExitStack() as stack:
        def make(*options, kubeconfig=account.kubeconfig):
            n = len(made)
            made.append(Kept(cluster, tmp_path, kubeconfig, *options, number=n))
            stack.callback(made[-1].stop)
            return made[-1]

        made = []
        yield make


@pytest.fixture
def kept(replicas, cluster):
    """One replica that has come so far that all is well."""
    replica = replicas()
    replica.start()
    wait_bundles(cluster, bool)
    return replica


def apply_server_side(api, configuration):
    return api.kubectl("apply", "--server-side", "-f", "-", input=configuration)


def reset(api, *kinds):
    """Somebody writes the configurations anew as they are in their files."""
    for kind in kinds:
        file = MANIFESTS / "webhooks" / f"{kind}.yaml"
        api.kubectl("replace", "--validate=false", "-f", file).check()


def refusal(api):
    """What the API server says to a setting whose workspace is not there."""
    wanting = {
        "apiVersion": "tsb.tetrate.io/v2",
        "kind": "WorkspaceSetting",
        "metadata": {"name": "s", "namespace": "default"},
        "spec": {},
    }
    return api.kubectl("create", "--dry-run=server", "-f", "-", input=wanting).stderr


def wait_refused(api):
    wait_until("our refusal", lambda: f'"{VALIDATOR}" denied' in refusal(api), SOON_S)


def openssl(text, *options):
    command = ["openssl", *options]
    return subprocess.run(command, input=text, text=True, check=True, capture_output=True).stdout


# --- from nothing ------------------------------------------------------------------------------


def test_from_nothing_to_a_webhook_that_is_believed(kept, cluster):
    assert "no certificate" not in kept.process.log.read_text()
    held = secret(cluster)
    assert set(held) == {"ca.crt", "ca.key", "tls.crt", "tls.key"}
    for name, bundle in bundles(cluster).items():
        assert bundle.strip() == held["ca.crt"].strip(), name
    wait_refused(cluster)

    shown = openssl(held["tls.crt"], "x509", "-noout", "-text")
    for name in ("spillway-webhook.spillway-system.svc", "spillway-webhook.spillway-system.svc."
                 "cluster.local"):
        assert f"DNS:{name}" in shown
    labels = cluster.get("secret", SECRET, NAMESPACE)["metadata"]["labels"]
    assert labels["app.kubernetes.io/managed-by"] == "spillway"
    assert cluster.get("secret", SECRET, NAMESPACE)["type"] == "kubernetes.io/tls"


def test_what_it_counts(kept):
    wait_until("it leads", kept.leads, SOON_S)
    now = time.time()
    day = 24 * 3600
    end = kept.counted("not_after_timestamp_seconds", certificate="serving")
    assert end == pytest.approx(now + 90 * day, abs=300)
    assert end == kept.metric("spillway_tls_certificate_not_after_timestamp_seconds")
    end = kept.counted("not_after_timestamp_seconds", certificate="authority")
    assert end == pytest.approx(now + 365 * day, abs=300)
    assert kept.counted("writes_total", what="authority") == 1
    assert kept.counted("writes_total", what="serving") == 1
    assert kept.counted("writes_total", what="ca_bundles") == 3
    assert kept.counted("last_look_timestamp_seconds") == pytest.approx(now, abs=60)
    assert kept.counted("failures_total") == kept.counted("last_failure_timestamp_seconds") == 0


def test_a_replica_that_cannot_reach_the_api_server_waits_and_then_serves(
        replicas, cluster, account, tmp_path):
    with Cluster(cluster, tmp_path, "east") as wired:
        config = json.loads(account.kubeconfig.read_text())
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{wired.wire.port}"
        wired.kubeconfig.write_text(json.dumps(config))
        wired.wire.cut()
        replica = replicas(kubeconfig=wired.kubeconfig)
        replica.launch()
        wait_until("it fails", lambda: replica.counted("failures_total"), SOON_S)
        assert not replica.is_ready()
        with pytest.raises(OSError):
            replica.certificate(gen_ca(tmp_path))

        wired.wire.mend()
        wait_until("it is ready", replica.is_ready, 60)
        replica.publish()
        wait_refused(cluster)

        # What it has it goes on with.
        failed = replica.counted("failures_total")
        before = replica.certificate(secret(cluster)["ca.crt"])
        wired.wire.cut()
        wait_until("it fails", lambda: replica.counted("failures_total") > failed, SOON_S)
        assert replica.is_ready()
        assert replica.certificate(secret(cluster)["ca.crt"]) == before
        wired.wire.mend()
        wait_until("it looks again", lambda: replica.records("certificates are looked after again"),
                   90)


def gen_ca(tmp_path):
    folder = tmp_path / "foreign"
    gen(folder)
    return (folder / "ca.crt").read_text()


# --- failurePolicy -----------------------------------------------------------------------------


def test_it_closes_once_its_refusal_has_come_back_and_nobody_owns_the_field(replicas, cluster):
    apply_server_side(cluster, ignoring(cluster)).check()
    replica = replicas()
    replica.launch()
    wait_until("it is ready", replica.is_ready, SOON_S)
    # It is ready, but no endpoint of the Service: the API server takes what it cannot ask about.
    wait_until("it tries", lambda: replica.records("webhook goes on ignoring failures"), SOON_S)
    assert policy(cluster) == "Ignore"

    replica.publish()
    wait_until("it closes", lambda: policy(cluster) == "Fail", SOON_S)
    for _ in range(2):  # applying again is no conflict, and is closed again
        def fields():
            managed = cluster.kubectl("get", VALIDATING, "spillway", "--show-managed-fields",
                                      "-o", "json").json()["metadata"]["managedFields"]
            return [each for each in managed if "f:failurePolicy" in json.dumps(each)]

        wait_until("nobody owns it", lambda: not fields(), SOON_S)
        writes = replica.counted("writes_total", what="failure_policy")
        apply_server_side(cluster, ignoring(cluster)).check()
        wait_until("it closes again", lambda: replica.counted(
            "writes_total", what="failure_policy") > writes, SOON_S)
        wait_until("Fail", lambda: policy(cluster) == "Fail", SOON_S)
    wait_bundles(cluster, bool)


def test_a_failure_policy_that_the_user_wants_stands(replicas, cluster):
    wanted = ignoring(cluster)
    wanted["metadata"]["annotations"] = {"spillway.dev/failure-policy": "Ignore"}
    apply_server_side(cluster, wanted).check()
    replica = replicas()
    replica.start()
    wait_refused(cluster)
    time.sleep(8)  # more than a look
    assert policy(cluster) == "Ignore"
    assert replica.counted("writes_total", what="failure_policy") is None or \
        replica.counted("writes_total", what="failure_policy") == 0


# --- healing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kinds", [["mutating"], ["validating"], ["mutating", "validating"]])
def test_ca_bundles_that_were_reset_heal(kept, cluster, kinds):
    before = secret(cluster)
    written = kept.counted("writes_total", what="ca_bundles")
    reset(cluster, *kinds)
    n = sum(2 if kind == "mutating" else 1 for kind in kinds)
    wait_until("they are written", lambda: kept.counted(
        "writes_total", what="ca_bundles") >= written + n, SOON_S)
    wait_bundles(cluster, bool)
    wait_refused(cluster)
    assert secret(cluster) == before


def test_authorities_of_others_stay(kept, cluster, tmp_path):
    theirs = gen_ca(tmp_path)
    configuration = cluster.get(VALIDATING, "spillway")
    encoded = gen("--ca-bundle", tmp_path / "foreign").stdout.strip()
    configuration["webhooks"][0]["clientConfig"]["caBundle"] = encoded
    cluster.kubectl("replace", "-f", "-", input=configuration).check()

    ours = secret(cluster)["ca.crt"].strip()
    wait_until("ours is back", lambda: ours in bundles(cluster)[VALIDATOR], SOON_S)
    assert theirs.strip() in bundles(cluster)[VALIDATOR]


def test_a_secret_that_was_deleted_heals_and_no_request_fails(kept, cluster):
    before = secret(cluster)
    wait_refused(cluster)
    with Askers(cluster) as users, Newcomers(cluster, [kept]) as newcomers:
        cluster.kubectl("delete", "secret", SECRET, "-n", NAMESPACE).check()
        wait_until("another certificate is served", lambda: len(newcomers.served) > 1, 60)
        n = users.n
        wait_until("it answers", lambda: users.n > n + 50, SOON_S)
    assert users.failed == newcomers.failed == []
    after = secret(cluster)
    assert after["ca.crt"] not in before["ca.crt"]
    assert all(bundle.count("BEGIN") == 2 for bundle in bundles(cluster).values())


@pytest.mark.parametrize("broken, says", [
    ({"ca_key": "garbage"}, "key"),
    ({"ca_crt": "garbage"}, "authorities"),
    ({"tls_key": "garbage"}, "private key"),
    ({"tls_crt": "garbage"}, "certificate in PEM"),
    ({"ca_crt": "", "ca_key": "", "tls_crt": "", "tls_key": ""}, "key"),
])
def test_a_secret_that_was_broken_heals_and_no_request_fails(kept, cluster, broken, says):
    wait_refused(cluster)
    with Askers(cluster) as users, Newcomers(cluster, [kept]) as newcomers:
        before = kept.certificate(secret(cluster)["ca.crt"])
        change_secret(cluster, **broken)
        wait_until("another certificate is served", lambda: any(
            certificate != before for certificate in newcomers.served), 60)
    assert users.failed == newcomers.failed == []
    [told] = kept.records("certificate Secret holds what cannot be used, it will be made anew")[:1]
    assert says in told["error"]


def test_a_secret_of_somebody_else_is_left_alone(replicas, cluster):
    theirs = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET, "namespace": NAMESPACE},
        "data": {"tls.crt": "eA=="},
    }
    cluster.apply(theirs)
    replica = replicas()
    replica.launch()
    wait_until("it says so", lambda: any(
        "found data of somebody else's" in record["error"]
        for record in replica.records("certificates cannot be looked after, what is in use stays")),
        SOON_S)
    assert not replica.is_ready()
    assert secret(cluster) == {"tls.crt": "x"}


# --- replicas ----------------------------------------------------------------------------------


def test_replicas_serve_the_same_and_one_of_them_writes(replicas, cluster):
    both = [replicas(), replicas()]
    for replica in both:
        replica.launch()
    for replica in both:
        wait_until("it is ready", replica.is_ready, SOON_S)
        replica.publish()
    authority = secret(cluster)["ca.crt"]
    assert both[0].certificate(authority) == both[1].certificate(authority)
    wait_until("one leads", lambda: [each.leads() for each in both].count(True) == 1, SOON_S)
    [leader] = [each for each in both if each.leads()]
    [other] = [each for each in both if each is not leader]
    assert other.counted("writes_total", what="authority") in (None, 0)

    leader.kill()
    leader.publish(ready=False)
    reset(cluster, "mutating", "validating")
    wait_until("the other leads", other.leads, 60)
    wait_bundles(cluster, bool)
    assert secret(cluster)["ca.crt"] == authority


def test_a_leader_that_ends_hands_over_at_once(replicas, cluster):
    both = [replicas(), replicas()]
    both[0].start()
    wait_until("it leads", both[0].leads, SOON_S)
    both[1].start()
    began = time.monotonic()
    both[0].process.stop()
    wait_until("the other leads", both[1].leads, SOON_S)
    assert time.monotonic() - began < 14  # a Lease runs out after 15 s


# --- rotation ----------------------------------------------------------------------------------


def test_rotations_under_load_cost_no_request(replicas, cluster):
    """After 80 s both are due."""
    both = [replicas("--cert-lifetime=2m", "--ca-lifetime=2m") for _ in range(2)]
    for replica in both:
        replica.start()
    wait_refused(cluster)
    first = secret(cluster)["ca.crt"]

    with Askers(cluster) as users, Newcomers(cluster, both) as newcomers:
        wait_until("another authority", lambda: secret(cluster)["ca.crt"] != first, 120)
        listed = secret(cluster)["ca.crt"]
        assert listed.endswith(first), "the old one stays beside the new one"
        # One more of the old authority, and then one of the new.
        wait_until("a certificate of it", lambda: len(newcomers.served) == 3, 60)
        wait_until("all have it", lambda: len({each.certificate(listed) for each in both}) == 1,
                   SOON_S)
        time.sleep(2)
    assert users.failed == newcomers.failed == []
    assert users.n > 1000 and newcomers.n > 100
    for replica in both:
        assert replica.metric("spillway_tls_reload_failures_total") == 0
