"""Part `calls`: how many calls changes come to, against a fast sink and, on virtual time, at Actito's limits."""

import time

import bridge
import load
from place import ACTITO_PATH, ACTITO_TEMPLATE, DIDOMI_TEMPLATE, DIDOMI_PATH, MICRO, PORT, quick
from process import folder, get, last_json, run

LATENCY_MS = 5
OTHER_ACTITO = ("profile", "table", "token", "patch", "put")


def part(say):
    results = {}
    for name, direction, changes, people, per_person, alternate in quick(QUICK, FULL):
        with folder() as place:
            result = one(place, direction, changes, people, per_person, alternate)
        results[name] = result
        say(f"{name}: {result['calls']}, for each change {result['per_change']}")
    for name, mode, people, changes, seconds in VIRTUAL:
        arguments = [MICRO, "calls", mode, people, quick(changes // 10, changes), 80, seconds]
        result = last_json(run(arguments + [DIDOMI_TEMPLATE, ACTITO_TEMPLATE]))
        results[name] = result
        say(f"{name}: {result}")
    return results


# Name, direction, changes, people, changes of one person in a row, 1: on and off by turns of all,
# 2: by the number's parity.
FULL = (
    ("didomi, spread out", "didomi", 20_000, 20_000, 1, 0),
    ("didomi, burst, by turns", "didomi", 100_000, 1_000, 1, 1),
    ("didomi, burst, one after the other", "didomi", 100_000, 1_000, 100, 2),
    ("actito, grants spread out", "actito", 10_000, 10_000, 1, 0),
    ("actito, withdrawals and grants spread out", "actito", 10_000, 10_000, 1, 2),
    ("actito, burst, by turns", "actito", 20_000, 200, 1, 1),
    ("actito, burst, one after the other", "actito", 20_000, 200, 100, 2),
)
QUICK = tuple((n, d, c // 10, max(10, p // 10), r, a) for n, d, c, p, r, a in FULL)
# At 80 calls a minute, as shipped: changes of 1,000 people within ten minutes, or of each person once.
VIRTUAL = (
    ("virtual time, didomi, burst", "didomi", 1_000, 100_000, 600),
    ("virtual time, didomi, spread out", "didomi", 2_000, 2_000, 36_000),
    ("virtual time, actito, burst", "actito", 1_000, 20_000, 600),
)


def one(place, direction, changes, people, per_person, alternate):
    truth = place / "truth"
    is_didomi = direction == "didomi"
    with bridge.sink(place, people=people, latency_ms=LATENCY_MS, truth=truth), bridge.serve(place):
        sent = load.load(
            {"count": changes, "seconds": 120, "first": 0, "people": people, "per-person": per_person,
             "alternate": alternate, "truth": truth},
            path=DIDOMI_PATH if is_didomi else ACTITO_PATH,
            template=DIDOMI_TEMPLATE if is_didomi else ACTITO_TEMPLATE,
        )  # fmt: skip
        settle()
        calls = bridge.calls()
        text = get(PORT, "/metrics")
    to_actito = sum(calls[route] for route in OTHER_ACTITO)
    per_change = {
        "actito_calls": to_actito / sent["accepted"],
        "didomi_writes": calls["event"] / sent["accepted"],
        "didomi_reads": calls["events"] / sent["accepted"],
        "actito_reads": calls["profile"] / sent["accepted"],
        "other_actito_calls": (to_actito - calls["profile"]) / sent["accepted"],
    }
    return {
        "changes": sent["accepted"], "people": people, "accept_rate": sent["rate"], "calls": calls,
        "per_change": {name: round(value, 4) for name, value in per_change.items()},
        "outcomes": outcomes(text),
    }  # fmt: skip


def outcomes(text):
    """What became of the changes."""
    lines = [line for line in text.splitlines() if line.startswith("consent_bridge_changes_total")]
    return {line.split("{")[1].split("}")[0]: int(float(line.split()[-1])) for line in lines}


def settle(seconds=120):
    """Waits until nothing waits and the sink is not called any more."""
    end, last = time.monotonic() + seconds, None
    while time.monotonic() < end:
        seen = bridge.calls(), load.bridge_metric(get(PORT, "/metrics"), "consent_bridge_backlog")
        if seen == last and seen[1] == 0:
            return
        last = seen
        time.sleep(0.5)
    raise RuntimeError("the bridge does not come to rest")
