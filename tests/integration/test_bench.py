"""hack/bench reconciler still runs, and what it asks for comes about: as small as it can be."""

import json
import subprocess
import sys

from harness.tools import REPOSITORY

_BENCH = REPOSITORY / "tests" / "bench" / "reconciler.py"


def test_the_bench_of_the_reconciler_runs(tmp_path):
    found = tmp_path / "figures.json"
    command = [sys.executable, _BENCH, "--only", "ours", "--smoke", "--json", found]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    ours = json.loads(found.read_text())["live"]["ours"]
    assert ours["start"]["workloadentries"] == 90  # ten of a hundred have no ready pod yet
    assert ours["start"]["destinationrules"] == 100
    assert ours["quiet"]["mesh_writes"] == 0, ours["quiet"]
    assert ours["changes"]["all"]["n"] == 20
    assert ours["changes"]["created"]["n"] == 10
    assert "| ours" in done.stdout
