"""How long a scrape of /metrics takes with many rows, and whether webhooks notice it.

python3 Tests/Scrape/scrape.py PROGRAM [ROWS]. Makes a storage with ROWS (1,000,000) inbox entries, as many
changes and deliveries, a tenth of them open, then scrapes the running bridge. The rows belong to an
integration that is not configured any more, so that the bridge counts them and leaves them alone.
Standard library only.
"""

import concurrent.futures
import json
import os
import pathlib
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

SCRAPES = 200
WEBHOOKS = 300
PAYLOAD = b"x" * 500
BEGAN = 1_700_000_000_000
# Of a hundred rows.
ENTRIES = [("applied", 0, 96), ("ignored", 0, 2), ("rejected", 0, 1), ("waiting", 1, 1)]
DELIVERIES = [("delivered", 80), ("superseded", 5), ("skipped", 3), ("dead", 1), ("held", 1), ("waiting", 10)]
KINDS = ["withdrawal", "grant", "attributes", "read"]


def configuration(folder):
    return {
        "server": {"port": 0},
        "storage": {"url": f"sqlite:{folder}/bridge.db"},
        "log": {"level": "critical"},
        "integrations": [{
            "type_id": "actito", "authentication": {"private_api_key": "key"},
            "properties": {"entity_id": "acme", "table_name": "Profiles",
                           "user_unique_key": "emailAddress", "api_url": "http://127.0.0.1:9"},
            "mappings": [{"id": "Newsletter", "value": "consents_channels_email_enabled"}],
        }],
    }  # fmt: skip


class Bridge:
    def __init__(self, program, folder):
        file = pathlib.Path(folder) / "bridge.json5"
        file.write_text(json.dumps(configuration(folder)))
        began = time.monotonic()
        self.process = subprocess.Popen(
            [program, "serve", "--config", str(file)], stdout=subprocess.PIPE, text=True
        )
        self.url = self.process.stdout.readline().split()[-1]
        self.start_seconds = time.monotonic() - began

    def call(self, path, body=None):
        """Milliseconds and text."""
        began = time.monotonic()
        request = urllib.request.Request(self.url + path, data=body)
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read().decode()
        return (time.monotonic() - began) * 1000, text

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def weighted(choices):
    return [choice[:-1] for choice in choices for _ in range(choice[-1])]


def fill(path, rows):
    """Rows and, as the bridge keeps them, their sums."""
    database = sqlite3.connect(path)
    database.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000")
    draw = random.Random(1)
    entries, deliveries = weighted(ENTRIES), weighted(DELIVERIES)
    database.executemany(
        "INSERT INTO inbox (received_at, platform, integrations, type, identity, state, pending, payload)"
        " VALUES (?, 'didomi', 'gone', 'event.created', ?, ?, ?, ?)",
        ((BEGAN + n, f"identity-{n}", *entries[n % 100], PAYLOAD) for n in range(rows)),
    )
    database.executemany(
        "INSERT INTO changes VALUES (?, 0, 'gone', ?, 'channel:email', 'granted', ?, 'applied', NULL)",
        ((n + 1, f"k:person-{n}@example.com", BEGAN + n) for n in range(rows)),
    )
    database.executemany(
        "INSERT INTO deliveries (integration, platform, subject, kind, state, attempts, created_at,"
        " waiting_since, evidence) VALUES ('gone', ?, ?, ?, ?, 1, ?, ?, ?)",
        (
            (draw.choice(["actito", "didomi"]), f"k:person-{n}@example.com", draw.choice(KINDS),
             *deliveries[n % 100], BEGAN + n, BEGAN + n, str(n + 1))
            for n in range(rows)
        ),
    )  # fmt: skip
    database.executescript(
        """
        DELETE FROM sums;
        INSERT INTO sums SELECT 'inbox/accepted', count(*) FROM inbox;
        INSERT INTO sums SELECT 'inbox/' || CASE WHEN state = 'waiting' THEN 'pending' ELSE state END
            AS account, count(*) FROM inbox GROUP BY account;
        INSERT INTO sums SELECT 'deliveries/planned', count(*) FROM deliveries;
        INSERT INTO sums SELECT 'deliveries/' || platform || '/' || kind || '/' || state AS account,
            count(*) FROM deliveries GROUP BY account;
        """
    )
    database.commit()
    database.close()
    os.sync()


def show(name, times):
    times = sorted(times)
    tail = times[min(len(times) - 1, int(len(times) * 0.99))]
    print(f"{name:<34} median {statistics.median(times):6.2f}  p99 {tail:6.2f}  max {times[-1]:6.2f} ms")


def webhooks(bridge, first):
    return [
        bridge.call("/webhooks/didomi", json.dumps({"type": "ping", "number": first + n}).encode())[0]
        for n in range(WEBHOOKS)
    ]


def measure(bridge):
    first, text = bridge.call("/metrics")
    print(f"{'first scrape':<34} {first:13.2f} ms, {len(text.splitlines())} lines")
    show(f"{SCRAPES} scrapes, idle", [bridge.call("/metrics")[0] for _ in range(SCRAPES)])
    show(f"{WEBHOOKS} webhooks, no scrape", webhooks(bridge, 0))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        sending = pool.submit(webhooks, bridge, WEBHOOKS)
        scrapes = []
        while not sending.done():
            scrapes.append(bridge.call("/metrics")[0])
        show(f"{WEBHOOKS} webhooks, while scraping", sending.result())
        show(f"{len(scrapes)} scrapes, while receiving", scrapes)
    wrong = [line for line in text.splitlines() if "conservation_difference{" in line and not line.endswith(" 0")]
    return not wrong


def main():
    program = sys.argv[1]
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        Bridge(program, folder).stop()
        database = pathlib.Path(folder) / "bridge.db"
        fill(database, rows)
        print(f"{rows} entries, changes and deliveries, {database.stat().st_size / 1e6:.0f} MB")
        bridge = Bridge(program, folder)
        print(f"{'start':<34} {bridge.start_seconds * 1000:13.0f} ms")
        try:
            fits = measure(bridge)
        finally:
            bridge.stop()
    if not fits:
        sys.exit("the sums do not agree with the rows")


main()
