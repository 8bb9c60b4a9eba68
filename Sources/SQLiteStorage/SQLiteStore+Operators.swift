import BridgeCore
import GRDB
package import Storage

/// What operators did, and the keys that they joined.
extension SQLiteStore {
    func store(_ action: OperatorAction, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO operator_actions (at, actor, kind, delivery, integration, subject,
                reason) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                action.at.milliseconds, action.actor, action.kind.rawValue,
                action.delivery?.number, action.integration?.text, action.subject?.storedText,
                action.reason,
            ]
        )
    }

    func store(_ link: KeyLink, _ database: Database) throws {
        try database.execute(
            sql: "DELETE FROM key_links WHERE integration = ? AND old = ?",
            arguments: [link.integration.text, link.new.text.withoutZeros]
        )
        try database.execute(
            sql: """
                INSERT INTO key_links (integration, old, new) VALUES (?, ?, ?)
                ON CONFLICT DO UPDATE SET new = excluded.new
                """,
            arguments: [
                link.integration.text, link.old.text.withoutZeros, link.new.text.withoutZeros,
            ]
        )
    }

    package func keyLinks() throws(StoreError) -> [KeyLink] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT integration, old, new FROM key_links")
                .map { row in
                    KeyLink(
                        integration: IntegrationName(row[0]),
                        old: SubjectKey((row[1] as String).withZerosRestored),
                        new: SubjectKey((row[2] as String).withZerosRestored)
                    )
                }
        }
    }

    package func operatorActions(
        before: Int64?,
        limit: Int
    ) throws(StoreError) -> [(id: Int64, action: OperatorAction)] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT id, at, actor, kind, delivery, integration, subject, reason
                    FROM operator_actions WHERE id < ? ORDER BY id DESC LIMIT ?
                    """,
                arguments: [before ?? .max, limit]
            ).map { row in
                guard let kind = OperatorAction.Kind(rawValue: row[3]) else {
                    throw StoreError.unusable("an operator's action is damaged")
                }
                let delivery: Int64? = row[4]
                let integration: String? = row[5]
                let subject: String? = row[6]
                var action = OperatorAction(
                    kind,
                    by: row[2],
                    at: Timestamp(milliseconds: row[1]),
                    delivery: delivery.map { DeliveryID($0) },
                    reason: row[7]
                )
                action.integration = integration.map(IntegrationName.init)
                action.subject = subject.flatMap(Subject.init(storedText:))
                return (row[0], action)
            }
        }
    }
}
