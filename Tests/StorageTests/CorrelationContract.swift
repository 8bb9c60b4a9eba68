import BridgeCore
import GRDB
import SQLiteStorage
import Storage
import Testing

/// What an entry keeps of the request that brought it.
@Suite(.timeLimit(.minutes(1)))
struct CorrelationContract {
    private static let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private static func correlation(_ id: String, trace: String? = nil) throws -> Correlation {
        Correlation(
            requestID: try #require(RequestID(id)),
            trace: try trace.map { try #require(TraceContext($0)) }
        )
    }

    @Test(arguments: Backend.allCases)
    func `request id and trace come back with the entry and by its id`(backend: Backend) throws {
        try backend.run { store throws in
            var entries = [Sample.entry(), Sample.entry(), Sample.entry()]
            entries[0].correlation = try Self.correlation("first", trace: Self.trace)
            entries[1].correlation = try Self.correlation("second")
            let ids = try entries.map { try store.accept($0) }
            #expect(
                try store.undecided(limit: 9).map(\.content.correlation) == [
                    entries[0].correlation, entries[1].correlation, nil,
                ]
            )
            let found = try store.correlations(of: ids + [InboxID(0), InboxID(99)])
            #expect(
                found == [
                    ids[0]: try Self.correlation("first", trace: Self.trace),
                    ids[1]: try Self.correlation("second"),
                ]
            )
        }
    }

    @Test(arguments: Backend.allCases)
    func `an empty storage knows none`(backend: Backend) throws {
        try backend.run { store throws in
            #expect(try store.correlations(of: [InboxID(1)]).isEmpty)
            #expect(try store.correlations(of: []).isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a duplicate keeps those of its own request`(backend: Backend) throws {
        try backend.run { store throws in
            var entry = Sample.entry(identity: "one")
            entry.correlation = try Self.correlation("first")
            let first = try store.accept(entry)
            entry.correlation = try Self.correlation("second", trace: Self.trace)
            #expect(try store.append([entry]) == [.duplicate(first: first)])
            let own = InboxID(first.number + 1)
            #expect(
                try store.correlations(of: [first, own]) == [
                    first: try Self.correlation("first"),
                    own: try Self.correlation("second", trace: Self.trace),
                ]
            )
        }
    }

    @Test func `a file of an older version keeps its entries and takes new ones`() throws {
        try TemporaryFolder.run { folder in
            let path = folder + "/bridge.db"
            let first = try Self.fill(path, with: nil)
            let queue = try DatabaseQueue(path: path)
            try queue.write { database in
                try database.execute(
                    sql: """
                        ALTER TABLE inbox DROP COLUMN request_id;
                        ALTER TABLE inbox DROP COLUMN traceparent;
                        DELETE FROM grdb_migrations WHERE identifier LIKE '6:%';
                        """
                )
            }
            try queue.close()
            let second = try Self.fill(path, with: Self.correlation("second"))
            let store = try SQLiteStore(path: path)
            defer { store.close() }
            #expect(try store.undecided(limit: 9).map(\.id) == [first, second])
            #expect(
                try store.correlations(of: [first, second]) == [
                    second: try Self.correlation("second")
                ]
            )
        }
    }

    private static func fill(_ path: String, with correlation: Correlation?) throws -> InboxID {
        let store = try SQLiteStore(path: path)
        defer { store.close() }
        var entry = Sample.entry()
        entry.correlation = correlation
        return try store.accept(entry)
    }
}
