"""The two reconcilers that are compared, and what each of them does to one pair of clusters."""

import contextlib
import datetime
import json
import os
import pathlib
import time

from harness.process import NotReady, Process
from harness.reconciler import Reconciler

import entries as seen
import fabricated
from fabricated import GATEWAY, GATEWAY_NAMESPACE, LOCAL, REMOTE
from load import BenchError

_TICKS = os.sysconf("SC_CLK_TCK")
# How long all may take to be written: the entries and as many rules at half the 200 writes a second
# that ours is held to, and what API servers and processors take that others use too.
_START_S, _WRITTEN_PER_S = 60, 50

_SETTLE_S = 5  # after the last write, before what is quiet is measured
_OF_ITS_OWN = ("leases", "configmaps", "events")  # what tells of the process; not the mesh's


class Ours:
    """As users start it, but for where its clusters are."""

    name = "spillway-reconciler"

    def __init__(self, pair, folder):
        clusters = {
            LOCAL: f"kubeconfig:{pair.local.kubeconfig}",
            REMOTE: f"kubeconfig:{pair.remote.kubeconfig}",
        }
        options = ["--namespace=spillway-system", "--leader-elect"]
        self._reconciler = Reconciler(folder, clusters, options)
        self.process = self._reconciler.process

    def counted_writes(self):
        """By its own count."""
        return int(self._reconciler.n_writes())


class Peer:
    name = "peer (Go, controller-runtime)"

    def __init__(self, binary, pair, folder):
        folder.mkdir(parents=True, exist_ok=True)
        argv = [
            *[binary, "-local", pair.local.kubeconfig, "-remote", pair.remote.kubeconfig],
            *["-remote-name", REMOTE, "-gateway", GATEWAY],
            *["-gateway-namespace", GATEWAY_NAMESPACE],
        ]
        self.process = Process("peer", argv, folder)

    def counted_writes(self):
        """It has no count of its own."""
        return None


def run(worker, pair, args):
    """Starts it and measures: until all is written, while nothing changes, and change by change."""
    with contextlib.ExitStack() as stack:
        watched = stack.enter_context(seen.Entries(pair.local))
        begin_s = time.monotonic()
        stack.enter_context(worker.process)
        wanted = pair.n_entries()
        _wait_written(worker, watched, wanted)
        written_s = time.monotonic() - begin_s
        started_cpu_s = cpu_s(worker.process)
        time.sleep(_SETTLE_S)
        result = {
            "start": {"seconds": written_s, "cpu_s": started_cpu_s, **_objects(pair)},
            "quiet": _quiet(worker, pair, args.seconds),
            "memory": _memory(worker),
        }
        before_s = cpu_s(worker.process)
        result["changes"] = seen.measure(pair, watched, args.changes, args.rate)
        took_s = cpu_s(worker.process) - before_s
        result["changes"]["cpu_ms_each"] = 1000 * took_s / args.changes
        result["memory_after"] = _memory(worker)
        if watched.failure:
            raise BenchError(f"the watch of WorkloadEntries ended: {watched.failure}")
    return result


def _wait_written(worker, watched, wanted):
    """No longer than the process lives, and the watch."""
    try:
        worker.process.wait_ready(lambda: watched.failure or len(watched) >= wanted,
                                  _START_S + wanted / _WRITTEN_PER_S)
    except NotReady as error:
        raise BenchError(
            f"{worker.name}: {len(watched)} of {wanted} WorkloadEntries: {error}") from None
    if watched.failure:
        raise BenchError(f"the watch of WorkloadEntries ended: {watched.failure}")


def cpu_s(process):
    """Processor time of all its threads since it was started."""
    stat = pathlib.Path(f"/proc/{process.pid}/stat").read_text()
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(worker):
    process = worker.process
    return {"rss_mib": process.rss_kib() / 1024, "peak_rss_mib": process.peak_kib() / 1024}


def _objects(pair):
    with contextlib.closing(pair.local.client()) as client:
        return {
            plural: fabricated.count(client, plural)
            for plural in ("workloadentries", "destinationrules", "gateways")
        }


def _quiet(worker, pair, seconds):
    begin = datetime.datetime.now(datetime.timezone.utc)
    counted, before_s = worker.counted_writes(), cpu_s(worker.process)
    time.sleep(seconds)
    took_s = cpu_s(worker.process) - before_s
    if counted is not None:
        counted = worker.counted_writes() - counted
    writes = writes_since(pair.audit, begin)
    return {
        "seconds": seconds,
        "cpu_s": took_s,
        "mesh_writes": sum(n for kind, n in writes.items() if kind not in _OF_ITS_OWN),
        "own_writes": {kind: n for kind, n in writes.items() if kind in _OF_ITS_OWN},
        "counted_writes": counted,
    }


def writes_since(log, begin):
    """How many requests to write an API server's audit log has from then on, by resource. (The
    API server's own, for its Lease, are no one's.)"""
    found = {}
    for line in log.read_text().splitlines():
        event = json.loads(line)
        when = datetime.datetime.fromisoformat(event["requestReceivedTimestamp"])
        if when < begin or event["user"]["username"].startswith("system:apiserver"):
            continue
        kind = event["objectRef"]["resource"]
        found[kind] = found.get(kind, 0) + 1
    return found
