import HTTPTypes
import JSON
import MicroHTTPServer
import Sandbox
import Testing

/// Layouts, receivers and credentials of Didomi's webhooks.
@Suite(.timeLimit(.minutes(1)))
struct DidomiWebhookTests {
    static let key = "claire.dupont@example.com"
    static let client = SandboxConfiguration.OAuthClient(id: "bridge id", secret: "s+cret:%")

    static func choose(_ rig: Rig, _ value: Bool = true) throws {
        try rig.sandbox.act(
            on: .didomi,
            key: key,
            field: "channel:email",
            value: value,
            metadata: JSONObject(uniqueMembers: [.init(name: "tier", value: "gold")])
        )
    }

    @Test func `flat names can stand in the parameters' entity`() async throws {
        try await Rig.run {
            $0.didomiLayout = .entity
        } _: { rig in
            try Self.choose(rig)
            let body = await rig.bridge.next(1)[0].body
            let entity = try #require(body.at("parameters.entity"))
            #expect(entity["user__organization_user_id"] == .string(Self.key))
            #expect(entity["user__metadata__tier"] == "gold")
            #expect(entity["consents__channels__email__enabled"] == true)
            #expect(entity["status"] == "confirmed")
            #expect(entity.object?.members.allSatisfy { $0.value.object == nil } == true)
        }
    }

    @Test func `flat names can stand at the root`() async throws {
        try await Rig.run {
            $0.didomiLayout = .root
        } _: { rig in
            try Self.choose(rig)
            let body = await rig.bridge.next(1)[0].body
            #expect(body["type"] == "event.created")
            #expect(body["regulation"] == "gdpr")
            #expect(body["parameters"] == nil)
            #expect(body["entity__user__organization_user_id"] == .string(Self.key))
            #expect(body["entity__consents__channels__email__enabled"] == true)
        }
    }

    @Test func `flat names can have indexes`() async throws {
        try await Rig.run {
            $0.didomiLayout = .index
        } _: { rig in
            try Self.choose(rig)
            let entity = try #require(await rig.bridge.next(1)[0].body["entity"])
            #expect(entity["consents__channels__0__id"] == "email")
            #expect(entity["consents__channels__0__enabled"] == true)
        }
    }

    @Test func `of a change only the new entity is flat`() async throws {
        try await Rig.run {
            $0.didomiLayout = .entity
        } _: { rig in
            try Self.choose(rig)
            try Self.choose(rig, false)
            let body = await rig.bridge.next(4)[3].body
            #expect(body["type"] == "user.updated")
            #expect(body.at("parameters.old_entity.consents.channels.0.enabled") == true)
            #expect(body.at("parameters.entity.consents__channels__email__enabled") == false)
            #expect(body.at("parameters.source.id") != nil)
            #expect(body.at("parameters.new_entity") == nil)
        }
    }

