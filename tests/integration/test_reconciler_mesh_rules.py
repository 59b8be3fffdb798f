"""What keeps failover of one Service back, what `spillway status` says of it, and that it heals.

All of it goes wrong at the same time, each in a shop of its own.
"""

import contextlib
import dataclasses
import time
import typing

import pytest

import told
from harness import NotReady, wait_until
from reconciler import ROOT, Pair, pod, running, service
from shops import CART, GATEWAYS, VIEW, Shop

OURS = "spillway-system"
IN_PLACE = {("Emitted", "Planned")}


@dataclasses.dataclass(frozen=True)
class Case:
    """reason: the word for it. wrong, right: what goes wrong in a Shop, and what heals it."""

    reason: str
    wrong: typing.Callable
    right: typing.Callable


def put_there(make):
    return lambda shop: shop.there.put(make(shop))


def delete_there(make):
    def delete(shop):
        metadata = make(shop)["metadata"]
        shop.there.delete(make(shop)["kind"], metadata["name"], metadata["namespace"])

    return delete


def cart(shop, port=9080, labels=None, **annotations):
    made = service(CART, shop.name, port, **(labels or {}))
    made["metadata"]["annotations"] = {
        f"networking.istio.io/{key}": value for key, value in annotations.items()
    }
    return made


def plaintext(shop):
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": shop.name},
        "spec": {"mtls": {"mode": "DISABLE"}},
    }


def users_rule(shop, **policy):
    """A user's DestinationRule for cart, which so takes the place of ours."""
    shop.here.put(
        {
            "apiVersion": "networking.istio.io/v1",
            "kind": "DestinationRule",
            "metadata": {"name": CART, "namespace": shop.name},
            "spec": {"host": CART, "trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}, **policy}},
        }
    )


def namesake(shop):
    """A pod of another namespace than the gateway's that its Service would select."""
    return pod("namesake", shop.name, {"app": shop.gateway}, "default")


def run_namesake(shop):
    shop.there.put(namesake(shop), running(shop.there.new_address()))


def pods_anew(shop, **how):
    shop.there.scale(CART, 0, shop.name)
    shop.there.scale(CART, 1, shop.name, **how)


CASES = {
    "port": Case(
        "PortMismatch",
        put_there(lambda shop: cart(shop, port=9081)),
        put_there(cart),
    ),
    "disabled": Case(
        "Disabled",
        lambda shop: shop.here.put(cart(shop, labels={"failover": "disable"})),
        lambda shop: shop.here.put(cart(shop)),
    ),
    "hidden": Case(
        "NotExported",
        put_there(lambda shop: cart(shop, exportTo=".")),
        put_there(cart),
    ),
    "plaintext": Case("MTLSDisabled", put_there(plaintext), delete_there(plaintext)),
    "rule": Case(
        "NoOutlierDetection",
        users_rule,
        lambda shop: users_rule(shop, outlierDetection={"consecutiveGatewayErrors": 5}),
    ),
    "no-pods": Case(
        "NoReadyPods",
        lambda shop: shop.there.scale(CART, 0, shop.name),
        lambda shop: shop.there.scale(CART, 1, shop.name),
    ),
    "no-sidecar": Case(
        "NoSidecar",
        lambda shop: pods_anew(shop, sidecar=False),
        pods_anew,
    ),
    "no-gateway": Case(
        "NoGateway",
        lambda shop: shop.there.delete("Service", shop.gateway, GATEWAYS),
        Shop.gateway_back,
    ),
    "no-address": Case(
        "GatewayNoAddress",
        lambda shop: shop.bring_gateway(shop.there),
        Shop.gateway_back,
    ),
    "no-family": Case(
        "AddressFamily",
        lambda shop: shop.bring_gateway(shop.there, "2001:db8::1"),
        Shop.gateway_back,
    ),
    "not-ready": Case("GatewayNotReady", Shop.gateway_pod_unready, Shop.gateway_back),
    "no-view": Case(
        "GatewayNetworkView",
        lambda shop: shop.gateway_pod_with(OTHER="x"),
        Shop.gateway_back,
    ),
    "other-view": Case(
        "GatewayNetworkView",
        lambda shop: shop.gateway_pod_with(**{VIEW: shop.here.name}),
        Shop.gateway_back,
    ),
    "namesake": Case(
        "GatewaySelectsOthers",
        run_namesake,
        lambda shop: shop.there.delete("Pod", "namesake", shop.name),
    ),
    "passthrough": Case(
        "PassthroughTaken",
        put_there(lambda shop: shop.passthrough("elsewhere.example")),
        put_there(lambda shop: shop.passthrough(f"{CART}.{shop.name}.svc.cluster.local")),
    ),
}


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    with Pair(tmp_path_factory.mktemp("rules"), [f"--namespace={OURS}"]) as pair:
        yield pair


@pytest.fixture(scope="module")
def shops(pair):
    """Open, and failover in place in each."""
    shops = {name: Shop(pair, name, i) for i, name in enumerate(CASES, 1)}
    for shop in shops.values():
        shop.open()
    for shop in shops.values():
        wait_until(f"{shop.name} fails over", shop.leads_there, 60)
    return shops


@pytest.fixture(scope="module")
def wrong(shops):
    for name, shop in shops.items():
        CASES[name].wrong(shop)
    return shops


@pytest.fixture(scope="module")
def right(wrong):
    for name, shop in wrong.items():
        CASES[name].right(shop)
    return wrong


def wait_told(shop, wanted):
    def of_cart():
        return told.services(shop.here).get((shop.name, CART), set())

    with contextlib.suppress(NotReady):
        wait_until(f"{shop.name} is told as {wanted}", lambda: of_cart() == wanted, 30)
    assert of_cart() == wanted


@pytest.mark.parametrize("name", CASES)
def test_it_is_withheld_and_the_reason_is_told(wrong, name):
    shop = wrong[name]
    wait_until(f"{shop.name} leads nowhere", lambda: not shop.entries(), 30)
    wait_told(shop, {("Withheld", CASES[name].reason)})


@pytest.mark.parametrize("name", CASES)
def test_it_heals(right, name):
    shop = right[name]
    wait_until(f"{shop.name} fails over again", shop.leads_there, 60)
    wait_told(shop, IN_PLACE)


def test_nothing_is_written_any_more_once_all_is_right(pair, right):
    pair.wait_quiet(quiet_s=3)


# --- of whole clusters ------------------------------------------------------------------------


def root_certificate(text):
    """What istiod keeps in every namespace of a mesh."""
    pem = f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "istio-ca-root-cert", "namespace": ROOT},
        "data": {"root-cert.pem": pem},
    }


