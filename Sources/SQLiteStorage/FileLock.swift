import Glibc
import Storage

/// The right to work on a database file, held for as long as the process lives.
///
/// SQLite itself would let a second process write; two engines on one register would both send.
/// Contract: flock(2); the kernel gives the lock back when the process ends, however it ends.
struct FileLock: ~Copyable {
    private let descriptor: Int32

    init(besides path: String) throws(StoreError) {
        let lockPath = path + ".lock"
        let opened = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw .unusable("cannot open \(lockPath): \(String(cString: strerror(errno)))")
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(opened)
            throw .inUse("another process holds \(lockPath); stop it or choose another storage.url")
        }
        descriptor = opened
    }

    deinit {
        Glibc.close(descriptor)
    }
}

/// Makes a database file that only this user can read, if there is none: it holds people's choices
/// and the key that signs tokens.
///
/// SQLite gives the files beside it the same rights. What fails here, fails again with a better
/// message when the file is opened.
func makePrivateFile(_ path: String) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    if descriptor >= 0 { Glibc.close(descriptor) }
}
