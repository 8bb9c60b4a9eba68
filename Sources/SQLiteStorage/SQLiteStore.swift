package import BridgeCore
import GRDB
package import Storage
import Synchronization

/// The storage contract on one SQLite file: WAL, `synchronous=FULL`, one writer.
///
/// Every commit is on the disk when it returns. The caller gathers what waits into one call, which
/// is the group commit: the price of a sync is shared by the whole batch.
package final class SQLiteStore: Store {
    let pool: DatabasePool
    private let lock: FileLock
    private let lastDelivery: Mutex<Int64>

    /// Opens or creates the file and brings its schema up to date.
    ///
    /// - Parameter path: the file; its folder must exist.
    /// - Throws: when another process holds the file, it cannot be opened, or is not ours.
    package init(path: String) throws(StoreError) {
        lock = try FileLock(besides: path)
        makePrivateFile(path)
        pool = try translating { try DatabasePool(path: path, configuration: Self.configuration) }
        try Self.makeDurable(pool)
        try Self.migrate(pool, path: path)
        let last = try translating { [pool] in
            try pool.read { try Int64.fetchOne($0, sql: "SELECT max(id) FROM deliveries") }
        }
        lastDelivery = Mutex(last ?? 0)
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        // Other programs may look into the file; they hold locks only briefly.
        configuration.busyMode = .timeout(5)
        // The loop, the admin API, the metrics and a check of health.
        configuration.maximumReaderCount = 4
        return configuration
    }

    /// GRDB's pool sets `synchronous` to NORMAL, with which WAL commits are lost at a power cut.
    ///
    /// It is set again here, read back, and anything but FULL refuses to start.
    private static func makeDurable(_ pool: DatabasePool) throws(StoreError) {
        let level = try translating {
            try pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                return try Int.fetchOne(database, sql: "PRAGMA synchronous")
            }
        }
        guard level == 2 else {
            throw .unusable("SQLite does not keep synchronous=FULL (it says \(level ?? -1))")
        }
    }

    private static func migrate(_ pool: DatabasePool, path: String) throws(StoreError) {
        let migrator = Schema.migrator
        let isNewer = try translating { try pool.read(migrator.hasBeenSuperseded) }
        guard !isNewer else {
            throw .unusable(
                "\(path) was written by a newer consent-bridge; run that version or restore a backup"
            )
        }
        try translating { try migrator.migrate(pool) }
    }

    /// The durability that SQLite really has: 2 is FULL.
    package func synchronousLevel() throws(StoreError) -> Int {
        try write { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
    }

    package func makeDeliveryID() throws(StoreError) -> DeliveryID {
        lastDelivery.withLock { last in
            last += 1
            return DeliveryID(last)
        }
    }

    package func firstStart(
        of integration: IntegrationName,
        now: Timestamp
    ) throws(StoreError) -> Timestamp {
        let stored = try read { database in
            try Int64.fetchOne(
                database,
                sql: "SELECT first_start FROM integrations WHERE name = ?",
                arguments: [integration.text]
            )
        }
        // Only a new integration needs a storage that takes writes.
        if let stored { return Timestamp(milliseconds: stored) }
        return try write { database in
            try database.execute(
                sql:
                    "INSERT INTO integrations (name, first_start) VALUES (?, ?) ON CONFLICT DO NOTHING",
                arguments: [integration.text, now.milliseconds]
            )
            let known = try Int64.fetchOne(
                database,
                sql: "SELECT first_start FROM integrations WHERE name = ?",
                arguments: [integration.text]
            )
            return Timestamp(milliseconds: known ?? now.milliseconds)
        }
    }

    package func keep(_ bytes: [UInt8], as name: String) throws(StoreError) -> [UInt8] {
        try write { database in
            try database.execute(
                sql: "INSERT INTO kept (name, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING",
                arguments: [name, DatabaseBytes(bytes)]
            )
            let known = try DatabaseBytes.fetchOne(
                database,
                sql: "SELECT bytes FROM kept WHERE name = ?",
                arguments: [name]
            )
            return known.map(\.bytes) ?? bytes
        }
    }

    package func close() {
        // GRDB's readers are the last to go and cannot do it: the file alone would lack what is in the
        // write-ahead log.
        _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try? pool.close()
    }

    /// One transaction, durable when it returns.
    func write<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
        try translating { try pool.write(body) }
    }

    func read<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
        try translating { try pool.read(body) }
    }
}

/// GRDB's errors in the words of the contract; SQL arguments stay out of the message.
func translating<Result>(_ body: () throws -> Result) throws(StoreError) -> Result {
    do {
        return try body()
    } catch let error as StoreError {
        throw error
    } catch let error as DatabaseError {
        let message = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_SCHEMA, .SQLITE_MISMATCH, .SQLITE_ERROR:
            throw .unusable(message)
        default:
            throw .unavailable(message)
        }
    } catch {
        throw .unavailable(String(describing: type(of: error)))
    }
}
