"""This bridge and the sink that stands for both platforms."""

import contextlib
import json
import sqlite3
import time

from place import BRIDGE, PORT, PROGRAMS, SECRET, SINK_PORT
from process import Process, get

NUMBER = "SELECT CAST(CAST(substr(payload, ?, 8) AS TEXT) AS INTEGER) FROM inbox WHERE payload IS NOT NULL"


def configuration(folder, mapping="newsletter", metadata=None, limits=None):
    """What is not said here is as shipped, the log at `info` included; its lines go to /dev/null."""
    secret = {"secret_header": {"name": "X-Webhook-Secret", "values": [SECRET]}}
    unlimited = {"per_minute": 0, "concurrent": 0}
    sink = f"http://127.0.0.1:{SINK_PORT}"
    integration = {
        "type_id": "actito",
        "authentication": {"private_api_key": "key"},
        "properties": {
            "entity_id": "acme", "table_name": "Profiles", "user_unique_key": "emailAddress", "api_url": sink,
        },
        "mappings": [{"id": "Newsletter", "purpose": mapping}],
        "limits": limits or {"actito": unlimited, "didomi": unlimited},
        "didomi": {
            "api_url": f"{sink}/v1", "organization_id": "acme-media", "api_key": "a", "api_secret": "b",
        },
        "webhooks": {"didomi": secret, "actito": secret},
    }  # fmt: skip
    if metadata is not None:
        integration["metadata"] = metadata
    return {
        "server": {"port": PORT},
        "storage": {"url": f"sqlite:{folder}/bridge.db"},
        # Nobody here releases what the brake holds.
        "brake": {"max_people": 0},
        "integrations": [integration],
    }


def accept_alone(folder):
    """An integration to which no webhook says anything: each is accepted, decoded and ends as
    `ignored/no_mapped_field`; nothing is planned and nothing sent."""
    return configuration(folder, mapping="not_in_the_body", metadata={"include": []})


def serve(folder, values=None):
    file = folder / "bridge.json5"
    file.write_text(json.dumps(values or configuration(folder)))
    return Process([BRIDGE, "serve", "--config", file], announces=True)


def sink(folder, people=0, latency_ms=0, truth=None):
    arguments = [PROGRAMS / "sink", "--port", SINK_PORT, "--latency-ms", latency_ms]
    if people:
        arguments += ["--people", people, "--journal", folder / "sink.journal"]
    if truth:
        arguments += ["--truth", truth]
    return Process(arguments, announces=True)


def calls():
    """How often each route of the sink was called."""
    return json.loads(get(SINK_PORT, "/counters"))


def reading(database):
    """A connection that cannot write, for `with`."""
    return contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True))


def numbers_in(database, place):
    """The numbers of the webhooks in an inbox: their people's, at that place of their bodies."""
    with reading(database) as connection:
        return {row[0] for row in connection.execute(NUMBER, (place,))}


def inbox_count(place):
    """Webhooks in the store, those that the load did not see answered included."""
    with reading(place / "bridge.db") as connection:
        return connection.execute("SELECT count(*) FROM inbox WHERE payload IS NOT NULL").fetchone()[0]


def drain(place, seconds=60):
    """Seconds until the sink has a write for each webhook; None: not within the time."""
    start = time.monotonic()
    wanted = inbox_count(place)
    while time.monotonic() < start + seconds:
        if calls()["patch"] >= wanted:
            return time.monotonic() - start
        time.sleep(0.1)
    return None
