"""Keeps the clusters of the mesh tests up for people: hack/mesh starts this, and ends it.

usage: keep.py FOLDER

Holds a lock on FOLDER/lock while it runs, and writes FOLDER/ready, for people, once all is up.
"""

import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import fabric, netns  # noqa: E402
from harness.forward import Forward  # noqa: E402
from harness.tools import tool  # noqa: E402
from mesh import Mesh  # noqa: E402

N_CLUSTERS = 2

TEXT = """\
The API servers, with kubectl at {kubectl}:

{kubeconfigs}

From inside a pod, through its sidecar (productpage stands for any app label, or a pod's name):

    hack/mesh exec cluster-1 productpage curl -s http://details:9080/details/0
    hack/mesh exec cluster-1 productpage curl -s http://productpage:9080/productpage
    hack/mesh exec cluster-1 productpage curl -s http://127.0.0.1:15000/clusters

Take details away from cluster 1, ask again, and bring it back:

    KUBECONFIG={first} kubectl scale deployment/details-v1 --replicas=0 -n bookinfo
    hack/mesh exec cluster-1 productpage curl -s http://details:9080/details/0
    KUBECONFIG={first} kubectl scale deployment/details-v1 --replicas=1 -n bookinfo

What Spillway says of itself, from the network that its processes are in:

{pages}

Logs: {folder}/run. It ends with: hack/mesh down
"""


def kubeconfig(site, forward, path):
    """The site's, by way of the forwarded port."""
    config = json.loads(site.api.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{forward.port}"
    path.write_text(json.dumps(config, indent=2))
    return path


def describe(mesh, folder, paths):
    inside = f"nsenter --target {os.getpid()} --net curl -s"
    pages = [
        f"    {inside} {part.probe_url}/metrics    # {part.process.name} of {site.name}"
        for site in mesh.sites
        for part in (site.webhook, site.reconciler)
    ]
    return TEXT.format(
        kubectl=tool("kubectl"),
        kubeconfigs="\n".join(f"    export KUBECONFIG={path}" for path in paths),
        first=paths[0],
        pages="\n".join(pages),
        folder=folder,
    )


def main():
    folder = pathlib.Path(sys.argv[1])
    lock = open(folder / "lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    # What ends this program ends the parts, by the way out of each `with`.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    forwards = [Forward() for _ in range(N_CLUSTERS)]
    run = folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    try:
        netns.enter()
        with contextlib.ExitStack() as parts:
            mesh = parts.enter_context(Mesh(run, N_CLUSTERS))
            paths = []
            for site, forward in zip(mesh.sites, forwards, strict=True):
                forward.to(int(site.api.url.rpartition(":")[2]))
                parts.enter_context(forward)
                paths.append(kubeconfig(site, forward, folder / f"{site.name}.kubeconfig"))
            ready = folder / "ready.new"
            ready.write_text(describe(mesh, folder, paths))
            ready.rename(folder / "ready")
            signal.pause()
    except (netns.Refused, fabric.Refused) as error:
        sys.exit(str(error))
    finally:
        (folder / "ready").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
