"""Parts `growth` and `memory`: a store that has received much, and one in which much waits."""

import os
import shutil
import time

import bridge
import fill
import load
from place import BUILD, DIDOMI_TEMPLATE, IS_QUICK, PORT, quick
from process import folder, get

SIZES = quick((10_000, 100_000), (10_000, 1_000_000))
LARGEST = 10_000_000
# Bytes for each received webhook, rounded up, to ask whether there is room.
BYTES_EACH = 1_300
STARTS = quick(3, 5)
FIRST = 15_000_001


def part(say):
    results, stores, left_out = {}, {}, []
    sizes = SIZES
    if not IS_QUICK:
        if fill.has_delivered(LARGEST):
            sizes += (LARGEST,)
        else:
            left_out.append(LARGEST)
            say(f"LEFT OUT: {LARGEST} entries, until `make bench-store` has made such a store")
    for size in sizes:
        free = shutil.disk_usage(BUILD).free
        if not fill.has_delivered(size) and size * BYTES_EACH * 2 > free:
            left_out.append(size)
            say(f"LEFT OUT: {size} entries need {size * BYTES_EACH * 2 / 1e9:.0f} GB, {free / 1e9:.0f} GB are free")
            continue
        start = time.monotonic()
        stores[size] = fill.delivered(size)
        bytes_now = fill.bytes_when_made(stores[size])
        payloads = min(size, fill.PAYLOADS_KEPT) * DIDOMI_TEMPLATE.stat().st_size
        results[str(size)] = {
            "entries": size, "people": fill.people(size), "bytes": bytes_now, "bytes_each": bytes_now / size,
            "bytes_each_without_payload": (bytes_now - payloads) / size, "fill_seconds": time.monotonic() - start,
        }  # fmt: skip
        say(f"{size} entries, {fill.people(size)} people: {bytes_now / 1e6:.0f} MB, {bytes_now / size:.0f} bytes each, "
            f"{results[str(size)]['bytes_each_without_payload']:.0f} without payloads")
    for size, store in stores.items():
        results[str(size)] |= starts(store)
        say(f"{size}: ready after {results[str(size)]['ready_ms']['median']:.0f} ms, first accepted after "
            f"{results[str(size)]['first_accept_ms']['median']:.0f} ms, "
            f"{results[str(size)]['cold_ready_ms']:.0f} ms with nothing in memory")  # fmt: skip
    measure(stores, results, say)
    return {"sizes": results, "left_out": left_out}


def store(say):
    """Part `store`: makes the largest store, which a whole run has no time for."""
    need, free = LARGEST * BYTES_EACH * 2, shutil.disk_usage(BUILD).free
    if not fill.has_delivered(LARGEST) and need > free:
        raise RuntimeError(f"{LARGEST} entries need {need / 1e9:.0f} GB, {free / 1e9:.0f} GB are free")
    start = time.monotonic()
    path = fill.delivered(LARGEST)
    say(f"{path}: {path.stat().st_size / 1e9:.1f} GB, made in {time.monotonic() - start:.0f} s")


def starts(store):
    """From exec to `listening on` and to the first accepted webhook, with the file in the system's memory and,
    once, without."""
    times, accepts = [], []
    with folder() as place:
        values = bridge.configuration(place)
        values["storage"]["url"] = f"sqlite:{store}"
        for number in range(STARTS):
            with bridge.serve(place, values) as process:
                times.append(process.ready_after * 1000)
                accepts.append(first_accept(process, FIRST + number))
                memory = process.memory()
        forget(store)
        with bridge.serve(place, values) as process:
            cold = process.ready_after * 1000
    return {
        "ready_ms": load.summary(times), "first_accept_ms": load.summary(accepts), "cold_ready_ms": cold,
        "memory_after_start": memory,
    }  # fmt: skip


def first_accept(process, number):
    """Milliseconds from exec until a webhook is accepted; None: it was not, in 60 seconds."""
    sent = load.load({"count": 1, "first": number, "connections": 1, "seconds": 60})
    return (time.monotonic() - process.started_at) * 1000 if sent["accepted"] else None


