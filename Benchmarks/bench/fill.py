"""Stores as the bridge writes them, with many entries: one real webhook's rows, repeated with other numbers.

A filled store is kept in .build/bench and used again as long as the bridge's schema is the same.
"""

import hashlib
import sqlite3
import time

import bridge
import load
from place import BUILD
from process import folder

PAYLOADS_KEPT = 200_000
PEOPLE_MAX = 1_000_000
TABLES = ("inbox", "changes", "snapshots", "history", "deliveries", "attempts")


def people(size):
    return min(size, PEOPLE_MAX)


def delivered(size):
    """A store that has received that many webhooks, all delivered."""
    return filled(f"delivered-{size}", size, people(size), has_sink=True)


def has_delivered(size):
    """Whether it was made already, with the schema of now; else it is for `make bench-store`."""
    return filled(f"delivered-{size}", size, people(size), has_sink=True, makes=False) is not None


def waiting(size):
    """A store in which that many deliveries to Actito wait, each of another person."""
    return filled(f"waiting-{size}", size, size, has_sink=False)


def filled(name, size, people_count, has_sink, makes=True):
    with folder() as place:
        seed(place, has_sink)
        connection = sqlite3.connect(place / "bridge.db", isolation_level=None)
        schema = repr(connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall())
        mark = hashlib.sha256((schema + seed_rows(connection)).encode()).hexdigest()[:12]
        path = BUILD / f"{name}-{mark}.db"
        if not path.exists() and not makes:
            path = None
        elif not path.exists():
            for old in BUILD.glob(f"{name}-*"):
                old.unlink()
            repeat(connection, size, people_count)
            connection.close()
            (place / "bridge.db").rename(path)
            # Before runs add to it.
            bytes_file(path).write_text(str(path.stat().st_size))
        connection.close()
    return path


def bytes_file(store):
    return store.with_suffix(".bytes")


def bytes_when_made(store):
    return int(bytes_file(store).read_text())


def seed_rows(connection):
    """The seed's rows but for what differs each time, such as times and numbers."""
    counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES]
    return repr(counts)


def seed(place, has_sink):
    """The rows of webhook number 1."""

    def one():
        with bridge.serve(place):
            load.load({"count": 1, "first": 1, "connections": 1})
            if has_sink:
                bridge.drain(place)
            time.sleep(1)

    if has_sink:
        with bridge.sink(place):
            one()
    else:
        one()


def repeat(connection, size, people_count):
    execute = connection.execute
    execute("PRAGMA journal_mode = OFF")
    execute("PRAGMA synchronous = OFF")
    execute("PRAGMA cache_size = -1000000")
    execute("PRAGMA temp_store = FILE")
    indexes = execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    for index, _ in indexes:
        execute(f"DROP INDEX {index}")
    for table in TABLES:
        execute(f"CREATE TEMP TABLE seed_{table} AS SELECT * FROM {table}")
    execute("BEGIN")
    for statement in statements(connection, size, people_count):
        execute(statement)
    execute("UPDATE sums SET sum = ? WHERE sum > 0", (size,))
    execute("COMMIT")
    for _, sql in indexes:
        execute(sql)
    execute("PRAGMA journal_mode = WAL")


def statements(connection, size, people_count):
    """One INSERT for each table; `i` is the entry and the delivery, `p` the person."""
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {size}) "
    first = "7919.person00000001@example.com"
    number = f"((i - 1) % {people_count} + 1)"
    one = f"printf('%04d.person%08d@example.com', {number} * 7919 % 10000, {number})"
    scrambled = "printf('%012d', (i * 387420489 + 7) % 1000000000000)"
    id_of_first = f"{load.scrambled(1):012}"

    def columns(table, **replaced):
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        return ", ".join(replaced.get(name, f"s.{name}") for name in names)

    def insert(table, **replaced):
        return f"{numbers} INSERT INTO {table} SELECT {columns(table, **replaced)} FROM n CROSS JOIN seed_{table} s"

    payload = (
        f"CASE WHEN i > {size - PAYLOADS_KEPT} THEN CAST(replace(replace(CAST(s.payload AS TEXT), '{id_of_first}', "
        f"{scrambled}), '{first}', {one}) AS BLOB) END"
    )
    yield insert("inbox", id="i", identity=f"replace(s.identity, '{id_of_first}', {scrambled})",
                 received_at="s.received_at + i", payload=payload)  # fmt: skip
    yield insert("changes", entry="i", subject=f"'k:' || {one}")
    # The snapshots' open delivery has the number of its row.
    body = "replace(s.body, '\"open_actito\":{\"id\":1,', '\"open_actito\":{\"id\":' || i || ',')"
    yield (
        f"{numbers} INSERT INTO snapshots SELECT "
        + columns("snapshots", subject=f"'k:' || {one} AS key", body=body)
        + f" FROM n CROSS JOIN seed_snapshots s WHERE i <= {people_count} ORDER BY key"
    )
    yield insert("history", id="NULL", subject=f"'k:' || {one}", evidence="i", received_at="s.received_at + i")
    yield insert("deliveries", id="i", subject=f"'k:' || {one}", evidence="i", waiting_since="s.waiting_since + i")
    url = f"replace(s.url, replace('{first}', '@', '%40'), replace({one}, '@', '%40'))"
    yield insert("attempts", id="NULL", delivery="i", url=url)
