"""What a watch of WorkloadEntries sees, and when."""

import json
import statistics
import threading
import time

from harness.client import Client
from harness.process import Part, wait_until

import fabricated
from fabricated import namespace_of, name_of, pod_of

_SERVICE = "spillway.dev/service"  # ours and the peer's alike say by it what an entry is for
_VISIBLE_S = 30


class Entries(Part):
    """The entries of an API server; it is watched from start() on, which wants none to be there."""

    def __init__(self, api):
        self._client = Client(api.kubeconfig, timeout_s=3600)
        self._names = set()
        self._seen = {}  # by Service and weight: when an event first said so
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._stopped = threading.Event()
        self._version = None
        self.failure = None  # why it has ended

    def start(self):
        status, page = self._client.call("GET", fabricated.entries_path())
        assert status == 200 and not page["items"], f"{len(page['items'])} WorkloadEntries"
        self._version = page["metadata"]["resourceVersion"]
        self._thread.start()

    def stop(self):
        self._stopped.set()
        self._client.hang_up()
        if self._thread.is_alive():
            self._thread.join(10)

    def __len__(self):
        return len(self._names)

    def when(self, number, weight):
        """When the Service of that number was first seen with this weight; None: not yet."""
        return self._seen.get((f"{namespace_of(number)}/{name_of(number)}", weight))

    def forget(self):
        self._seen.clear()

    def _follow(self):
        """An API server ends a watch whose reader cannot keep up: then it goes on where it was."""
        while not self._stopped.is_set() and self.failure is None:
            query = f"?watch=1&timeoutSeconds=3600&resourceVersion={self._version}"
            try:
                for line in self._client.lines(fabricated.entries_path() + query):
                    self._take(time.monotonic(), json.loads(line))
            except (OSError, ValueError) as error:
                if not self._stopped.is_set():
                    self.failure = error

    def _take(self, now_s, event):
        held = event["object"]
        if event["type"] == "ERROR":
            raise ConnectionError(f"watch: {held}")
        self._version = held["metadata"]["resourceVersion"]
        service = held["metadata"].get("annotations", {}).get(_SERVICE)
        key = (held["metadata"]["namespace"], held["metadata"]["name"])
        if event["type"] == "DELETED":
            self._names.discard(key)
        else:
            self._names.add(key)
            self._seen.setdefault((service, held["spec"].get("weight")), now_s)


def measure(pair, entries, n_changes, rate):
    """Pods become ready at a steady pace, one Service after the other: of every second it is the
    first one, so that an entry is created, of the others it is the second, and the weight
    changes. {"created", "changed", "all": milliseconds}: from before the EndpointSlice is sent, as
    its controller does after the pod's status, until the watch has the entry."""
    entries.forget()
    sent = []
    with_status = pair.remote.client()
    begin_s = time.monotonic()
    for number in range(n_changes):
        time.sleep(max(0.0, begin_s + number / rate - time.monotonic()))
        ready = pair.initially_ready(number)
        _pod_ready(with_status, number, ready)
        sent.append(time.monotonic())
        pair.scale(with_status, number, ready + 1)
    with_status.close()

    def all_seen():
        return all(
            entries.when(number, pair.initially_ready(number) + 1) for number in range(n_changes))

    wait_until("every change is visible", all_seen, _VISIBLE_S)
    took = [
        (pair.initially_ready(number),
         1000 * (entries.when(number, pair.initially_ready(number) + 1) - sent[number]))
        for number in range(n_changes)
    ]
    kinds = {"created": [ms for was, ms in took if was == 0],
             "changed": [ms for was, ms in took if was == 1], "all": [ms for _, ms in took]}
    figures = {kind: percentiles(values) for kind, values in kinds.items()}
    return {**figures, "seconds": time.monotonic() - begin_s}


def percentiles(values):
    """The nearest rank: no value that was not measured."""
    ordered = sorted(values)
    return {
        "p50_ms": statistics.median_low(ordered),
        "p99_ms": ordered[max(0, -(-99 * len(ordered) // 100) - 1)],
        "max_ms": ordered[-1],
        "n": len(ordered),
    }


def _pod_ready(client, number, i):
    """As the kubelet writes it."""
    path = f"/api/v1/namespaces/{namespace_of(number)}/pods/{pod_of(number, i)}/status"
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    answer = client.call("PATCH", path, {"status": status},
                         media="application/merge-patch+json")
    assert answer[0] == 200, answer
