"""What `spillway status` tells of a cluster whose reconciler runs."""

import json
import subprocess

from harness.tools import program


def told(cluster):
    """The cluster's part of `spillway status -o json`; without rows while there is no report."""
    source = f"here=kubeconfig:{cluster.api.kubeconfig}"
    command = [program("spillway"), "status", "--cluster", source, "-o", "json"]
    done = subprocess.run(command, text=True, capture_output=True, timeout=60)
    assert done.returncode in (0, 1, 2), done.stderr
    return json.loads(done.stdout)["clusters"][0] if done.stdout else {"rows": []}


def services(cluster):
    """What is told of each Service: by namespace and name, every (state, reason)."""
    found = {}
    for row in told(cluster)["rows"]:
        if row["kind"] == "Service":
            key = (row["namespace"], row["name"])
            found.setdefault(key, set()).add((row["state"], row["reason"]))
    return found