def forget(store):
    """The file's pages leave the system's memory."""
    with store.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(stores, results, say):
    """Throughput while delivering, and latency at half of it; the sizes by turns."""
    rounds = {size: [] for size in stores}
    for number in range(quick(1, 3)):
        for size, store in stores.items():
            with folder() as place:
                rounds[size].append(one_round(place, store, number))
            last = rounds[size][-1]
            say(f"round {number + 1}, {size}: {last['rate']:.0f}/s, p99 at half {last['half_p99_us']:.0f} µs")
    for size, measured in rounds.items():
        for name in ("rate", "half_p50_us", "half_p99_us", "peak_kb"):
            results[str(size)][name] = load.summary([entry[name] for entry in measured])


def one_round(place, store, number):
    values = bridge.configuration(place)
    # The small store would grow by a multiple, so its rounds have a copy each.
    if store.stat().st_size < 100_000_000:
        shutil.copy(store, place / "bridge.db")
    else:
        values["storage"]["url"] = f"sqlite:{store}"
    first = FIRST + number * 1_000_000
    with bridge.sink(place), bridge.serve(place, values) as process:
        load.wrk(1, first)
        wrk = load.wrk(quick(2, 4), first + 200_000)
        rest()
        half = load.load({"rate": wrk["rate"] / 2, "seconds": quick(2, 3), "first": first + 600_000})
        peak = process.memory()["peak_kb"]
        rest()
    return {
        "rate": wrk["rate"], "half_p50_us": half["p50_us"], "half_p99_us": half["p99_us"], "peak_kb": peak,
    }  # fmt: skip


def rest(seconds=60):
    """Until nothing waits."""
    end = time.monotonic() + seconds
    while load.bridge_metric(get(PORT, "/metrics"), "consent_bridge_backlog{") > 0:
        if time.monotonic() > end:
            raise RuntimeError("the bridge does not come to rest")
        time.sleep(0.2)


def memory(say):
    """Memory and start with an empty store, and with deliveries that wait for a platform that is down."""
    with folder() as place:
        times = []
        for _ in range(STARTS):
            (place / "bridge.db").unlink(missing_ok=True)
            with bridge.serve(place) as process:
                times.append(process.ready_after * 1000)
                time.sleep(0.5)
                idle = process.memory()
    waiting = quick(50_000, 1_000_000)
    store = fill.waiting(waiting)
    with folder() as place:
        values = bridge.configuration(place)
        values["storage"]["url"] = f"sqlite:{store}"
        with bridge.serve(place, values) as process:
            ready = process.ready_after * 1000
            accepted_after = first_accept(process, FIRST)
            rest_after = settle(process)
            result = process.memory()
    say(f"idle {idle['now_kb']} kB, ready after {load.summary(times)['median']:.0f} ms; {waiting} waiting: "
        f"{result['now_kb']} kB, {result['peak_kb']} kB at most, ready after {ready:.0f} ms, first webhook accepted "
        f"after {'more than 60' if accepted_after is None else f'{accepted_after / 1000:.1f}'} s, at rest after "
        f"{'more than 90' if rest_after is None else round(rest_after)} s")  # fmt: skip
    return {
        "idle": idle, "empty_ready_ms": load.summary(times), "waiting": waiting, "waiting_memory": result,
        "waiting_ready_ms": ready, "waiting_first_accept_ms": accepted_after,
        "waiting_rest_after_s": rest_after, "bytes_each": fill.bytes_when_made(store) / waiting,
    }  # fmt: skip


def settle(process, seconds=90):
    """Seconds until the process has read what waits and does nothing more; None: it goes on."""
    start = time.monotonic()
    used = process.cpu_seconds()
    while time.monotonic() < start + seconds:
        time.sleep(1)
        now = process.cpu_seconds()
        if now - used < 0.05:
            return time.monotonic() - start
        used = now
    return None
