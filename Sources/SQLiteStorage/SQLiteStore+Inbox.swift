package import BridgeCore
import GRDB
package import Storage

extension SQLiteStore {
    package func append(_ entries: [NewInboxEntry]) throws(StoreError) -> [AppendResult] {
        try write { database in
            let insert = try database.cachedStatement(sql: Self.insertEntry)
            let find = try database.cachedStatement(
                sql: "SELECT id FROM inbox WHERE identity = ?"
            )
            var ledger = Ledger()
            let results = try entries.map { entry -> AppendResult in
                let identity = entry.scopedIdentity?.withoutZeros
                try insert.execute(arguments: [
                    entry.receivedAt.milliseconds, entry.platform.rawValue,
                    entry.integrations.map(\.text).joined(separator: "\n"), entry.type,
                    entry.event, identity, InboxState.waiting.rawValue, nil,
                    DatabaseBytes(entry.payload), entry.correlation?.requestID.text,
                    entry.correlation?.trace?.text,
                ])
                // Nothing was inserted only if there is one with the same identity.
                if database.changesCount == 0, let identity,
                    let first = try Int64.fetchOne(find, arguments: [identity])
                {
                    try insertDuplicate(entry, database)
                    ledger.accept(as: .ignored)
                    return .duplicate(first: InboxID(first))
                }
                ledger.accept(as: .undecided)
                return .accepted(InboxID(database.lastInsertedRowID))
            }
            try add(ledger, database)
            return results
        }
    }

    private func insertDuplicate(_ entry: NewInboxEntry, _ database: Database) throws {
        try database.cachedStatement(sql: Self.insertEntry).execute(arguments: [
            entry.receivedAt.milliseconds, entry.platform.rawValue,
            entry.integrations.map(\.text).joined(separator: "\n"), entry.type, entry.event, nil,
            InboxState.ignored.rawValue, 0, nil, entry.correlation?.requestID.text,
            entry.correlation?.trace?.text,
        ])
        try insertChange(
            .duplicate,
            of: InboxID(database.lastInsertedRowID),
            at: 0,
            database
        )
    }

    package func undecided(limit: Int) throws(StoreError) -> [InboxEntry] {
        try read { database in
            let statement = try database.cachedStatement(sql: Self.selectUndecided)
            return try Row.fetchAll(statement, arguments: [limit]).map(entry)
        }
    }

    func entry(_ row: Row) throws -> InboxEntry {
        guard let platform = PlatformName(rawValue: row[2]) else {
            throw StoreError.unusable("an inbox entry of an unknown platform")
        }
        let integrations: String = row[3]
        return InboxEntry(
            id: InboxID(row[0]),
            content: NewInboxEntry(
                platform: platform,
                integrations: integrations.split(separator: "\n").map {
                    IntegrationName(String($0))
                },
                type: row[4],
                event: row[5],
                identity: nil,
                payload: (row[6] as DatabaseBytes?)?.bytes ?? [],
                receivedAt: Timestamp(milliseconds: row[1]),
                correlation: correlation(row[7], row[8])
            )
        )
    }

    private func correlation(_ requestID: String?, _ trace: String?) -> Correlation? {
        requestID.flatMap { RequestID($0) }.map { requestID in
            Correlation(requestID: requestID, trace: trace.flatMap { TraceContext($0) })
        }
    }

    package func correlations(
        of entries: [InboxID]
    ) throws(StoreError) -> [InboxID: Correlation] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT request_id, traceparent FROM inbox WHERE id = ?"
            )
            var correlations: [InboxID: Correlation] = [:]
            for id in entries {
                guard let row = try Row.fetchOne(statement, arguments: [id.number]) else {
                    continue
                }
                correlations[id] = correlation(row[0], row[1])
            }
            return correlations
        }
    }

    func insertChange(
        _ change: ChangeRecord,
        of entry: InboxID,
        at position: Int,
        _ database: Database
    ) throws {
        try database.cachedStatement(sql: Self.insertChange).execute(arguments: [
            entry.number, position, change.integration?.text, change.subject?.storedText,
            change.field, change.choice?.rawValue, change.chosenAt?.milliseconds,
            change.outcome?.label, change.outcome?.reason,
        ])
    }

    package func changes(of entry: InboxID) throws(StoreError) -> [ChangeRecord] {
        try read { try changes(of: entry, $0) }
    }

    func changes(of entry: InboxID, _ database: Database) throws -> [ChangeRecord] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT integration, subject, field, choice, chosen_at, outcome, reason
                    FROM changes WHERE entry = ? ORDER BY position
                    """
            ),
            arguments: [entry.number]
        ).map(change)
    }

    /// Reads a row of `changes`.
    func change(_ row: Row) -> ChangeRecord {
        let integration: String? = row[0]
        let subject: String? = row[1]
        let choice: String? = row[3]
        let chosenAt: Int64? = row[4]
        let label: String? = row[5]
        let reason: String? = row[6]
        return ChangeRecord(
            integration: integration.map(IntegrationName.init),
            subject: subject.flatMap(Subject.init(storedText:)),
            field: row[2],
            choice: choice.flatMap(Choice.init(rawValue:)),
            chosenAt: chosenAt.map(Timestamp.init(milliseconds:)),
            outcome: label.flatMap { Outcome(label: $0, reason: reason) }
        )
    }

    package func state(of entry: InboxID) throws(StoreError) -> InboxState? {
        try read { database in
            try String.fetchOne(
                database,
                sql: "SELECT state FROM inbox WHERE id = ?",
                arguments: [entry.number]
            ).flatMap(InboxState.init(rawValue:))
        }
    }

    private static let insertEntry = """
        INSERT INTO inbox
        (received_at, platform, integrations, type, event, identity, state, pending, payload,
        request_id, traceparent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT(identity) WHERE identity IS NOT NULL DO NOTHING
        """

    private static let insertChange = """
        INSERT INTO changes
        (entry, position, integration, subject, field, choice, chosen_at, outcome, reason)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    private static let selectUndecided = """
        SELECT id, received_at, platform, integrations, type, event, payload, request_id,
        traceparent FROM inbox WHERE pending IS NULL ORDER BY id LIMIT ?
        """
}
