import Bridge
import Glibc

extension Configuration {
    /// When webhooks are refused although the storage works.
    var intakeLimits: IntakeLimits {
        IntakeLimits(backlogMax: backlogMax, freeBytesMin: freeBytesMin) { [storagePath] in
            freeBytes(at: storagePath)
        }
    }

    /// The room that the storage takes and has.
    var storageSpace: StorageSpace {
        StorageSpace(
            usedBytes: usedBytes(at: storagePath),
            freeBytes: freeBytes(at: storagePath),
            lowBytes: intakeLimits.freeBytesLow
        )
    }
}

/// The room that the storage takes and has; what the system does not tell is nil.
struct StorageSpace: Sendable {
    var usedBytes: Int64?
    var freeBytes: Int64?
    /// Less free space than this is nearly none.
    var lowBytes: Int64
}

/// The space that a file may still take, as its file system tells (statvfs(3)).
private func freeBytes(at path: String) -> Int64? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    let (bytes, isTooMuch) = UInt64(status.f_bavail)
        .multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return isTooMuch ? .max : Int64(clamping: bytes)
}

/// The database with its write-ahead log; nil: there is no database.
private func usedBytes(at path: String) -> Int64? {
    fileBytes(path).map { $0 + (fileBytes(path + "-wal") ?? 0) }
}

private func fileBytes(_ path: String) -> Int64? {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : nil
}
