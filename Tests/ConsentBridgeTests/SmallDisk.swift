import Foundation

/// A file system of its own that is soon full; mounting it needs root.
struct SmallDisk {
    static let bytes = 64 << 20

    struct Failure: Error {
        let what: String
    }

    let folder: String

    static func run(_ test: (SmallDisk) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "/consent-bridge-disk-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let disk = SmallDisk(folder: folder)
        try mount(["-t", "tmpfs", "-o", "size=\(bytes)", "tmpfs", folder])
        do {
            try await test(disk)
        } catch {
            disk.unmount()
            throw error
        }
        disk.unmount()
    }

    /// Takes all space, or all but some.
    func fill(leaving rest: Int = 0) throws {
        try Data().write(to: URL(fileURLWithPath: filler))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: filler))
        let chunk = Data(count: 4096)
        while try free() > rest {
            do { try handle.write(contentsOf: chunk) } catch { break }
        }
        try handle.close()
    }

    func empty() throws { try FileManager.default.removeItem(atPath: filler) }

    func remount(_ mode: String) throws { try Self.mount(["-o", "remount,\(mode)", folder]) }

    private var filler: String { folder + "/filler" }

    private func free() throws -> Int {
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: folder)
        return (attributes[.systemFreeSize] as? NSNumber)?.intValue ?? 0
    }

    private func unmount() {
        try? Self.command("/usr/bin/umount", ["-l", folder])
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func mount(_ arguments: [String]) throws {
        try command("/usr/bin/mount", arguments)
    }

    private static func command(_ path: String, _ arguments: [String]) throws {
        let process = try Process.run(URL(fileURLWithPath: path), arguments: arguments)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(what: "\(path) \(arguments) failed; this test needs root")
        }
    }
}
