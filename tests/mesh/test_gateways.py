"""What the gateways let through, and what istiod and Envoy have made of our objects."""

import contextlib
import ssl

import pytest

import scene
from harness import wait_until

DETAILS = "http://details:9080/details/0"


@pytest.fixture
def abandoned(mesh):
    """The reconcilers are gone, and what they wrote stays."""
    for site in mesh.sites:
        site.reconciler.stop()
    yield
    for site in mesh.sites:
        site.cluster.scale("details-v1", 1)
        site.reconciler.start()
    for site in mesh.sites:
        site.cluster.wait_ready()


@pytest.fixture
def ledger(second):
    """A Service of the second cluster that has pods, and is not to be reached from elsewhere."""
    service = scene.service("ledger", app="details", labels={"failover": "disable"})
    second.apply(service)
    cluster = scene.outbound("ledger")
    wait_until("istiod has told of it", lambda: second.client().priorities(cluster))
    yield "ledger"
    second.delete(service)


def test_local_endpoints_come_before_those_elsewhere(mesh):
    for site in mesh.sites:
        elsewhere = {
            f"{other.gateway().address}:{scene.GATEWAY_PORT}"
            for other in mesh.sites
            if other is not site
        }
        for name in scene.VERSIONS:
            priorities = site.client().priorities(scene.outbound(name))
            local = {f"{pod.address}:{scene.PORT}" for pod in site.cluster.pods(name)}
            assert priorities == {**dict.fromkeys(local, 0), **dict.fromkeys(elsewhere, 1)}


def test_every_proxy_has_taken_what_istiod_sent(mesh):
    for site in mesh.sites:
        wait_until(f"{site.name}'s proxies have taken all", lambda site=site: _all_taken(site))
    assert mesh.refusals() == dict.fromkeys((site.name for site in mesh.sites), 0)


def test_both_down_is_told_at_once_and_no_gateway_asks_another(mesh, abandoned):
    first, second = mesh.sites
    pairs = {
        (a.name, b.name, who): mesh.fabric.count(pod.address, b.gateway().address)
        for a, b in ((first, second), (second, first))
        for who, pod in (("client", a.client()), ("gateway", a.gateway()))
    }
    for site in mesh.sites:
        site.cluster.scale("details-v1", 0)
    for site in mesh.sites:
        _wait_until_only_elsewhere(site)
    for site in mesh.sites:
        answers = [site.client().get(DETAILS) for _ in range(10)]
        assert {each.status for each in answers} == {503}, answers
        assert max(each.seconds for each in answers) < 5
    counted = {key: counter.read() for key, counter in pairs.items()}
    for counter in pairs.values():
        counter.stop()
    # The clients did ask the gateways, and there it ended.
    assert all(n > 0 for (_, _, who), n in counted.items() if who == "client"), counted
    assert all(n == 0 for (_, _, who), n in counted.items() if who == "gateway"), counted


def test_a_gateway_lets_nothing_through_that_is_not_exposed(first, second, ledger):
    exposed = _certificate(first, second, scene.sni("details"))
    assert b"spiffe://cluster.local/ns/bookinfo/sa/bookinfo-details" in exposed
    for sni in (
        scene.sni(ledger),
        scene.sni("absent"),
        "outbound_.443_._.kubernetes.default.svc.cluster.local",
        "details.bookinfo.svc.cluster.local",
    ):
        with pytest.raises(OSError):  # ssl's own errors among them
            _certificate(first, second, sni)


def _all_taken(site):
    proxies = site.cluster.istiod.debug("syncz")
    resources = [each for proxy in proxies for each in proxy["resources"].values()]
    return len(proxies) == len(site.cluster.node.pods()) and all(
        each["sent"] == each.get("acked") and not each.get("lastError") for each in resources
    )


def _wait_until_only_elsewhere(site):
    wait_until(
        f"{site.name} has details elsewhere only",
        lambda: len(site.client().priorities(scene.outbound("details"))) == 1
        and not site.cluster.pods("details"),
    )


def _certificate(here, there, sni):
    """Of what answers a name behind a gateway, asked from the other cluster's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["istio"])
    gateway = there.gateway().address
    with contextlib.closing(here.gateway().connect(gateway, scene.GATEWAY_PORT)) as plain:
        with context.wrap_socket(plain, server_hostname=sni) as connection:
            return connection.getpeercert(binary_form=True)
