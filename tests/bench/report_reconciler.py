"""The tables of hack/bench reconciler, and the aims with what came of each."""

from report import table

_MIB = 1024 * 1024


def show(result, exponent):
    about = result["about"]
    print(f"commit {about['commit']}, {about['date']}, load {about['load_at_start']:.1f} at start")
    print(about["machine"])
    if "planner" in result:
        print(planner(result["planner"]))
        print(planner_memory(result["planner"]))
        print(growth(result["planner"], exponent))
    if result.get("live"):
        print(f"\nTwo kube-apiservers, {about['services']:,} Services in each; "
              f"{about['changes']} changes, {about['rate']:g} a second")
        print(live(result["live"]))
        print(changes(result["live"]))
    print(aims(result, exponent))


def full_ms(case):
    """Everything planned, where everything is in place."""
    return case["settled"]["plan_ms"] + case["settled"]["diff_ms"]


def planner_bytes(case):
    """What the planner reads, and what it makes."""
    plans = max(case["fresh"]["plan_bytes"], case["settled"]["plan_bytes"])
    return case["views_bytes"] + plans


def _size(case):
    return f"{case['clusters']} x {case['services']:,} x {case['pods']}"


def planner(cases):
    rows = [
        [_size(c), f"{c['wanted']:,}", c["fresh"]["plan_ms"] + c["fresh"]["diff_ms"], full_ms(c),
         c["round_all_ms"], c["change"]["p50_us"], c["change"]["p99_us"], c["round_one"]["p50_us"],
         c["round_one"]["p99_us"]]
        for c in cases
    ]
    head = ["clusters x Services x pods", "objects wanted", "full plan ms, nothing there",
            "full plan ms, all there", "as a round ms", "one endpoint p50 µs", "p99 µs",
            "as a round p50 µs", "p99 µs"]
    return table("The planner, processor time (a round: with the process's ledger and writer):",
                 head, rows)


def planner_memory(cases):
    rows = [
        [_size(c), f"{c['ingest_objects']:,}", c["ingest_s"], c["views_bytes"] / _MIB,
         c["settled"]["plan_bytes"] / _MIB, c["fresh"]["plan_bytes"] / _MIB,
         c["state_bytes"] / _MIB, c["rss_kib"] / 1024, c["peak_rss_kib"] / 1024]
        for c in cases
    ]
    head = ["clusters x Services x pods", "objects read", "reading CPU s", "planner views MiB",
            "plans MiB", "plans MiB, nothing there", "state MiB, pods too", "RSS MiB",
            "peak RSS MiB"]
    return table("Its memory, and what reading all objects costs:", head, rows)


_GROWING = {
    "full plan": full_ms,
    "one endpoint": lambda case: case["change"]["p50_us"],
    "as a round": lambda case: case["round_one"]["p50_us"],
    "planner views": lambda case: case["views_bytes"],
    "plans": lambda case: case["settled"]["plan_bytes"],
    "RSS": lambda case: case["rss_kib"],
}


def growth(cases, exponent):
    base = cases[0]
    rows = [
        [_size(case), f"x{case['wanted'] / base['wanted']:.1f} objects",
         *[f"{value(case) / value(base):.2f} ({exponent(base, case, value):.2f})"
           for value in _GROWING.values()]]
        for case in cases[1:]
    ]
    return table("How it grows: the ratio, and the exponent (1: in proportion):",
                 ["clusters x Services x pods", "of the first", *_GROWING], rows)


def live(workers):
    rows = []
    for name, w in workers.items():
        start, quiet = w["start"], w["quiet"]
        own = ", ".join(f"{n} {kind}" for kind, n in sorted(quiet["own_writes"].items()))
        rows.append([
            name, f"{start['workloadentries']:,} / {start['destinationrules']:,}",
            start["seconds"], start["cpu_s"], quiet["mesh_writes"], own or "none",
            1000 * quiet["cpu_s"] / quiet["seconds"], w["memory"]["rss_mib"],
            w["memory_after"]["rss_mib"], w["memory_after"]["peak_rss_mib"],
        ])
    head = ["", "entries / rules written", "s until all written", "CPU s", "quiet: mesh writes",
            "own writes", "CPU ms/s", "RSS MiB", "RSS MiB after changes", "peak RSS MiB"]
    return table("From start until all is written, and while nothing changes:", head, rows)


def changes(workers):
    rows = [
        [name, kind, w["changes"][kind]["p50_ms"], w["changes"][kind]["p99_ms"],
         w["changes"][kind]["max_ms"], w["changes"]["cpu_ms_each"]]
        for name, w in workers.items()
        for kind in ("created", "changed", "all")
    ]
    head = ["", "entry", "p50 ms", "p99 ms", "max ms", "CPU ms a change"]
    return table("Remote pod ready until its WorkloadEntry is visible:", head, rows)


def aims(result, exponent):
    rows = []
    if "planner" in result:
        rows += _planner_aims(result["planner"], exponent)
    live_ = result.get("live", {})
    if "ours" in live_:
        rows += _live_aims(live_["ours"], live_.get("peer"))
    return table("Aims:", ["aim", "met", "measured"],
                 [[aim, "yes" if met else "no", seen] for aim, met, seen in rows])


def _planner_aims(cases, exponent):
    base = cases[0]
    exponents = {name: max(exponent(base, case, value) for case in cases[1:])
                 for name, value in _GROWING.items()}
    worst = max(exponents, key=exponents.get)
    return [
        ["full plan under 1 s", full_ms(base) < 1000, f"{full_ms(base):.0f} ms"],
        ["planner views and plans under 400 MiB", planner_bytes(base) < 400 * _MIB,
         f"{planner_bytes(base) / _MIB:.0f} MiB"],
        ["one changed endpoint under 1 ms, p99", base["change"]["p99_us"] < 1000,
         f"{base['change']['p99_us']:.0f} µs"],
        # Caches hold less of what is larger; what is more than linear would show as much more.
        ["growth at most linear (exponent below 1.15)", exponents[worst] < 1.15,
         f"{worst}: {exponents[worst]:.2f}"],
    ]


def _live_aims(ours, peer):
    p99 = ours["changes"]["all"]["p99_ms"]
    rows = [
        ["no write to the mesh in the quiet time", ours["quiet"]["mesh_writes"] == 0,
         f"{ours['quiet']['mesh_writes']} in {ours['quiet']['seconds']} s"],
        ["change until visible p99 below 250 ms", p99 < 250, f"{p99:.0f} ms"],
    ]
    if peer:
        theirs = peer["changes"]["all"]["p99_ms"]
        quarter = ours["memory_after"]["rss_mib"] * 4 <= peer["memory_after"]["rss_mib"]
        ratio = peer["memory_after"]["rss_mib"] / ours["memory_after"]["rss_mib"]
        rows += [
            ["and below the peer's", p99 < theirs, f"{p99:.0f} and {theirs:.0f} ms"],
            ["memory at most 1/4 of the peer's", quarter, f"1/{ratio:.1f}"],
        ]
    return rows
