"""The reconciler as a process among others: killed in the middle of its work, one of two, and with
remote clusters that Secrets name."""

import base64
import contextlib
import http.server
import signal
import threading

import pytest

from harness import wait_until
from harness.net import host_address
from harness.reconciler import Reconciler
from reconciler import ROOT, SERVICES, Pair, pod, running, service

OURS = "spillway-system"
MANY = 300


@pytest.fixture
def pair(tools, tmp_path_factory):
    with Pair(tmp_path_factory.mktemp("reconciler")) as pair:
        pair.expose()
        pair.wait_in_place()
        yield pair


def test_one_that_is_killed_in_the_middle_of_writing_converges(pair):
    """Many Services come at once; whoever wrote half of what they need dies."""
    first, reconciler = pair.first, pair.reconcilers[0]
    reconciler.stop()
    names = [f"many-{i}" for i in range(MANY)]
    for cluster in pair.clusters:
        for name in names:
            cluster.put(service(name))
    for name in names:
        pair.second.scale(name, 1)
    reconciler.start()
    wait_until("some are there", lambda: len(first.entries()) > MANY // 4, 120)
    reconciler.kill()
    assert len(first.entries()) < MANY, "it was done before it was killed"
    reconciler.start()
    wanted = {name: {"192.0.2.2"} for name in [*names, *SERVICES]}
    wait_until("all are there", lambda: first.addresses() == wanted, 120)
    assert len(first.entries()) == MANY + 6
    pair.wait_quiet(quiet_s=4)
    # All that is not exposed any more goes, however much it is: events say so, no relist.
    for name in names:
        pair.second.delete("Service", name, "bookinfo")
    wanted = {name: {"192.0.2.2"} for name in SERVICES}
    wait_until("what led to them is gone", lambda: first.addresses() == wanted, 120)


def leading(replicas):
    return [each for each in replicas if each.metric("spillway_reconciler_leader") == 1]


def test_of_two_one_writes_and_the_other_takes_over(pair):
    pair.reconcilers[0].stop()
    options = ["--leader-elect", f"--namespace={OURS}"]
    replicas = [pair.reconciler(pair.first, f"-{i}", options) for i in range(2)]
    with contextlib.ExitStack() as stack:
        for each in replicas:
            stack.enter_context(each)
        wait_until("one leads", lambda: len(leading(replicas)) == 1, 60)
        (leader,) = leading(replicas)
        (other,) = [each for each in replicas if each is not leader]
        pair.second.gateway("192.0.2.20")
        wanted = {name: {"192.0.2.20"} for name in SERVICES}
        wait_until("the leader writes", lambda: pair.first.addresses() == wanted, 60)
        assert other.n_writes() == 0
        leader.process.send(signal.SIGTERM)
        assert leader.process.wait_exit(15) == 0
        wait_until("the other leads", lambda: leading([other]), 15)
        pair.second.gateway("192.0.2.21")
        wanted = {name: {"192.0.2.21"} for name in SERVICES}
        wait_until("the other writes", lambda: pair.first.addresses() == wanted, 60)


def secret_of(cluster):
    text = cluster.kubeconfig.read_bytes()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "clusters",
            "namespace": OURS,
            "labels": {"spillway.dev/cluster": "true"},
        },
        "data": {cluster.name: base64.b64encode(text).decode()},
    }


def test_a_cluster_that_a_secret_names_comes_and_goes(pair, tmp_path):
    first, second = pair.clusters
    pair.reconcilers[0].stop()
    first.put(secret_of(second))
    sources = {first.name: f"kubeconfig:{first.kubeconfig}"}
    with Reconciler(tmp_path / "alone", sources, [f"--namespace={OURS}"]) as reconciler:
        assert reconciler.metric("spillway_cluster_synced", cluster=second.name) == 1
        second.gateway("192.0.2.30")
        wanted = {name: {"192.0.2.30"} for name in SERVICES}
        wait_until("all lead to its new address", lambda: first.addresses() == wanted, 60)
        first.delete("Secret", "clusters", OURS)
        wait_until("nothing leads there any more", lambda: not first.entries(), 60)
        assert reconciler.metric("spillway_cluster_synced", cluster=second.name) is None


@contextlib.contextmanager
def istiod_metrics(cluster, n_remote):
    """istiod's Service and the page behind it, where it says how many remote clusters it reads."""
    page = (
        "# TYPE istiod_managed_clusters gauge\n"
        'istiod_managed_clusters{cluster_type="local"} 1\n'
        f'istiod_managed_clusters{{cluster_type="remote"}} {n_remote}\n'
    ).encode()

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/metrics" else 404)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer((host_address(), 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ports = [{"name": "http-monitoring", "port": 15014}]
    metadata = {"name": "istiod", "namespace": ROOT, "labels": {"app": "istiod"}}
    cluster.put(
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports}}
    )
    # API servers pass requests on by the older kind, which a controller keeps beside the slices,
    # and only to addresses of pods.
    cluster.put(pod("istiod-0", ROOT, {"app": "istiod"}, "istiod"), running(host_address()))
    target = {"kind": "Pod", "namespace": ROOT, "name": "istiod-0"}
    subset = {
        "addresses": [{"ip": host_address(), "targetRef": target}],
        "ports": [{"name": "http-monitoring", "port": server.server_port}],
    }
    metadata = {"name": "istiod", "namespace": ROOT}
    cluster.put(
        {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata, "subsets": [subset]}
    )
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def test_nothing_leads_to_clusters_that_istiod_reads_itself(pair):
    first, reconciler = pair.first, pair.reconcilers[0]
    reconciler.stop()
    with istiod_metrics(first, 1):
        reconciler.start()
        wait_until("nothing leads there any more", lambda: not first.entries(), 60)
        wait_until(
            "it says why", lambda: reconciler.metric("spillway_reconciler_native_known") == 1
        )
        reconciler.stop()
    with istiod_metrics(first, 0):
        reconciler.start()
        pair.wait_in_place()