    @Test(
        arguments: [
            (
                SandboxConfiguration.OAuthClient.Style.form,
                "grant_type=client_credentials&client_id=bridge%20id&client_secret=s%2Bcret%3A%25",
                nil
            ),
            (
                .json,
                #"{"grant_type":"client_credentials","client_id":"bridge id","#
                    + #""client_secret":"s+cret:%"}"#,
                nil
            ),
            // Both are escaped before they are joined (RFC 6749, section 2.3.1).
            (
                .basic, "grant_type=client_credentials",
                "Basic YnJpZGdlJTIwaWQ6cyUyQmNyZXQlM0ElMjU="
            ),
        ] as [(SandboxConfiguration.OAuthClient.Style, String, String?)]
    )
    func `webhooks carry a token that was fetched once`(
        style: SandboxConfiguration.OAuthClient.Style,
        body: String,
        authorization: String?
    ) async throws {
        try await Rig.run { configuration in
            var client = Self.client
            client.style = style
            configuration.oauth = client
        } _: { rig in
            try Self.choose(rig)
            let webhooks = await rig.bridge.next(2)
            #expect(
                webhooks.map { $0.headers[.authorization] } == ["Bearer token-1", "Bearer token-1"]
            )
            let request = try #require(rig.bridge.tokenRequests.first)
            #expect(rig.bridge.tokenRequests.count == 1)
            #expect(request.method == "POST")
            #expect(String(decoding: request.body, as: UTF8.self) == body)
            #expect(request.headers[.authorization] == authorization)
        }
    }

    @Test func `a refused token is replaced at once`() async throws {
        try await Rig.run(answering: [200, 401]) {
            $0.oauth = Self.client
        } _: { rig in
            try Self.choose(rig)
            let webhooks = await rig.bridge.next(3)
            #expect(
                webhooks.map { $0.headers[.authorization] } == [
                    "Bearer token-1", "Bearer token-1", "Bearer token-2",
                ]
            )
            #expect(webhooks[1].body == webhooks[2].body)
        }
    }

    @Test func `a webhook is lost when no token can be had`() async throws {
        try await Rig.run { configuration in
            var client = Self.client
            // Nothing listens at port 9 of this machine.
            client.tokenURL = "http://127.0.0.1:9/oauth/token"
            configuration.oauth = client
            configuration.webhookRetryScale = 0
        } _: { rig in
            try Self.choose(rig)
            // Actito has no OAuth, so its webhook is the first that comes.
            let field = "subscription:Newsletter"
            try rig.sandbox.act(on: .actito, key: Self.key, field: field, value: true)
            #expect(await rig.bridge.next(1)[0].path == "/webhooks/actito")
        }
    }

    static let integrations = "marketplace/integrations"

    static func integration(_ url: String, _ authentication: JSONValue = [:]) -> JSONValue {
        [
            "type_id": "webhook-http", "authentication": authentication,
            "properties": ["url": .string(url)],
        ]
    }

    @Test func `an integration is added, listed, changed and removed`() async throws {
        try await Rig.run { rig in
            let authentication: JSONValue = [
                "url": "https://bridge.example.com/oauth/token", "client_id": "id",
                "client_secret": "top-secret",
            ]
            let body = Self.integration("https://bridge.example.com/webhooks", authentication)
            let created = try await rig.didomi("POST", Self.integrations, body)
            #expect(created.status == 200)
            let id = try #require(created.body["id"]?.string)
            let list = try await rig.didomi("GET", Self.integrations).body
            #expect(list["data"] == [created.body])
            #expect(list.at("data.0.type_id") == "webhook-http")
            let path = "\(Self.integrations)/\(id)"
            let other = Self.integration("https://bridge.example.com/other")
            #expect(try await rig.didomi("PATCH", path, other).status == 200)
            let read = try await rig.didomi("GET", path).body
            #expect(read.at("properties.url") == "https://bridge.example.com/other")
            #expect(try await rig.didomi("DELETE", path).status == 200)
            #expect(try await rig.didomi("GET", path).status == 404)
            let shown = list.serializedText() + rig.sandbox.calls(of: .didomi).serializedText()
            #expect(!shown.contains("top-secret"))
        }
    }

    @Test(
        arguments: [
            ["properties": ["url": "https://bridge.example.com"]],
            ["type_id": "webhook-http", "properties": [:]],
            integration("bridge.example.com"),
            integration("https://bridge.example.com", ["url": "https://a.example.com"]),
            ["type_id": "webhook-http", "url": "https://bridge.example.com"], [],
        ] as [JSONValue]
    )
    func `an integration that is not the contract's is refused`(body: JSONValue) async throws {
        try await Rig.run { rig in
            let answer = try await rig.didomi("POST", Self.integrations, body)
            #expect(answer.status == 400)
        }
    }

    @Test func `an integration gets the webhooks with its own token`() async throws {
        try await Rig.run {
            $0.bridgeURL = nil
        } _: { rig in
            let authentication: JSONValue = [
                "url": .string("\(rig.bridge.url)/oauth/token"), "client_id": "id",
                "client_secret": "secret",
            ]
            let body = Self.integration("\(rig.bridge.url)/consents", authentication)
            _ = try await rig.didomi("POST", Self.integrations, body)
            try Self.choose(rig)
            let webhook = await rig.bridge.next(1)[0]
            #expect(webhook.path == "/consents")
            #expect(webhook.headers[.authorization] == "Bearer token-1")
        }
    }

    @Test func `the HTTP webhook must have been bought, another integration not`() async throws {
        try await Rig.run {
            $0.features.remove("webhooks")
        } _: { rig in
            let body = Self.integration("https://bridge.example.com")
            #expect(try await rig.didomi("POST", Self.integrations, body).status == 403)
            let native: JSONValue = [
                "type_id": "actito", "authentication": ["private_api_key": "top-secret"],
                "properties": ["entity_id": "acme", "table_name": "Profiles"],
                "mappings": [["id": "Newsletter", "value": "consents_channels_email_enabled"]],
            ]
            let created = try await rig.didomi("POST", Self.integrations, native)
            #expect(created.status == 200)
            let shown =
                created.body.serializedText() + rig.sandbox.calls(of: .didomi).serializedText()
            #expect(!shown.contains("top-secret"))
        }
    }
}
