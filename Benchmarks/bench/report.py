"""The results on the terminal, as JSON, as the tables of docs/benchmarks/README.md, and in the history."""

import json

import plot
import ratios
from load import write_json
from place import IS_QUICK, PARTS, RESULTS

BEGIN, END = "<!-- begin of the results -->", "<!-- end of the results -->"
NAMES = ("accept", "client", "latency", "drain", "calls", "micro", "growth", "memory")


def stored_parts():
    """The newest result of each part."""
    found = {name: PARTS / f"{name}.json" for name in NAMES}
    return {name: json.loads(path.read_text()) for name, path in found.items() if path.exists()}


def write(machine):
    """Composes everything from the parts; a quick run shows it and keeps nothing."""
    stored = stored_parts()
    parts = {name: entry["result"] for name, entry in stored.items()}
    result = {
        "machine": machine,
        "parts_measured": {name: {"date": entry["date"], "commit": entry["commit"]} for name, entry in stored.items()},
        "targets": ratios.judged(parts),
        "parts": parts,
    }  # fmt: skip
    text = tables(result)
    print(text)
    if IS_QUICK:
        print("QUICK: docs/benchmarks is left as it is.")
        return
    write_json(RESULTS / "RESULT.json", result)
    (RESULTS / "accept.svg").write_text(plot.accept(parts.get("accept", {})))
    readme = RESULTS / "README.md"
    before, rest = readme.read_text().split(BEGIN)
    readme.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{rest.split(END)[1]}")
    with (RESULTS / "history.jsonl").open("a") as file:
        file.write(json.dumps(history_line(result)) + "\n")


def history_line(result):
    machine = result["machine"]
    line = {name: machine[name] for name in ("date", "commit", "processor", "fdatasync")}
    line["targets"] = {row["figure"]: row["value"] for row in result["targets"]}
    contenders = result["parts"].get("accept", {}).get("contenders", {})
    line["rates"] = {name: entry["rate"]["median"] for name, entry in contenders.items()}
    return line


def tables(result):
    machine, parts = result["machine"], result["parts"]
    lines = [
        f"Measured {machine['date']}, commit `{machine['commit']}`{'' if machine['is_clean'] else ' with changes'}, "
        f"{machine['processor']}, {machine['cores']} cores shared with the load, {machine['memory_gb']} GB, Linux "
        f"{machine['kernel']}, Debian {machine['system']}; append 4 KiB + fdatasync p50 "
        f"{machine['fdatasync']['p50_us']} µs, p99 {machine['fdatasync']['p99_us']} µs.",
        "",
    ]
    lines += target_table(result["targets"])
    for name, make in (("accept", accept_table), ("latency", latency_table), ("drain", drain_table),
                       ("calls", calls_table), ("micro", micro_table), ("growth", growth_table),
                       ("memory", memory_table)):  # fmt: skip
        if name in parts:
            lines += ["", *made(make, name, parts[name])]
    return "\n".join(lines) + "\n"


def made(make, name, part):
    try:
        return make(part)
    except (KeyError, TypeError):
        return [f"Part `{name}` was measured by an older harness: measure it again."]


def figure(value, digits=2):
    if value is None:
        return "not measured"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def table(head, rows):
    return [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"] + [
        f"| {' | '.join(row)} |" for row in rows
    ]


def target_table(targets):
    def verdict(row):
        if row["is_reached"] is None:
            return "not measured"
        return "stretch" if row["is_stretch_reached"] else "yes" if row["is_reached"] else "**no**"

    return table(
        ("figure", "measured", "target", "stretch", "reached"),
        [
            (row["figure"], figure(row["value"], 3) + (row["unit"] if row["value"] is not None else ""),
             figure(row["target"]) + row["unit"], figure(row["stretch"]) + row["unit"], verdict(row))
            for row in targets
        ],
    )  # fmt: skip


def spread(value, digits=0):
    if not value:
        return ""
    return f"{figure(value['median'], digits)} ({figure(value['least'], digits)} to {figure(value['most'], digits)})"


def accept_table(part):
    rows = []
    for entry in part["contenders"].values():
        lost = f"{entry['lost']} of {entry['looked_for']:,}" if entry["is_verified"] else "promises nothing"
        rows.append((
            entry["label"], spread(entry["rate"]), spread(entry["p50_us"]), spread(entry["p99_us"]),
            spread(entry["half_p99_us"]), figure(entry["cpu_us"]["median"], 0),
            figure(entry["peak_kb"]["median"] / 1000, 0), lost,
        ))  # fmt: skip
    head = ("webhooks of 1,680 bytes, 64 connections", "accepted/s", "p50 µs", "p99 µs",
            "p99 µs at half of the rate", "CPU µs each", "MB at most", "lost")  # fmt: skip
    lines = table(head, rows)
    lines += [""] + [f"* {entry['label']}: {entry['says']}." for entry in part["contenders"].values()]
    lines += [f"* Not here, so not measured: {name}." for name in part["missing"]]
    return lines


