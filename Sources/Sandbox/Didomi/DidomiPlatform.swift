import HTTPTypes
import JSON

/// A Didomi organization as a value: sessions, consent events, users, purposes.
///
/// Contract: `didomi.md`. What is not told there answers 404, as the real routes do.
struct DidomiPlatform: SimulatedPlatform {
    /// How many events one array may hold, as documented.
    static let batchCountMax = 100
    /// How many users a page holds, as documented.
    static let pageCount = 100

    /// The regulation that a call means if it names none, as documented.
    static let regulationDefault = "gdpr"

    let organizationID: String
    /// The regulation of a person's own choices.
    let regulation: String
    let purposes: [String]
    let channels: [String]

    private let tokenMilliseconds: Int64
    /// Tokens and when they expire.
    private var tokens: [String: Moment] = [:]
    var events: [String: DidomiEvent] = [:]
    var users: [String: DidomiUser] = [:]
    /// User ids in the order of creation.
    var userIDs: [String] = []
    /// The user ids of one organization user id, the oldest first.
    var userIDsByKey: [String: [String]] = [:]
    private var lastStamp = Moment(milliseconds: 0)

    init(_ configuration: SandboxConfiguration) {
        organizationID = configuration.organizationID
        regulation = configuration.regulation
        purposes = configuration.purposes
        channels = configuration.channels
        tokenMilliseconds = configuration.didomiTokenMilliseconds
    }

    var webhookPath: String { "/webhooks/didomi" }

    mutating func answer(
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) -> PlatformAnswer {
        do throws(Refusal) {
            return try route(request, at: now, by: &chance)
        } catch {
            return PlatformAnswer(response: response(to: error))
        }
    }

    func asksForToken(_ request: PlatformRequest) -> Bool {
        // At a wrong address too, since the body holds the secret all the same.
        request.path.last == "sessions"
    }

    func response(to refusal: Refusal) -> PlatformResponse {
        let body: JSONValue = [
            "code": .number(JSONNumber(refusal.status.code)),
            "errors": [:],
            "message": .string(refusal.message),
            "name": .string(Self.errorName(refusal.status)),
        ]
        var headers = refusal.headers
        if refusal.status == .tooManyRequests {
            headers[.retryAfter] = "1"
        }
        return PlatformResponse(status: refusal.status, headers: headers, body: body)
    }

    /// A time that no two writes share, so that the latest one is always known.
    mutating func stamp(_ now: Moment) -> Moment {
        lastStamp = max(now, lastStamp + 1)
        return lastStamp
    }

    private mutating func route(
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        // The printed address is bare, so that it serves the API and `/sandbox/…` alike.
        let path = Array(request.path.first == "v1" ? request.path.dropFirst() : request.path[...])
        if path == ["sessions"] {
            guard request.method == .post else { throw .method(allowed: [.post]) }
            return try createSession(request, at: now, by: &chance)
        }
        try authenticate(request, at: now)
        try checkOrganization(request)
        switch (path.count, path.prefix(2).joined(separator: "/")) {
        case (2, "consents/events"):
            switch request.method {
            case .post: return try createEvents(request, at: now, by: &chance)
            case .get: return try listEvents(request)
            default: throw .method(allowed: [.get, .post])
            }
        case (3, "consents/events"):
            switch request.method {
            case .get: return try Self.ok(event(path[2], request).json)
            case .patch: return try patchEvent(path[2], request, at: now, by: &chance)
            case .delete: return try deleteEvent(path[2], request, at: now)
            default: throw .method(allowed: [.get, .patch, .delete])
            }
        case (2, "consents/users"):
            guard request.method == .get else { throw .method(allowed: [.get]) }
            return listUsers(request)
        case (3, "consents/users"):
            switch request.method {
            case .get: return try Self.ok(json(user(path[2], request), request))
            case .delete: return try deleteUser(path[2], request)
            default: throw .method(allowed: [.get, .delete])
            }
        case (2, "metadata/purposes"):
            guard request.method == .get else { throw .method(allowed: [.get]) }
            return listPurposes(request)
        case (1, "premium-features"):
            guard request.method == .get else { throw .method(allowed: [.get]) }
            return premiumFeatures()
        default:
            throw Self.pageNotFound
        }
    }

    private mutating func createSession(
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        let body = try request.object()
        guard body["type"] == "api-key", let key = body["key"]?.string, !key.isEmpty,
            let secret = body["secret"]?.string, !secret.isEmpty
        else {
            throw Refusal(.badRequest, "Invalid authentication information")
        }
        // Expired tokens are known for one more lifetime, to tell them from wrong ones.
        tokens = tokens.filter { $0.value + max(tokenMilliseconds, 60_000) > now }
        let expiry = now + tokenMilliseconds
        let claims: JSONValue = [
            "sub": .string(key), "exp": .number(JSONNumber(expiry.milliseconds / 1_000)),
        ]
        let token = [
            Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8)),
            Base64URL.encode(claims.serialized()),
            chance.letters(43),
        ].joined(separator: ".")
        tokens[token] = expiry
        return Self.ok(["type": "api-key", "key": .string(key), "access_token": .string(token)])
    }

    private func authenticate(_ request: PlatformRequest, at now: Moment) throws(Refusal) {
        guard let token = request.bearerToken else {
            throw Refusal(.unauthorized, "No auth token")
        }
        guard let expiry = tokens[token] else {
            throw Refusal(.unauthorized, "invalid token")
        }
        guard now < expiry else { throw Refusal(.unauthorized, "jwt expired") }
    }

    private func checkOrganization(_ request: PlatformRequest) throws(Refusal) {
        guard let organization = request.parameter("organization_id"), !organization.isEmpty else {
            throw Refusal(.badRequest, "organization_id is missing")
        }
        guard organization == organizationID else {
            throw Refusal(.notFound, "Organization not found")
        }
    }

    static func ok(_ body: JSONValue) -> PlatformAnswer {
        PlatformAnswer(response: PlatformResponse(status: .ok, body: body))
    }

    static let pageNotFound = Refusal(.notFound, "Page not found")

    private static func errorName(_ status: HTTPResponse.Status) -> String {
        switch status.code {
        case 400: "BadRequest"
        case 401: "NotAuthenticated"
        case 403: "Forbidden"
        case 404: "NotFound"
        case 405: "MethodNotAllowed"
        case 409: "Conflict"
        case 429: "TooManyRequests"
        case 503: "Unavailable"
        default: "GeneralError"
        }
    }
}

/// The alphabet of a JWT's parts: <https://www.rfc-editor.org/rfc/rfc4648#section-5>.
enum Base64URL {
    /// The text of bytes, without padding.
    static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var text = ""
        var bits = 0
        var count = 0
        for byte in bytes {
            bits = (bits << 8 | Int(byte)) & 0xFFFF
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[bits >> count & 63])
            }
        }
        if count > 0 { text.append(alphabet[bits << (6 - count) & 63]) }
        return text
    }
}
