"""hack/bench reconciler: the run. hack/bench builds what it needs and says how it is called."""

import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from harness.process import NotReady  # noqa: E402
from harness.tools import REPOSITORY  # noqa: E402

import report  # noqa: E402
import report_reconciler  # noqa: E402
import working  # noqa: E402
from fabricated import Fabricated  # noqa: E402
from load import BenchError  # noqa: E402

PLANNER = REPOSITORY / "build" / "tests" / "bench" / "planner"
PARTS = ("planner", "ours", "peer")

# Clusters, Services in each and pods behind each: the first is what the aims speak of.
BASE = (50, 2000, 10)
SMOKE = (5, 100, 4)


def arguments(words=None):
    parser = argparse.ArgumentParser(prog="hack/bench reconciler")
    parser.add_argument("--peer", type=pathlib.Path)
    parser.add_argument("--planner", type=pathlib.Path, default=PLANNER)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--services", type=int, default=5000)
    parser.add_argument("--changes", type=int, default=500)
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    parsed = parser.parse_args(words)
    if parsed.smoke:
        parsed.services, parsed.changes, parsed.seconds = 100, 20, 2
    if parsed.changes > parsed.services or min(parsed.changes, parsed.services) < 2:
        parser.error("--changes: at least 2, and no more than --services")
    parsed.only = parsed.only or PARTS
    return parsed


def say(text):
    print(f"hack/bench: {text}", file=sys.stderr, flush=True)


def say_live(result):
    """The figures that matter most, for whoever waits for the rest."""
    changes = result["changes"]["all"]
    say(f"all written in {result['start']['seconds']:.0f} s; "
        f"{result['quiet']['mesh_writes']} writes in {result['quiet']['seconds']} quiet s; "
        f"p50 {changes['p50_ms']:.1f} ms, p99 {changes['p99_ms']:.1f} ms; "
        f"RSS {result['memory_after']['rss_mib']:.1f} MiB")


def plan(args):
    """What the planner costs: as it is, and with twice and four times the Services and clusters."""
    clusters, services, pods = SMOKE if args.smoke else BASE
    sizes = [(clusters, services, pods)]
    for factor in (2, 4):
        sizes += [(clusters, factor * services, pods), (factor * clusters, services, pods)]
    results = []
    for size in sizes:
        say("planner: {:,} clusters x {:,} Services x {} pods".format(*size))
        done = subprocess.run([args.planner, *map(str, size)], capture_output=True, text=True)
        if done.returncode:
            raise BenchError(done.stderr.strip())
        results.append(json.loads(done.stdout))
    return results


def exponent(base, other, value):
    """How `value` grows with how much there is: 1 is in proportion."""
    grown = other["clusters"] * other["services"] / (base["clusters"] * base["services"])
    return math.log(value(other) / value(base)) / math.log(grown)


def work(args, folder, results):
    """Each reconciler on the same pair, one after the other; results: what came of each so far."""
    say(f"two API servers with {args.services:,} Services each")
    with Fabricated(folder, args.services, args.changes) as pair:
        if "ours" in args.only:
            say("spillway-reconciler")
            ours = working.Ours(pair, folder / "ours")
            results["ours"] = working.run(ours, pair, args)
            say_live(results["ours"])
        if results and "peer" in args.only:
            say("everything is as it was before")
            pair.forget(args.changes)
        if "peer" in args.only:
            say("the peer")
            peer = working.Peer(args.peer, pair, folder / "peer")
            results["peer"] = working.run(peer, pair, args)
            say_live(results["peer"])


def run(args):
    result = {"about": report.about(services=args.services, changes=args.changes, rate=args.rate,
                                    seconds=args.seconds)}
    if "planner" in args.only:
        result["planner"] = plan(args)
    if "ours" in args.only or "peer" in args.only:
        result["live"] = {}
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            try:
                work(args, pathlib.Path(folder), result["live"])
            except (BenchError, NotReady) as error:  # what was measured before it is kept
                result["failure"] = str(error)
    return result


def main():
    args = arguments()
    if "peer" in args.only and not args.peer:
        sys.exit("hack/bench: --peer: its program is missing")
    result = run(args)
    report_reconciler.show(result, exponent)
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n")
    if "failure" in result:
        raise BenchError(result["failure"])


if __name__ == "__main__":
    try:
        main()
    except (BenchError, NotReady) as error:
        sys.exit(f"hack/bench: {error}")
