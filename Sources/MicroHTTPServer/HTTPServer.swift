import CMicroHTTPD
import Glibc
package import Logging
import Synchronization

/// A suspending HTTP/1.1 server on libmicrohttpd.
///
/// One thread of the library reads requests and writes answers; a request that is not answered at
/// once suspends its connection, so that thread never waits. A second thread accepts connections
/// and keeps deadlines. It runs from ``start()`` until ``stop(graceMilliseconds:)`` has returned,
/// even if nobody refers to it. Another server with a new configuration can take its listening
/// socket over: ``start(takingOver:)``.
///
/// Contract: <https://www.gnu.org/software/libmicrohttpd/manual/>, version 0.9.75.
package final class HTTPServer: Sendable {
    let configuration: ServerConfiguration
    let logger: Logger
    let reject: @Sendable (ServerRequest) -> ServerResponse?
    let handle: @Sendable (ServerRequest, ServerResponder) -> Void
    let table = ConnectionTable()
    let names = FieldNames()
    let lingering: LingeringSockets
    let lifecycle = Mutex(Lifecycle.new)
    let progress = Progress()
    /// Wakes the doorkeeper.
    let doorbell = Wakeup()

    enum Lifecycle {
        case new
        case running(Running)
        /// Accepts no more connections.
        case retired(Running)
        case stopping([CheckedContinuation<Void, Never>])
        case stopped
    }

    /// What must be ended.
    // SAFETY: libmicrohttpd locks what its functions share; the daemon is freed once, by `stop`.
    struct Running: @unchecked Sendable {
        let listening: ListeningSocket
        let daemon: OpaquePointer
        let doorkeeper: Doorkeeper
        let door: PinnedThread
    }

    /// Makes a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: Where to listen, and the limits.
    ///   - logger: Gets what libmicrohttpd reports, at debug, without any byte of a request.
    ///   - reject: Called on the library's thread with the head only, before the body is read; what
    ///     it returns is sent at once and, if a body was announced, closes the connection.
    ///   - handle: Called on the library's thread with the complete request; must not block.
    package init(
        configuration: ServerConfiguration,
        logger: Logger,
        reject: @escaping @Sendable (ServerRequest) -> ServerResponse? = { _ in nil },
        handle: @escaping @Sendable (ServerRequest, ServerResponder) -> Void
    ) {
        self.configuration = configuration
        lingering = LingeringSockets(bytesMax: configuration.drainBytesMax)
        self.logger = logger
        self.reject = reject
        self.handle = handle
    }

    /// Starts to listen and returns the port.
    ///
    /// A server starts once. Throws ``ServerError/cannotListen(host:port:reason:)`` if the address
    /// is taken, foreign or not numeric.
    package func start() throws(ServerError) -> UInt16 {
        try start { () throws(ServerError) in
            try ListeningSocket(host: configuration.host, port: configuration.port)
        }
    }

    /// Starts on the listening socket of a running server and returns the port.
    ///
    /// From now on both accept connections; ``retire()`` the old one at once, and stop it when its
    /// connections have had their time. No connection is refused in between, and when this throws
    /// the old server goes on. Host and port of the own configuration are not used. Throws
    /// ``ServerError/notRunning`` if the old server does not listen any more.
    package func start(takingOver old: HTTPServer) throws(ServerError) -> UInt16 {
        try start { () throws(ServerError) in try old.duplicateListening() }
    }

    private func start(
        _ listen: () throws(ServerError) -> ListeningSocket
    ) throws(ServerError) -> UInt16 {
        // The closure of `withLock` would lose the type of the error.
        let result: Result<UInt16, ServerError> = lifecycle.withLock { lifecycle in
            guard case .new = lifecycle else { return .failure(.alreadyStarted) }
            do throws(ServerError) {
                let listening = try listen()
                lifecycle = .running(try run(listening))
                return .success(listening.port)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func duplicateListening() throws(ServerError) -> ListeningSocket {
        let result: Result<ListeningSocket, ServerError> = lifecycle.withLock { lifecycle in
            // Under the lock: a server that is not retired has not closed its socket.
            guard case .running(let running) = lifecycle else { return .failure(.notRunning) }
            do throws(ServerError) {
                return .success(try running.listening.duplicate())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func run(_ listening: ListeningSocket) throws(ServerError) -> Running {
        // SAFETY: released once the daemon, which calls back with it, is stopped.
        let owner = Unmanaged.passRetained(self)
        guard let daemon = startDaemon(owner: owner.toOpaque()) else {
            owner.release()
            listening.close()
            throw .outOfResources(reason: "libmicrohttpd gave no reason")
        }
        let doorkeeper = Doorkeeper(listening, daemon: daemon, server: self)
        do {
            let door = try PinnedThread { doorkeeper.run() }
            return Running(
                listening: listening,
                daemon: daemon,
                doorkeeper: doorkeeper,
                door: door
            )
        } catch {
            MHD_stop_daemon(daemon)
            owner.release()
            listening.close()
            throw error
        }
    }
}
