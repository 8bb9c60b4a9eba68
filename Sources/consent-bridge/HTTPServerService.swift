import Bridge
import Logging
import MicroHTTPServer
import ServiceLifecycle

/// The listening side: libmicrohttpd in front of the bridge's endpoints.
struct HTTPServerService: Service {
    let server: HTTPServer
    let graceMilliseconds: Int
    /// Called once with the port.
    let onListening: @Sendable (UInt16) -> Void

    init(
        configuration: ServerConfiguration,
        endpoints: Endpoints,
        logger: Logger,
        graceMilliseconds: Int,
        onListening: @escaping @Sendable (UInt16) -> Void
    ) {
        self.graceMilliseconds = graceMilliseconds
        self.onListening = onListening
        server = HTTPServer(configuration: configuration, logger: logger) { request, responder in
            let inbound = InboundRequest(
                method: request.method,
                path: request.path,
                query: request.query,
                headers: request.headers,
                body: request.body
            )
            endpoints.handle(inbound) { response in
                responder.respond(
                    ServerResponse(
                        status: response.status,
                        headers: response.headers,
                        body: response.body
                    )
                )
            }
        }
    }

    func run() async throws {
        onListening(try server.start())
        // Returns when a stop is asked for; a cancellation stops as well.
        try? await gracefulShutdown()
        await server.stop(graceMilliseconds: graceMilliseconds)
    }
}
