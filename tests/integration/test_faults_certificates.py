"""Certificates that are exchanged while an API server never stops asking.

Each replica reads its pair from a folder of its own that is mounted as a kubelet mounts a Secret:
the files are links through ..data, and ..data is turned.
"""

import contextlib
import shutil
import ssl

import pytest

from admission import namespace
from direct import Newcomers, ask
from harness import Authority, Webhook, wait_until
from live import service, setting, workspace
from load import Load, behind_one_service
from over_folders import write

N_REPLICAS = 4
N_ROUNDS = 5  # in each of which every replica gets another pair


@pytest.fixture(scope="module")
def shop(bookinfo):
    return bookinfo.new_namespace("shop")


class Secret:
    """A folder with tls.crt and tls.key."""

    def __init__(self, path):
        self.path = path
        self._number = 0

    def set(self, pair):
        self._number += 1
        version = self.path / f"..version-{self._number}"
        version.mkdir(parents=True)
        shutil.copy(pair.chain, version / "tls.crt")
        shutil.copy(pair.key, version / "tls.key")
        data, turned = self.path / "..data", self.path / "..data_tmp"
        before = data.resolve() if data.exists() else None
        turned.symlink_to(version.name)
        turned.rename(data)
        for name in ("tls.crt", "tls.key"):
            if not (self.path / name).is_symlink():
                (self.path / name).symlink_to(f"..data/{name}")
        if before:
            shutil.rmtree(before)


class Replica(Webhook):
    """One whose pair changes."""

    def __init__(self, api, directory, sources, authority, number):
        self.secret = Secret(directory / "tls")
        files = (self.secret.path / "tls.crt", self.secret.path / "tls.key")
        super().__init__(api, directory, sources, authority, number, ["--drain-seconds=0"], files)
        self._n_pairs = 0
        self.renew(authority)

    def renew(self, authority):
        """Puts another pair in place, by that authority."""
        self._n_pairs += 1
        name = f"replica-{self._number}-{self._n_pairs}"
        self.secret.set(authority.new_serving(name, [self.host]))

    def wait_renewed(self):
        reloads = "spillway_tls_reloads_total"
        wait_until("the new pair in use", lambda: self.metric(reloads) == self._n_pairs - 1)


@pytest.fixture
def replicas(bookinfo, shop, authority, tmp_path):
    folder = tmp_path / "east"
    folder.mkdir()
    write(folder / "base.yaml", namespace(shop), workspace(shop), setting(shop, app="cart"))
    sources = {"east": f"dir:{folder}"}
    replicas = [
        Replica(bookinfo, tmp_path / f"{n}", sources, authority, n) for n in range(N_REPLICAS)
    ]
    with behind_one_service(replicas):
        yield replicas


@contextlib.contextmanager
def asked_all_the_while(api, shop, replicas, authority):
    """Load through the API server and by newcomers, none of which may fail."""
    newcomers = Newcomers(replicas, authority.root.read_text())
    with replicas[0].registration("Fail") as registration:
        with newcomers, Load(api, service("cart", shop)) as load:
            yield registration, newcomers, load
    assert load.failed() == []
    assert load.unmutated() == []
    assert newcomers.failed == []


def test_twenty_renewals_cost_nobody_anything(bookinfo, shop, replicas, authority):
    with asked_all_the_while(bookinfo, shop, replicas, authority) as (_, newcomers, load):
        for _ in range(N_ROUNDS):
            for replica in replicas:
                replica.renew(authority)
            for replica in replicas:
                replica.wait_renewed()
            newcomers.wait_more(N_REPLICAS)
        load.wait_more(50)


def test_another_authority_costs_nobody_anything(bookinfo, shop, replicas, authority, tmp_path):
    """As the documentation has it: the new one is trusted besides, then used, then alone."""
    other = Authority.new_root(tmp_path / "pki", "other")
    both = authority.root.read_bytes() + other.root.read_bytes()
    asked = asked_all_the_while(bookinfo, shop, replicas, authority)
    with asked as (registration, newcomers, load):
        registration.trust(both)
        newcomers.bundle = both.decode()
        for replica in replicas:
            replica.renew(other)
        for replica in replicas:
            replica.wait_renewed()
        newcomers.wait_more(N_REPLICAS)
        registration.trust(other.root.read_bytes())
        newcomers.bundle = other.root.read_text()
        newcomers.wait_more(N_REPLICAS)
        load.wait_more(50)

    for replica in replicas:
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(replica, authority.root.read_text())