def test_clusters_that_do_not_trust_each_other_are_kept_apart(pair, right):
    """mTLS would fail at the pod behind the gateways, and look as if the pods did."""
    some = [right["port"], right["rule"]]
    before = pair.second.get("ConfigMap", "istio-ca-root-cert", ROOT)
    pair.second.put(root_certificate("b3RoZXI="))
    for shop in some:
        wait_until("nothing leads there", lambda shop=shop: not shop.entries(), 30)
        wait_told(shop, {("Withheld", "RootCertificate")})
    pair.second.put({**before, "metadata": {"name": "istio-ca-root-cert", "namespace": ROOT}})
    for shop in some:
        wait_until("trust is back", shop.leads_there, 30)
        wait_told(shop, IN_PLACE)


# --- while nobody writes there ------------------------------------------------------------------


def gateways_of(shop):
    return [
        each["metadata"]["name"]
        for each in shop.there.list("Gateway", GATEWAYS)
        if each["spec"]["selector"] == {"app": shop.gateway}
    ]


def test_nothing_new_leads_to_a_gateway_that_does_not_hold_the_host(pair, right):
    """What is there stays: a new one would be refused at the gateway."""
    shop, there = right["port"], pair.reconcilers[1]
    there.stop()
    try:
        for name in gateways_of(shop):
            pair.second.delete("Gateway", name, GATEWAYS)
        [entry] = pair.first.entries(CART, shop.name)
        time.sleep(2)
        assert shop.leads_there()
        pair.first.delete("WorkloadEntry", entry, shop.name)
        waits = ("Waits", "WaitsForRemoteGateway")
        key = (shop.name, CART)
        wait_until("it is told", lambda: waits in told.services(shop.here).get(key, set()))
        assert not shop.entries()
    finally:
        there.start()
    wait_until("the gateway there holds it again", lambda: gateways_of(shop), 30)
    wait_until("it fails over again", shop.leads_there, 30)
