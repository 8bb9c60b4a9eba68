import BridgeCore
import GRDB
package import Storage

/// The sums of rule S12 in the table `sums`.
extension SQLiteStore {
    package func ledger() throws(StoreError) -> Ledger {
        try read { Ledger(try Self.sums($0)) }
    }

    package func counts() throws(StoreError) -> StoreCounts {
        try read { database in
            var counts = Ledger(try Self.sums(database)).counts
            for group in counts.deliveries.keys where Self.openStates.contains(group.state) {
                let oldest = try Int64.fetchOne(
                    database.cachedStatement(
                        sql: """
                            SELECT min(waiting_since) FROM deliveries
                            WHERE state = ? AND platform = ? AND kind = ?
                            """
                    ),
                    arguments: [group.state, group.platform.rawValue, group.kind.rawValue]
                )
                counts.oldestWaiting[group] = oldest.map(Timestamp.init(milliseconds:))
            }
            for platform in PlatformName.allCases {
                let oldest = try Int64.fetchOne(
                    database.cachedStatement(sql: Self.selectOldestUrgent),
                    arguments: [platform.rawValue]
                )
                counts.oldestUrgentRead[platform] = oldest.map(Timestamp.init(milliseconds:))
            }
            // Entries come in the order of their receipt, so the first is the oldest.
            counts.oldestUndecided = try Int64.fetchOne(
                database.cachedStatement(
                    sql: "SELECT received_at FROM inbox WHERE pending IS NULL ORDER BY id LIMIT 1"
                )
            ).map(Timestamp.init(milliseconds:))
            return counts
        }
    }

    private static let selectOldestUrgent = """
        SELECT min(waiting_since) FROM deliveries
        WHERE urgent = 1 AND state IN ('waiting', 'in_flight', 'overdue') AND platform = ?
        """

    /// Those with an age that counts.
    private static let openStates = ["waiting", "in_flight", "overdue", "held"]

    package func proveWritable() throws(StoreError) {
        try write { try Self.add(1, to: "storage/proofs", $0) }
    }

    /// Adds what a transaction did, in that transaction.
    func add(_ changes: Ledger, _ database: Database) throws {
        for (account, change) in changes.sums where change != 0 {
            try Self.add(change, to: account, database)
        }
    }

    private static func add(_ change: Int, to account: String, _ database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO sums (account, sum) VALUES (?, ?)
                ON CONFLICT DO UPDATE SET sum = sum + excluded.sum
                """
        ).execute(arguments: [account, change])
    }

    private static func sums(_ database: Database) throws -> [String: Int] {
        var sums: [String: Int] = [:]
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT account, sum FROM sums")
        )
        while let row = try rows.next() { sums[row[0]] = row[1] }
        return sums
    }
}
