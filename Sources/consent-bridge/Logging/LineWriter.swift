import Dispatch
import Foundation
import Glibc
import Synchronization

/// Writes lines to a file descriptor, on a thread of its own.
///
/// Whoever logs only copies the line into memory, and never waits for the reader of the log: a
/// terminal that is held or a log driver that is slow must not stop the bridge. Lines keep their
/// order and are written whole, many with one `write(2)`. Those that find no room in memory are
/// counted, and one line says how many they were. ``close()`` writes what there is; a process that
/// is killed or traps loses the lines of its last milliseconds.
final class LineWriter: Sendable {
    private struct State {
        var lines: [UInt8] = []
        var lostCount = 0
        var isSignalled = false
        var isClosed = false
    }

    private let descriptor: Int32
    /// The line that says how many were lost.
    private let lossReport: @Sendable (Int) -> [UInt8]
    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(_ descriptor: Int32, lossReport: @escaping @Sendable (Int) -> [UInt8]) {
        self.descriptor = descriptor
        self.lossReport = lossReport
        let thread = Thread { [self] in run() }
        thread.name = "log"
        thread.start()
    }

    /// Takes a line with its end; one that comes after ``close()`` is lost.
    func write(_ line: [UInt8]) {
        wake { state in
            guard !state.isClosed, state.lines.count + line.count <= Self.bytesMax else {
                state.lostCount += 1
                return
            }
            state.lines += line
        }
    }

    /// Writes what is there and ends the thread; gives up on a reader that takes nothing.
    func close() {
        wake { $0.isClosed = true }
        _ = ended.wait(timeout: .now() + .milliseconds(Self.closeMillisecondsMax))
        ended.signal()
    }

    private func wake(_ change: (inout State) -> Void) {
        let needsSignal = state.withLock { state in
            change(&state)
            defer { state.isSignalled = true }
            return !state.isSignalled
        }
        if needsSignal { signal.signal() }
    }

    private func run() {
        // A reader that went away must not end the process.
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipe, nil)
        var lines: [UInt8] = []
        var isClosed = false
        while !isClosed {
            signal.wait()
            // Lines that come together cost one wake-up and one write.
            if !state.withLock(\.isClosed) { usleep(Self.gatheringMicroseconds) }
            var lostCount = 0
            (isClosed, lostCount) = state.withLock { state in
                swap(&state.lines, &lines)
                defer { (state.isSignalled, state.lostCount) = (false, 0) }
                return (state.isClosed, state.lostCount)
            }
            if lostCount > 0 { lines += lossReport(lostCount) }
            write(all: lines)
            lines.removeAll(keepingCapacity: lines.count <= Self.keptBytesMax)
        }
        ended.signal()
    }

    /// Returns when everything is written, or the reader is gone.
    private func write(all lines: [UInt8]) {
        lines.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(
                    descriptor,
                    UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                    rest.count
                )
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&room, 1, -1)
                } else if errno != EINTR {
                    return
                }
            }
        }
    }

    /// Some 30,000 lines: a second of a storm.
    private static let bytesMax = 8 << 20
    /// What a usual moment needs; more is given back.
    private static let keptBytesMax = 256 << 10
    /// Nobody who reads a log notices it.
    private static let gatheringMicroseconds: UInt32 = 2_000
    /// Below what an orchestrator leaves between SIGTERM and SIGKILL.
    private static let closeMillisecondsMax = 2_000
}
