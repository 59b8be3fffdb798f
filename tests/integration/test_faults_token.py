"""The webhook's own credential at an API server: it is refused, runs out, and is renewed."""

import contextlib
import itertools
import json
import time

import pytest

from harness import Client, wait_until
from harness.process import NotReady
from live import Cluster, Live, gateway, service, setting, workspace

NAMESPACE = "spillway-system"
ACCOUNT = "spillway-webhook"
READ = ["get", "list", "watch"]
_numbers = itertools.count(1)


def account(may_read):
    """A ServiceAccount, and what it may do."""
    kinds = [("", "namespaces"), ("", "services"), ("tsb.tetrate.io", "*")]
    rules = [
        {"apiGroups": [group], "resources": [resource], "verbs": READ}
        for group, resource in kinds
        if may_read
    ]
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "test-reader"}
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "test-reader"}}
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": ACCOUNT, "namespace": NAMESPACE},
        },
        {**rbac, "kind": "ClusterRole", "rules": rules},
        {**rbac, "kind": "ClusterRoleBinding", "roleRef": role, "subjects": [subject]},
    ]


class Credential:
    """A token in a file, as a kubelet mounts one; each is good for as long as its Secret is there.

    (A Pod's is bound to the Pod. Here are no kubelets, and to the API server it is the same.)
    """

    def __init__(self, api, path):
        self.api = api
        self.path = path
        self._token = None
        self._secret = None
        self.renew()

    def renew(self):
        """Puts another token in the file."""
        self._secret = f"bond-{next(_numbers)}"
        metadata = {"name": self._secret, "namespace": NAMESPACE}
        self.api.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
        bound = ["--bound-object-kind=Secret", f"--bound-object-name={self._secret}"]
        made = self.api.kubectl("create", "token", ACCOUNT, "-n", NAMESPACE, *bound).check()
        self._token = made.stdout.strip()
        aside = self.path.with_suffix(".new")
        aside.write_text(self._token + "\n")
        aside.rename(self.path)

    def revoke(self):
        """Waits until the API server refuses the token that is in the file."""
        self.api.kubectl("delete", "secret", self._secret, "-n", NAMESPACE).check()
        wait_until("the token is refused", lambda: self.status() == 401)

    def status(self):
        """What an API server answers to who has the token that is in the file."""
        with contextlib.closing(Client(self.api.kubeconfig, self._token)) as client:
            return client.call("GET", "/api/v1/services?limit=1")[0]


@pytest.fixture
def east(bookinfo, tmp_path):
    """The API server, for who has the token of a file."""
    bookinfo.apply(*account(may_read=True))
    with Cluster(bookinfo, tmp_path, "east") as cluster:
        config = json.loads(cluster.kubeconfig.read_text())
        config["users"][0]["user"] = {"tokenFile": "token"}  # beside the kubeconfig
        cluster.kubeconfig.write_text(json.dumps(config))
        cluster.credential = Credential(bookinfo, tmp_path / "token")
        yield cluster


@pytest.fixture
def shop(bookinfo):
    name = bookinfo.new_namespace("shop")
    bookinfo.apply(workspace(name), gateway(name), service("cart", name))
    return name


def wait_known(live, shop, name, timeout_s=30):
    """Waits until a setting that selects the Service is taken; tells what it was refused with."""
    refusals = []

    def is_taken():
        refusals.append(live.refused(setting(shop, app=name)))
        return refusals[-1] is None

    try:
        wait_until(f"{name} is known", is_taken, timeout_s)
    except NotReady as late:
        raise NotReady(f"{late}: {refusals[-1]}") from late


def test_a_token_that_is_refused_is_read_again(east, shop, authority, tmp_path):
    with Live([east], tmp_path / "webhook", authority) as live:
        began_s = time.monotonic()
        wait_known(live, shop, "cart")
        east.credential.revoke()
        east.wire.cut()
        east.wire.mend()
        live.apply(service("late", shop)).check()
        time.sleep(3)
        assert live.is_ready()
        assert live.refused(setting(shop, app="cart")) is None  # from what was known last
        assert "matches no Service" in live.refused(setting(shop, app="late"))

        east.credential.renew()
        wait_known(live, shop, "late", 20)
        # Else it would have been read again for its age.
        assert time.monotonic() - began_s < 60


def test_without_the_right_to_read_it_says_so_and_then_has_it(east, shop, authority, tmp_path):
    east.api.apply(*account(may_read=False))
    live = Live([east], tmp_path / "webhook", authority)
    try:
        live.webhook.process.start()
        wait_until("it says so", lambda: "403" in live.webhook.readiness())
        assert "/api/v1/namespaces" in live.webhook.readiness()

        east.api.apply(*account(may_read=True))
        wait_until("ready", live.webhook.is_ready, 60)
    finally:
        live.webhook.stop()
