"""The same promise with FastAPI and Python's SQLite: authenticated, deduplicated, on the disk before its 200.

Environment: BENCH_DATABASE, BENCH_SECRET, and BENCH_GROUP=1 to commit everything that waits in one transaction
instead of one each. One process: SQLite has one writer, and two cores are shared with the load.
"""

import asyncio
import hmac
import json
import os
import sqlite3
import time

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

SECRET = os.environ["BENCH_SECRET"].encode()
IS_GROUPED = os.environ.get("BENCH_GROUP") == "1"
INSERT = "INSERT INTO inbox (received_at, identity, payload) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING id"
FIND = "SELECT id FROM inbox WHERE identity = ?"

app = FastAPI(openapi_url=None)
database = sqlite3.connect(os.environ["BENCH_DATABASE"], isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
database.execute(
    "CREATE TABLE IF NOT EXISTS inbox (id INTEGER PRIMARY KEY, received_at INTEGER NOT NULL,"
    " identity TEXT UNIQUE, payload BLOB)"
)
waiting = []


def identity(payload):
    entity = payload["parameters"]["entity"]
    return f"{payload['type']}:{entity['id']}:{entity['updated_at']}:{entity.get('status', '')}"


def store(row):
    """The entry's id, and whether it was new."""
    # All rows are fetched: only then is the statement over and, outside a transaction, committed.
    stored = database.execute(INSERT, row).fetchall()
    if stored:
        return stored[0][0], "accepted"
    return database.execute(FIND, (row[1],)).fetchone()[0], "duplicate"


def commit_waiting():
    batch, waiting[:] = list(waiting), []
    database.execute("BEGIN IMMEDIATE")
    results = [store(row) for row, _ in batch]
    database.execute("COMMIT")
    for (_, stored), result in zip(batch, results):
        stored.set_result(result)


@app.post("/webhooks/didomi/default")
async def receive(request: Request):
    if not hmac.compare_digest(request.headers.get("x-webhook-secret", "").encode(), SECRET):
        return JSONResponse({"title": "Unauthorized"}, status_code=401)
    body = await request.body()
    try:
        row = (time.time_ns() // 1_000_000, identity(json.loads(body)), body)
    except (ValueError, KeyError, TypeError):
        return JSONResponse({"title": "Bad Request"}, status_code=400)
    if IS_GROUPED:
        loop = asyncio.get_running_loop()
        stored = loop.create_future()
        if not waiting:
            loop.call_soon(commit_waiting)
        waiting.append((row, stored))
        number, status = await stored
    else:
        number, status = store(row)
    return JSONResponse({"id": str(number), "status": status})
