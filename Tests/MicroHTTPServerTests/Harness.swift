import Dispatch
import Logging
import MicroHTTPServer
import Synchronization
import Testing

/// Runs a server around the body and stops it.
func withServer(
    _ configure: (inout ServerConfiguration) -> Void = { _ in },
    reject: @escaping @Sendable (ServerRequest) -> ServerResponse? = { _ in nil },
    handle: @escaping @Sendable (ServerRequest, ServerResponder) -> Void = echo,
    _ body: (UInt16) async throws -> Void
) async throws {
    let server = makeServer(configure, reject: reject, handle: handle)
    let port = try server.start()
    do {
        try await body(port)
    } catch {
        await server.stop(graceMilliseconds: 0)
        throw error
    }
    await server.stop(graceMilliseconds: 2000)
}

func makeServer(
    _ configure: (inout ServerConfiguration) -> Void = { _ in },
    reject: @escaping @Sendable (ServerRequest) -> ServerResponse? = { _ in nil },
    handle: @escaping @Sendable (ServerRequest, ServerResponder) -> Void = echo
) -> HTTPServer {
    var configuration = ServerConfiguration()
    // Far beyond what a busy machine needs; tests about deadlines set their own.
    configuration.requestTimeoutMilliseconds = 3_600_000
    configure(&configuration)
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    return HTTPServer(
        configuration: configuration,
        logger: logger,
        reject: reject,
        handle: handle
    )
}

/// Answers with the request's own body, at once.
@Sendable func echo(_ request: ServerRequest, _ responder: ServerResponder) {
    responder.respond(ServerResponse(status: 200, body: request.body))
}

/// Keeps requests until a test answers them.
final class Desk: Sendable {
    private struct State {
        var seen: [ServerRequest] = []
        var waiting: [ServerResponder] = []
        var isAsked: [CheckedContinuation<Void, Never>] = []
        var asked = 0
    }

    private let state = Mutex(State())

    /// The requests that reached the handler.
    var seen: [ServerRequest] { state.withLock { $0.seen } }

    func take(_ request: ServerRequest, _ responder: ServerResponder) {
        let ready: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.seen.append(request)
            state.waiting.append(responder)
            guard state.seen.count >= state.asked else { return [] }
            defer { state.isAsked = [] }
            return state.isAsked
        }
        for continuation in ready { continuation.resume() }
    }

    /// Returns when so many requests have reached the handler since the beginning, or throws when
    /// the test's time is over.
    func requests(_ count: Int) async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    state.asked = count
                    let isReady = state.seen.count >= count || Task.isCancelled
                    if !isReady { state.isAsked.append(continuation) }
                    return isReady
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                defer { state.isAsked = [] }
                return state.isAsked
            }
            for continuation in waiting { continuation.resume() }
        }
        try Task.checkCancellation()
    }

    /// Hands out the responders that wait.
    func takeWaiting() -> [ServerResponder] {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    /// Answers all that wait with 200 and the text, on another thread.
    func answerAll(_ text: String = "late") {
        DispatchQueue.global().async {
            for responder in self.takeWaiting() {
                responder.respond(ServerResponse(status: 200, body: Array(text.utf8)))
            }
        }
    }
}
