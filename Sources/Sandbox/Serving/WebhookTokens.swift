import CurlHTTPClient
import FoundationEssentials
import HTTPTypes
import JSON
import Synchronization

/// The bearer tokens of outgoing webhooks, fetched from the receiver's token endpoint.
///
/// Contract: `didomi.md`, section 7 (OAuth client credentials, and the platform caches the token).
final class WebhookTokens: Sendable {
    /// What is wrong with a token endpoint; holds no secret.
    struct Fault: Error {
        let reason: String
    }

    private struct Key: Hashable {
        var url: String
        var client: SandboxConfiguration.OAuthClient
    }

    private struct Token {
        var text: String
        var expiresAt: ContinuousClock.Instant
    }

    private let tokens = Mutex<[Key: Token]>([:])
    private let client: HTTPClient
    private let timeoutMilliseconds: Int

    init(client: HTTPClient, timeoutMilliseconds: Int) {
        self.client = client
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    /// A token that is still good by what its endpoint said, else a new one.
    func token(
        for client: SandboxConfiguration.OAuthClient,
        bridgeURL: String?
    ) async throws -> String {
        guard let url = client.tokenURL ?? bridgeURL.map({ "\($0)/oauth/token" }) else {
            throw Fault(reason: "no token endpoint")
        }
        let key = Key(url: url, client: client)
        let known = tokens.withLock { $0[key] }
        if let known, ContinuousClock.now < known.expiresAt { return known.text }
        let token = try await fetch(key)
        tokens.withLock { $0[key] = token }
        return token.text
    }

    /// Forgets a token that the receiver refused.
    func drop(_ token: String) {
        tokens.withLock { tokens in tokens = tokens.filter { $0.value.text != token } }
    }

    private func fetch(_ key: Key) async throws -> Token {
        let response = try await client.send(request(key))
        guard response.status == 200 else { throw Fault(reason: "token \(response.status)") }
        let body = try? JSONValue(parsing: response.body)
        guard let text = body?["access_token"]?.string, !text.isEmpty,
            body?["token_type"]?.string?.lowercased() == "bearer"
        else { throw Fault(reason: "no bearer token in the answer") }
        let seconds = body?["expires_in"]?.number?.double ?? 3_600
        guard 1...86_400 ~= seconds else { throw Fault(reason: "expires_in out of range") }
        return Token(text: text, expiresAt: .now + .seconds(seconds))
    }

    private func request(_ key: Key) -> ClientRequest {
        var headers: HTTPFields = [.accept: "application/json"]
        let body: String
        let id = Self.escaped(key.client.id)
        let secret = Self.escaped(key.client.secret)
        switch key.client.style {
        case .form:
            headers[.contentType] = "application/x-www-form-urlencoded"
            body = "grant_type=client_credentials&client_id=\(id)&client_secret=\(secret)"
        case .json:
            headers[.contentType] = "application/json"
            let json: JSONValue = [
                "grant_type": "client_credentials", "client_id": .string(key.client.id),
                "client_secret": .string(key.client.secret),
            ]
            body = json.serializedText()
        case .basic:
            headers[.contentType] = "application/x-www-form-urlencoded"
            headers[.authorization] = "Basic \(Data("\(id):\(secret)".utf8).base64EncodedString())"
            body = "grant_type=client_credentials"
        }
        return ClientRequest(
            method: "POST",
            url: key.url,
            headers: headers,
            body: Array(body.utf8),
            timeoutMilliseconds: timeoutMilliseconds
        )
    }

    /// As in a form: <https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1> wants it so in Basic
    /// credentials too.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                String(UnicodeScalar(byte))
            default:
                "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
