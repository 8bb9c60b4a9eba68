import ArgumentParser
import Bridge
import CurlHTTPClient
import Foundation
import HTTPTypes
import JSON
import Logging
import Storage

/// What a command asks of the admin API.
struct AdminQuestion: Sendable {
    var method = "GET"
    /// What follows `/api/v1`, decoded.
    var segments: [String]
    var parameters: [(name: String, value: String)] = []
    var body: JSONValue?

    init(_ segments: String...) {
        self.segments = segments
    }

    init(post body: JSONValue?, to segments: String...) {
        method = "POST"
        self.segments = segments
        self.body = body
    }

    var query: String {
        parameters.map { "\($0.name)=\($0.value.queryEncoded)" }.joined(separator: "&")
    }
}

/// An answer of the admin API.
struct AdminAnswer: Sendable {
    var status: Int
    var body: JSONValue
}

/// Where a command's questions go: to a bridge that runs, or to the storage alone.
protocol AdminClient: Sendable {
    func ask(_ question: AdminQuestion) async throws -> AdminAnswer
    func close() async
}

/// A bridge that runs.
struct RemoteAdminClient: AdminClient {
    let base: String
    let token: String?
    private let client: HTTPClient

    init(base: String, token: String?) throws {
        self.base = base
        self.token = token
        let logger = Logger(label: "admin") { _ in SwiftLogNoOpLogHandler() }
        client = try HTTPClient(configuration: ClientConfiguration(), logger: logger)
    }

    /// No bridge answered.
    struct NoAnswer: Error {
        var reason: String
    }

    func ask(_ question: AdminQuestion) async throws -> AdminAnswer {
        var headers: HTTPFields = [:]
        if let token { headers[.authorization] = "Bearer \(token)" }
        if let name = HTTPField.Name("X-Consent-Bridge-User") { headers[name] = userName }
        let path = (["api", "v1"] + question.segments).map(\.queryEncoded)
            .joined(separator: "/")
        let query = question.query
        let request = ClientRequest(
            method: question.method,
            url: "\(base)/\(path)\(query.isEmpty ? "" : "?\(query)")",
            headers: headers,
            body: question.body?.serialized() ?? [],
            timeoutMilliseconds: Self.timeoutMilliseconds
        )
        let response: ClientResponse
        do {
            response = try await client.send(request)
        } catch {
            throw NoAnswer(reason: "\(error)")
        }
        let body = try? JSONValue(parsing: response.body)
        return AdminAnswer(status: response.status, body: body ?? .null)
    }

    func close() async { await client.shutdown() }

    /// A retry of a hundred thousand deliveries takes a while.
    private static let timeoutMilliseconds = 120_000
}

/// Who is at the keyboard, for the record of what operators do.
var userName: String {
    environmentValue("SUDO_USER") ?? environmentValue("USER") ?? NSUserName()
}

extension String {
    /// Percent-encoded but for what RFC 3986 calls unreserved.
    var queryEncoded: String {
        utf8.reduce(into: "") { encoded, byte in
            let character = Character(UnicodeScalar(byte))
            let isUnreserved = byte < 128 && (character.isLetter || character.isNumber)
            if isUnreserved || "-._~".contains(character) {
                encoded.append(character)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
    }
}
