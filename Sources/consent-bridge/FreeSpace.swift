import Bridge
import Glibc

extension Configuration {
    /// When webhooks are refused although the storage works.
    var intakeLimits: IntakeLimits {
        IntakeLimits(backlogMax: backlogMax, freeBytesMin: freeBytesMin) { [storagePath] in
            freeBytes(at: storagePath)
        }
    }
}

/// The space that a file may still take, as its file system tells (statvfs(3)).
private func freeBytes(at path: String) -> Int64? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    let (bytes, isTooMuch) = UInt64(status.f_bavail)
        .multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return isTooMuch ? .max : Int64(clamping: bytes)
}
