import CurlHTTPClient
import Logging
import Synchronization

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Runs `body` with a client and a server that are both stopped afterwards.
func withClient<Result>(
    to server: TestServer = TestServer(),
    _ configuration: ClientConfiguration = ClientConfiguration(),
    _ body: (HTTPClient, TestServer) async throws -> Result
) async throws -> Result {
    let client = try HTTPClient(configuration: configuration, logger: quiet)
    defer { server.stop() }
    do {
        let result = try await body(client, server)
        await client.shutdown()
        return result
    } catch {
        await client.shutdown()
        throw error
    }
}

/// The error of an exchange that must fail.
func failure(of client: HTTPClient, sending request: ClientRequest) async -> ClientError? {
    do throws(ClientError) {
        _ = try await client.send(request)
        return nil
    } catch {
        return error
    }
}

extension TestServer {
    /// Waits for the next request to arrive.
    func nextRequest() async -> ReceivedRequest? {
        await arrivals.first { _ in true }
    }
}

/// Counts how often the completion of each of several exchanges was called.
final class Completions: Sendable {
    typealias Outcome = Result<ClientResponse, ClientError>

    private let outcomes: Mutex<[[Outcome]]>
    private let calls: AsyncStream<Void>
    private let call: AsyncStream<Void>.Continuation

    init(count: Int) {
        outcomes = Mutex(Array(repeating: [], count: count))
        (calls, call) = AsyncStream.makeStream()
    }

    func completion(_ index: Int) -> @Sendable (Outcome) -> Void {
        { outcome in
            self.outcomes.withLock { $0[index].append(outcome) }
            self.call.yield()
        }
    }

    var all: [[Outcome]] { outcomes.withLock { $0 } }

    var errors: [ClientError?] {
        all.joined().map { outcome in
            if case .failure(let error) = outcome { error } else { nil }
        }
    }

    /// Waits until as many calls were made as there are exchanges.
    func waitForAll() async {
        var missing = all.count
        for await _ in calls {
            missing -= 1
            if missing == 0 { return }
        }
    }
}
