import BridgeCore
import GRDB
import JSON
package import Storage

extension SQLiteStore {
    package func commit(_ batch: StoreBatch) throws(StoreError) {
        guard !batch.isEmpty else { return }
        try write { database in
            for entry in batch.decided { try store(entry, database) }
            for resolution in batch.resolutions { try store(resolution, database) }
            for snapshot in batch.snapshots { try store(snapshot, database) }
            for change in batch.history { try store(change, at: batch.at, database) }
            for delivery in batch.deliveries { try store(delivery, database) }
            for attempt in batch.attempts { try store(attempt, database) }
        }
    }

    private func store(_ entry: DecidedEntry, _ database: Database) throws {
        for (position, change) in entry.changes.enumerated() {
            try insertChange(change, of: entry.id, at: position, database)
        }
        let outcomes = entry.changes.map(\.outcome)
        try database.cachedStatement(
            sql: "UPDATE inbox SET state = ?, pending = ? WHERE id = ?"
        ).execute(arguments: [
            InboxState(outcomes).rawValue, outcomes.count { $0 == nil }, entry.id.number,
        ])
    }

    private func store(_ resolution: Resolution, _ database: Database) throws {
        let entry = resolution.change.entry.number
        try database.cachedStatement(
            sql: "UPDATE changes SET outcome = ?, reason = ? WHERE entry = ? AND position = ?"
        ).execute(arguments: [
            resolution.outcome.label, resolution.outcome.reason, entry, resolution.change.index,
        ])
        let outcomes = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT outcome, reason FROM changes WHERE entry = ?"),
            arguments: [entry]
        ).map { row -> Outcome? in
            let label: String? = row[0]
            let reason: String? = row[1]
            return label.flatMap { Outcome(label: $0, reason: reason) }
        }
        try database.cachedStatement(
            sql: "UPDATE inbox SET state = ?, pending = ? WHERE id = ?"
        ).execute(arguments: [
            InboxState(outcomes).rawValue, outcomes.count { $0 == nil }, entry,
        ])
    }

    private func store(_ snapshot: Snapshot, _ database: Database) throws {
        if snapshot.isEmpty {
            return try database.cachedStatement(
                sql: "DELETE FROM snapshots WHERE integration = ? AND subject = ?"
            ).execute(arguments: [snapshot.integration.text, snapshot.subject.storedText])
        }
        try database.cachedStatement(
            sql: """
                INSERT INTO snapshots (integration, subject, profile, body, wake_at)
                VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET profile = excluded.profile,
                body = excluded.body, wake_at = excluded.wake_at
                """
        ).execute(arguments: [
            snapshot.integration.text, snapshot.subject.storedText,
            snapshot.subject.key == nil ? nil : snapshot.profileID?.withoutZeros,
            snapshot.document.serializedText(), snapshot.wakeAt?.milliseconds,
        ])
    }

    private func store(_ change: RegisterChange, at now: Timestamp, _ database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO history (integration, subject, field, choice, chosen_at, origin,
                evidence, received_at, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            change.integration.text, change.subject.storedText, change.field.name,
            change.entry.choice.rawValue, change.entry.chosenAt.milliseconds,
            change.entry.origin.rawValue, change.entry.evidence.number,
            change.entry.receivedAt.milliseconds, now.milliseconds,
        ])
    }

    private func store(_ delivery: DeliveryRecord, _ database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO deliveries (id, integration, platform, subject, kind, state,
                reason, attempts, created_at, waiting_since, next_attempt_at, finished_at,
                last_status, evidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            delivery.id.number, delivery.lane.integration.text, delivery.lane.platform.rawValue,
            delivery.lane.subject.storedText, delivery.kind.rawValue, delivery.state.label,
            delivery.state.reason, delivery.attempts, delivery.createdAt.milliseconds,
            delivery.waitingSince.milliseconds, delivery.state.nextAttemptAt?.milliseconds,
            delivery.finishedAt?.milliseconds, delivery.lastStatus,
            delivery.evidence.map { String($0.number) }.joined(separator: ","),
        ])
    }

    private func store(_ attempt: AttemptRecord, _ database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO attempts (delivery, sent_at, ended_at, method, url, body, status,
                verdict) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            attempt.delivery.number, attempt.sentAt.milliseconds, attempt.endedAt.milliseconds,
            attempt.method, attempt.url,
            attempt.body.isEmpty ? nil : DatabaseBytes(attempt.body), attempt.status,
            attempt.verdict,
        ])
    }
}
