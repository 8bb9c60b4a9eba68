import Bridge
import BridgeCore
import CurlHTTPClient
import HTTPTypes

/// Sends the questions of `check --online` and of the drift watch, one after another.
struct AccountClient: Sendable {
    let client: HTTPClient
    /// The running bridge whose licence's limits the questions keep to; nil: they are alone.
    var bridge: (loop: BridgeLoop, key: AccessKey)?

    /// A platform that did not answer; the text holds no address and no secret.
    struct NoAnswer: Error {
        var reason: String
    }

    func send(_ request: PlatformRequest) async throws(NoAnswer) -> PlatformReply {
        guard let bridge else { return try await exchange(request) }
        let reply = try await bridge.loop.call(for: bridge.key) { () async throws(NoAnswer) in
            try await exchange(request)
        }
        guard let reply else { throw NoAnswer(reason: "the bridge stops") }
        return reply
    }

    private func exchange(_ request: PlatformRequest) async throws(NoAnswer) -> PlatformReply {
        let question = ClientRequest(
            method: request.method.rawValue,
            url: request.url,
            headers: request.headers,
            body: request.body
        )
        do {
            let response = try await client.send(question)
            return PlatformReply(
                status: response.status,
                headers: response.headers,
                body: response.body
            )
        } catch {
            throw NoAnswer(reason: error.description)
        }
    }
}

extension PlatformReply {
    var isSuccess: Bool { 200..<300 ~= status }
}