def latency_table(part):
    return table(
        ("webhooks/s", "accepted to acknowledged, above the sink's 5 ms: p50 ms", "p99 ms", "most ms", "accept p50 µs",
         "accept p99 µs", "not delivered"),
        [
            (str(entry["rate"]), figure(entry["p50_ms"]), figure(entry["p99_ms"]), figure(entry["max_ms"]),
             figure(entry["accept_p50_us"], 0), figure(entry["accept_p99_us"], 0), str(entry["missing"]))
            for entry in part.values()
        ],
    )  # fmt: skip


def drain_table(part):
    row = (
        f"{part['waiting']:,}", figure(part["accept_rate_while_down"], 0), figure(part["first_call_after_ms"], 0),
        figure(part["rate"], 0), f"{part['delivered']:,}", figure(part["peak_kb"] / 1000, 0),
    )  # fmt: skip
    head = ("waiting", "accepted/s while Actito is down", "first call after the start, ms", "delivered/s", "delivered",
            "MB at most")  # fmt: skip
    return table(head, [row])


def calls_table(part):
    names = ("actito_calls", "didomi_writes", "didomi_reads", "actito_reads", "other_actito_calls")
    rows, virtual = [], []
    for name, entry in part.items():
        if "per_change" in entry:
            told = [figure(entry["per_change"][key], 4) for key in names]
            rows.append((name, f"{entry['changes']:,}", f"{entry['people']:,}", *told))
        else:
            calls = {key: value for key, value in entry.items() if " " in key}
            total = sum(value for key, value in calls.items() if key.split()[1] in ("profile", "token", "table"))
            virtual.append((
                name, f"{entry['changes']:,}", f"{entry['people']:,}", figure(total / entry["changes"], 4),
                ", ".join(f"{key} {value:,}" for key, value in calls.items()),
                figure(entry["virtual_seconds"] / 3600),
            ))  # fmt: skip
    head = ("for each change", "changes", "people", "Actito calls", "Didomi writes", "Didomi reads", "Actito reads",
            "other Actito calls")  # fmt: skip
    lines = table(head, rows)
    if virtual:
        head = ("at 80 calls a minute", "changes", "people", "Actito calls per change", "calls", "hours until done")
        lines += ["", *table(head, virtual)]
    return lines


def micro_table(part):
    return table(
        ("step", "ns", "instructions"),
        [(name, figure(entry["nanoseconds"], 0), figure(entry["instructions"], 0)) for name, entry in part.items()],
    )


def growth_table(part):
    rows = [
        (f"{entry['entries']:,}", f"{entry['people']:,}", figure(entry["bytes_each"], 0),
         figure(entry["bytes_each_without_payload"], 0), spread(entry["rate"]),
         spread(entry["half_p99_us"]), figure(entry["ready_ms"]["median"], 0),
         figure(entry["first_accept_ms"]["median"], 0), figure(entry["cold_ready_ms"], 0),
         figure(entry["memory_after_start"]["now_kb"] / 1000, 0), figure(entry["peak_kb"]["median"] / 1000, 0))
        for entry in part["sizes"].values()
    ]  # fmt: skip
    head = ("received", "people", "bytes each", "without payloads", "accepted/s, delivering", "p99 µs at half of the rate",
            "exec to ready, ms", "to the first accepted", "to ready, cold", "MB after the start", "MB at most")  # fmt: skip
    lines = table(head, rows)
    return lines + [f"\nLeft out: {size:,} entries." for size in part["left_out"]]


def memory_table(part):
    rows = [
        ("nothing", figure(part["empty_ready_ms"]["median"], 0), "", "", figure(part["idle"]["now_kb"] / 1000, 0),
         figure(part["idle"]["peak_kb"] / 1000, 0)),
        (f"{part['waiting']:,}", figure(part["waiting_ready_ms"], 0),
         bounded(part["waiting_first_accept_ms"], 1000, 60), bounded(part["waiting_rest_after_s"], 1, 90),
         figure(part["waiting_memory"]["now_kb"] / 1000, 0), figure(part["waiting_memory"]["peak_kb"] / 1000, 0)),
    ]  # fmt: skip
    head = ("deliveries that wait, Actito down", "exec to ready, ms", "to the first accepted, s", "at rest after s", "MB",
            "MB at most")  # fmt: skip
    return table(head, rows)


def bounded(value, divisor, most):
    return f"more than {most}" if value is None else figure(value / divisor, 1)
