"""Measures the bridge beside its ceiling and its peers: `make bench`, `make bench PART=accept`, `QUICK=1`.

python3 Benchmarks/bench [PART ...]. Parts that are not named keep their last result. Needs what `make
bench-tools` makes; standard library only.
"""

import subprocess
import sys
import time

import accept
import calls
import client
import flow
import growth
import load
import machine
import micro
import profiling
import report
from place import PARTS

MEASURED = {
    "accept": accept.part, "client": client.part, "latency": flow.latency, "drain": flow.drain, "calls": calls.part,
    "micro": micro.part, "growth": growth.part, "memory": growth.memory,
}  # fmt: skip
# No figures, so no part of a whole run.
ON_DEMAND = {"profile": profiling.part, "store": growth.store}


def main(names):
    known = MEASURED | ON_DEMAND
    unknown = [name for name in names if name not in known and name != "report"]
    if unknown:
        sys.exit(f"no such part: {', '.join(unknown)}; there are {', '.join(known)} and report")
    described = machine.describe()
    failed = []
    for name in names or MEASURED:
        if name == "report":
            continue
        start = time.monotonic()
        print(f"== {name}", flush=True)
        try:
            result = known[name](lambda line: print(f"  {line}", flush=True))
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            # One part that breaks must not cost the others.
            print(f"  FAILED: {error}", flush=True)
            failed.append(name)
            continue
        seconds = time.monotonic() - start
        print(f"  took {seconds:.0f} s", flush=True)
        if name in ON_DEMAND:
            continue
        entry = {"date": described["date"], "commit": described["commit"], "seconds": seconds, "result": result}
        load.write_json(PARTS / f"{name}.json", entry)
    if names and all(name in ON_DEMAND for name in names):
        sys.exit(1 if failed else 0)
    report.write(described)
    lost = sum(c["lost"] for c in report.stored_parts().get("accept", {}).get("result", {}).get("contenders", {}).values())
    if failed or lost:
        sys.exit(f"failed: {', '.join(failed) or 'none'}; accepted and not found: {lost}")


if __name__ == "__main__":
    main(sys.argv[1:])
