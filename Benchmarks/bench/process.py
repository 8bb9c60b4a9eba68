"""Programs under test: started, waited for, measured and stopped, by their own ids only."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

from place import PORT, RUNS


@contextlib.contextmanager
def folder():
    """An empty folder on the disk that is measured; gone afterwards."""
    RUNS.mkdir(parents=True, exist_ok=True)
    path = pathlib.Path(tempfile.mkdtemp(dir=RUNS))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Process:
    """A server that takes connections when the constructor returns; use it in `with`."""

    def __init__(self, arguments, port=PORT, environment=None, announces=False, seconds=60, stop_seconds=30):
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            [str(argument) for argument in arguments],
            stdout=subprocess.PIPE if announces else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | (environment or {}),
        )
        self.seconds = seconds
        self.stop_seconds = stop_seconds
        # A program that says when it is ready is not asked, so the wait costs nothing.
        if announces:
            line = self.process.stdout.readline().decode()
            if "listening" not in line:
                raise RuntimeError(f"{arguments[0]} did not start: {line!r}")
        else:
            self.wait_for(port)
        self.ready_after = time.monotonic() - self.started_at

    def wait_for(self, port):
        while time.monotonic() < self.started_at + self.seconds:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.process.args[0]} ended with {self.process.returncode}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            time.sleep(0.01)
        raise RuntimeError(f"{self.process.args[0]} is not ready after {self.seconds} s")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(self.stop_seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def memory(self):
        """Resident kilobytes, those of its children included: now and at most so far."""
        total = {"now_kb": 0, "peak_kb": 0}
        for process in family(self.process.pid):
            values = {"VmRSS": "0 kB", "VmHWM": "0 kB"}
            with contextlib.suppress(OSError):
                lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
                values |= dict(line.split(":", 1) for line in lines if ":" in line)
            total["now_kb"] += int(values["VmRSS"].split()[0])
            total["peak_kb"] += int(values["VmHWM"].split()[0])
        return total

    def cpu_seconds(self):
        """Used so far, by its children too, those that have ended included."""
        ticks = 0
        for process in family(self.process.pid):
            with contextlib.suppress(OSError):
                parts = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
                ticks += sum(int(part) for part in parts[11:15])
        return ticks / os.sysconf("SC_CLK_TCK")


def family(process):
    """The process and its children's children."""
    found = [process]
    with contextlib.suppress(OSError):
        for child in pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split():
            found += family(int(child))
    return found


def run(arguments, environment=None, seconds=600):
    """The standard output of a program that must end well."""
    ended = subprocess.run(
        [str(argument) for argument in arguments],
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if ended.returncode != 0:
        raise RuntimeError(f"{arguments[0]} ended with {ended.returncode}: {ended.stderr[-2000:]}")
    return ended.stdout


def last_json(text):
    """The last line that is a JSON object."""
    line = [line for line in text.splitlines() if line.startswith("{")][-1]
    return json.loads(line)


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return answer.read().decode()
