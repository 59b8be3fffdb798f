"""Gateways that are known by a name, and what a DNS server that moves makes of WorkloadEntries.

Each name is that of one shop's gateway in the other cluster; all of them change at the same time.
"""

import pytest

import told
from harness import dns, wait_until
from harness.dns import Dns
from harness.reconciler import Reconciler
from reconciler import GATEWAY_PORT, Pair, service
from shops import CART, GATEWAYS, Shop

OURS = "spillway-system"
ANNOTATION = "xcp.tetrate.io/cluster-external-addresses"
ALIASED = "lb.provider.example"

# An answer holds for 30 s at least, whatever its TTL.
CHANGE_S = 45

# Of each shop: what its gateway's name is by DNS, before and after; then where its WorkloadEntries
# lead, before and after.
MANY = ("203.0.113.11", "203.0.113.12", "203.0.113.13")
CASES = {
    "moves": (["203.0.113.1"], ["203.0.113.2"], {"203.0.113.1"}, {"203.0.113.2"}),
    "many": (list(MANY), list(MANY), set(MANY), set(MANY)),
    "alias": ([f"cname:{ALIASED}"], [f"cname:{ALIASED}"], {"203.0.113.21"}, {"203.0.113.22"}),
    "fails": (["203.0.113.31"], dns.SERVFAIL, {"203.0.113.31"}, {"203.0.113.31"}),
    "vanishes": (["203.0.113.41"], dns.NXDOMAIN, {"203.0.113.41"}, {"203.0.113.41"}),
    "appears": (dns.NXDOMAIN, ["203.0.113.51"], set(), {"203.0.113.51"}),
    "both-families": (
        ["203.0.113.61", "2001:db8::61"],
        ["203.0.113.61", "2001:db8::62"],
        {"203.0.113.61"},
        {"203.0.113.61"},
    ),
    "unreachable": (["127.0.0.1"], ["127.0.0.1", "203.0.113.71"], set(), {"203.0.113.71"}),
}


def name_of(shop):
    return f"{shop.name}.lb.example"


@pytest.fixture(scope="module")
def server(tools):
    with Dns() as server:
        server.names[ALIASED] = ["203.0.113.21"]
        yield server


@pytest.fixture(scope="module")
def pair(server, tmp_path_factory):
    options = [f"--namespace={OURS}", f"--dns-servers={server.address}"]
    with Pair(tmp_path_factory.mktemp("dns"), options) as pair:
        yield pair


@pytest.fixture(scope="module")
def before(pair, server):
    """Every shop's gateway in the other cluster has a name and nothing else."""
    shops = {name: Shop(pair, name, i) for i, name in enumerate(CASES, 1)}
    for name, shop in shops.items():
        server.names[name_of(shop)] = CASES[name][0]
        shop.open()
        shop.bring_gateway(shop.there, name_of(shop))
    return shops


@pytest.fixture(scope="module")
def uids(before):
    """Of the WorkloadEntries that are there before anything changes."""
    for name, shop in before.items():
        wait_led(shop, CASES[name][2])
    return {name: uids_of(shop) for name, shop in before.items()}


@pytest.fixture(scope="module")
def after(before, server, uids):
    """Every name has been asked for again since all of them changed."""
    server.names[ALIASED] = ["203.0.113.22"]
    for name, shop in before.items():
        server.names[name_of(shop)] = CASES[name][1]
    asked = dict(server.n_asked)
    for shop in before.values():
        key = name_of(shop)
        wait_until(
            f"{key} is asked for again",
            lambda key=key: server.n_asked[key] > asked[key] + 1,
            CHANGE_S,
        )
    return before


def uids_of(shop):
    return {each["metadata"]["uid"] for each in shop.here.entries(CART, shop.name).values()}


def wait_led(shop, wanted):
    wait_until(f"{shop.name} leads to {wanted}", lambda: shop.entries() == wanted)


def wait_withheld(shop, reason):
    key, wanted = (shop.name, CART), {("Withheld", reason)}
    wait_until(reason, lambda: told.services(shop.here).get(key) == wanted)


@pytest.mark.parametrize("name", CASES)
def test_a_name_leads_where_its_addresses_are(before, uids, name):
    assert before[name].entries() == CASES[name][2]


@pytest.mark.parametrize("name", ["appears", "unreachable"])
def test_a_name_without_addresses_is_told_of(before, uids, name):
    wait_withheld(before[name], "GatewayUnresolved")


@pytest.mark.parametrize("name", CASES)
def test_entries_follow_the_name(after, name):
    wait_led(after[name], CASES[name][3])


@pytest.mark.parametrize("name", ["many", "fails", "vanishes", "both-families"])
def test_an_answer_that_changes_nothing_writes_nothing(after, uids, name):
    """Neither another order, nor a server that is away, nor one that forgot a name for a moment."""
    assert uids_of(after[name]) == uids[name]


def annotated(shop, addresses):
    made = service(shop.gateway, GATEWAYS, GATEWAY_PORT)
    made["metadata"]["annotations"] = {ANNOTATION: addresses} if addresses else {}
    made["spec"]["type"] = "LoadBalancer"
    return made


ANNOTATED = {
    "198.51.100.1,198.51.100.2": {"198.51.100.1", "198.51.100.2"},
    "Named.Example.": {"198.51.100.3"},  # a cloud's own would be in lower case, without the dot
    "": {"203.0.113.2"},
}


def test_an_annotation_wins_over_what_the_cloud_says(after, server):
    """And a gateway without it has its own address again."""
    shop = after["moves"]
    server.names["named.example"] = ["198.51.100.3"]
    for addresses, wanted in ANNOTATED.items():
        shop.there.put(annotated(shop, addresses))
        wait_led(shop, wanted)


def test_without_resolution_a_name_leads_nowhere(pair, after, tmp_path):
    """ENABLE_DNS_RESOLUTION_AT_EDGE=false, as elsewhere: addresses are none the worse for it."""
    named, by_address = after["many"], after["moves"]
    by_address.gateway_back()
    pair.reconcilers[0].stop()
    sources = {each.name: f"kubeconfig:{each.kubeconfig}" for each in pair.clusters}
    off = {"ENABLE_DNS_RESOLUTION_AT_EDGE": "false"}
    with Reconciler(tmp_path / "off", sources, pair.options, off):
        wait_led(named, set())
        wait_led(by_address, {by_address.addresses[pair.second.name]})
        wait_withheld(named, "GatewayDNSOff")
