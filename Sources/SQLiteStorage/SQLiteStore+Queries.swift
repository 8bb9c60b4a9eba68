package import BridgeCore
import GRDB
package import Storage

extension SQLiteStore {
    package func inbox(
        _ filter: InboxFilter,
        before: InboxID?,
        limit: Int
    ) throws(StoreError) -> [InboxListing] {
        try read { database in
            // What waits is undecided or pending: each has an index of its own.
            let states =
                switch filter.state {
                case .waiting?: [" AND pending IS NULL", " AND pending > 0"]
                case let state?: [" AND state = '\(state.rawValue)' AND state != 'waiting'"]
                case nil: [""]
                }
            let found = try states.flatMap { state in
                try rows(filter, state, before: before, limit: limit, database)
            }
            var grounds = Grounds()
            return try found.map { (id: $0[0] as Int64, row: $0) }.sorted { $0.id > $1.id }
                .prefix(limit).map { try listing($0.row, &grounds, database) }
        }
    }

    /// `state`: a condition.
    private func rows(
        _ filter: InboxFilter,
        _ state: String,
        before: InboxID?,
        limit: Int,
        _ database: Database
    ) throws -> [Row] {
        var sql = Self.selectListing(payload: "NULL")
        var arguments: StatementArguments = []
        if let reason = filter.reason {
            // By the reason's index from the newest on, so that a page is all that is read.
            sql =
                Self.selectListing(payload: "NULL", from: "changes CROSS JOIN inbox")
                + " WHERE reason = ? AND inbox.id = entry AND entry < ?"
            arguments += [reason, before?.number ?? .max]
        } else {
            sql += " WHERE id < ?"
            arguments += [before?.number ?? .max]
        }
        sql += state
        if let platform = filter.platform {
            sql += " AND platform = ?"
            arguments += [platform.rawValue]
        }
        if let integration = filter.integration {
            // Not LIKE, for which capital letters are small ones.
            sql += " AND instr(char(10) || integrations || char(10), ?)"
            arguments += ["\n\(integration.text)\n"]
        }
        // Several changes of an entry may have the reason.
        sql +=
            filter.reason == nil
            ? " ORDER BY id DESC LIMIT ?" : " GROUP BY entry ORDER BY entry DESC LIMIT ?"
        return try Row.fetchAll(database, sql: sql, arguments: arguments + [limit])
    }

    package func listing(of entry: InboxID) throws(StoreError) -> InboxListing? {
        try read { database in
            var grounds = Grounds()
            return try Row.fetchOne(
                database,
                sql: Self.selectListing(payload: "payload") + " WHERE id = ?",
                arguments: [entry.number]
            ).map { try listing($0, &grounds, database) }
        }
    }

    private static func selectListing(payload: String, from tables: String = "inbox") -> String {
        """
        SELECT id, received_at, platform, integrations, type, event, \(payload), request_id,
        traceparent, state FROM \(tables)
        """
    }

    private func listing(
        _ row: Row,
        _ grounds: inout Grounds,
        _ database: Database
    ) throws -> InboxListing {
        let entry = try entry(row)
        guard let state = InboxState(rawValue: row[9]) else {
            throw StoreError.unusable("an inbox entry is damaged")
        }
        let changes = try changes(of: entry.id, database)
        let people = try Set(
            changes.compactMap { change in
                change.integration.flatMap { integration in
                    change.subject.map { SnapshotKey(integration: integration, subject: $0) }
                }
            }
        ).flatMap { try [$0] + newerKeys(of: $0, database) }
        var deliveries: [DeliveryID] = []
        for person in Set(people) {
            if grounds[person] == nil { grounds[person] = try self.grounds(of: person, database) }
            deliveries += grounds[person]?[entry.id] ?? []
        }
        return InboxListing(
            entry: entry,
            state: state,
            changes: changes,
            deliveries: deliveries.sorted()
        )
    }

    /// What a person's entries are evidence of; read once for all entries of a page.
    private typealias Grounds = [SnapshotKey: [InboxID: [DeliveryID]]]

