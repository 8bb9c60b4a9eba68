import BridgeCore
import CurlHTTPClient
import HTTPTypes

/// Sends the questions of `check --online`, one after another.
struct AccountClient: Sendable {
    let client: HTTPClient

    /// A platform that did not answer; the text holds no address and no secret.
    struct NoAnswer: Error {
        var reason: String
    }

    func send(_ request: PlatformRequest) async throws(NoAnswer) -> PlatformReply {
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
