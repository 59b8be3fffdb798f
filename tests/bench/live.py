"""Memory over real API servers: what the index of many Services takes, and what loading it took."""

import concurrent.futures
import contextlib
import re
import time
import urllib.request

from harness import ApiServer, Client
from harness.process import wait_until
from harness.webhook import install

import scene
from load import BenchError
from servers import Spillway

CONNECTIONS = 4  # to each API server, for what fills it
_LOADED_S = 60
_SETTLE_S = 6  # what was only needed for loading is given back after five
_TAKEN_UP_S = 12  # a kubeconfig is looked at every five


def measure(folder, binary, place, n_services):
    """Memory of a webhook with n_services in scene.CLUSTERS together: once they are loaded, and as
    all are listed anew beside what is there, for every kubeconfig has become another."""
    with contextlib.ExitStack() as parts:
        apis = {
            name: parts.enter_context(ApiServer(name, folder / "live" / name))
            for name in scene.CLUSTERS
        }
        shares = fill(apis, n_services)
        sources = {name: f"kubeconfig:{api.kubeconfig}" for name, api in apis.items()}
        server = parts.enter_context(Spillway(binary, place, sources, name="live"))
        wait_until("every Service is known", lambda: n_known(server) == shares, _LOADED_S)
        time.sleep(_SETTLE_S)
        loaded = memory_of(server)
        server.forget_peak()
        for api in apis.values():
            api.kubeconfig.write_text(api.kubeconfig.read_text() + "\n")
        time.sleep(_TAKEN_UP_S)
        again = memory_of(server)
        if n_known(server) != shares:
            raise BenchError(f"live: {n_known(server)} of {shares} Services are known")
    return {"loaded": loaded, "listed anew": again}


def memory_of(server):
    return {"rss_mib": server.rss_kib() / 1024, "peak_rss_mib": server.peak_rss_kib() / 1024}


def fill(apis, n_services):
    """Creates the scene's Services; how many each API server then has, by its name."""
    install(next(iter(apis.values())))  # the config cluster
    objects = scene.objects_of(n_services)
    with concurrent.futures.ThreadPoolExecutor(len(apis) * CONNECTIONS) as pool:
        for kind in ("Namespace", "Service"):
            waiting = [
                each
                for name, api in apis.items()
                for each in _create(pool, api, [o for o in objects[name] if o["kind"] == kind])
            ]
            for each in waiting:
                each.result()
    return {name: _count(api) for name, api in apis.items()}


def _create(pool, api, objects):
    """Starts creating objects, each connection its share."""
    shares = [objects[first::CONNECTIONS] for first in range(CONNECTIONS)]
    return [pool.submit(_create_share, api, share) for share in shares if share]


def _create_share(api, objects):
    with contextlib.closing(Client(api.kubeconfig)) as client:
        for obj in objects:
            status, answer = client.call("POST", _path(obj), obj)
            if status not in (201, 409):
                raise BenchError(f"{api.name}: {obj['kind']}: {status}: {answer}")


def _path(obj):
    if obj["kind"] == "Namespace":
        return "/api/v1/namespaces"
    return f"/api/v1/namespaces/{obj['metadata']['namespace']}/services"


def _count(api):
    with contextlib.closing(Client(api.kubeconfig)) as client:
        status, answer = client.call("GET", "/api/v1/services?limit=1")
    assert status == 200, answer
    return len(answer["items"]) + answer["metadata"].get("remainingItemCount", 0)


def n_known(server):
    """How many Services the webhook knows, by cluster."""
    with urllib.request.urlopen(f"http://{server.probe}/metrics", timeout=10) as page:
        text = page.read().decode()
    found = re.findall(r'^spillway_cluster_objects{cluster="(.*)",kind="Service"} (\d+)$', text,
                       re.M)
    return {cluster: int(n) for cluster, n in found}
