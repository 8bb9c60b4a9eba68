import CurlHTTPClient
import HTTPTypes
import Logging
import Synchronization

/// The bridge's client against a sink: as many requests as it is given, a fixed number under way.
struct ClientRun {
    var url: String
    var count: Int
    var inFlightMax: Int

    /// What is shared with the client's thread.
    private struct Progress {
        var started = 0
        var ended = 0
        var failed = 0
        var continuation: CheckedContinuation<Void, Never>?
    }

    /// Posts a body, with the headers that the bridge sends; the result is a JSON object.
    func result(posting body: [UInt8]) async throws -> String {
        var configuration = ClientConfiguration()
        configuration.connectionsPerHostMax = inFlightMax
        let client = try HTTPClient(
            configuration: configuration,
            logger: Logger(label: "micro") { _ in SwiftLogNoOpLogHandler() }
        )
        let request = ClientRequest(
            method: "POST",
            url: url,
            headers: [
                .accept: "application/json", .authorization: "Bearer token",
                .contentType: "application/json",
            ],
            body: body
        )
        let clock = ContinuousClock()
        let start = clock.now
        let failed = await run(request, client)
        let seconds = start.duration(to: clock.now) / .seconds(1)
        await client.shutdown()
        return """
            {"requests": \(count), "failed": \(failed), "seconds": \(seconds), \
            "rate": \(Double(count - failed) / seconds)}
            """
    }

    private func run(_ request: ClientRequest, _ client: HTTPClient) async -> Int {
        let shared = Shared(request: request, client: client, wanted: count)
        await withCheckedContinuation { continuation in
            shared.progress.withLock { $0.continuation = continuation }
            for _ in 0..<min(inFlightMax, count) { shared.start() }
        }
        return shared.progress.withLock(\.failed)
    }

    /// Starts the next request when one has ended.
    private final class Shared: Sendable {
        let progress = Mutex(Progress())
        let request: ClientRequest
        let client: HTTPClient
        let wanted: Int

        init(request: ClientRequest, client: HTTPClient, wanted: Int) {
            self.request = request
            self.client = client
            self.wanted = wanted
        }

        func start() {
            progress.withLock { $0.started += 1 }
            client.start(request) { [self] result in end(result) }
        }

        private func end(_ result: Result<ClientResponse, ClientError>) {
            let isAccepted = (try? result.get()).map { (200..<300).contains($0.status) } ?? false
            let (startsNext, continuation) = progress.withLock { progress in
                progress.ended += 1
                if !isAccepted { progress.failed += 1 }
                let isOver = progress.ended == wanted
                return (progress.started < wanted, isOver ? progress.continuation : nil)
            }
            if startsNext { start() }
            continuation?.resume()
        }
    }
}
