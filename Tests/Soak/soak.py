"""A steady load with faults between two sandbox platforms, for as long as it takes to see a leak.

python3 Tests/Soak/soak.py PROGRAM [MINUTES]. Each person chooses at one platform only, so that the last
choice is known. Afterwards both platforms must hold it, nothing may wait, conservation must hold, and
memory, open files and the bytes of the database for each webhook must not have grown. Standard library only.
"""

import contextlib
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import urllib.request

BRIDGE_PORT = 18391
# Many: somebody who changes her mind every few seconds is a loop to the bridge (rule S7).
PEOPLE = 20_000
ACTS_PER_SECOND = 25
SAMPLE_SECONDS = 10
FAULT_SECONDS = 7
DRAIN_SECONDS = 60
LOST_SHARE_MAX = 0.01
FAULTS = [
    {"kind": "status", "status": 503, "count": 20},
    {"kind": "status", "status": 429, "count": 5},
    {"kind": "delay", "milliseconds": 300, "count": 50},
    {"kind": "drop_answer", "count": 10},
    {"kind": "late_effect", "milliseconds": 400, "count": 5},
    {"kind": "duplicate", "count": 30},
    {"kind": "reorder", "count": 30},
]
FIELDS = {"didomi": "channel:email", "actito": "subscription:Newsletter"}


def call(url, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def configuration(folder, addresses):
    return {
        "server": {"port": BRIDGE_PORT},
        "storage": {"url": f"sqlite:{folder}/bridge.db"},
        "delivery": {"base_delay_seconds": 0.1, "max_delay_seconds": 2, "request_timeout_seconds": 5,
                     "breaker": {"failures": 5, "probe_seconds": 1}},
        # Nobody here releases what the brake holds.
        "brake": {"max_people": 0, "window_minutes": 60},
        "log": {"level": "error"},
        "integrations": [{
            "type_id": "actito", "authentication": {"private_api_key": "key"},
            "properties": {"entity_id": "acme", "table_name": "Profiles",
                           "user_unique_key": "emailAddress", "api_url": addresses["actito"]},
            "mappings": [{"id": "Newsletter", "value": "consents_channels_email_enabled"}],
            "upsert_mode": True,
            "limits": {"actito": {"per_minute": 0, "concurrent": 5}},
            "didomi": {"api_url": addresses["didomi"] + "/v1", "organization_id": "acme-media",
                       "api_key": "a", "api_secret": "b"},
        }],
    }  # fmt: skip


class Bridge:
    def __init__(self, program, folder, addresses):
        self.database = pathlib.Path(folder) / "bridge.db"
        file = pathlib.Path(folder) / "bridge.json5"
        file.write_text(json.dumps(configuration(folder, addresses)))
        self.process = subprocess.Popen(
            [program, "serve", "--config", str(file)], stdout=subprocess.PIPE, text=True
        )
        self.url = self.process.stdout.readline().split()[-1]

    def sum(self, prefix):
        lines = call(self.url + "/metrics").splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(prefix))

    def sample(self, seconds):
        root = pathlib.Path(f"/proc/{self.process.pid}")
        status = dict(line.split(":", 1) for line in (root / "status").read_text().splitlines())
        return {
            "seconds": round(seconds),
            "memory_kib": int(status["VmRSS"].split()[0]),
            "files": len(os.listdir(root / "fd")),
            "database": self.database.stat().st_size,
            "webhooks": self.sum("consent_bridge_webhooks_received_total"),
            "waiting": self.sum("consent_bridge_backlog"),
        }


