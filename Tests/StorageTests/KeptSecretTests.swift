import Foundation
import GRDB
import SQLiteStorage
import Storage
import Testing

/// What the storage keeps for the bridge itself.
struct KeptSecretTests {
    @Test(arguments: Backend.allCases)
    func `the first bytes under a name stay`(backend: Backend) throws {
        try backend.run { store throws in
            #expect(try store.keep([1, 0, 255], as: "one") == [1, 0, 255])
            #expect(try store.keep([9], as: "one") == [1, 0, 255])
            #expect(try store.keep([9], as: "two") == [9])
            #expect(try store.keep([], as: "none") == [])
            #expect(try store.keep([7], as: "none") == [])
        }
    }

    @Test
    func `kept bytes outlive a restart, and a file of an older version can keep them too`() throws {
        try TemporaryFolder.run { folder in
            let path = folder + "/bridge.db"
            #expect(try Self.keep([1], in: path) == [1])
            #expect(try Self.keep([2], in: path) == [1])
            let queue = try DatabaseQueue(path: path)
            try queue.write { database in
                try database.execute(
                    sql: "DROP TABLE kept; DELETE FROM grdb_migrations WHERE identifier LIKE '3:%'"
                )
            }
            try queue.close()
            #expect(try Self.keep([3], in: path) == [3])
        }
    }

    @Test
    func `only its user can read a new file, and those that SQLite puts beside it`() throws {
        try TemporaryFolder.run { folder in
            let store = try SQLiteStore(path: folder + "/bridge.db")
            _ = try store.keep([1], as: "key")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names.contains("bridge.db") && names.contains("bridge.db-wal"))
            for name in names {
                let file = folder + "/" + name
                let rights = try FileManager.default.attributesOfItem(atPath: file)
                #expect(rights[.posixPermissions] as? Int == 0o600, "\(name)")
            }
            store.close()
        }
    }

    /// What one process after the other finds.
    private static func keep(_ bytes: [UInt8], in path: String) throws -> [UInt8] {
        let store = try SQLiteStore(path: path)
        defer { store.close() }
        return try store.keep(bytes, as: "key")
    }
}
