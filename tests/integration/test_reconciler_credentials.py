"""How the other cluster is reached changes while the reconciler runs, and nothing is lost by it.

And an istiod that reads the other cluster by itself: the real one, told by a Secret of its own.
"""

import base64
import contextlib
import json
import time

import pytest

import told
from harness import Authority, Client, Istiod, wait_until
from harness.net import host_address
from harness.reconciler import Reconciler
from reconciler import ROOT, SERVICES, Pair, pod, running
from wire import Wire

OURS = "spillway-system"
READER = "spillway-test-reader"


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    with Pair(tmp_path_factory.mktemp("credentials"), [f"--namespace={OURS}"]) as pair:
        pair.expose()
        pair.wait_in_place()
        pair.reconcilers[0].stop()
        yield pair


def new_token(cluster):
    """Of an account that may read everything there; deleted, it takes its tokens along."""
    rbac = "rbac.authorization.k8s.io"
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]
    meta = {"name": READER}
    cluster.api.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {**meta, "namespace": OURS}},
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": meta, "rules": rules},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": READER},
            "subjects": [{"kind": "ServiceAccount", "name": READER, "namespace": OURS}],
        },
    )
    return cluster.api.kubectl("create", "token", READER, "-n", OURS).check().stdout.strip()


def kubeconfig(cluster, user, port=None):
    config = json.loads(cluster.kubeconfig.read_text())
    config["users"][0]["user"] = user
    if port:
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
    return json.dumps(config)


def status_of(cluster, token):
    """What an API server answers to who has that token: it remembers good ones for some seconds."""
    with contextlib.closing(Client(cluster.api.kubeconfig, token)) as client:
        return client.call("GET", "/api/v1/services?limit=1")[0]


def uids(cluster):
    return {each["metadata"]["uid"] for each in cluster.entries().values()}


def stays(cluster, before, duration_s):
    """All that leads to the other cluster is there for so long, and nothing was made anew."""
    deadline = time.monotonic() + duration_s
    while time.monotonic() < deadline:
        assert uids(cluster) == before
        time.sleep(0.1)


def follow(pair, address):
    """What changes there is seen here, by a new gateway address."""
    pair.second.gateway(address)
    wanted = {name: {address} for name in SERVICES}
    wait_until(f"all lead to {address}", lambda: pair.first.addresses() == wanted, 60)
    return uids(pair.first)


def test_a_token_that_is_renewed_in_its_file_is_taken_up(pair, tmp_path):
    """As kubelets renew it; here the one before is worth nothing by then."""
    first, second = pair.clusters
    token, config = tmp_path / "token", tmp_path / "kubeconfig"
    revoked = new_token(second)
    token.write_text(revoked)
    config.write_text(kubeconfig(second, {"tokenFile": str(token)}))
    sources = {first.name: f"kubeconfig:{first.kubeconfig}", second.name: f"kubeconfig:{config}"}

    def failing():
        return reconciler.metric("spillway_cluster_failing", cluster=second.name)

    with Reconciler(tmp_path / "reconciler", sources, pair.options) as reconciler:
        before = follow(pair, "192.0.2.51")
        second.api.kubectl("delete", "serviceaccount", READER, "-n", OURS).check()
        renewed = new_token(second)
        wait_until("it is worth nothing", lambda: status_of(second, revoked) == 401)
        second.wire.cut()  # what was let in once goes on as it was
        second.wire.mend()
        wait_until("it is refused", lambda: failing() == 1, 60)
        stays(first, before, 2)
        token.write_text(renewed)
        wait_until("it is let in again", lambda: failing() == 0, 60)
        stays(first, before, 2)
        follow(pair, "192.0.2.52")


def secret(name, at, label, cluster_name, text):
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": at, "labels": {label: "true"}},
        "data": {cluster_name: base64.b64encode(text.encode()).decode()},
    }


