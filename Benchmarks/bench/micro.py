"""Part `micro`: single steps, in nanoseconds and, by callgrind, in instructions."""

import json
import re
import shutil
import subprocess

from place import BUILD, DIDOMI_TEMPLATE, MICRO, quick
from process import run

COUNT = 200


def part(say):
    lines = run([MICRO, "time", DIDOMI_TEMPLATE, quick(1, 4)]).splitlines()
    times = {entry["step"]: entry["nanoseconds"] for entry in map(json.loads, lines)}
    counted = {}
    if shutil.which("valgrind"):
        # valgrind cannot read what the compiler tells debuggers.
        plain = BUILD / "micro-plain"
        run(["strip", "--strip-debug", "-o", plain, MICRO])
        # Everything but the step itself is in both runs.
        none = instructions(plain, "parse", 0)
        for step in quick(["parse", "turn, in memory"], list(times)):
            counted[step] = (instructions(plain, step, COUNT) - none) / COUNT
    else:
        say("MISSING: valgrind, so no instructions")
    for step, nanoseconds in times.items():
        told = f", {counted[step]:.0f} instructions" if step in counted else ""
        say(f"{step}: {nanoseconds:.0f} ns{told}")
    return {step: {"nanoseconds": times[step], "instructions": counted.get(step)} for step in times}


def instructions(program, step, count):
    ended = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, "work", step, str(count),
         DIDOMI_TEMPLATE],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    return int(re.search(r"Collected : (\d+)", ended.stderr).group(1))
