import BridgeCore
import GRDB
import JSON
package import Storage

extension SQLiteStore {
    package func commit(_ batch: StoreBatch) throws(StoreError) {
        guard !batch.isEmpty else { return }
        try write { database in
            var ledger = Ledger()
            for entry in batch.decided { try store(entry, &ledger, database) }
            for resolution in batch.resolutions { try store(resolution, &ledger, database) }
            for snapshot in batch.snapshots { try store(snapshot, database) }
            for change in batch.history { try store(change, at: batch.at, database) }
            for delivery in batch.deliveries { try store(delivery, &ledger, database) }
            for attempt in batch.attempts { try store(attempt, database) }
            for action in batch.actions { try store(action, database) }
            for link in batch.links { try store(link, database) }
            try add(ledger, database)
        }
    }

    private func store(
        _ entry: DecidedEntry,
        _ ledger: inout Ledger,
        _ database: Database
    ) throws {
        for (position, change) in entry.changes.enumerated() {
            try insertChange(change, of: entry.id, at: position, database)
        }
        try setOutcomes(entry.changes.map(\.outcome), of: entry.id, &ledger, database)
    }

    /// Notes what an entry's outcomes add up to, here and in the ledger.
    private func setOutcomes(
        _ outcomes: [Outcome?],
        of entry: InboxID,
        _ ledger: inout Ledger,
        _ database: Database
    ) throws {
        let stored = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT state, pending FROM inbox WHERE id = ?"),
            arguments: [entry.number]
        )
        guard let stored else { return }
        guard let old = InboxState(rawValue: stored[0]) else {
            throw StoreError.unusable("an inbox entry is damaged")
        }
        let pending: Int? = stored[1]
        ledger.move(
            from: Ledger.Stage(old, isDecided: pending != nil),
            to: Ledger.Stage(decided: outcomes)
        )
        try database.cachedStatement(
            sql: "UPDATE inbox SET state = ?, pending = ? WHERE id = ?"
        ).execute(arguments: [
            InboxState(outcomes).rawValue, outcomes.count { $0 == nil }, entry.number,
        ])
    }

    private func store(
        _ resolution: Resolution,
        _ ledger: inout Ledger,
        _ database: Database
    ) throws {
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
        try setOutcomes(outcomes, of: resolution.change.entry, &ledger, database)
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

    private func store(
        _ delivery: DeliveryRecord,
        _ ledger: inout Ledger,
        _ database: Database
    ) throws {
        let stored = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT platform, kind, state FROM deliveries WHERE id = ?"
            ),
            arguments: [delivery.id.number]
        )
        let old = try stored.map { row in
            guard let platform = PlatformName(rawValue: row[0]),
                let kind = DeliveryKind(rawValue: row[1])
            else { throw StoreError.unusable("a delivery is damaged") }
            return StoreCounts.DeliveryGroup(platform: platform, kind: kind, state: row[2])
        }
        ledger.move(from: old, to: delivery.group)
        try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO deliveries (id, integration, platform, subject, kind, state,
                reason, attempts, created_at, waiting_since, next_attempt_at, finished_at,
                last_status, evidence, urgent)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            delivery.id.number, delivery.lane.integration.text, delivery.lane.platform.rawValue,
            delivery.lane.subject.storedText, delivery.kind.rawValue, delivery.state.label,
            delivery.state.reason, delivery.attempts, delivery.createdAt.milliseconds,
            delivery.waitingSince.milliseconds, delivery.state.nextAttemptAt?.milliseconds,
            delivery.finishedAt?.milliseconds, delivery.lastStatus,
            delivery.evidence.map { String($0.number) }.joined(separator: ","), delivery.isUrgent,
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
