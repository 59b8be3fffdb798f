"""hack/bench webhook: the run. hack/bench builds what it needs and says how it is called."""

import argparse
import contextlib
import dataclasses
import functools
import json
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from harness import Authority  # noqa: E402
from harness.tools import REPOSITORY  # noqa: E402

import live  # noqa: E402
import report  # noqa: E402
import scene  # noqa: E402
import through  # noqa: E402
from load import BenchError, Cell, Load, take_turn  # noqa: E402
from same import patched  # noqa: E402
from servers import Floor, Peer, Place, Spillway  # noqa: E402

WEBHOOK = REPOSITORY / "bin" / "spillway-webhook"
FLOOR = REPOSITORY / "build" / "tests" / "bench" / "floor"

TURN_SECONDS = 1
LEAK_TURN_SECONDS = 10


def arguments():
    parser = argparse.ArgumentParser(prog="hack/bench webhook")
    parser.add_argument("--peer", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--services", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--leak", type=int, metavar="N")
    parser.add_argument("--json", type=pathlib.Path)
    parsed = parser.parse_args()
    if parsed.smoke:
        parsed.seconds = 1
    return parsed


def say(text):
    print(f"hack/bench: {text}", file=sys.stderr, flush=True)


@dataclasses.dataclass
class Bench:
    """The run's settings and files. cpus: the servers' and the client's."""

    args: argparse.Namespace
    folder: pathlib.Path
    cpus: tuple
    authority: Authority
    rules: dict  # by size, as the next two
    reviews: dict
    bodies: dict  # the files that wrk reads

    @functools.cached_property
    def place(self):
        """Where the servers stand, under the names that wrk and the API server call them by."""
        names = [f"{name}.{through.SYSTEM}.svc" for name in ("spillway", "peer")]
        serving = self.authority.new_serving("servers", ["127.0.0.1", *names])
        return Place(self.folder, self.cpus[0], self.authority, serving)

    def take_turn(self, server, size, seconds, cell, connections=None):
        load = Load(self.bodies[size], seconds, self.cpus[1], connections or self.args.connections)
        take_turn(server, size, load, cell)


def prepare(args, folder):
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        raise BenchError("two processors are needed: one for the server, one for the client")
    rules = {size: scene.rule_of_size(n_bytes) for size, n_bytes in scene.SIZES.items()}
    reviews = {size: scene.encode(scene.review(rule)) for size, rule in rules.items()}
    bodies = {}
    for size, review in reviews.items():
        bodies[size] = folder / f"review-{size.replace(' ', '-')}.json"
        bodies[size].write_bytes(review)
    authority = Authority.new_root(folder / "pki")
    return Bench(args, folder, (str(cpus[0]), str(cpus[1])), authority, rules, reviews, bodies)


def start_servers(bench, parts):
    """The three, ready; what spillway answers is what the floor is given."""
    place = bench.place
    clusters, services = scene.write_clusters(bench.folder / "clusters", bench.args.services)
    ours = parts.enter_context(Spillway(WEBHOOK, place, clusters))
    peer = parts.enter_context(Peer(bench.args.peer, place, services))
    ready = {s.name: live.memory_of(s) for s in (ours, peer)}
    answers = {size: ours.answer(size, review) for size, review in bench.reviews.items()}
    for size, review in bench.reviews.items():
        if patched(review, answers[size]) != patched(review, peer.answer(size, review)):
            raise BenchError(f"{size}: spillway and the peer make different objects")
    floor = parts.enter_context(Floor(FLOOR, place, answers))
    return {"floor": floor, "spillway": ours, "peer": peer}, ready


