import HTTPTypes
import JSON

/// An Actito licence with one entity and one profile table as a value.
///
/// Contract: `actito.md`, V5 and V4, with prefixed and with legacy addresses.
struct ActitoPlatform: SimulatedPlatform {
    let table: ActitoTable
    let putSemantics: SandboxConfiguration.PutSemantics
    private let addresses: SandboxConfiguration.ActitoAddresses
    let profileCalls: SandboxConfiguration.ActitoProfiles
    let emailCampaigns: [String]
    let envelope: SandboxConfiguration.ActitoEnvelope
    let push: SandboxConfiguration.ActitoPush
    let blockMilliseconds: Int
    let integrationName: String
    let limits: CallLimits
    private let tokenMilliseconds: Int64
    private var tokens: [String: Moment] = [:]
    var hooks: [ActitoHook] = []
    var nextHookID: Int64 = 123
    var mailCount = 0
    var profiles: [Int64: ActitoProfile] = [:]
    /// Profile ids by unique attribute, then by the value as text.
    var index: [String: [String: Int64]] = [:]
    var nextProfileID: Int64 = 12_345

    init(_ configuration: SandboxConfiguration) {
        table = ActitoTable(configuration)
        putSemantics = configuration.putSemantics
        addresses = configuration.actitoAddresses
        profileCalls = configuration.actitoProfiles
        emailCampaigns = configuration.emailCampaigns
        envelope = configuration.actitoEnvelope
        push = configuration.actitoPush
        blockMilliseconds = configuration.actitoBlockMilliseconds
        integrationName = configuration.integrationName
        limits = CallLimits(
            concurrentMax: configuration.actitoConcurrentMax,
            perMinuteMax: configuration.actitoCallsPerMinute,
            slowdownMilliseconds: configuration.actitoSlowdownMilliseconds,
            latencyMilliseconds: configuration.actitoLatencyMilliseconds
        )
        tokenMilliseconds = configuration.actitoTokenMilliseconds
    }

    var webhookPath: String { "/webhooks/actito" }

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

    mutating func expireTokens() { tokens = [:] }

    /// "Response time will increase": beyond 100 calls a minute nothing is refused.
    var refusalWhenThrottled: Refusal? { nil }

    func asksForToken(_ request: PlatformRequest) -> Bool {
        request.path == ["auth", "token"]
    }

    func response(to refusal: Refusal) -> PlatformResponse {
        PlatformResponse(
            status: refusal.status,
            headers: refusal.headers,
            body: ["message": .string(refusal.message)]
        )
    }

    private mutating func route(
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        if asksForToken(request) {
            guard request.method == .get else { throw .method(allowed: [.get]) }
            return try createToken(request, at: now, by: &chance)
        }
        guard let address = ActitoAddress(request.path) else { throw Self.notFound }
        guard address.isAlive(addresses) else { throw Self.retired }
        try authenticate(request, at: now)
        try checkAccept(request)
        switch address.version {
        case .v5: return try routeV5(address, request, at: now, by: &chance)
        case .v4: return try routeV4(address, request, at: now, by: &chance)
        }
    }

    private mutating func createToken(
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        // The key stands alone: a scheme such as "Bearer" before it makes it another key.
        guard let key = request.headers[.authorization], !key.isEmpty, !key.contains(" ") else {
            throw Refusal(.unauthorized, "Invalid API key")
        }
        tokens = tokens.filter { $0.value > now }
        // The escapes belong to the token: a client that decodes them is refused.
        let token = "AAAA\(chance.letters(20))%2B\(chance.letters(40))%3D\(chance.letters(20))"
        tokens[token] = now + tokenMilliseconds
        return Self.ok([
            "accessToken": .string(token), "tokenType": "bearer",
            "expiresIn": .string("\((tokenMilliseconds + 999) / 1_000)s"), "scope": "read write",
            "jti": .string(chance.uuid()),
        ])
    }

    private func authenticate(_ request: PlatformRequest, at now: Moment) throws(Refusal) {
        guard let token = request.bearerToken, let expiry = tokens[token], now < expiry else {
            throw Refusal(.unauthorized, "The access token is missing, invalid or expired")
        }
    }

    /// 406 unless the answer may be JSON.
    private func checkAccept(_ request: PlatformRequest) throws(Refusal) {
        guard let accept = request.headers[.accept]?.lowercased() else { return }
        let isFine = ["application/json", "application/*", "*/*"].contains { accept.contains($0) }
        guard isFine else { throw Refusal(.notAcceptable, "Only application/json is served") }
    }

    static func ok(_ body: JSONValue) -> PlatformAnswer {
        PlatformAnswer(response: PlatformResponse(status: .ok, body: body))
    }

    /// The contract: 405 may also mean a retired address.
    static let retired = Refusal(.methodNotAllowed, "This address is retired")

    static let notFound = Refusal(.notFound, "Not found")
}
