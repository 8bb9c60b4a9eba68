"""Parts `latency` and `drain`: from accepted to acknowledged, and how fast a backlog goes."""

import time

import bridge
import load
from place import PORT, quick
from process import folder, get

LATENCY_MS = 5
WARM = 1
# A bound, so that a bridge that is far too slow does not hold up the other parts.
FILL_SECONDS, DRAIN_SECONDS = 120, quick(60, 120)


def latency(say):
    """From the 2xx of a webhook to the sink's answer to its write, above the sink's own time."""
    results = {}
    for rate, seconds in quick(((10, 3), (100, 3), (1000, 3)), ((10, 20), (100, 20), (1000, 15))):
        with folder() as place:
            results[str(rate)] = at_rate(place, rate, seconds)
        result = results[str(rate)]
        say(f"{rate}/s: p50 {result['p50_ms']:.1f} ms, p99 {result['p99_ms']:.1f} ms above the sink's {LATENCY_MS} ms, "
            f"{result['missing']} missing")  # fmt: skip
    return results


def at_rate(place, rate, seconds):
    with bridge.sink(place, people=1_000_000, latency_ms=LATENCY_MS), bridge.serve(place):
        # The session's token and table are not what is measured.
        load.load({"count": 1, "first": WARM, "connections": 1})
        bridge.drain(place)
        file = place / "load.journal"
        sent = load.load({"rate": rate, "seconds": seconds, "first": 1001, "journal": file, "journal-size": 500_000})
        bridge.drain(place)
        written, _ = load.journal(place / "sink.journal")
        _, accepted = load.journal(file)
    times, missing = [], 0
    for index in range(sent["sent"]):
        if accepted[index] <= 0:
            continue
        if written[1001 + index] == 0:
            missing += 1
        else:
            times.append((written[1001 + index] - accepted[index]) / 1e6 - LATENCY_MS)
    times.sort()
    return {
        "rate": rate, "webhooks": len(times), "missing": missing, "sink_ms": LATENCY_MS,
        "p50_ms": load.quantile(times, 0.5), "p99_ms": load.quantile(times, 0.99), "max_ms": load.quantile(times, 1),
        "accept_p50_us": sent["p50_us"], "accept_p99_us": sent["p99_us"],
    }  # fmt: skip


def drain(say):
    """A backlog that gathers while nobody answers; then the bridge starts again beside a sink that does."""
    wanted = quick(10_000, 200_000)
    with folder() as place:
        with bridge.serve(place) as process:
            filled = load.load({"count": wanted, "seconds": FILL_SECONDS, "first": 1})
            while load.bridge_metric(get(PORT, "/metrics"), 'consent_bridge_backlog{queue="inbox"}') > 0:
                time.sleep(0.2)
            memory = process.memory()
        say(f"{filled['accepted']} accepted at {filled['rate']:.0f}/s while Actito is down, {memory['peak_kb']} kB at most")
        people = wanted + 1000
        with bridge.sink(place, people=people):
            start = time.monotonic_ns()
            with bridge.serve(place) as process:
                seconds = bridge.drain(place, seconds=DRAIN_SECONDS)
                delivered = bridge.calls()["patch"]
                peak = process.memory()["peak_kb"]
            written, counts = load.journal(place / "sink.journal")
    times = sorted(value for value in written if value > 0)
    span = (times[-1] - times[0]) / 1e9 if len(times) > 1 else 0
    result = {
        "waiting": filled["accepted"], "accept_rate_while_down": filled["rate"], "delivered": delivered,
        "is_complete": seconds is not None, "ready_ms": process.ready_after * 1000,
        "first_call_after_ms": (times[0] - start) / 1e6 if times else None,
        "rate": len(times) / span if span else 0, "seconds": span, "peak_kb": peak, "peak_kb_while_down": memory["peak_kb"],
        "calls_per_change": sum(count & 0xFFFFFFFF for count in counts) / max(1, len(times)),
    }  # fmt: skip
    say(f"{len(times)} of {filled['accepted']} delivered at {result['rate']:.0f}/s, first after "
        f"{result['first_call_after_ms']:.0f} ms, {peak} kB at most")  # fmt: skip
    return result
