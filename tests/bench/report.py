"""The tables, and what was measured on what."""

import datetime
import os
import pathlib
import platform
import re
import subprocess

_REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def about(**settings):
    """Where and of what the figures are."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(),
        "machine": _machine(),
        "load_at_start": os.getloadavg()[0],
        **settings,
    }


def _commit():
    def git(*words):
        command = ["git", "-C", str(_REPOSITORY), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    # What the servers are built from; a change elsewhere does not change what is measured.
    changed = git("status", "--porcelain", "--", "pkg", "webhook", "meson.build", "tests/bench")
    return git("rev-parse", "--short=12", "HEAD") + ("-dirty" if changed else "")


def _machine():
    cpu = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)$", cpu, re.M)
    memory = int(re.search(r"(\d+) kB", pathlib.Path("/proc/meminfo").read_text())[1])
    return (
        f"{os.cpu_count()} x {model[1] if model else platform.machine()}, "
        f"{memory / 2**20:.0f} GiB, Linux {platform.release()}"
    )


def table(title, head, rows):
    """Lines of a table that reads well as text and as Markdown."""
    cells = [head, *[[_text(value) for value in row] for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = [_line(row, widths) for row in cells]
    rule = ["-" * width for width in widths[:2]] + ["-" * (w - 1) + ":" for w in widths[2:]]
    return "\n".join(["", title, "", lines[0], _line(rule, widths), *lines[1:]])


def _line(cells, widths):
    left = [cell.ljust(width) for cell, width in zip(cells[:2], widths[:2])]
    right = [cell.rjust(width) for cell, width in zip(cells[2:], widths[2:])]
    return f"| {' | '.join(left + right)} |"


def _text(value):
    if isinstance(value, str):
        return value
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def figures(cells, n_bytes):
    rows = [
        [f"{size} ({n_bytes[size]:,} B)", name, f["cpu_us"], f["reviews_per_s"],
         f["cpu_alone_us"], f["p50_us"], f["p99_us"], f["peak_rss_mib"]]
        for size, servers in cells.items()
        for name, f in servers.items()
    ]
    head = ["review", "server", "CPU µs", "reviews/s", "CPU µs alone", "p50 µs alone",
            "p99 µs alone", "peak RSS MiB"]
    return table("Reviews over TLS, kept connections:", head, rows)


def ratios(cells):
    """peer / spillway says how many times less we need; spillway / floor what is above TLS."""
    rows = []
    keys = ("cpu_us", "cpu_alone_us", "p50_us", "p99_us", "peak_rss_mib")
    for size, servers in cells.items():
        for over, under in (("peer", "spillway"), ("spillway", "floor")):
            values = [servers[over][key] / servers[under][key] for key in keys]
            rows.append([size, f"{over} / {under}", *values])
    return table("Ratios:", ["review", "ratio", "CPU", "CPU alone", "p50", "p99", "peak RSS"], rows)


def through(sizes):
    rows = [
        [size, name, f["p50_us"], f["p99_us"], f["p50_us"] - names["none"]["p50_us"], f["creates"]]
        for size, names in sizes.items()
        for name, f in names.items()
    ]
    head = ["review", "webhook", "p50 µs", "p99 µs", "p50 over none", "creates"]
    return table("Dry-run creates through kube-apiserver:", head, rows)


def startup(servers):
    rows = [["ready", name, f["rss_mib"], f["peak_rss_mib"]] for name, f in servers.items()]
    return table("Memory once ready:", ["", "server", "RSS MiB", "peak RSS MiB"], rows)


def live(states):
    rows = [[state, "spillway", f["rss_mib"], f["peak_rss_mib"]] for state, f in states.items()]
    head = ["", "server", "RSS MiB", "peak RSS MiB"]
    return table("Memory, the same Services read from kube-apiservers:", head, rows)


def leak(samples):
    rows = [["after", f"{s['reviews']:,}", s["rss_mib"], s["cpu_us"]] for s in samples]
    return table("Memory over reviews:", ["", "reviews", "RSS MiB", "CPU µs"], rows)


def targets(cells, ready, loaded):
    """The aims, each with what came of it; a report, not a verdict."""
    small = next(iter(cells.values()))
    ours, floor, peer = small["spillway"], small["floor"], small["peer"]
    distances = [s["peer"]["cpu_us"] / s["spillway"]["cpu_us"] for s in cells.values()]
    peak = max(ready["peak_rss_mib"], *(s["spillway"]["peak_rss_mib"] for s in cells.values()))
    rows = [
        ["CPU at 2 KB at most 1/10 of the peer's", ours["cpu_us"] * 10 <= peer["cpu_us"],
         f"1/{peer['cpu_us'] / ours['cpu_us']:.1f}"],
        ["CPU at 2 KB at most 2.5 times the floor's", ours["cpu_us"] <= 2.5 * floor["cpu_us"],
         f"{ours['cpu_us'] / floor['cpu_us']:.2f}"],
        ["p99 at 2 KB below the peer's p50", ours["p99_us"] < peer["p50_us"],
         f"{ours['p99_us']:.0f} and {peer['p50_us']:.0f} µs"],
        ["distance to the peer grows with size", distances == sorted(distances),
         ", ".join(f"{each:.1f}" for each in distances)],
        ["peak RSS below 24 MiB", peak < 24, f"{peak:.1f} MiB"],
        ["RSS over kube-apiservers at most 24 MiB", loaded["rss_mib"] <= 24,
         f"{loaded['rss_mib']:.1f} MiB"],
    ]
    return table("Aims:", ["aim", "met", "measured"],
                 [[aim, "yes" if met else "no", seen] for aim, met, seen in rows])
