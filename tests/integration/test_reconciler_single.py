"""A cluster with one exposed Service. What goes there goes at once, though it is all there is: the
guard against relists that have lost objects is for many at a time."""

import pytest

from harness import wait_until
from reconciler import Pair, service

READABLE = "spillway_cluster_readable"
# Half of what the guard would wait for.
AT_ONCE_S = 15


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    with Pair(tmp_path_factory.mktemp("single")) as pair:
        pair.expose({"app": "details"})
        yield pair


@pytest.fixture(autouse=True)
def in_place(pair):
    pair.second.put(service("details"))
    pair.second.scale("details", 1)
    wait_until("it leads there", lambda: set(pair.first.addresses()) == {"details"}, 60)


def gone(pair):
    return not pair.first.entries()


def test_a_deletion_that_an_event_tells_of(pair):
    pair.second.delete("Service", "details", "bookinfo")
    wait_until("nothing leads there", lambda: gone(pair), AT_ONCE_S)


def test_its_last_pod(pair):
    pair.second.scale("details", 0)
    wait_until("nothing leads there", lambda: gone(pair), AT_ONCE_S)


def readable(pair):
    return pair.reconcilers[0].metric(READABLE, cluster=pair.second.name)


def test_a_deletion_that_only_a_list_tells_of(pair):
    """Of what goes while the cluster is out of reach: by then its API server, which has begun anew
    over an etcd without history, remembers no event."""
    second = pair.second
    second.wire.cut()
    try:
        wait_until("it is out of reach", lambda: readable(pair) == 0, 60)
        second.delete("Service", "details", "bookinfo")
        second.api.compact()
        second.api.stop_server()
        second.api.start_server()
        assert not gone(pair), "out of reach is no reason to delete"
    finally:
        second.wire.mend()
    wait_until("it is watched again", lambda: readable(pair) == 1, 90)
    wait_until("nothing leads there", lambda: gone(pair), AT_ONCE_S)
