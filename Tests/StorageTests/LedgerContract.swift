import BridgeCore
import GRDB
import SQLiteStorage
import Storage
import Testing

/// Rule S12: the sums agree with the rows, whatever happens to the rows.
@Suite(.timeLimit(.minutes(1)))
struct LedgerContract {
    @Test(arguments: Backend.allCases)
    func `an entry is counted once, where it stands`(backend: Backend) throws {
        try backend.run { store throws in
            #expect(try store.ledger().waitingEntries == 0)
            let ids = try (0..<4).map { try store.accept(Sample.entry(identity: "\($0)")) }
            _ = try store.append([Sample.entry(identity: "0")])
            #expect(try store.ledger().count(of: .undecided) == 4)
            #expect(try store.ledger().count(of: .ignored) == 1)
            try store.commit { batch in
                batch.decided = [
                    DecidedEntry(id: ids[0], changes: [Sample.change(.applied)]),
                    DecidedEntry(id: ids[1], changes: [Sample.change(.rejected(.undecodable))]),
                    DecidedEntry(id: ids[2], changes: [Sample.change(nil)]),
                ]
            }
            #expect(try store.ledger().waitingEntries == 2)
            try store.commit { batch in
                batch.resolutions = [
                    Resolution(
                        change: ChangeReference(entry: ids[2], index: 0),
                        outcome: .ignored(.stale)
                    )
                ]
            }
            let ledger = try store.ledger()
            let stages: [Ledger.Stage] = [.undecided, .pending, .applied, .ignored, .rejected]
            #expect(stages.map(ledger.count) == [1, 0, 1, 2, 1])
            #expect(ledger.inboxDifference == 0)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a delivery is counted once, in its newest state`(backend: Backend) throws {
        let states: [DeliveryState] = [
            .waiting(until: Sample.at(0)), .inFlight, .waiting(until: Sample.at(9)),
            .overdue(until: Sample.at(9)), .held(.brake), .dead(.refused), .discarded,
            .skipped(.profileNotFound), .superseded, .delivered,
        ]
        try backend.run { store throws in
            let moved = try store.makeDeliveryID()
            for state in states {
                let own = try store.makeDeliveryID()
                try store.commit {
                    $0.deliveries = [Sample.delivery(moved, state), Sample.delivery(own, state)]
                }
                let ledger = try store.ledger()
                #expect(ledger.deliveriesDifference == 0)
                #expect(ledger.deliveries.values.reduce(0, +) == Int(own.number))
            }
            let grants = Sample.delivery(moved, .delivered, kind: .grant)
            try store.commit { $0.deliveries = [grants] }
            #expect(try store.ledger().deliveries[grants.group] == 1)
            #expect(try store.ledger().deliveriesDifference == 0)
        }
    }

    @Test func `a difference shows what was counted on one side only`() {
        var ledger = Ledger(["inbox/accepted": 3, "inbox/applied": 2])
        #expect(ledger.inboxDifference == 1)
        ledger.accept(as: .undecided)
        ledger.move(from: .undecided, to: .ignored)
        #expect(ledger.inboxDifference == 1 && ledger.deliveriesDifference == 0)
    }

    @Test func `a batch that fails leaves the sums alone`() throws {
        try TemporaryFolder.run { folder in
            let store = try SQLiteStore(path: folder + "/bridge.db")
            defer { store.close() }
            let entry = try store.accept(Sample.entry())
            let before = try store.ledger()
            let decided = DecidedEntry(id: entry, changes: [Sample.change(.applied)])
            #expect(throws: StoreError.self) {
                // The second insert of its change breaks the primary key.
                try store.commit { $0.decided = [decided, decided] }
            }
            #expect(try store.ledger() == before)
        }
    }

    @Test func `a file of an older version is counted when it is opened`() throws {
        try TemporaryFolder.run { folder in
            let path = folder + "/bridge.db"
            let counted = try Self.fill(path)
            let queue = try DatabaseQueue(path: path)
            try queue.write { database in
                try database.execute(
                    sql: "DROP TABLE sums; DELETE FROM grdb_migrations WHERE identifier LIKE '4:%'"
                )
            }
            try queue.close()
            let reopened = try SQLiteStore(path: path)
            defer { reopened.close() }
            #expect(try reopened.ledger().deliveries == counted.deliveries)
            #expect(try reopened.counts() == counted.countsWithAges(of: reopened))
            #expect(try reopened.ledger().deliveriesDifference == 0)
        }
    }

    @Test func `an open read of an older version may end in a withdrawal`() throws {
        try TemporaryFolder.run { folder in
            let path = folder + "/bridge.db"
            try Self.fillWithReads(path)
            let queue = try DatabaseQueue(path: path)
            try queue.write { database in
                try database.execute(
                    sql: """
                        DROP INDEX deliveries_urgent; ALTER TABLE deliveries DROP COLUMN urgent;
                        DELETE FROM grdb_migrations WHERE identifier LIKE '8:%'
                        """
                )
            }
            try queue.close()
            let reopened = try SQLiteStore(path: path)
            defer { reopened.close() }
            #expect(try reopened.counts().oldestUrgentRead == [.actito: Sample.at(5)])
            #expect(try reopened.delivery(DeliveryID(1))?.isUrgent == true)
            #expect(try reopened.delivery(DeliveryID(3))?.isUrgent == false)
        }
    }

    private static func fillWithReads(_ path: String) throws {
        let store = try SQLiteStore(path: path)
        defer { store.close() }
        try store.commit { batch in
            batch.deliveries = [
                Sample.delivery(DeliveryID(1), .inFlight, kind: .read, since: 5),
                Sample.delivery(DeliveryID(2), .delivered, kind: .read, since: 4),
                Sample.delivery(DeliveryID(3), .inFlight, kind: .grant, since: 3),
            ]
        }
    }

    private static func fill(_ path: String) throws -> Ledger {
        let store = try SQLiteStore(path: path)
        defer { store.close() }
        let ids = try (0..<3).map { try store.accept(Sample.entry(identity: "\($0)")) }
        _ = try store.append([Sample.entry(identity: "0")])
        try store.commit { batch in
            batch.decided = [
                DecidedEntry(id: ids[0], changes: [Sample.change(.applied)]),
                DecidedEntry(id: ids[1], changes: [Sample.change(nil)]),
            ]
            batch.deliveries = [
                Sample.delivery(DeliveryID(1), .delivered),
                Sample.delivery(DeliveryID(2), .inFlight, kind: .grant),
            ]
        }
        return try store.ledger()
    }

    @Test func `rows that retention removes stay counted`() throws {
        try TemporaryFolder.run { folder in
            let path = folder + "/bridge.db"
            let store = try SQLiteStore(path: path)
            let entry = try store.accept(Sample.entry())
            try store.commit {
                $0.decided = [DecidedEntry(id: entry, changes: [Sample.change(.applied)])]
                $0.deliveries = [Sample.delivery(DeliveryID(1), .delivered)]
            }
            let before = try store.ledger()
            let other = try DatabaseQueue(path: path)
            try other.write { try $0.execute(sql: "DELETE FROM inbox; DELETE FROM deliveries") }
            #expect(try store.ledger() == before)
            try other.close()
            store.close()
        }
    }
}

extension Ledger {
    fileprivate func countsWithAges(of store: SQLiteStore) throws -> StoreCounts {
        var counts = counts
        let known = try store.counts()
        counts.oldestWaiting = known.oldestWaiting
        counts.oldestUndecided = known.oldestUndecided
        return counts
    }
}