def load(bridge, platforms, minutes):
    """Acts and faults; the samples, and everybody's last choice."""
    chance = random.Random(1)
    chosen, samples = {}, []
    start = time.monotonic()
    end, next_fault, next_sample = start + minutes * 60, start, start
    while (now := time.monotonic()) < end:
        number = chance.randrange(PEOPLE)
        platform = ["didomi", "actito"][number % 2]
        key, value = f"reader{number}@example.com", chance.random() < 0.5
        chosen[key] = value
        act = {"key": key, "field": FIELDS[platform], "value": value}
        call(platforms[platform] + "/sandbox/act", act)
        if now >= next_fault:
            next_fault = now + FAULT_SECONDS
            # One fault at a time: they would add up while a breaker lets few calls through.
            for address in platforms.values():
                call(address + "/sandbox/faults", method="DELETE")
            call(platforms[chance.choice(list(platforms))] + "/sandbox/faults", chance.choice(FAULTS))
        if now >= next_sample:
            next_sample = now + SAMPLE_SECONDS
            samples.append(bridge.sample(now - start))
            print(samples[-1], flush=True)
        time.sleep(max(0, 1 / ACTS_PER_SECOND - (time.monotonic() - now)))
    return samples, chosen


def differences(platforms, chosen):
    """What must not be, and the opt-ins that were lost on the safe side (both platforms say no).

    While answers are lost and writes take effect late, an opt-in that cannot be told from a write of ours
    does not count (design section 4).
    """
    people = {
        platform: json.loads(call(address + "/sandbox/state"))["people"]
        for platform, address in platforms.items()
    }
    wrong, lost = [], []
    for key, value in chosen.items():
        shown = [people[platform].get(key, {}).get("fields", {}).get(field) for platform, field in FIELDS.items()]
        # Nobody gets a profile, or a consent event, for a no where there was nothing.
        if value and True not in shown:
            lost.append(key)
        elif shown.count(True) != (2 if value else 0):
            wrong.append(f"{key}: {dict(zip(FIELDS, shown))}, chose {value}")
    return wrong, lost


def growth(samples):
    """How the last third compares with the middle one."""
    third = len(samples) // 3
    middle, last = samples[third : 2 * third], samples[2 * third :]
    per_webhook = [
        (part[-1]["database"] - part[0]["database"])
        / max(1, part[-1]["webhooks"] - part[0]["webhooks"])
        for part in (middle, last)
    ]
    return {
        "memory": max(s["memory_kib"] for s in last) / max(s["memory_kib"] for s in middle),
        "files": max(s["files"] for s in last) / max(s["files"] for s in middle),
        "bytes for a webhook": per_webhook[1] / max(1, per_webhook[0]),
    }, per_webhook


def check(bridge, platforms, samples, chosen):
    for address in platforms.values():
        call(address + "/sandbox/faults", method="DELETE")
    deadline = time.monotonic() + DRAIN_SECONDS
    while any(differences(platforms, chosen)) and time.monotonic() < deadline:
        time.sleep(1)
    wrong, lost = differences(platforms, chosen)
    print(f"opt-ins lost on the safe side: {len(lost)} of {len(chosen)} people's last choices")
    faults = wrong[:10]
    if len(lost) > LOST_SHARE_MAX * len(chosen):
        faults.append("too many opt-ins were lost")
    if bridge.sum("consent_bridge_conservation_difference") != 0:
        faults.append("conservation is broken")
    if bridge.sum("consent_bridge_backlog") != 0:
        faults.append("something still waits")
    ratios, per_webhook = growth(samples)
    print("growth:", ratios, "bytes for a webhook:", [round(b) for b in per_webhook])
    return faults + [f"{name} grew {ratio:.2f} times" for name, ratio in ratios.items() if ratio > 1.15]


def main():
    program, minutes = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 20
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="consent-bridge-soak-"))
        # The sandbox needs the bridge's address, and the bridge the platforms': a fixed port for it.
        sandbox = subprocess.Popen([program, "sandbox", "--actito-per-minute", "0", "--bridge", f"http://127.0.0.1:{BRIDGE_PORT}"],
                                   stdout=subprocess.PIPE, text=True)  # fmt: skip
        stack.callback(stop, sandbox)
        platforms = json.loads(sandbox.stdout.readline())
        bridge = Bridge(program, folder, platforms)
        stack.callback(stop, bridge.process)
        samples, chosen = load(bridge, platforms, minutes)
        faults = check(bridge, platforms, samples, chosen)
    for fault in faults:
        print("FAILED:", fault)
    sys.exit(1 if faults else 0)


def stop(process):
    process.terminate()
    process.wait(timeout=60)


if __name__ == "__main__":
    main()
