import BridgeCore
import JSON
import Storage

/// What the admin API shows.
extension AdminEndpoints {
    func inbox(_ request: Request) throws -> JSONValue {
        let query = try AdminQuery(
            request.query,
            knows: InboxFilter.names.union(Self.pageParameters)
        )
        let limit = try query.limit()
        let items = try sources.store.inbox(
            try InboxFilter(query),
            before: try query.cursor().map { InboxID($0) },
            limit: limit + 1
        )
        return page(items, limit: limit) { ($0.entry.id.number, $0.json(request.disclosure)) }
    }

    func inboxEntry(_ id: InboxID, _ request: Request) throws -> OutboundResponse {
        _ = try AdminQuery(request.query, knows: [])
        guard let listing = try sources.store.listing(of: id) else { return .noSuchEntry }
        return .json(200, listing.json(request.disclosure, withPayload: true))
    }

    func deliveries(_ request: Request) throws -> JSONValue {
        let query = try AdminQuery(
            request.query,
            knows: DeliveryFilter.names.union(Self.pageParameters)
        )
        let limit = try query.limit()
        let items = try sources.store.deliveries(
            try DeliveryFilter(query, at: sources.ports.now()),
            before: try query.cursor().map { DeliveryID($0) },
            limit: limit + 1
        )
        return page(items, limit: limit) { ($0.id.number, $0.json(request.disclosure)) }
    }

    func delivery(_ id: DeliveryID, _ request: Request) throws -> OutboundResponse {
        _ = try AdminQuery(request.query, knows: [])
        guard let delivery = try sources.store.delivery(id) else { return .noSuchDelivery }
        let attempts = try sources.store.attempts(of: id)
        return .json(200, delivery.json(request.disclosure, attempts: attempts))
    }

    func actions(_ request: Request) throws -> JSONValue {
        let query = try AdminQuery(request.query, knows: Self.pageParameters)
        let limit = try query.limit()
        let items = try sources.store.operatorActions(
            before: try query.cursor(),
            limit: limit + 1
        )
        return page(items, limit: limit) {
            ($0.id, $0.action.json(id: $0.id, request.disclosure))
        }
    }

    func subjects(_ key: String, _ request: Request) throws -> JSONValue {
        let query = try AdminQuery(request.query, knows: ["integration"])
        return try subjects(key, in: try query.integration(), request)
    }

    /// The key in the body, for keys that must not stand in an address.
    func searchSubjects(_ request: Request) throws -> JSONValue {
        _ = try AdminQuery(request.query, knows: [])
        let query = try AdminQuery(try body(of: request), knows: ["key", "integration"])
        guard let key = try query.text("key") else {
            throw Refusal.badRequest("The body names no \"key\".")
        }
        return try subjects(key, in: try query.integration(), request)
    }

    private func subjects(
        _ text: String,
        in name: IntegrationName?,
        _ request: Request
    ) throws -> JSONValue {
        let links = KeyLinks(try sources.store.keyLinks())
        var items: [JSONValue] = []
        for integration in sources.integrations() where name.map({ $0 == integration.name }) ?? true
        {
            guard let asked = integration.settings.subjectKey.key(from: text) else { continue }
            let key = links.resolve(asked, in: integration.name)
            let report = SubjectReport(
                store: sources.store,
                key: SnapshotKey(integration: integration.name, subject: .key(key)),
                formerKeys: links.formerKeys(of: key, in: integration.name),
                disclosure: request.disclosure
            )
            if let item = try report.json() { items.append(item) }
        }
        return ["items": .array(items)]
    }

    func preview(_ request: Request) throws -> OutboundResponse {
        _ = try AdminQuery(request.query, knows: [])
        let body = try body(of: request)
        let known = ["from", "payload", "event", "integration"]
        guard let members = body.object?.members, members.allSatisfy({ known.contains($0.name) })
        else {
            throw Refusal.badRequest("The body is an object of \(known.joined(separator: ", ")).")
        }
        guard let from = body["from"]?.string.flatMap(PlatformName.init(rawValue:)) else {
            throw Refusal.badRequest("\"from\" is didomi or actito.")
        }
        guard let payload = body["payload"], payload.object != nil || payload.array != nil else {
            throw Refusal.badRequest("\"payload\" is the webhook's body, an object or an array.")
        }
        for name in ["event", "integration"] {
            if let value = body[name], !value.isNull, value.string == nil {
                throw Refusal.badRequest("\"\(name)\" is no text.")
            }
        }
        let name = body["integration"]?.string
        if name?.isEmpty == true { throw Refusal.badRequest("\"integration\" is empty.") }
        let integrations = sources.integrations()
            .filter { integration in name.map { $0 == integration.name.text } ?? true }
        guard !integrations.isEmpty else { return .noSuchIntegration }
        let webhook = Receiver.Webhook(
            platform: from,
            integration: name,
            event: body["event"]?.string,
            request: InboundRequest(method: "POST", path: "/", body: payload.serialized())
        )
        let preview = try Preview(webhook, for: integrations, ports: sources.ports)
        return .json(200, preview.json(request.disclosure))
    }

    func body(of request: Request) throws(Refusal) -> JSONValue {
        do {
            return try JSONValue(parsing: request.body)
        } catch {
            throw .badRequest("The body is not JSON: \(error)")
        }
    }

    /// A page, with the cursor of the next one if more were found than asked for.
    private func page<Item>(
        _ items: [Item],
        limit: Int,
        _ convert: (Item) -> (id: Int64, json: JSONValue)
    ) -> JSONValue {
        let shown = items.prefix(limit).map(convert)
        let next = items.count > limit ? shown.last.map { String($0.id) } : nil
        return ["items": .array(shown.map(\.json)), "next": .text(next)]
    }

    private static let pageParameters: Set<String> = ["cursor", "limit"]
    /// `interface.md` section 7.
    static let keyBytesMax = 320
}

extension OutboundResponse {
    static var noSuchDelivery: Self { .problem(404, "Not Found", "There is no such delivery.") }

    static var noSuchIntegration: Self {
        .problem(404, "Not Found", "There is no such integration.")
    }

    fileprivate static var noSuchEntry: Self {
        .problem(404, "Not Found", "There is no such inbox entry.")
    }
}