def measure(bench, servers):
    """{size: {server: figures}}; the servers take turns, so that noise hits all alike.

    With several connections a latency is mostly the queue's, and with one alone most of the
    processor's time is that of going to sleep and waking up: so there are turns of both.
    """
    cells = {}
    for size in bench.rules:
        say(f"{size}: {bench.args.seconds} s each of {', '.join(servers)}")
        loaded, alone = ({name: Cell() for name in servers} for _ in range(2))
        for server in servers.values():
            bench.take_turn(server, size, TURN_SECONDS, Cell())
        for _ in range(max(1, bench.args.seconds // (2 * TURN_SECONDS))):
            for name, server in servers.items():
                bench.take_turn(server, size, TURN_SECONDS, loaded[name])
                bench.take_turn(server, size, TURN_SECONDS, alone[name], connections=1)
        cells[size] = {name: figures_of(loaded[name], alone[name]) for name in servers}
    return cells


def figures_of(loaded, alone):
    """Processor time and throughput under load, latency without a queue."""
    under_load, one = loaded.figures(), alone.figures()
    return {
        "cpu_us": under_load["cpu_us"],
        "reviews_per_s": under_load["reviews_per_s"],
        "cpu_alone_us": one["cpu_us"],
        "p50_us": one["p50_us"],
        "p99_us": one["p99_us"],
        "peak_rss_mib": max(under_load["peak_rss_mib"], one["peak_rss_mib"]),
        "reviews": under_load["reviews"] + one["reviews"],
    }


def run_comparison(bench, parts):
    servers, ready = start_servers(bench, parts)
    result = {
        "about": report.about(
            seconds=bench.args.seconds, services=bench.args.services,
            clusters=len(scene.CLUSTERS), connections=bench.args.connections),
        "review_bytes": {size: len(review) for size, review in bench.reviews.items()},
        "ready": ready,
        "reviews": measure(bench, servers),
    }
    say("through kube-apiserver")
    called = {name: servers[name] for name in ("spillway", "peer")}
    result["through_apiserver"] = through.measure(
        bench.folder, bench.authority, called, bench.rules, bench.args.seconds)
    say(f"{bench.args.services:,} Services over {len(scene.CLUSTERS)} kube-apiservers")
    result["live"] = live.measure(bench.folder, WEBHOOK, bench.place, bench.args.services)
    return result


def print_comparison(result):
    about, cells = result["about"], result["reviews"]
    print(f"commit {about['commit']}, {about['date']}, load {about['load_at_start']:.1f} at start")
    print(about["machine"])
    print(
        f"{about['services']:,} Services in {about['clusters']} clusters; one thread a server, all "
        f"on one processor (GOMAXPROCS=1),\nwrk on another; {about['seconds']} s a cell in turns: "
        f"{about['connections']} connections for load, one alone for latency"
    )
    print(report.startup(result["ready"]))
    print(report.figures(cells, result["review_bytes"]))
    print(report.ratios(cells))
    print(report.through(result["through_apiserver"]))
    print(report.live(result["live"]))
    print(report.targets(cells, result["ready"]["spillway"], result["live"]["loaded"]))


def run_leak(bench, parts):
    """Memory as reviews of all sizes go by, the small ones most."""
    clusters, _ = scene.write_clusters(bench.folder / "clusters", bench.args.services)
    server = parts.enter_context(Spillway(WEBHOOK, bench.place, clusters))
    total = Cell()
    samples = []
    while not samples or total.reviews < bench.args.leak:
        turn = Cell()
        for size, seconds in zip(bench.rules, (LEAK_TURN_SECONDS, 2, 2)):
            bench.take_turn(server, size, seconds, turn)
        total.reviews += turn.reviews
        samples.append({"reviews": total.reviews, "rss_mib": server.rss_kib() / 1024,
                        "cpu_us": turn.figures()["cpu_us"]})
        say(f"{total.reviews:,} reviews: {samples[-1]['rss_mib']:.2f} MiB")
    return {"about": report.about(services=bench.args.services), "leak": samples}


def main():
    args = arguments()
    with contextlib.ExitStack() as parts:
        folder = pathlib.Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        bench = prepare(args, folder)
        result = run_leak(bench, parts) if args.leak else run_comparison(bench, parts)
    if args.leak:
        ends = [result["leak"][0], result["leak"][-1]]
        print(f"commit {result['about']['commit']}, {result['about']['machine']}")
        print(report.leak(ends))
    else:
        print_comparison(result)
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    try:
        main()
    except BenchError as error:
        sys.exit(f"hack/bench: {error}")
