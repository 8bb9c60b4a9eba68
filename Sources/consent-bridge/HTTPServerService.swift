import Bridge
import Logging
import MicroHTTPServer
import ServiceLifecycle
import Synchronization

/// The listening side: libmicrohttpd in front of the bridge's endpoints.
final class HTTPServerService: Service {
    private struct State {
        var server: HTTPServer
        var configuration: ServerConfiguration
        /// Those that were replaced and may still have connections.
        var retired: [HTTPServer] = []
        var isStopping = false
    }

    private let state: Mutex<State>
    private let endpoints: Endpoints
    private let logger: Logger
    private let graceMilliseconds: Int
    private let onListening: @Sendable (String) -> Void
    private let (retirements, retirement) = AsyncStream<HTTPServer>.makeStream()

    /// Makes a service that does not listen yet.
    ///
    /// `onListening` is called with the address, such as `https://127.0.0.1:8443`, at the start and
    /// when another one took its place.
    init(
        configuration: ServerConfiguration,
        endpoints: Endpoints,
        logger: Logger,
        graceMilliseconds: Int,
        onListening: @escaping @Sendable (String) -> Void
    ) {
        self.endpoints = endpoints
        self.logger = logger
        self.graceMilliseconds = graceMilliseconds
        self.onListening = onListening
        let server = HTTPServer(configuration, endpoints: endpoints, logger: logger)
        state = Mutex(State(server: server, configuration: configuration))
    }

    /// Serves by this configuration from now on, without refusing a connection: a new server takes
    /// the listening socket over, and the old one finishes what it has begun.
    ///
    /// When it throws, everything is as before. Does nothing if the configuration is the same, or
    /// the service stops.
    func replace(with configuration: ServerConfiguration) throws(ServerError) {
        let result: Result<UInt16?, ServerError> = state.withLock { state in
            let old = state.configuration
            guard configuration != old, !state.isStopping else { return .success(nil) }
            let server = HTTPServer(configuration, endpoints: endpoints, logger: logger)
            let isSamePlace = configuration.host == old.host && configuration.port == old.port
            do throws(ServerError) {
                let port =
                    isSamePlace
                    ? try server.start(takingOver: state.server) : try server.start()
                state.server.retire()
                retirement.yield(state.server)
                state.retired.append(state.server)
                state.server = server
                state.configuration = configuration
                let isSameAddress = isSamePlace && configuration.scheme == old.scheme
                return .success(isSameAddress ? nil : port)
            } catch {
                return .failure(error)
            }
        }
        if let port = try result.get() { onListening(configuration.address(port: port)) }
    }

    func run() async throws {
        let (first, configuration) = state.withLock { ($0.server, $0.configuration) }
        onListening(configuration.address(port: try first.start()))
        await withDiscardingTaskGroup { group in
            // Ends when a stop is asked for; a cancellation ends it as well.
            for await server in retirements.cancelOnGracefulShutdown() {
                group.addTask { await self.seeOff(server) }
            }
            let servers = state.withLock { state in
                state.isStopping = true
                return state.retired + [state.server]
            }
            for server in servers {
                group.addTask { await server.stop(graceMilliseconds: self.graceMilliseconds) }
            }
        }
    }

    /// Gives the connections of a server that was replaced their time.
    private func seeOff(_ server: HTTPServer) async {
        try? await cancelWhenGracefulShutdown {
            try await Task.sleep(for: .milliseconds(server.retirementMilliseconds))
        }
        await server.stop(graceMilliseconds: graceMilliseconds)
        state.withLock { state in state.retired.removeAll { $0 === server } }
    }
}

extension HTTPServer {
    fileprivate convenience init(
        _ configuration: ServerConfiguration,
        endpoints: Endpoints,
        logger: Logger
    ) {
        self.init(configuration: configuration, logger: logger) { request, responder in
            let inbound = InboundRequest(
                method: request.method,
                path: request.path,
                query: request.query,
                headers: request.headers,
                body: request.body,
                peer: request.peer
            )
            endpoints.handle(inbound) { response in
                let answer = ServerResponse(
                    status: response.status,
                    headers: response.headers,
                    body: response.body
                )
                guard let follow = response.follow else { return responder.respond(answer) }
                let stream = responder.stream(answer)
                follow { bytes in
                    if let bytes { return stream.send(bytes) }
                    stream.end()
                    return false
                }
            }
        }
    }
}

extension ServerConfiguration {
    fileprivate var scheme: String { certificate == nil ? "http" : "https" }

    fileprivate func address(port: UInt16) -> String {
        "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}
