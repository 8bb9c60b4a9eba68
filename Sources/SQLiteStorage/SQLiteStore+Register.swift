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
