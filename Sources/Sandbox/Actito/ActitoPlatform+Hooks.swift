import HTTPTypes
import JSON

/// Registering hooks: `actito.md`, section 5.1.
extension ActitoPlatform {
    /// `…/webhookSubscription`: `GET` lists them, `POST` adds one.
    mutating func hooksCollection(_ request: PlatformRequest) throws(Refusal) -> PlatformAnswer {
        switch request.method {
        case .get:
            return try listHooks(request)
        case .post:
            let hook = try ActitoHook(id: nextHookID, try request.object(), table: table)
            nextHookID += 1
            hooks.append(hook)
            return Self.ok(["id": .number(JSONNumber(hook.id))])
        default:
            throw .method(allowed: [.get, .post])
        }
    }

    /// `…/webhookSubscription/{id}`: `GET`, `PUT` (the whole of it), `DELETE`.
    mutating func hook(_ id: String, _ request: PlatformRequest) throws(Refusal) -> PlatformAnswer {
        let methods: [HTTPRequest.Method] = [.get, .put, .delete]
        guard methods.contains(request.method) else { throw .method(allowed: methods) }
        guard let index = hooks.firstIndex(where: { String($0.id) == id }) else {
            throw Self.notFound
        }
        switch request.method {
        case .get:
            return Self.ok(hooks[index].json)
        case .put:
            let body = try request.object()
            hooks[index] = try ActitoHook(id: hooks[index].id, body, table: table)
            return PlatformAnswer(response: PlatformResponse(status: .noContent))
        default:
            hooks.remove(at: index)
            return PlatformAnswer(response: PlatformResponse(status: .noContent))
        }
    }

    private func listHooks(_ request: PlatformRequest) throws(Refusal) -> PlatformAnswer {
        let page = try request.integer("page", in: 0...1_000_000) ?? 0
        let pageSize = try request.integer("pageSize", in: 1...1_000) ?? 100
        // The misspelling is the contract's.
        let isActive = try request.boolean("isActif")
        let found = hooks.filter { hook in
            (request.parameter("tableType").map { $0 == "PROFILE_TABLE" } ?? true)
                && (request.parameter("tableId").map { $0 == table.id } ?? true)
                && (request.parameter("eventType").map { $0 == hook.kind.rawValue } ?? true)
                && (isActive.map { $0 == hook.isActive } ?? true)
        }
        return Self.ok([
            "webhookSubscriptions": .array(
                found.dropFirst(page * pageSize).prefix(pageSize).map(\.json)
            ),
            "page": .number(JSONNumber(page)),
            "pageSize": .number(JSONNumber(pageSize)),
        ])
    }
}