    private func grounds(
        of person: SnapshotKey,
        _ database: Database
    ) throws -> [InboxID: [DeliveryID]] {
        var grounds: [InboxID: [DeliveryID]] = [:]
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: "SELECT id, evidence FROM deliveries WHERE integration = ? AND subject = ?"
            ),
            arguments: [person.integration.text, person.subject.storedText]
        )
        while let row = try rows.next() {
            let evidence: String = row[1]
            for number in evidence.split(separator: ",").compactMap({ Int64($0) }) {
                grounds[InboxID(number), default: []].append(DeliveryID(row[0]))
            }
        }
        return grounds
    }

    /// The keys under which a person was known after this one: found by a profile's number, or joined.
    private func newerKeys(of person: SnapshotKey, _ database: Database) throws -> [SnapshotKey] {
        var keys: [String] = []
        switch person.subject {
        case .profile(let id):
            keys = try String.fetchAll(
                database.cachedStatement(
                    sql: "SELECT subject FROM snapshots WHERE integration = ? AND profile = ?"
                ),
                arguments: [person.integration.text, id.withoutZeros]
            )
        case .key(let key):
            keys = try String.fetchAll(
                database.cachedStatement(sql: Self.selectNewerKeys),
                arguments: [key.text.withoutZeros, person.integration.text]
            ).map { "k:\($0)" }
        }
        return keys.compactMap(Subject.init(storedText:))
            .map { SnapshotKey(integration: person.integration, subject: $0) }
    }

    /// UNION leaves out what was there, so that damaged links in a circle come to an end.
    private static let selectNewerKeys = """
        WITH RECURSIVE newer(key) AS (VALUES (?1) UNION
        SELECT new FROM key_links JOIN newer ON old = key WHERE integration = ?2)
        SELECT key FROM newer WHERE key != ?1
        """

    package func changes(
        of key: SnapshotKey,
        limit: Int
    ) throws(StoreError) -> [ToldChange] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT changes.integration, subject, field, choice, chosen_at, outcome, reason,
                    entry, platform, type, received_at FROM changes JOIN inbox ON inbox.id = entry
                    WHERE changes.integration = ? AND subject = ?
                    ORDER BY entry DESC, position LIMIT ?
                    """,
                arguments: [key.integration.text, key.subject.storedText, limit]
            ).map { row in
                guard let platform = PlatformName(rawValue: row[8]) else {
                    throw StoreError.unusable("an inbox entry of an unknown platform")
                }
                return ToldChange(
                    entry: InboxID(row[7]),
                    platform: platform,
                    type: row[9],
                    receivedAt: Timestamp(milliseconds: row[10]),
                    change: change(row)
                )
            }
        }
    }

    /// State by state, each by its index, and then the newest of all of them.
    package func deliveries(
        _ filter: DeliveryFilter,
        before: DeliveryID?,
        limit: Int
    ) throws(StoreError) -> [DeliveryRecord] {
        try read { database in
            let states: [String?] = filter.states.isEmpty ? [nil] : filter.states
            let found = try states.flatMap { state in
                try rows(filter, state: state, before: before, limit: limit, database)
            }
            return found.sorted { $0.id > $1.id }.prefix(limit).map(\.self)
        }
    }

    private func rows(
        _ filter: DeliveryFilter,
        state: String?,
        before: DeliveryID?,
        limit: Int,
        _ database: Database
    ) throws -> [DeliveryRecord] {
        var sql = "\(Self.selectDelivery) WHERE id < ?"
        var arguments: StatementArguments = [before?.number ?? .max]
        let conditions: [(String, (any DatabaseValueConvertible)?)] = [
            ("state = ?", state), ("platform = ?", filter.platform?.rawValue),
            // By its index alone only with a person; else everything would have to be sorted.
            (
                filter.subject == nil ? "+integration = ?" : "integration = ?",
                filter.integration?.text
            ),
            ("reason = ?", filter.reason),
            ("created_at >= ?", filter.since?.milliseconds),
            ("subject = ?", filter.subject?.storedText),
        ]
        for case (let condition, let value?) in conditions {
            sql += " AND \(condition)"
            arguments += [value]
        }
        return try Row.fetchAll(
            database,
            sql: sql + " ORDER BY id DESC LIMIT ?",
            arguments: arguments + [limit]
        ).map(delivery)
    }
}
