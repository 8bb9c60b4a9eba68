import BridgeCore
import Foundation
import GRDB
import SQLiteStorage
import Storage
import Testing

/// What only a storage on a disk can be asked.
@Suite(.timeLimit(.minutes(1)))
struct SQLiteStoreTests {
    @Test func `each commit is synced to the disk`() throws {
        try TemporaryFolder.run { folder in
            let path = folder + "/bridge.db"
            for _ in 0..<2 {
                let store = try SQLiteStore(path: path)
                defer { store.close() }
                #expect(try store.synchronousLevel() == 2)
            }
        }
    }

    @Test func `everything is still there after closing and opening`() throws {
        try TemporaryFolder.run { folder in
            let path = folder + "/bridge.db"
            let (entry, delivery) = try fill(path)
            let store = try SQLiteStore(path: path)
            defer { store.close() }
            #expect(try store.state(of: entry) == .waiting)
            #expect(try store.changes(of: entry) == [Sample.change(nil)])
            #expect(try store.snapshots(of: [Sample.key]) == [Sample.key: Sample.fullSnapshot])
            #expect(try store.history(of: Sample.key).count == 1)
            #expect(try store.openDeliveries(after: nil, limit: 9).map(\.id) == [delivery])
            #expect(try store.attempts(of: delivery).map(\.status) == [503])
            #expect(try store.firstStart(of: Sample.shop, now: Sample.at(9)) == Sample.at(1))
            let repeated = try store.append([Sample.entry(identity: "one")])
            #expect(repeated == [.duplicate(first: entry)])
            #expect(try store.makeDeliveryID() > delivery)
        }
    }

    private func fill(_ path: String) throws -> (InboxID, DeliveryID) {
        let store = try SQLiteStore(path: path)
        defer { store.close() }
        let entry = try store.accept(Sample.entry(identity: "one"))
        let delivery = try store.makeDeliveryID()
        _ = try store.firstStart(of: Sample.shop, now: Sample.at(1))
        try store.commit { batch in
            batch.decided = [DecidedEntry(id: entry, changes: [Sample.change(nil)])]
            batch.snapshots = [Sample.fullSnapshot]
            batch.history = [
                RegisterChange(
                    integration: Sample.shop,
                    subject: Sample.claire,
                    field: Sample.email,
                    entry: Sample.registered(.denied, by: entry.number, at: 3)
                )
            ]
            batch.deliveries = [Sample.delivery(delivery, .waiting(until: Sample.at(4)))]
            batch.attempts = [
                AttemptRecord(
                    delivery: delivery,
                    sentAt: Sample.at(5),
                    endedAt: Sample.at(6),
                    method: "GET",
                    url: "https://api.example.com/",
                    body: [],
                    status: 503,
                    verdict: "unknown"
                )
            ]
        }
        return (entry, delivery)
    }

    @Test func `a second store on the same file is refused while the first lives`() throws {
        try TemporaryFolder.run { folder in
            let path = folder + "/bridge.db"
            var first: SQLiteStore? = try SQLiteStore(path: path)
            let error = #expect(throws: StoreError.self) { _ = try SQLiteStore(path: path) }
            #expect(error?.metricLabel == "in_use")
            // The first one goes on.
            _ = try first?.accept(Sample.entry())
            first?.close()
            first = nil
            let next = try SQLiteStore(path: path)
            #expect(try next.undecided(limit: 9).count == 1)
            next.close()
        }
    }

    @Test func `a newer schema is refused with a message that says so`() throws {
        try TemporaryFolder.run { folder in
            let path = folder + "/bridge.db"
            try SQLiteStore(path: path).close()
            let other = try DatabaseQueue(path: path)
            try other.write { database in
                try database.execute(
                    sql: "INSERT INTO grdb_migrations (identifier) VALUES ('2: from the future')"
                )
            }
            try other.close()
            let error = #expect(throws: StoreError.self) { _ = try SQLiteStore(path: path) }
            #expect(error?.metricLabel == "unusable")
            #expect(error?.description.contains("newer") == true)
        }
    }

    @Test func `a file from before the lists keeps everything and can be asked`() throws {
        try TemporaryFolder.run { folder in
            let path = folder + "/bridge.db"
            let (entry, delivery) = try fill(path)
            let queue = try DatabaseQueue(path: path)
            let indexes = try Self.indexes(queue)
            try queue.write { try $0.execute(sql: Self.withoutLists) }
            #expect(try Self.indexes(queue).count == indexes.count - 5)
            try queue.close()
            let store = try SQLiteStore(path: path)
            defer { store.close() }
            let inbox = try store.inbox(InboxFilter(state: .waiting), before: nil, limit: 9)
            #expect(inbox.map(\.entry.id) == [entry])
            #expect(inbox.map(\.changes) == [[Sample.change(nil)]])
            let deliveries = try store.deliveries(DeliveryFilter(), before: nil, limit: 9)
            #expect(deliveries == [Sample.delivery(delivery, .waiting(until: Sample.at(4)))])
            #expect(try store.changes(of: Sample.key, limit: 9).map(\.entry) == [entry])
            #expect(try store.snapshots(of: [Sample.key]) == [Sample.key: Sample.fullSnapshot])
            #expect(try store.history(of: Sample.key).count == 1)
            #expect(try store.operatorActions(before: nil, limit: 9).isEmpty)
            #expect(try store.keyLinks().isEmpty)
            try store.commit { $0.actions = [OperatorAction(.link, by: "jo", at: Sample.at(1))] }
            let opened = try DatabaseQueue(path: path)
            #expect(try Self.indexes(opened) == indexes)
            try opened.close()
        }
    }

    private static func indexes(_ queue: DatabaseQueue) throws -> Set<String> {
        try queue.read { database in
            let sql = "SELECT name FROM sqlite_master WHERE type = 'index'"
            return try Set(String.fetchAll(database, sql: sql))
        }
    }

    /// Takes away what migration 7 added.
    private static let withoutLists = """
        DROP INDEX inbox_state; DROP INDEX changes_reason; DROP INDEX changes_subject;
        DROP INDEX deliveries_newest; DROP INDEX deliveries_subject;
        DROP TABLE operator_actions; DROP TABLE key_links;
        DELETE FROM grdb_migrations WHERE identifier LIKE '7:%'
        """

    @Test func `a file that is no database is refused`() throws {
        try TemporaryFolder.run { folder in
            let path = folder + "/bridge.db"
            let text = String(repeating: "this is not a database. ", count: 100)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            let error = #expect(throws: StoreError.self) { _ = try SQLiteStore(path: path) }
            #expect(error?.metricLabel == "unusable")
        }
    }

    @Test func `a batch that fails half-way leaves nothing behind`() throws {
        try TemporaryFolder.run { folder in
            let store = try SQLiteStore(path: folder + "/bridge.db")
            defer { store.close() }
            let entry = try store.accept(Sample.entry())
            var batch = StoreBatch(at: Sample.at(1))
            batch.snapshots = [Sample.fullSnapshot]
            let decided = DecidedEntry(id: entry, changes: [Sample.change(.applied)])
            // The same entry twice: the second insert of its change breaks the primary key.
            batch.decided = [decided, decided]
            #expect(throws: StoreError.self) { try store.commit(batch) }
            #expect(try store.state(of: entry) == .waiting)
            #expect(try store.undecided(limit: 9).map(\.id) == [entry])
            #expect(try store.snapshots(of: [Sample.key]).isEmpty)
        }
    }
}
