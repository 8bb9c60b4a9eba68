"""Load: wrk for throughput, `load` and h2load for latency at a rate; what was accepted, exactly."""

import array
import datetime
import json
import statistics

from place import CONNECTIONS, DIDOMI_PATH, DIDOMI_TEMPLATE, BENCHMARKS, HEADER, PORT, PROGRAMS
from process import last_json, run


def time_text():
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03}Z"


def wrk(seconds, first, port=PORT, path=DIDOMI_PATH):
    """Closed loop with wrk: every connection sends as soon as it is answered."""
    environment = {
        "BENCH_BODY": str(DIDOMI_TEMPLATE), "BENCH_PATH": path, "BENCH_HEADER": HEADER,
        "BENCH_FIRST": str(first), "BENCH_TIME": time_text(),
    }  # fmt: skip
    script = BENCHMARKS / "load" / "webhooks.lua"
    arguments = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "-s", script,
                 f"http://127.0.0.1:{port}"]  # fmt: skip
    result = last_json(run(arguments, environment))
    result["accepted"] = result["requests"] - result["not_2xx"]
    result["rate"] = result["accepted"] / result["seconds"]
    return result


def load(options, port=PORT, path=DIDOMI_PATH, template=DIDOMI_TEMPLATE):
    """Our generator; `options` are its arguments without dashes (see load.c)."""
    arguments = [PROGRAMS / "load", "--port", port, "--path", path, "--header", HEADER, "--body", template]
    arguments += ["--connections", CONNECTIONS]
    for name, value in options.items():
        arguments += [f"--{name}", value]
    return last_json(run(arguments))


def h2load(seconds, rate, folder, number, port=PORT, path=DIDOMI_PATH):
    """h2load at a rate; it has one body only, so all but the first are repeated webhooks."""
    body = folder / "h2load.json"
    body.write_text(filled(number))
    log = folder / "h2load.log"
    log.unlink(missing_ok=True)
    arguments = ["h2load", "--h1", f"-c{CONNECTIONS}", "-t1", f"-D{seconds}", f"--rps={rate / CONNECTIONS:.3f}",
                 "-d", body, "-H", HEADER, "-H", "Content-Type: application/json", f"--log-file={log}",
                 f"http://127.0.0.1:{port}{path}"]  # fmt: skip
    run(arguments)
    rows = [line.split() for line in log.read_text().splitlines()]
    times = sorted(int(row[2]) for row in rows if row[1].startswith("2"))
    return {
        "accepted": len(times), "other": len(rows) - len(times), "rate": len(times) / seconds,
        "p50_us": quantile(times, 0.5), "p99_us": quantile(times, 0.99),
    }  # fmt: skip


def scrambled(number):
    """The id of a webhook, as load.c and webhooks.lua make it."""
    return (number * 387420489 + 7) % 1_000_000_000_000


def filled(number):
    """The Didomi webhook with this number."""
    text = DIDOMI_TEMPLATE.read_text()
    places = [
        ("I" * 12, f"{scrambled(number):012}"), ("Q" * 4, f"{number * 7919 % 10000:04}"), ("P" * 8, f"{number:08}"),
        ("T" * 24, time_text()), ("B" * 5, "true "),
    ]  # fmt: skip
    for place, value in places:
        text = text.replace(place, value)
    return text


def journal(path):
    """Pairs of a journal that `load` or `sink` has written."""
    numbers = array.array("q")
    with path.open("rb") as file:
        numbers.frombytes(file.read())
    return numbers[0::2], numbers[1::2]


def quantile(ordered, share):
    return ordered[round(share * (len(ordered) - 1))] if ordered else 0


def summary(values):
    """The median with its spread, of those that were measured."""
    values = [value for value in values if value is not None]
    if not values:
        return None
    return {
        "median": statistics.median(values), "least": min(values), "most": max(values), "rounds": len(values),
    }  # fmt: skip


def bridge_metric(text, name):
    """The sum of a metric's lines."""
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")
