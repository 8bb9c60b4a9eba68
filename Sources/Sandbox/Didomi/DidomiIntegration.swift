import HTTPTypes
import JSON

/// An integration of Didomi's marketplace; of type `webhook-http` it gets the webhooks.
///
/// Contract: `didomi.md`, section 7.
struct DidomiIntegration: Sendable {
    let id: String
    let typeID: String
    private let authentication: JSONObject
    private let properties: JSONObject

    init(id: String, _ body: JSONObject) throws(Refusal) {
        let reader = DidomiReader(name: "integration")
        _ = try reader.object(.object(body), members: Self.members)
        guard let typeID = try body.text("type_id") else {
            throw Refusal(.badRequest, "type_id is missing")
        }
        self.id = id
        self.typeID = typeID
        authentication = try reader.nested(body, "authentication")
        properties = try reader.nested(body, "properties")
        guard typeID == "webhook-http" else { return }
        guard try properties.text("url").map(Self.isAddress) == true else {
            throw Refusal(.badRequest, "properties.url must be an address")
        }
        guard !authentication.isEmpty else { return }
        let url = try authentication.text("url")
        let client = try authentication.text("client_id")
        guard url.map(Self.isAddress) == true, client != nil,
            try authentication.text("client_secret") != nil
        else {
            throw Refusal(.badRequest, "authentication needs url, client_id and client_secret")
        }
    }

    // Besides the webhook's three, what Didomi's own Actito integration has.
    private static let members = [
        "type_id", "authentication", "properties", "mappings", "upsert_mode", "enable_webhooks",
        "enable_emailing",
    ]

    private static func isAddress(_ text: String) -> Bool {
        text.hasPrefix("https://") || text.hasPrefix("http://")
    }

    /// Where the webhooks go, if this integration gets any.
    var webhookURL: String? {
        typeID == "webhook-http" ? properties["url"]?.string : nil
    }

    /// Whose token the webhooks carry, if the integration names a client.
    func oauth(
        style: SandboxConfiguration.OAuthClient.Style
    ) -> SandboxConfiguration.OAuthClient? {
        guard let id = authentication["client_id"]?.string,
            let secret = authentication["client_secret"]?.string
        else { return nil }
        return SandboxConfiguration.OAuthClient(
            id: id,
            secret: secret,
            style: style,
            tokenURL: authentication["url"]?.string
        )
    }

    /// As the API shows it: without the secret.
    func json(organizationID: String) -> JSONValue {
        var shown = authentication
        for name in ["client_secret", "private_api_key"] { shown[name] = nil }
        return [
            "id": .string(id), "organization_id": .string(organizationID),
            "type_id": .string(typeID), "authentication": .object(shown),
            "properties": .object(properties),
        ]
    }
}

extension DidomiPlatform {
    /// `/marketplace/integrations`: `GET` lists them, `POST` adds one.
    mutating func integrationsCollection(
        _ request: PlatformRequest,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        switch request.method {
        case .get:
            let data = integrations.map { $0.json(organizationID: organizationID) }
            return Self.ok(
                listsAreBare
                    ? .array(data)
                    : [
                        "total": .number(JSONNumber(data.count)), "limit": 100, "skip": 0,
                        "data": .array(data),
                    ]
            )
        case .post:
            let integration = try DidomiIntegration(id: chance.uuid(), try request.object())
            try checkBought(integration)
            integrations.append(integration)
            return Self.ok(integration.json(organizationID: organizationID))
        default:
            throw .method(allowed: [.get, .post])
        }
    }

    /// `/marketplace/integrations/{id}`: `GET`, `PATCH` (with the whole of it), `DELETE`.
    mutating func integration(
        _ id: String,
        _ request: PlatformRequest
    ) throws(Refusal) -> PlatformAnswer {
        let methods: [HTTPRequest.Method] = [.get, .patch, .delete]
        guard methods.contains(request.method) else { throw .method(allowed: methods) }
        guard let index = integrations.firstIndex(where: { $0.id == id }) else {
            throw Refusal(.notFound, "No record found for id '\(id)'")
        }
        if request.method == .patch {
            let integration = try DidomiIntegration(id: id, try request.object())
            try checkBought(integration)
            integrations[index] = integration
        }
        let shown = integrations[index].json(organizationID: organizationID)
        if request.method == .delete { integrations.remove(at: index) }
        return Self.ok(shown)
    }

    /// The HTTP webhook is a premium feature.
    private func checkBought(_ integration: DidomiIntegration) throws(Refusal) {
        guard integration.webhookURL == nil || features.contains("webhooks") else {
            throw Self.forbidden
        }
    }
}
