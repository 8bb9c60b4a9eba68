"""The targets of the project: each is a ratio within one run, or a figure with its bound."""


def median(value):
    return value["median"] if value else None


def rows(parts):
    """(figure, value, target, stretch, whether more is better, unit); None where it was not measured."""
    accept = parts.get("accept", {}).get("contenders", {})
    costs = parts.get("accept", {}).get("commit", {})
    client, latency = parts.get("client", {}), parts.get("latency", {}).get("100", {})
    sizes, memory = parts.get("growth", {}).get("sizes", {}), parts.get("memory", {})
    calls = parts.get("calls", {})

    def rate(name):
        return median(accept.get(name, {}).get("rate"))

    def share(over, under):
        return over / under if over is not None and under else None

    def tail(name):
        return share(median(accept.get(name, {}).get("half_p99_us")), costs.get(name, {}).get("p99_us"))

    def per_change(run, name):
        return calls.get(run, {}).get("per_change", {}).get(name)

    def size(entries, name):
        return median(sizes.get(entries, {}).get(name))

    yield "durable accept, accept alone / C ceiling", share(rate("bridge_alone"), rate("ceiling")), 0.55, 0.75, True, ""
    yield "the same while processing and delivering / C ceiling", share(rate("bridge"), rate("ceiling")), 0.3, 0.5, True, ""
    yield "durable accept alone / FastAPI durable", share(rate("bridge_alone"), rate("fastapi")), 8, 10, True, ""
    yield "durable accept alone / node group commit", share(rate("bridge_alone"), rate("node")), 1.2, 1.6, True, ""
    yield "accept alone: p99 at half of its rate / p99 of one such commit", tail("bridge_alone"), 5, 3, False, ""
    yield "delivering: p99 at half of its rate / p99 of one such commit", tail("bridge"), 5, 3, False, ""
    yield ("outgoing requests on one thread / C curl-multi loop",
           share(median(client.get("bridge")), median(client.get("ceiling"))), 0.7, 0.9, True, "")  # fmt: skip
    yield "accepted to acknowledged at 100/s, above the sink's time: p50", latency.get("p50_ms"), 10, 5, False, " ms"
    yield "accepted to acknowledged at 100/s, above the sink's time: p99", latency.get("p99_ms"), 40, 20, False, " ms"
    yield ("throughput with 10 M entries / with 10,000",
           share(size("10000000", "rate"), size("10000", "rate")), 0.85, 0.95, True, "")  # fmt: skip
    yield ("throughput with 1 M entries / with 10,000",
           share(size("1000000", "rate"), size("10000", "rate")), 0.85, 0.95, True, "")  # fmt: skip
    yield "memory idle", share(memory.get("idle", {}).get("now_kb"), 1000), 50, 30, False, " MB"
    waits = memory.get("waiting_memory", {}).get("peak_kb") if memory.get("waiting") == 1_000_000 else None
    yield "memory with 1 M waiting, at most", share(waits, 1000), 150, 100, False, " MB"
    yield "exec to ready, empty", median(memory.get("empty_ready_ms")), 150, 60, False, " ms"
    yield "exec to ready, 10 M entries", size("10000000", "ready_ms"), 500, 200, False, " ms"
    yield ("Didomi to Actito: calls per change, spread out",
           per_change("didomi, spread out", "actito_calls"), 1.02, 1.0, False, "")  # fmt: skip
    yield ("Didomi to Actito: calls per change, burst of 100 a person, one after the other",
           per_change("didomi, burst, one after the other", "actito_calls"), 0.1, 0.05, False, "")  # fmt: skip
    yield ("Didomi to Actito: calls per change, burst by turns of all people",
           per_change("didomi, burst, by turns", "actito_calls"), 0.1, 0.05, False, "")  # fmt: skip
    yield ("Actito to Didomi: Didomi writes per change",
           per_change("actito, withdrawals and grants spread out", "didomi_writes"), 1.02, 1.0, False, "")  # fmt: skip
    yield ("Actito to Didomi: Actito reads per grant, spread out",
           per_change("actito, grants spread out", "actito_reads"), 1, 1, False, "")  # fmt: skip
    for order in ("one after the other", "by turns"):
        # Half of the changes are grants.
        reads = share(per_change(f"actito, burst, {order}", "actito_reads"), 0.5)
        yield f"Actito to Didomi: Actito reads per grant, burst {order}", reads, 0.5, 0.2, False, ""
    yield ("Actito to Didomi: other Actito calls per change",
           per_change("actito, withdrawals and grants spread out", "other_actito_calls"), 0.05, 0.02, False, "")  # fmt: skip


def judged(parts):
    """The rows as JSON objects, with whether target and stretch are reached."""
    result = []
    for figure, value, target, stretch, more_is_better, unit in rows(parts):

        def reaches(bound, value=value, more_is_better=more_is_better):
            if value is None:
                return None
            # A token and a table for a run of thousands are no calls that a change costs.
            return value >= bound if more_is_better else round(value, 3) <= bound

        result.append({
            "figure": figure, "value": value, "target": target, "stretch": stretch, "unit": unit,
            "more_is_better": more_is_better, "is_reached": reaches(target), "is_stretch_reached": reaches(stretch),
        })  # fmt: skip
    return result