def test_a_new_kubeconfig_is_tried_whole_before_the_old_one_is_left(pair, tmp_path):
    """It leads nowhere for a while, and then to the same cluster by another way."""
    first, second = pair.clusters
    other = Wire(int(second.api.url.rpartition(":")[2]))
    user = json.loads(second.kubeconfig.read_text())["users"][0]["user"]

    def put(text):
        first.put(secret("clusters", OURS, "spillway.dev/cluster", second.name, text))

    put(second.kubeconfig.read_text())
    sources = {first.name: f"kubeconfig:{first.kubeconfig}"}
    with Reconciler(tmp_path / "reconciler", sources, pair.options) as reconciler, other:
        follow(pair, "192.0.2.61")
        other.cut()
        put(kubeconfig(second, user, other.port))
        wait_until("it was told", lambda: "kubeconfig changed" in str(reconciler.log()))
        before = follow(pair, "192.0.2.62")  # by the old one
        other.mend()
        put("not: a kubeconfig")
        stays(first, before, 2)
        n_writes = reconciler.n_writes()
        put(kubeconfig(second, {"token": new_token(second)}, other.port))
        wait_until("the new way is used", other.is_used, 60)
        stays(first, before, 2)
        assert reconciler.n_writes() == n_writes
        second.wire.cut()
        follow(pair, "192.0.2.63")  # by the new one
        second.wire.mend()
    first.delete("Secret", "clusters", OURS)


def serve_metrics(cluster, port):
    """istiod's Service, and the page behind it, for whoever asks by the API server.

    API servers pass requests on by Endpoints, which a controller keeps beside the slices, and only
    to addresses of pods.
    """
    address = host_address()
    metadata = {"name": "istiod", "namespace": ROOT, "labels": {"app": "istiod"}}
    ports = [{"name": "https-webhook", "port": 443}, {"name": "http-monitoring", "port": 15014}]
    made = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports}}
    cluster.put(made)
    cluster.put(pod("istiod-0", ROOT, {"app": "istiod"}, "istiod"), running(address))
    target = {"kind": "Pod", "namespace": ROOT, "name": "istiod-0"}
    subset = {
        "addresses": [{"ip": address, "targetRef": target}],
        "ports": [{"name": "http-monitoring", "port": port}],
    }
    metadata = {"name": "istiod", "namespace": ROOT}
    made = {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata, "subsets": [subset]}
    cluster.put(made)


def root_of(cluster):
    return cluster.get("ConfigMap", "istio-ca-root-cert", ROOT)["data"]


def share_root(pair):
    """istiod puts its root certificate into every namespace: it is the other cluster's, too."""
    before = root_of(pair.second)
    wait_until("istiod has written its root", lambda: root_of(pair.first) != before)
    metadata = {"name": "istio-ca-root-cert", "namespace": ROOT}
    data = root_of(pair.first)
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    pair.second.put(made)


def test_an_istiod_that_reads_the_other_cluster_itself_has_it_alone(pair, tmp_path):
    """Both would give the pods behind the gateway twice."""
    first, second = pair.clusters
    follow_up = pair.reconciler(first, "-istiod")
    text = second.api.kubeconfig.read_text()
    authority = Authority.new_root(tmp_path / "root")
    (tmp_path / "istiod").mkdir()
    with Istiod(first.api, tmp_path / "istiod", authority) as istiod:
        serve_metrics(first, istiod.monitoring_port)
        share_root(pair)
        with follow_up:
            wait_until(
                "istiod is asked",
                lambda: follow_up.metric("spillway_reconciler_native_known") == 1,
            )
            follow(pair, "192.0.2.71")
        native = secret("remote", ROOT, "istio/multiCluster", second.name, text)
        first.put(native)
        with follow_up:
            wait_until("nothing leads there any more", lambda: not first.entries(), 60)
            wanted = {("Withheld", "NativeMultiCluster")}
            key = ("bookinfo", "details")
            wait_until("it is told", lambda: told.services(first).get(key) == wanted)
