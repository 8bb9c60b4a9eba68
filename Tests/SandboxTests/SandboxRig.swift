import CurlHTTPClient
import HTTPTypes
import JSON
import Logging
import MicroHTTPServer
import Sandbox
import Synchronization
import Testing

/// A webhook as the bridge's side of the wire saw it.
struct ReceivedWebhook: Sendable {
    var path: String
    var headers: HTTPFields
    var body: JSONValue
}

/// A real HTTP server in the bridge's place, which hands the webhooks over as they come.
final class ReceivingBridge: Sendable {
    let url: String
    private let server: HTTPServer
    private let webhooks: AsyncStream<ReceivedWebhook>
    private let asked = TokenRequests()

    /// The requests for a token so far, the oldest first.
    var tokenRequests: [ServerRequest] { asked.all.withLock(\.self) }

    /// Answers the first webhooks with the given statuses and all later ones with 200.
    ///
    /// At `/oauth/token` it gives out `token-1`, `token-2` and so on.
    init(answering statuses: [Int] = []) throws {
        let (stream, input) = AsyncStream.makeStream(of: ReceivedWebhook.self)
        webhooks = stream
        let answers = Answers(statuses)
        let asked = asked
        server = HTTPServer(configuration: ServerConfiguration(), logger: Rig.logger) {
            request,
            responder in
            if request.path == "/oauth/token" {
                let count = asked.all.withLock { asked in
                    asked.append(request)
                    return asked.count
                }
                let token: JSONValue = [
                    "access_token": .string("token-\(count)"), "token_type": "Bearer",
                    "expires_in": 3600,
                ]
                return responder.respond(ServerResponse(status: 200, body: token.serialized()))
            }
            let status = answers.next()
            if let body = try? JSONValue(parsing: request.body) {
                input.yield(
                    ReceivedWebhook(path: request.path, headers: request.headers, body: body)
                )
            }
            responder.respond(ServerResponse(status: status))
        }
        url = "http://127.0.0.1:\(try server.start())"
    }

    /// Waits for the next webhooks; the test's time limit ends a vain wait.
    func next(_ count: Int) async -> [ReceivedWebhook] {
        var received: [ReceivedWebhook] = []
        for await webhook in webhooks {
            received.append(webhook)
            if received.count == count { break }
        }
        return received
    }

    func stop() async { await server.stop(graceMilliseconds: 100) }

    private final class TokenRequests: Sendable {
        let all = Mutex<[ServerRequest]>([])
    }

    private final class Answers: Sendable {
        private let statuses: Mutex<[Int]>

        init(_ statuses: [Int]) { self.statuses = Mutex(statuses) }

        func next() -> Int {
            statuses.withLock { $0.isEmpty ? 200 : $0.removeFirst() }
        }
    }
}

/// An answer with its body as JSON; null if there is none.
struct Answer: Sendable {
    var status: Int
    var headers: HTTPFields
    var body: JSONValue
}

/// Both sandbox platforms, a receiving bridge and a real client.
final class Rig: Sendable {
    static let logger = Logger(label: "sandbox-tests") { _ in SwiftLogNoOpLogHandler() }
    static let organization = "organization_id=acme-media"

    let sandbox: SandboxPlatforms
    let bridge: ReceivingBridge
    let client: HTTPClient
    let didomi: String
    let actito: String

    private init(_ configuration: SandboxConfiguration, _ bridge: ReceivingBridge) throws {
        self.bridge = bridge
        sandbox = try SandboxPlatforms(configuration: configuration, logger: Self.logger)
        client = try HTTPClient(configuration: ClientConfiguration(), logger: Self.logger)
        (didomi, actito) = try sandbox.start()
    }

    /// Runs a test's body with a fresh rig and stops everything afterwards.
    static func run(
        answering statuses: [Int] = [],
        _ configure: (inout SandboxConfiguration) -> Void = { _ in },
        _ body: (Rig) async throws -> Void
    ) async throws {
        let bridge = try ReceivingBridge(answering: statuses)
        var configuration = SandboxConfiguration()
        configuration.bridgeURL = bridge.url
        configuration.webhookRetryScale = 0.0001
        configure(&configuration)
        let rig = try Rig(configuration, bridge)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(rig))
        } catch {
            result = .failure(error)
        }
        await rig.sandbox.stop()
        await rig.client.shutdown()
        await bridge.stop()
        try result.get()
    }

    /// The platform's origin, where the control addresses are.
    func origin(_ platform: SandboxPlatform) -> String {
        platform == .didomi ? didomi : actito
    }

    func send(
        _ method: String,
        _ url: String,
        authorization: String? = nil,
        accept: String? = nil,
        _ body: JSONValue? = nil
    ) async throws -> Answer {
        var headers = HTTPFields()
        headers[.authorization] = authorization
        headers[.accept] = accept
        if body != nil { headers[.contentType] = "application/json" }
        let request = ClientRequest(
            method: method,
            url: url,
            headers: headers,
            body: body?.serialized() ?? [],
            timeoutMilliseconds: 20_000
        )
        let response = try await client.send(request)
        let json = response.body.isEmpty ? .null : try JSONValue(parsing: response.body)
        return Answer(status: response.status, headers: response.headers, body: json)
    }

    /// A session's token at Didomi.
    func didomiToken() async throws -> String {
        let session: JSONValue = ["type": "api-key", "key": "K", "secret": "top-secret"]
        let answer = try await send("POST", "\(didomi)/v1/sessions", session)
        return "Bearer \(try #require(answer.body["access_token"]?.string))"
    }

    /// A call to Didomi's API with a fresh token.
    func didomi(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> Answer {
        let token = try await didomiToken()
        let separator = path.contains("?") ? "&" : "?"
        let url = "\(didomi)/v1/\(path)\(separator)\(Self.organization)"
        return try await send(method, url, authorization: token, body)
    }

    /// An access token at Actito.
    func actitoToken() async throws -> String {
        let answer = try await send("GET", "\(actito)/auth/token", authorization: "raw-key")
        return "Bearer \(try #require(answer.body["accessToken"]?.string))"
    }

    /// A call to Actito's API with a fresh token.
    func actito(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> Answer {
        let token = try await actitoToken()
        return try await send(
            method,
            "\(actito)/\(path)",
            authorization: token,
            accept: "application/json",
            body
        )
    }

    /// A consent event of the kind that the bridge writes.
    static func event(
        _ key: String,
        purpose: String,
        _ enabled: JSONValue,
        id: String? = nil,
        more: [String: JSONValue] = [:]
    ) -> JSONValue {
        var event = JSONObject()
        event["id"] = id.map(JSONValue.string)
        event["user"] = ["organization_user_id": .string(key)]
        event["consents"] = ["purposes": [["id": .string(purpose), "enabled": enabled]]]
        for (name, value) in more { event[name] = value }
        return .object(event)
    }
}

extension JSONValue {
    /// The value at a path of names and indexes, such as `data.0.id`.
    func at(_ path: String) -> JSONValue? {
        path.split(separator: ".").reduce(self as JSONValue?) { value, step in
            if let index = Int(step), let array = value?.array {
                return array.indices.contains(index) ? array[index] : nil
            }
            return value?[String(step)]
        }
    }
}
