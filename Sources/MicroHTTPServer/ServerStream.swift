import CMicroHTTPD
import Synchronization

/// The body of a response that goes on until somebody ends it, sent in chunks as they come.
///
/// From any thread; never blocks. The connection is suspended while there is nothing to send.
package final class ServerStream: Sendable {
    private struct State {
        var pending: [UInt8] = []
        /// No more comes, or nobody reads it.
        var isEnded = false
        /// libmicrohttpd waits for ``Connection/resumeStream()``.
        var isSuspended = false
        /// Set while the response is under way.
        var connection: Connection?
    }

    private let state = Mutex(State())

    init() {}

    /// Sends bytes; false: the stream has ended, or its reader is too slow for what comes.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        let (isOpen, waiting) = state.withLock { state -> (Bool, Connection?) in
            guard !state.isEnded else { return (false, nil) }
            if state.pending.count + bytes.count > Self.pendingBytesMax {
                state.isEnded = true
            } else {
                state.pending += bytes
            }
            return (!state.isEnded, Self.wake(&state))
        }
        waiting?.resumeStream()
        return isOpen
    }

    /// Ends the body once everything is sent.
    package func end() {
        let waiting = state.withLock { state -> Connection? in
            state.isEnded = true
            return Self.wake(&state)
        }
        waiting?.resumeStream()
    }

    private static func wake(_ state: inout State) -> Connection? {
        guard state.isSuspended else { return nil }
        state.isSuspended = false
        return state.connection
    }

    // MARK: - On libmicrohttpd's thread

    func begin(on connection: Connection) {
        state.withLock { $0.connection = connection }
    }

    /// The exchange is over: nothing can be sent any more.
    func close() {
        state.withLock { state in
            state.isEnded = true
            state.pending = []
            state.connection = nil
        }
    }

    /// Fills the library's buffer: the number of bytes, 0 after it was told to wait, -1 at the end.
    fileprivate func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let (count, connection) = state.withLock { state -> (Int, Connection?) in
            let count = min(buffer.count, state.pending.count)
            guard count > 0 else { return (state.isEnded ? -1 : 0, state.connection) }
            state.pending.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[..<count])) }
            state.pending.removeFirst(count)
            return (count, state.connection)
        }
        guard count == 0, let connection else {
            if count > 0 { connection?.streamGoesOn() }
            return count
        }
        // Suspends first and allows resuming second: the other order lets a resume be lost.
        connection.suspendStream()
        let hasNews = state.withLock { state in
            state.isSuspended = state.pending.isEmpty && !state.isEnded
            return !state.isSuspended
        }
        if hasNews { connection.resumeStream() }
        return 0
    }

    /// A reader that is so far behind is gone or useless.
    private static let pendingBytesMax = 1 << 20
}

extension ServerStream {
    /// Makes libmicrohttpd's response that reads from here.
    func makeResponse() -> OpaquePointer? {
        // SAFETY: given back once, by the callback that the library calls when the response is gone.
        let context = Unmanaged.passRetained(self).toOpaque()
        let response = MHD_create_response_from_callback(
            UInt64.max,
            Self.blockBytes,
            readStream,
            context,
            releaseStream
        )
        if response == nil { releaseStream(context: context) }
        return response
    }

    private static let blockBytes = 4096
}

private func readStream(
    context: UnsafeMutableRawPointer?,
    position: UInt64,
    buffer: UnsafeMutablePointer<CChar>?,
    count: Int
) -> Int {
    guard let context, let buffer else { return -1 }
    // SAFETY: the response, and with it the reference, outlives each call of its reader.
    return Unmanaged<ServerStream>.fromOpaque(context).takeUnretainedValue()
        .read(into: UnsafeMutableRawBufferPointer(start: buffer, count: count))
}

private func releaseStream(context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    // SAFETY: the counterpart of `passRetained` above.
    Unmanaged<ServerStream>.fromOpaque(context).release()
}
