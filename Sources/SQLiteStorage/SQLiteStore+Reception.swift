package import BridgeCore
import GRDB
package import Storage

/// When webhooks were received, and when not.
extension SQLiteStore {
    package func noteReception(at now: Timestamp) throws(StoreError) {
        try write { try note(now, $0) }
    }

    package func resumeReception(at now: Timestamp) throws(StoreError) -> [Interruption] {
        try write { database in
            try database.execute(
                sql: """
                    INSERT INTO interruptions SELECT at, ? FROM reception WHERE at < ?;
                    DELETE FROM interruptions WHERE ended_at < ?
                    """,
                arguments: [
                    now.milliseconds, now.milliseconds, (now - Interruption.keptFor).milliseconds,
                ]
            )
            try note(now, database)
            return try Row.fetchAll(
                database,
                sql: "SELECT began_at, ended_at FROM interruptions ORDER BY ended_at"
            )
            .map { row in
                Interruption(
                    from: Timestamp(milliseconds: row[0]),
                    until: Timestamp(milliseconds: row[1])
                )
            }
        }
    }

    private func note(_ now: Timestamp, _ database: Database) throws {
        try database.execute(
            sql: "INSERT INTO reception VALUES (1, ?) ON CONFLICT DO UPDATE SET at = excluded.at",
            arguments: [now.milliseconds]
        )
    }
}
