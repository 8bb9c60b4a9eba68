import BridgeCore
import Dispatch
import Foundation
import Glibc
import Logging
import Synchronization

/// Writes what is logged to a file descriptor, on a thread of its own.
///
/// Whoever logs only leaves an event in memory: neither the making of its line nor a reader that
/// is slow (a terminal that is held, a log driver) holds the bridge up. Events keep their order,
/// and the lines of those that come together are one `write(2)`. Those that find no room are
/// counted, and one line says how many they were. ``close()`` writes what there is; a process that
/// is killed or traps loses its last milliseconds.
final class LogWriter: Sendable {
    /// Makes an event's line, with its end.
    typealias Format = @Sendable (LogEvent, Timestamp) -> [UInt8]

    private struct State {
        var events: [(event: LogEvent, at: Timestamp)] = []
        var lostCount = 0
        var isSignalled = false
        var isClosed = false
    }

    private let descriptor: Int32
    private let format: Format
    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(_ descriptor: Int32, format: @escaping Format) {
        self.descriptor = descriptor
        self.format = format
        let thread = Thread { [self] in run() }
        thread.name = "log"
        thread.start()
    }

    /// Takes an event; one that comes after ``close()`` is lost.
    func write(_ event: LogEvent, at now: Timestamp) {
        wake { state in
            guard !state.isClosed, state.events.count < Self.eventsMax else {
                state.lostCount += 1
                return
            }
            state.events.append((event, now))
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
        Self.ignoreBrokenPipes()
        var events: [(event: LogEvent, at: Timestamp)] = []
        var isClosed = false
        while !isClosed {
            signal.wait()
            // What comes together costs one wake-up and one write.
            if !state.withLock(\.isClosed) { usleep(Self.gatheringMicroseconds) }
            var lostCount = 0
            (isClosed, lostCount) = state.withLock { state in
                swap(&state.events, &events)
                defer { (state.isSignalled, state.lostCount) = (false, 0) }
                return (state.isClosed, state.lostCount)
            }
            var lines: [UInt8] = []
            for (event, now) in events { lines += format(event, now) }
            if lostCount > 0 { lines += format(Self.loss(of: lostCount), .now()) }
            events.removeAll(keepingCapacity: events.count <= Self.eventsKept)
            write(all: lines)
        }
        ended.signal()
    }

    /// A reader that went away must not end the process.
    private static func ignoreBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    private static func loss(of count: Int) -> LogEvent {
        LogEvent(
            level: .error,
            message: "the log is read too slowly; lines are lost",
            metadata: ["lines": .stringConvertible(count)],
            source: nil,
            file: #fileID,
            function: #function,
            line: #line
        )
    }

    /// Returns when everything is written, or the reader is gone.
    private func write(all lines: [UInt8]) {
        lines.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let count = Glibc.write(descriptor, part.baseAddress, part.count)
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

    /// Half a second of a storm, in some 20 MB.
    private static let eventsMax = 16_384
    /// What a usual moment needs; more memory is given back.
    private static let eventsKept = 1_024
    /// Nobody who reads a log notices it.
    private static let gatheringMicroseconds: UInt32 = 2_000
    /// Below what an orchestrator leaves between SIGTERM and SIGKILL.
    private static let closeMillisecondsMax = 2_000
}
