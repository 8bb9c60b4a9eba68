"""What it was measured on: machine, commit, the cost of a sync, the time."""

import datetime
import os
import pathlib
import platform
import shutil
import subprocess
import time

from load import quantile
from place import BUILD, PROJECT


def describe():
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        # Of another build, which BENCH_BRIDGE names, it has to be said.
        "commit": os.environ.get("BENCH_COMMIT") or git("rev-parse", "--short=12", "HEAD"),
        "is_clean": git("status", "--porcelain", "--untracked-files=no") == "",
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "kernel": platform.release(),
        "system": pathlib.Path("/etc/debian_version").read_text().strip(),
        "free_disk_gb": round(shutil.disk_usage(BUILD).free / 1e9, 1),
        "load_average": os.getloadavg()[0],
        "fdatasync": sync_cost(),
        "versions": versions(),
    }


def git(*arguments):
    ended = subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False)
    return ended.stdout.strip()


def processor():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    speeds = [line.split(":", 1)[1].strip() for line in lines if line.startswith("cpu MHz")]
    return f"{names[0]}, {float(speeds[0]):.0f} MHz" if names and speeds else platform.machine()


def sync_cost(count=400, bytes_each=4096):
    """Appending 4 KiB and fdatasync on the disk that is measured, in microseconds."""
    BUILD.mkdir(parents=True, exist_ok=True)
    path = BUILD / "sync-probe"
    block, times = bytes(bytes_each), []
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    try:
        for _ in range(count):
            start = time.perf_counter_ns()
            os.write(descriptor, block)
            os.fdatasync(descriptor)
            times.append((time.perf_counter_ns() - start) / 1000)
    finally:
        os.close(descriptor)
        path.unlink()
    times.sort()
    return {"p50_us": round(quantile(times, 0.5), 1), "p99_us": round(quantile(times, 0.99), 1), "count": count}


def versions():
    """Those of what is compared, from dpkg."""
    names = ["libmicrohttpd12", "libcurl4", "libsqlite3-0", "wrk", "nghttp2-client", "nginx-light", "webhook"]
    ended = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}\\n", *names], capture_output=True, text=True, check=False
    )
    return dict(line.split() for line in ended.stdout.splitlines() if len(line.split()) == 2)
