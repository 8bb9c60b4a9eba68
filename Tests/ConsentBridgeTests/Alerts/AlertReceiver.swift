import JSON
import Logging
import MicroHTTPServer
import Synchronization

/// Where a bridge posts its alerts; it may refuse the first ones.
final class AlertReceiver: Sendable {
    let url: String
    private let server: HTTPServer
    private let messages: AsyncStream<JSONValue>

    /// Answers the first messages with the given statuses and all later ones with 204.
    init(answering statuses: [Int] = []) throws {
        let (stream, input) = AsyncStream.makeStream(of: JSONValue.self)
        messages = stream
        let answers = Answers(statuses)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        server = HTTPServer(configuration: ServerConfiguration(), logger: logger) {
            request,
            responder in
            if let message = try? JSONValue(parsing: request.body) { input.yield(message) }
            responder.respond(ServerResponse(status: answers.next()))
        }
        url = "http://127.0.0.1:\(try server.start())/hook"
    }

    /// Waits for the next messages; the test's time limit ends a vain wait.
    func next(_ count: Int) async -> [JSONValue] {
        var received: [JSONValue] = []
        for await message in messages {
            received.append(message)
            if received.count == count { break }
        }
        return received
    }

    func stop() async { await server.stop(graceMilliseconds: 100) }

    private final class Answers: Sendable {
        private let statuses: Mutex<[Int]>

        init(_ statuses: [Int]) { self.statuses = Mutex(statuses) }

        func next() -> Int {
            statuses.withLock { $0.isEmpty ? 204 : $0.removeFirst() }
        }
    }
}
