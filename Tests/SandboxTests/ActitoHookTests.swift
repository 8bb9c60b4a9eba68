import HTTPTypes
import JSON
import Sandbox
import Testing

/// Hooks that are registered through Actito's API, and the shapes of what they send.
@Suite(.timeLimit(.minutes(1)))
struct ActitoHookTests {
    static let newsletter = "subscription:Newsletter"
    static let hooks = "webhooks/v4/entity/acme/webhookSubscription"

    static func hook(_ target: String, _ more: [String: JSONValue] = [:]) -> JSONValue {
        var hook = JSONObject()
        hook["on"] = "PROFILE_TABLE"
        hook["onElementId"] = "16"
        hook["eventType"] = "UPDATED_SUBSCRIPTION"
        hook["targetUrl"] = .string(target)
        for (name, value) in more { hook[name] = value }
        return .object(hook)
    }

    @Test(arguments: [hooks, "v4/entity/acme/webhookSubscription"])
    func `a hook is added, listed, changed and removed`(path: String) async throws {
        try await Rig.run { rig in
            let body = Self.hook("https://bridge.example.com/actito", ["headers": ["X-A": "s"]])
            let created = try await rig.actito("POST", path, body)
            #expect(created.body == ["id": 123])
            let update = Self.hook("https://bridge.example.com/a", ["eventType": "UPDATE"])
            _ = try await rig.actito("POST", path, update)
            let list = try await rig.actito("GET", path).body
            #expect(list["webhookSubscriptions"]?.array?.count == 2)
            #expect(list.at("webhookSubscriptions.0.headers") == ["X-A": "s"])
            #expect(list.at("webhookSubscriptions.0.isActive") == true)
            let some = try await rig.actito("GET", "\(path)?eventType=UPDATE&isActif=true").body
            #expect(some.at("webhookSubscriptions.0.id") == 124)
            #expect(some["webhookSubscriptions"]?.array?.count == 1)
            let page = try await rig.actito("GET", "\(path)?page=1&pageSize=1").body
            #expect(page.at("webhookSubscriptions.0.id") == 124)
            #expect(try await rig.actito("PUT", "\(path)/123", update).status == 204)
            #expect(try await rig.actito("GET", "\(path)/123").body["eventType"] == "UPDATE")
            #expect(try await rig.actito("DELETE", "\(path)/123").status == 204)
            #expect(try await rig.actito("GET", "\(path)/123").status == 404)
            // The secret that Actito is to send is no one else's business.
            #expect(rig.sandbox.calls(of: .actito).at("items.1.body.headers.X-A") == "***")
        }
    }

    @Test(
        arguments: [
            ["on": "PROFILES"], ["onElementId": "17"], ["onElementId": 16],
            ["eventType": "UPDATED_SUBSCRIPTIONS"], ["targetUrl": "http://bridge.example.com/"],
            ["targetUrl": "http://127.0.0.1.example.com/"], ["targetUrl": "bridge"],
            ["onFields": ["Unknown"]], ["onFields": "Newsletter"], ["onFields": []],
            ["headers": ["X-A": 1]], ["webhookPushType": "ONCE"], ["maxBlockSize": 0],
            ["isActive": "yes"], ["active": true],
        ] as [[String: JSONValue]]
    )
    func `a hook that is not the contract's is refused`(
        member: [String: JSONValue]
    ) async throws {
        try await Rig.run { rig in
            let body = Self.hook("https://bridge.example.com/actito", member)
            #expect(try await rig.actito("POST", Self.hooks, body).status == 400)
            let list = try await rig.actito("GET", Self.hooks).body
            #expect(list["webhookSubscriptions"] == [])
        }
    }

    @Test func `a hook gets its type with its headers at its address`() async throws {
        try await Rig.run {
            $0.bridgeURL = nil
        } _: { rig in
            let body = Self.hook(
                "\(rig.bridge.url)/hooks/actito",
                [
                    "onFields": ["ProductNews"],
                    "headers": ["X-Authorization": "s3cret", "Content-Type": "text/plain"],
                ]
            )
            _ = try await rig.actito("POST", Self.hooks, body)
            for field in [Self.newsletter, "subscription:ProductNews"] {
                try rig.sandbox.act(on: .actito, key: "ann@example.com", field: field, value: true)
            }
            let webhook = await rig.bridge.next(1)[0]
            #expect(webhook.path == "/hooks/actito")
            let name = try #require(HTTPField.Name("X-Authorization"))
            #expect(webhook.headers[name] == "s3cret")
            #expect(webhook.headers[.contentType] == "application/json")
            #expect(webhook.body["fields"] == ["ProductNews"])
        }
    }

