"""Two replicas behind an API server that is never idle: what users see of one that goes and comes.

Endpoints change as in a cluster, after the fact: a replica gets SIGTERM (or dies), and only then is
taken out of the Service; it is put back once it is ready.
"""

import signal
import time

import pytest

from harness import Webhook, wait_until
from live import gateway, service, setting, workspace
from load import Load, behind_one_service

DRAIN_S = 3
# A kubelet probes, an EndpointSlice is written, API servers hear of it.
HEARSAY_S = 1


@pytest.fixture(scope="module")
def shop(bookinfo):
    """A namespace in which Service cart, and whoever has its label, is exposed."""
    name = bookinfo.new_namespace("shop")
    cart = service("cart", name)
    bookinfo.apply(workspace(name), gateway(name), cart, setting(name, app="cart"))
    return name


@pytest.fixture(scope="module")
def replicas(bookinfo, shop, authority, tmp_path_factory):
    """Two of them, each of which watches the API server itself."""
    sources = {"east": f"kubeconfig:{bookinfo.kubeconfig}"}
    options = [f"--drain-seconds={DRAIN_S}"]
    both = [
        Webhook(bookinfo, tmp_path_factory.mktemp(f"replica-{n}"), sources, authority, n, options)
        for n in range(2)
    ]
    with behind_one_service(both):
        yield both


def load_on(api, shop):
    return Load(api, service("cart", shop))


def roll(replica, load):
    """Ends a replica as a Deployment does, and starts its successor."""
    replica.process.send(signal.SIGTERM)
    wait_until("not ready", lambda: not replica.is_ready())
    time.sleep(HEARSAY_S)
    replica.publish(ready=False)
    load.wait_more(50)
    assert replica.process.wait_exit() == 0
    load.wait_more(50)
    replica.start()
    load.wait_more(50)


def test_a_rolling_restart_costs_no_user_anything(bookinfo, shop, replicas):
    with replicas[0].registration("Fail"), load_on(bookinfo, shop) as load:
        for replica in [*replicas, *replicas]:
            roll(replica, load)

    assert load.failed() == []
    assert load.unmutated() == []
    assert len(load.answers()) > 600
    for replica in replicas:
        assert replica.process.log.read_text().count('"connections_cut":0') == 2


def outage_of(replica, load):
    """Kills a replica, has it taken out of the Service a moment later, and starts it again.

    Gives the time between its death and when the API server had to have heard of it.
    """
    dies_s = time.monotonic()
    replica.kill()
    time.sleep(HEARSAY_S)
    replica.publish(ready=False)
    time.sleep(HEARSAY_S)
    known_s = time.monotonic()
    load.wait_more(50)
    replica.start()
    load.wait_more(50)
    return dies_s, known_s


def outside(outages, answers):
    """Answers to what was sent at no time of these; one may have been under way as it began."""
    return [
        answer for answer in answers
        if not any(dies_s - 1 <= answer.sent_s <= known_s for dies_s, known_s in outages)
    ]


def test_one_that_is_killed_costs_nobody_anything_as_shipped(bookinfo, shop, replicas):
    with replicas[0].registration(), load_on(bookinfo, shop) as load:
        outages = [outage_of(replica, load) for replica in replicas]

    assert load.failed() == []
    assert outside(outages, load.unmutated()) == []
    assert len(load.answers()) > 300


def test_one_that_is_killed_costs_who_insists_what_was_sent_to_it(bookinfo, shop, replicas):
    """With failurePolicy Fail: a POST to a process that dies cannot be saved, and nor can those
    that are sent to its port until the Service is known not to lead there. The rest can."""
    with replicas[0].registration("Fail"), load_on(bookinfo, shop) as load:
        outages = [outage_of(replica, load) for replica in replicas]

    failed = load.failed()
    assert load.unmutated() == []
    assert outside(outages, failed) == []
    for answer in failed:
        assert answer.status == 500
        assert "failed calling webhook" in answer.said["message"]
