"""Load by wrk, and what a server spends on it."""

import dataclasses
import json
import os
import pathlib
import statistics
import subprocess

_SCRIPT = pathlib.Path(__file__).with_name("wrk.lua")


class BenchError(Exception):
    """The run cannot say anything: an error in it would be counted as speed."""


@dataclasses.dataclass
class Cell:
    """One server under reviews of one size, over all its turns."""

    reviews: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    peak_rss_kib: int = 0
    p50_us: list = dataclasses.field(default_factory=list)  # one a turn, as the next
    p99_us: list = dataclasses.field(default_factory=list)

    def figures(self):
        """Percentiles are the medians over the turns: a turn that was disturbed does not count."""
        return {
            "cpu_us": 1e6 * self.cpu_s / self.reviews,
            "p50_us": statistics.median(self.p50_us),
            "p99_us": statistics.median(self.p99_us),
            "reviews_per_s": self.reviews / self.seconds,
            "peak_rss_mib": self.peak_rss_kib / 1024,
            "reviews": self.reviews,
        }


@dataclasses.dataclass(frozen=True)
class Load:
    """What wrk is told. body: the file that is posted; cpu: where wrk runs."""

    body: pathlib.Path
    seconds: int
    cpu: str
    connections: int


def take_turn(server, size, load, cell):
    """Loads a server and adds what was seen to its cell."""
    server.forget_peak()
    before = server.cpu_s()
    seen = _run_wrk(server.url(size), load)
    cell.cpu_s += server.cpu_s() - before
    if seen["errors"] or not seen["reviews"]:
        raise BenchError(f"{server.name}, {size}: {seen['errors']} errors in {seen['reviews']}")
    cell.reviews += seen["reviews"]
    cell.seconds += seen["seconds"]
    cell.p50_us.append(seen["p50_us"])
    cell.p99_us.append(seen["p99_us"])
    cell.peak_rss_kib = max(cell.peak_rss_kib, server.peak_rss_kib())


def _run_wrk(url, load):
    command = [
        *["taskset", "--cpu-list", load.cpu, "wrk", "--threads", "1", "--timeout", "10s"],
        *["--connections", str(load.connections), "--duration", f"{load.seconds}s"],
        *["--script", str(_SCRIPT), url],
    ]
    env = {**os.environ, "BENCH_BODY": str(load.body)}
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=load.seconds + 60
    )
    for line in done.stdout.splitlines():
        if line.startswith("BENCH "):
            return json.loads(line.removeprefix("BENCH "))
    raise BenchError(f"wrk {url}: {done.stdout}{done.stderr}")