    @Test func `a hook that is not active gets nothing`() async throws {
        try await Rig.run {
            $0.bridgeURL = nil
        } _: { rig in
            let off = Self.hook("\(rig.bridge.url)/off", ["isActive": false])
            _ = try await rig.actito("POST", Self.hooks, off)
            _ = try await rig.actito("POST", Self.hooks, Self.hook("\(rig.bridge.url)/on"))
            try rig.sandbox.act(
                on: .actito,
                key: "ann@example.com",
                field: Self.newsletter,
                value: true
            )
            #expect(await rig.bridge.next(1)[0].path == "/on")
        }
    }

    @Test func `the current envelope has a random id, links and the values' own types`()
        async throws
    {
        try await Rig.run {
            $0.actitoEnvelope = .current
            $0.integrationName = "acme"
        } _: { rig in
            try rig.sandbox.act(
                on: .actito,
                key: "ann@example.com",
                field: Self.newsletter,
                value: true
            )
            let webhooks = await rig.bridge.next(2)
            #expect(
                webhooks.map(\.path) == [
                    "/webhooks/actito/acme/CREATE", "/webhooks/actito/acme/UPDATED_SUBSCRIPTION",
                ]
            )
            let body = webhooks[1].body
            #expect(body["eventType"] == nil)
            #expect(body["id"]?.string?.count == 36)
            #expect(body["id"] != webhooks[0].body["id"])
            #expect(
                body["data"] == [
                    "profileId": 12345, "emailAddress": "ann@example.com", "Newsletter": true,
                ]
            )
            let href = body.at("_links.webhook.href")?.string
            #expect(href?.hasPrefix("/webhooks/v4/entity/acme/webhookSubscription/") == true)
        }
    }

    @Test func `the minimal envelope names nobody but the profile`() async throws {
        try await Rig.run {
            $0.actitoEnvelope = .minimal
        } _: { rig in
            let key = "ann@example.com"
            try rig.sandbox.act(on: .actito, key: key, field: Self.newsletter, value: true)
            let webhook = await rig.bridge.next(2)[1]
            #expect(webhook.path == "/webhooks/actito/default/UPDATED_SUBSCRIPTION")
            #expect(webhook.body == ["data": ["profileId": 12345, "Newsletter": true]])
        }
    }

    @Test(arguments: [SandboxConfiguration.ActitoEnvelope.legacy, .current])
    func `blocks hold several people's webhooks`(
        envelope: SandboxConfiguration.ActitoEnvelope
    ) async throws {
        try await Rig.run {
            $0.bridgeURL = nil
            $0.actitoEnvelope = envelope
            // Long enough for three acts on a busy machine.
            $0.actitoBlockMilliseconds = 1_000
        } _: { rig in
            let bulk: [String: JSONValue] = ["webhookPushType": "BULK", "maxBlockSize": 2]
            let hook = Self.hook("\(rig.bridge.url)/bulk", bulk)
            _ = try await rig.actito("POST", Self.hooks, hook)
            for key in ["a@example.com", "b@example.com", "c@example.com"] {
                try rig.sandbox.act(on: .actito, key: key, field: Self.newsletter, value: true)
            }
            let bodies = await rig.bridge.next(2).map(\.body)
            let elements = bodies.map { envelope == .legacy ? $0.array : $0["data"]?.array }
            #expect(elements.map { $0?.count } == [2, 1])
            let addresses = elements.flatMap { $0 ?? [] }.map {
                envelope == .legacy ? $0.at("data.emailAddress") : $0["emailAddress"]
            }
            #expect(addresses == ["a@example.com", "b@example.com", "c@example.com"])
        }
    }

    @Test func `the bridge's own webhooks can come in blocks too`() async throws {
        try await Rig.run {
            $0.actitoPush = .bulk
        } _: { rig in
            let key = "ann@example.com"
            try rig.sandbox.act(on: .actito, key: key, field: Self.newsletter, value: true)
            let elements = try #require(await rig.bridge.next(1)[0].body.array)
            let types = elements.map { $0["eventType"] }
            #expect(types == ["CREATE", "UPDATED_SUBSCRIPTION"])
        }
    }
}
