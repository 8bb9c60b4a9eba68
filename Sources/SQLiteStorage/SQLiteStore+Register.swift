package import BridgeCore
import GRDB
import JSON
package import Storage

extension SQLiteStore {
    package func snapshots(of keys: [SnapshotKey]) throws(StoreError) -> [SnapshotKey: Snapshot] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT body FROM snapshots WHERE integration = ? AND subject = ?"
            )
            var found: [SnapshotKey: Snapshot] = [:]
            for key in keys where found[key] == nil {
                let body = try String.fetchOne(
                    statement,
                    arguments: [key.integration.text, key.subject.storedText]
                )
                guard let body else { continue }
                guard let document = try? JSONValue(parsing: body),
                    let snapshot = Snapshot(key: key, document: document)
                else { throw StoreError.unusable("a snapshot is damaged") }
                found[key] = snapshot
            }
            return found
        }
    }

    package func subject(
        ofProfile id: String,
        in integration: IntegrationName
    ) throws(StoreError) -> SubjectKey? {
        try read { database in
            let stored = try String.fetchOne(
                database.cachedStatement(
                    sql: "SELECT subject FROM snapshots WHERE integration = ? AND profile = ?"
                ),
                arguments: [integration.text, id.withoutZeros]
            )
            return stored.flatMap(Subject.init(storedText:))?.key
        }
    }

    package func subject(
        ofConsentEvent id: String,
        in integration: IntegrationName
    ) throws(StoreError) -> Subject? {
        try read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT changes.subject FROM inbox JOIN changes ON changes.entry = inbox.id
                    WHERE inbox.identity >= ? AND inbox.identity < ? AND changes.integration = ?
                    AND changes.subject IS NOT NULL ORDER BY inbox.id LIMIT 1
                    """
            )
            for prefix in ConsentEventIdentity.prefixes(of: id).map(\.withoutZeros) {
                // The greatest character ends the range of what begins so.
                let stored = try String.fetchOne(
                    statement,
                    arguments: [prefix, prefix + "\u{10FFFF}", integration.text]
                )
                if let stored { return Subject(storedText: stored) }
            }
            return nil
        }
    }

    package func dueSnapshots(
        until moment: Timestamp,
        limit: Int
    ) throws(StoreError) -> [SnapshotKey] {
        try read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT integration, subject FROM snapshots WHERE wake_at <= ?
                        ORDER BY wake_at LIMIT ?
                        """
                ),
                arguments: [moment.milliseconds, limit]
            ).map { row in
                guard let subject = Subject(storedText: row[1]) else {
                    throw StoreError.unusable("a snapshot of nobody")
                }
                return SnapshotKey(integration: IntegrationName(row[0]), subject: subject)
            }
        }
    }

    package func nextDueAt() throws(StoreError) -> Timestamp? {
        try read { database in
            try Int64.fetchOne(
                database.cachedStatement(
                    sql: "SELECT min(wake_at) FROM snapshots WHERE wake_at IS NOT NULL"
                )
            ).map(Timestamp.init(milliseconds:))
        }
    }

    package func peopleGranted(
        byActitoSince moment: Timestamp,
        in integration: IntegrationName
    ) throws(StoreError) -> [Subject: Timestamp] {
        try read { database in
            var people: [Subject: Timestamp] = [:]
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT subject, received_at FROM history INDEXED BY history_granted
                    WHERE origin = 'actito' AND choice = 'granted' AND received_at >= ? AND integration = ?
                    """,
                arguments: [moment.milliseconds, integration.text]
            )
            while let row = try rows.next() {
                guard let subject = Subject(storedText: row[0]) else { continue }
                people[subject] = Timestamp(milliseconds: row[1])
            }
            return people
        }
    }

    package func history(of key: SnapshotKey) throws(StoreError) -> [RegisterChange] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT field, choice, chosen_at, origin, evidence, received_at FROM history
                    WHERE integration = ? AND subject = ? ORDER BY id
                    """,
                arguments: [key.integration.text, key.subject.storedText]
            ).map { row in
                guard let field = Field(name: row[0]), let choice = Choice(rawValue: row[1]),
                    let origin = PlatformName(rawValue: row[3])
                else { throw StoreError.unusable("a row of the history is damaged") }
                return RegisterChange(
                    integration: key.integration,
                    subject: key.subject,
                    field: field,
                    entry: RegisterEntry(
                        choice: choice,
                        chosenAt: Timestamp(milliseconds: row[2]),
                        origin: origin,
                        evidence: InboxID(row[4]),
                        receivedAt: Timestamp(milliseconds: row[5])
                    )
                )
            }
        }
    }
}
