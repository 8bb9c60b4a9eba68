// The same promise with node and node:sqlite: authenticated, deduplicated, on the disk before its 200.
// Everything that waits is committed in one transaction. Environment: BENCH_DATABASE, BENCH_SECRET, BENCH_PORT.

import { createServer } from "node:http";
import { timingSafeEqual } from "node:crypto";
import { DatabaseSync } from "node:sqlite";

const secret = Buffer.from(process.env.BENCH_SECRET);
const database = new DatabaseSync(process.env.BENCH_DATABASE);
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
database.exec(
  "CREATE TABLE IF NOT EXISTS inbox (id INTEGER PRIMARY KEY, received_at INTEGER NOT NULL," +
    " identity TEXT UNIQUE, payload BLOB)",
);
const insert = database.prepare(
  "INSERT INTO inbox (received_at, identity, payload) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
);
const find = database.prepare("SELECT id FROM inbox WHERE identity = ?");
let waiting = [];

function answer(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}

function commitWaiting() {
  const batch = waiting;
  waiting = [];
  database.exec("BEGIN IMMEDIATE");
  const results = batch.map(({ identity, body }) => {
    const stored = insert.run(Date.now(), identity, body);
    return stored.changes > 0
      ? { id: String(stored.lastInsertRowid), status: "accepted" }
      : { id: String(find.get(identity).id), status: "duplicate" };
  });
  database.exec("COMMIT");
  batch.forEach(({ response }, index) => answer(response, 200, results[index]));
}

function isTrusted(request) {
  const sent = Buffer.from(request.headers["x-webhook-secret"] ?? "");
  return sent.length === secret.length && timingSafeEqual(sent, secret);
}

function receive(request, response, body) {
  if (!isTrusted(request)) return answer(response, 401, { title: "Unauthorized" });
  let identity;
  try {
    const payload = JSON.parse(body);
    const entity = payload.parameters.entity;
    identity = `${payload.type}:${entity.id}:${entity.updated_at}:${entity.status ?? ""}`;
  } catch {
    return answer(response, 400, { title: "Bad Request" });
  }
  if (waiting.push({ response, identity, body }) === 1) setImmediate(commitWaiting);
}

createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => receive(request, response, parts.length === 1 ? parts[0] : Buffer.concat(parts)));
}).listen(Number(process.env.BENCH_PORT), "127.0.0.1");

process.on("SIGTERM", () => process.exit(0));
