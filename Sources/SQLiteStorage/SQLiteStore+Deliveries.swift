package import BridgeCore
import GRDB
package import Storage

extension SQLiteStore {
    package func openDeliveries(
        after: DeliveryID?,
        limit: Int
    ) throws(StoreError) -> [DeliveryRecord] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    \(Self.selectDelivery) INDEXED BY deliveries_open
                    WHERE state IN ('waiting', 'in_flight', 'overdue') AND id > ?
                    ORDER BY id LIMIT ?
                    """,
                arguments: [after?.number ?? 0, limit]
            ).map(delivery)
        }
    }

    package func delivery(_ id: DeliveryID) throws(StoreError) -> DeliveryRecord? {
        try read { database in
            try Row.fetchOne(
                database.cachedStatement(sql: "\(Self.selectDelivery) WHERE id = ?"),
                arguments: [id.number]
            ).map(delivery)
        }
    }

    package func attempts(of delivery: DeliveryID) throws(StoreError) -> [AttemptRecord] {
        try read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT sent_at, ended_at, method, url, body, status, verdict FROM attempts
                        WHERE delivery = ? ORDER BY id
                        """
                ),
                arguments: [delivery.number]
            ).map { row in
                AttemptRecord(
                    delivery: delivery,
                    sentAt: Timestamp(milliseconds: row[0]),
                    endedAt: Timestamp(milliseconds: row[1]),
                    method: row[2],
                    url: row[3],
                    body: (row[4] as DatabaseBytes?)?.bytes ?? [],
                    status: row[5],
                    verdict: row[6]
                )
            }
        }
    }

    package func callsBegun(
        since moment: Timestamp
    ) throws(StoreError) -> [AccessKey: [Timestamp]] {
        try read { database in
            var calls: [AccessKey: [Timestamp]] = [:]
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT integration, platform, sent_at FROM attempts
                    JOIN deliveries ON deliveries.id = attempts.delivery
                    WHERE attempts.id > (SELECT max(id) FROM attempts) - 1000 AND sent_at >= ?
                    """,
                arguments: [moment.milliseconds]
            )
            while let row = try rows.next() {
                guard let platform = PlatformName(rawValue: row[1]) else { continue }
                let key = AccessKey(integration: IntegrationName(row[0]), platform: platform)
                calls[key, default: []].append(Timestamp(milliseconds: row[2]))
            }
            return calls
        }
    }

    func delivery(_ row: Row) throws -> DeliveryRecord {
        let nextAttemptAt: Int64? = row[9]
        let finishedAt: Int64? = row[10]
        let evidence: String = row[12]
        guard let platform = PlatformName(rawValue: row[2]),
            let subject = Subject(storedText: row[3]), let kind = DeliveryKind(rawValue: row[4]),
            let state = DeliveryState(
                label: row[5],
                reason: row[6],
                nextAttemptAt: nextAttemptAt.map(Timestamp.init(milliseconds:))
            )
        else { throw StoreError.unusable("a delivery is damaged") }
        var record = DeliveryRecord(
            id: DeliveryID(row[0]),
            lane: LaneKey(
                integration: IntegrationName(row[1]),
                platform: platform,
                subject: subject
            ),
            kind: kind,
            state: state,
            attempts: row[7],
            createdAt: Timestamp(milliseconds: row[8]),
            waitingSince: Timestamp(milliseconds: row[13]),
            finishedAt: finishedAt.map(Timestamp.init(milliseconds:)),
            lastStatus: row[11],
            evidence: evidence.split(separator: ",").compactMap { Int64($0).map { InboxID($0) } }
        )
        record.isUrgent = row[14]
        return record
    }

    static let selectDelivery = """
        SELECT id, integration, platform, subject, kind, state, reason, attempts, created_at,
        next_attempt_at, finished_at, last_status, evidence, waiting_since, urgent FROM deliveries
        """
}
