import HTTPTypes
import JSON

/// An Actito licence with one entity and one profile table as a value.
///
/// Contract: `actito.md`, the V5 calls, with prefixed and with legacy addresses.
struct ActitoPlatform: SimulatedPlatform {
    let table: ActitoTable
    let putSemantics: SandboxConfiguration.PutSemantics
    private let tokenMilliseconds: Int64
    private var tokens: [String: Moment] = [:]
    var profiles: [Int64: ActitoProfile] = [:]
    /// Profile ids by unique attribute, then by the value as text.
    var index: [String: [String: Int64]] = [:]
    var nextProfileID: Int64 = 12_345

    init(_ configuration: SandboxConfiguration) {
        table = ActitoTable(configuration)
        putSemantics = configuration.putSemantics
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
        guard let (category, path) = Self.address(request.path) else { throw Self.notFound }
        try authenticate(request, at: now)
        try checkAccept(request)
        if path == ["entities"], category == nil || category == "entities" {
            guard request.method == .get else { throw .method(allowed: [.get]) }
            return listEntities()
        }
        guard path.count >= 3, path[0] == "entities", path[1] == table.entity,
            path[2] == "profile-tables"
        else { throw Self.notFound }
        if path.count <= 4, category == nil || category == "profile-table-structure" {
            guard request.method == .get else { throw .method(allowed: [.get]) }
            return try path.count == 3 ? listTables(request) : getTable(path[3])
        }
        guard path.count >= 5, table.isNamed(path[3]), path[4] == "profiles",
            category == nil || category == "profiles"
        else { throw Self.notFound }
        switch path.count {
        case 5: return try collection(request, at: now)
        case 6: return try profile(path[5], request, at: now)
        default: throw Self.notFound
        }
    }

    /// Takes `/{category}/v5/…` and the legacy `/v5/…` apart.
    private static func address(_ path: [String]) -> (category: String?, rest: [String])? {
        if path.first == "v5" { return (nil, Array(path.dropFirst())) }
        if path.count > 1, path[1] == "v5" { return (path[0], Array(path.dropFirst(2))) }
        return nil
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
            "expiresIn": .string("\(tokenMilliseconds / 1_000)s"), "scope": "read write",
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

    private func listEntities() -> PlatformAnswer {
        Self.ok(["entities": [["id": 1, "name": .string(table.entity), "comment": nil]]])
    }

    private func listTables(_ request: PlatformRequest) -> PlatformAnswer {
        let short: JSONValue = ["id": .string(table.id), "name": .string(table.name)]
        let namesOnly = request.parameter("fields") == "name"
        return Self.ok(["profileTables": [namesOnly ? short : table.json]])
    }

    private func getTable(_ segment: String) throws(Refusal) -> PlatformAnswer {
        guard table.isNamed(segment) else { throw Self.notFound }
        return Self.ok(table.json)
    }

    static func ok(_ body: JSONValue) -> PlatformAnswer {
        PlatformAnswer(response: PlatformResponse(status: .ok, body: body))
    }

    static let notFound = Refusal(.notFound, "Not found")
}
