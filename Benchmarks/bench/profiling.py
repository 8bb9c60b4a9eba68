"""Part `profile`: where the bridge's time goes while it accepts, by perf; not in a whole run.

The lists go to .build/bench/profile-NAME.txt: with what is called (`inclusive`) and without (`self`).
"""

import shutil
import subprocess
import time

import contenders
import load
from place import BUILD, quick
from process import folder

LINES = 70


def part(say):
    if not shutil.which("perf"):
        raise RuntimeError("perf is missing: apt-get install linux-perf")
    results = {}
    for contender in contenders.ALL:
        if not contender.name.startswith("bridge"):
            continue
        with folder() as place, contender.start(place) as process:
            load.wrk(1, 1)
            seconds = quick(3, 6)
            recorder = subprocess.Popen(
                ["perf", "record", "-q", "-F", "999", "-g", "-p", str(process.process.pid), "-o", place / "perf.data",
                 "--", "sleep", str(seconds)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            rate = load.wrk(seconds, 2_000_001)["rate"]
            recorder.wait()
            time.sleep(0.2)
            lists = {kind: report(place / "perf.data", kind) for kind in ("inclusive", "self", "threads")}
        file = BUILD / f"profile-{contender.name}.txt"
        file.write_text("\n\n".join(f"{kind}\n" + "\n".join(lines) for kind, lines in lists.items()) + "\n")
        say(f"{contender.label}, {rate:.0f}/s: {file}")
        for line in lists["threads"] + lists["self"][:12]:
            say(f"  {line}")
        results[contender.name] = {"rate": rate, "threads": lists["threads"], "self": lists["self"][:40]}
    return results


def report(data, kind):
    sort = "comm" if kind == "threads" else "symbol"
    arguments = ["perf", "report", "-i", data, "--children" if kind == "inclusive" else "--no-children", "-g", "none",
                 "--percent-limit", "0.3", "--sort", sort, "--stdio"]  # fmt: skip
    told = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    if shutil.which("swift"):
        told = subprocess.run(
            ["swift", "demangle", "--simplified"], input=told, capture_output=True, text=True, check=True
        ).stdout
    lines = [line.rstrip(" -") for line in told.splitlines() if line.strip() and not line.startswith("#")]
    return [line[:150] for line in lines][:LINES]
