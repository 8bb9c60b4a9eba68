import HTTPTypes
import JSON

/// A Didomi organization as a value: sessions, consent events, users, purposes.
///
/// Contract: `didomi.md`. What is not told there answers 404, as the real routes do.
struct DidomiPlatform: SimulatedPlatform {
    /// How many events one array may hold, as documented.
    static let batchCountMax = 100

    /// The regulation that a call means if it names none, as documented.
    static let regulationDefault = "gdpr"

    let organizationID: String
    /// The regulation of a person's own choices.
    let regulation: String
    let regulations: [String]
    let purposes: [String]
    let channels: [String]
    let preferences: [String: [String]]
    let preferencePurposes: [String: String]
    let features: Set<String>
    let layout: SandboxConfiguration.DidomiLayout
    let eventTypes: [SandboxConfiguration.DidomiEventType]
    let deletedEventsAreMinimal: Bool
    let oauth: SandboxConfiguration.OAuthClient?
    let duplicateEvents: SandboxConfiguration.DuplicateEvents
    let listsAreBare: Bool
    let pageCount: Int

    private let tokenMilliseconds: Int64
    private var window: CallWindow
    var integrations: [DidomiIntegration] = []
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
        regulations = configuration.regulations
        purposes = configuration.purposes
        channels = configuration.channels
        preferences = configuration.preferences
        preferencePurposes = configuration.preferencePurposes
        features = configuration.features
        layout = configuration.didomiLayout
        eventTypes = configuration.didomiEventTypes
        deletedEventsAreMinimal = configuration.deletedEventsAreMinimal
        oauth = configuration.oauth
        duplicateEvents = configuration.duplicateEvents
        listsAreBare = configuration.didomiListsAreBare
        pageCount = configuration.didomiPageCount
        window = CallWindow(callsMax: configuration.didomiCallsPerWindow)
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

    mutating func expireTokens() {
        for token in tokens.keys { tokens[token] = Moment(milliseconds: 0) }
    }

    /// Didomi does not say how many calls at once it bears.
    var limits: CallLimits { CallLimits() }

    var refusalWhenThrottled: Refusal? { CallWindow.refusal(retryAfterSeconds: 1) }

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
        if let seconds = refusal.retryAfterSeconds {
            headers[.retryAfter] = String(seconds)
            for (name, value) in CallWindow.headers(seconds: seconds) { headers[name] = value }
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
        try checkFeatures(path)
        let isFullTree = try request.boolean("$include_full_tree") == true
        if path.first != "consents" || isFullTree { try window.begin(at: now) }
        switch (path.count, path.prefix(2).joined(separator: "/")) {
        case (2, "consents/events"):
            switch request.method {
            case .post: return try createEvents(request, at: now, by: &chance)
            case .get: return try listEvents(request)
            case .delete: return try deleteEvents(request, at: now)
            default: throw .method(allowed: [.get, .post, .delete])
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
            return try listUsers(request)
        case (3, "consents/users"):
            switch request.method {
            case .get: return try Self.ok(json(user(path[2], request), request))
            case .delete: return try deleteUser(path[2], request)
            default: throw .method(allowed: [.get, .delete])
            }
        default:
            return try routeCatalogue(path, request, by: &chance)
        }
    }

    private mutating func routeCatalogue(
        _ path: [String],
        _ request: PlatformRequest,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        switch path {
        case ["metadata", "purposes"]:
            guard request.method == .get else { throw .method(allowed: [.get]) }
            return try listPurposes(request)
        case ["premium-features"]:
            guard request.method == .get else { throw .method(allowed: [.get]) }
            return premiumFeatures()
        case ["marketplace", "integrations"]:
            return try integrationsCollection(request, by: &chance)
        default:
            guard path.count == 3, path[0] == "marketplace", path[1] == "integrations" else {
                throw Self.pageNotFound
            }
            return try integration(path[2], request)
        }
    }

    /// 403 for what the organization has not bought.
    private func checkFeatures(_ path: [String]) throws(Refusal) {
        switch path.first {
        case "consents" where !features.contains("consents_api"),
            "marketplace" where !features.contains("integrations"):
            throw Self.forbidden
        default: break
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

    static let forbidden = Refusal(.forbidden, "You are not allowed to access this resource")

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
