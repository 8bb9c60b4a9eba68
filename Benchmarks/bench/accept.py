"""Part `accept`: throughput and latency of every contender, interleaved; then every accepted id is looked for."""

import bridge
import contenders
import load
from place import CONNECTIONS, PORT, PROGRAMS, quick
from process import folder, get, last_json, run

WARM_FIRST, WRK_FIRST, LOAD_FIRST, H2LOAD_NUMBER = 1, 2_000_001, 5_000_001, 9_000_001


def part(say):
    rounds = {contender.name: [] for contender in contenders.ALL}
    missing = [c.label for c in contenders.ALL if not c.is_here()]
    for name in missing:
        say(f"MISSING: {name}")
    for number in range(quick(1, 5)):
        for contender in contenders.ALL:
            if not contender.is_here():
                continue
            with folder() as place:
                result = one_round(contender, place)
            rounds[contender.name].append(result)
            say(f"round {number + 1} {contender.label}: {result['rate']:.0f}/s, p50 {result['wrk']['p50_us']} µs, "
                f"p99 {result['wrk']['p99_us']} µs, lost {result['lost']}")  # fmt: skip
    return {
        "contenders": {
            c.name: {"label": c.label, "says": c.says, "rounds": rounds[c.name]} | summaries(rounds[c.name])
            for c in contenders.ALL
            if rounds[c.name]
        },
        "missing": missing,
        "commit": commit_cost(rounds),
    }


def one_round(contender, place):
    with contender.start(place) as process:
        load.wrk(1, WARM_FIRST)
        before = process.cpu_seconds()
        wrk = load.wrk(quick(2, 3), WRK_FIRST)
        result = {"rate": wrk["rate"], "wrk": wrk, "cpu_us": (process.cpu_seconds() - before) * 1e6 / wrk["accepted"]}
        if contender.delivers:
            delivered = bridge.calls()["patch"]
            result["delivered_share"] = delivered / max(1, bridge.inbox_count(place))
            result["drain_seconds"] = bridge.drain(place)
        half = {"rate": wrk["rate"] / 2, "seconds": 2, "first": LOAD_FIRST,
                "journal": place / "load.journal", "journal-size": 4_000_000}  # fmt: skip
        batches = batch_sum()
        result["half_rate"] = load.load(half)
        result["half_rate_batch"] = mean_batch(batches, batch_sum())
        result["h2load"] = load.h2load(1, wrk["rate"] / 2, place, H2LOAD_NUMBER)
        if contender.delivers:
            bridge.drain(place)
        result["memory"] = process.memory()
    result |= verified(contender, place, wrk)
    return result


def batch_sum():
    """Webhooks and commits so far; None for a contender without metrics."""
    try:
        text = get(PORT, "/metrics")
    except OSError:
        return None
    name = "consent_bridge_commit_batch_size"
    if name not in text:
        return None
    return load.bridge_metric(text, f"{name}_sum"), load.bridge_metric(text, f"{name}_count")


def mean_batch(before, after):
    if not before or not after or after[1] == before[1]:
        return None
    return (after[0] - before[0]) / (after[1] - before[1])


def verified(contender, place, wrk):
    """Looks for what was accepted in the store, and at the sink."""
    if contender.database is None:
        return {"lost": 0, "is_verified": False}
    stored = bridge.numbers_in(place / contender.database, contenders.PLACE_OF_NUMBER)
    _, answered = load.journal(place / "load.journal")
    exact = [LOAD_FIRST + index for index, time_ns in enumerate(answered) if time_ns > 0]
    lost = sum(number not in stored for number in exact)
    # wrk does not say which were answered: what it sent is numbered, at most 64 were under way.
    of_wrk = [number for number in stored if WRK_FIRST <= number < LOAD_FIRST]
    gap = max(of_wrk) - WRK_FIRST + 1 - len(of_wrk) - CONNECTIONS if of_wrk else 0
    lost += max(0, wrk["accepted"] - len(of_wrk), gap)
    result = {"lost": lost, "is_verified": True, "looked_for": len(exact) + wrk["accepted"]}
    if contender.delivers:
        written, _ = load.journal(place / "sink.journal")
        # The person's number is the webhook's.
        result["not_delivered"] = sum(written[number] == 0 for number in stored)
        result["lost"] += result["not_delivered"]
    return result


def summaries(rounds):
    if not rounds:
        return {}
    picked = {
        "rate": [r["rate"] for r in rounds],
        "p50_us": [r["wrk"]["p50_us"] for r in rounds],
        "p99_us": [r["wrk"]["p99_us"] for r in rounds],
        "cpu_us": [r["cpu_us"] for r in rounds],
        "half_p50_us": [r["half_rate"]["p50_us"] for r in rounds],
        "half_p99_us": [r["half_rate"]["p99_us"] for r in rounds],
        "half_h2load_p99_us": [r["h2load"]["p99_us"] for r in rounds],
        "peak_kb": [r["memory"]["peak_kb"] for r in rounds],
    }
    result = {name: load.summary(values) for name, values in picked.items()}
    result["lost"] = sum(r["lost"] for r in rounds)
    result["is_verified"] = rounds[0]["is_verified"]
    result["looked_for"] = sum(r.get("looked_for", 0) for r in rounds)
    return result


def commit_cost(rounds):
    """What one commit costs, of the batch size that the bridge had at half of its rate."""
    costs = {}
    for name in ("bridge", "bridge_alone"):
        sizes = [r["half_rate_batch"] for r in rounds[name] if r["half_rate_batch"]]
        if not sizes:
            continue
        batch = max(1, round(load.summary(sizes)["median"]))
        with folder() as place:
            arguments = [PROGRAMS / "commit", "--database", place / "commit.db", "--batch", batch]
            costs[name] = last_json(run(arguments + ["--commits", quick(200, 1000)]))
    return costs
