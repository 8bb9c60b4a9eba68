import Glibc
import Synchronization

/// Sockets whose request was answered before its body was read.
///
/// If such a socket is closed at once, the kernel answers what the client still sends with a
/// reset, and the client loses the answer too. So a duplicate is kept open, and what comes is
/// thrown away until the client closes or a bound is reached.
/// Contract: <https://www.rfc-editor.org/rfc/rfc9112#section-9.6>.
final class LingeringSockets: Sendable {
    private struct Entry {
        let descriptor: Int32
        let until: Int64
        var bytesLeft: Int
    }

    private let entries = Mutex<[Entry]>([])
    private let bytesMax: Int

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    /// Keeps a socket open that is about to be closed; false if too many are kept.
    func keep(_ socket: Int32) -> Bool {
        entries.withLock { entries in
            guard entries.count < Limit.lingeringMax else { return false }
            let copy = fcntl(socket, F_DUPFD_CLOEXEC, 0)
            guard copy >= 0 else { return false }
            let until = Deadline.now() + Limit.lingerMilliseconds
            entries.append(Entry(descriptor: copy, until: until, bytesLeft: bytesMax))
            return true
        }
    }

    /// What to poll for.
    var pollEntries: [pollfd] {
        entries.withLock { entries in
            entries.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        }
    }

    /// Reads what has come, and closes what is done.
    func drain(at now: Int64) {
        entries.withLock { entries in
            for index in entries.indices.reversed() {
                let isDone = Self.isDone(&entries[index])
                guard isDone || entries[index].until <= now else { continue }
                close(entries.remove(at: index).descriptor)
            }
        }
    }

    /// Closes all.
    func closeAll() {
        drain(at: .max)
    }

    private static func isDone(_ entry: inout Entry) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            while entry.bytesLeft > 0 {
                let count = recv(
                    entry.descriptor,
                    buffer.baseAddress,
                    buffer.count,
                    Int32(MSG_DONTWAIT)
                )
                if count < 0 { return errno != EAGAIN && errno != EINTR }
                if count == 0 { return true }
                entry.bytesLeft -= count
            }
            return true
        }
    }
}
