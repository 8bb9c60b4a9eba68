import CurlHTTPClient
import HTTPTypes
import JSON
import Sandbox
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SandboxControlTests {
    static let key = "ann@example.com"

    @Test func `a person chooses at Didomi`() async throws {
        try await Rig.run { rig in
            let act: JSONValue = [
                "key": .string(Self.key), "field": "channel:email", "value": true,
                "metadata": ["customer_tier": "gold"],
            ]
            let url = "\(rig.origin(.didomi))/sandbox/act"
            #expect(try await rig.send("POST", url, act).status == 200)
            let entity = await rig.bridge.next(2)[0].body.at("parameters.entity")
            #expect(entity?.at("user.organization_user_id") == .string(Self.key))
            #expect(entity?.at("user.organization_user_id_type") == "email")
            #expect(entity?.at("user.metadata") == ["customer_tier": "gold"])
            #expect(entity?.at("consents.channels") == [["id": "email", "enabled": true]])
            #expect(entity?["delegate"] == nil)
            try rig.sandbox.act(on: .didomi, key: Self.key, field: "purpose:surveys", value: nil)
            let state = try await rig.send("GET", "\(rig.origin(.didomi))/sandbox/state").body
            let person: JSONValue = [
                "fields": ["channel:email": true, "purpose:surveys": nil],
                "attributes": ["customer_tier": "gold"],
            ]
            #expect(state == ["people": [Self.key: person]])
            #expect(state == rig.sandbox.state(of: .didomi))
        }
    }

    @Test func `a person chooses values of a preference and a channel of a purpose`() async throws {
        try await Rig.run { rig in
            for (field, value) in [
                ("preference:topics=sport", true), ("preference:topics=travel", true),
                ("preference:topics=sport", false), ("purpose:marketing/channel:sms", true),
            ] {
                try rig.sandbox.act(on: .didomi, key: Self.key, field: field, value: value)
            }
            let fields = rig.sandbox.state(of: .didomi)["people"]?[Self.key]?["fields"]
            #expect(
                fields == [
                    "preference:topics=sport": false, "preference:topics=culture": false,
                    "preference:topics=travel": true, "purpose:marketing/channel:sms": true,
                ]
            )
            let bodies = await rig.bridge.next(4).map(\.body)
            let values = "parameters.entity.consents.purposes.0.values.topics.value"
            #expect(bodies[0].at(values) == "sport")
            #expect(bodies[2].at(values) == "sport,travel")
        }
    }

    @Test func `a person chooses at Actito`() async throws {
        try await Rig.run { rig in
            let field = "subscription:Newsletter"
            try rig.sandbox.act(on: .actito, key: Self.key, field: field, value: true)
            let act: JSONValue = [
                "key": .string(Self.key), "field": .string(field), "value": false,
            ]
            let url = "\(rig.actito)/sandbox/act"
            #expect(try await rig.send("POST", url, act).status == 200)
            let webhooks = await rig.bridge.next(3).map(\.body)
            let types = webhooks.map { $0["eventType"] }
            #expect(types == ["CREATE", "UPDATED_SUBSCRIPTION", "UPDATED_SUBSCRIPTION"])
            #expect(webhooks[1].at("data.Newsletter") == "true")
            #expect(webhooks[2].at("data.Newsletter") == "false")
            #expect(webhooks[2].at("data.emailAddress") == .string(Self.key))
            let state = try await rig.send("GET", "\(rig.actito)/sandbox/state").body
            let person = state["people"]?[Self.key]
            #expect(person?["fields"] == ["subscription:Newsletter": false])
            #expect(person?["attributes"] == ["emailAddress": .string(Self.key)])
        }
    }

    @Test(
        arguments: [
            (SandboxPlatform.didomi, "act", ["key": "k", "field": "channel:fax", "value": true]),
            (.didomi, "act", ["key": "k", "field": "subscription:Newsletter", "value": true]),
            (.didomi, "act", ["key": "k", "field": "email", "value": true]),
            (.didomi, "act", ["key": "k", "field": "preference:topics", "value": true]),
            (.didomi, "act", ["key": "k", "field": "preference:topics=chess", "value": true]),
            (.didomi, "act", ["key": "k", "field": "preference:topics=sport", "value": nil]),
            (.didomi, "act", ["key": "k", "field": "purpose:surveys/channel:fax", "value": true]),
            (.didomi, "act", ["key": "k", "field": "channel:email", "value": "yes"]),
            (.didomi, "act", ["field": "channel:email", "value": true]),
            (.actito, "act", ["key": "k", "field": "channel:email", "value": true]),
            (.actito, "act", ["key": "k", "field": "subscription:Newsletter", "value": nil]),
            (.actito, "act", ["key": "k", "field": "subscription:Unknown", "value": true]),
            (.actito, "faults", ["kind": "earthquake"]),
            (.didomi, "faults", ["kind": "status", "status": 200]),
            (.didomi, "faults", ["kind": "status", "count": 0]),
            (.didomi, "faults", []),
        ] as [(SandboxPlatform, String, JSONValue)]
    )
    func `what the sandbox does not know is a problem`(
        platform: SandboxPlatform,
        address: String,
        body: JSONValue
    ) async throws {
        try await Rig.run { rig in
            let url = "\(rig.origin(platform))/sandbox/\(address)"
            let answer = try await rig.send("POST", url, body)
            #expect(answer.status == 400)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(answer.body["detail"]?.string?.isEmpty == false)
            #expect(rig.sandbox.state(of: platform) == ["people": [:]])
        }
    }

    @Test func `calls are recorded without the secret`() async throws {
        try await Rig.run { rig in
            let event = Rig.event(Self.key, purpose: "newsletter", true)
            _ = try await rig.didomi("POST", "consents/events?%24disable_integrations=true", event)
            _ = try await rig.send("GET", "\(rig.origin(.didomi))/sandbox/state")
            let calls = try await rig.send("GET", "\(rig.origin(.didomi))/sandbox/calls").body
            let items = try #require(calls["items"]?.array)
            #expect(
                items.map { $0["path"] } == [
                    "/v1/sessions",
                    "/v1/consents/events?%24disable_integrations=true&organization_id=acme-media",
                ]
            )
            #expect(items[0]["body"] == ["type": "api-key", "key": "***", "secret": "***"])
            #expect(items[1]["body"] == event)
            #expect(items.map { $0["status"] } == [200, 200])
            #expect(items.map { $0["method"] } == ["POST", "POST"])
            let session: JSONValue = ["type": "api-key", "key": "K", "secret": "top-secret"]
            _ = try await rig.send("POST", "\(rig.origin(.didomi))/sessions", session)
            let text = rig.sandbox.calls(of: .didomi).serializedText()
            #expect(text.contains(#""/sessions""#))
            #expect(!text.contains("top-secret"))
        }
    }

    @Test func `a status fault meets as many calls as it says`() async throws {
        try await Rig.run { rig in
            let faults = "\(rig.actito)/sandbox/faults"
            let fault: JSONValue = ["kind": "status", "status": 503, "count": 2]
            #expect(try await rig.send("POST", faults, fault).status == 200)
            var statuses: [Int] = []
            for _ in 0..<3 {
                let url = "\(rig.actito)/auth/token"
                statuses.append(try await rig.send("GET", url, authorization: "key").status)
            }
            #expect(statuses == [503, 503, 200])
            let recorded = rig.sandbox.calls(of: .actito)["items"]?.array?.map { $0["status"] }
            #expect(recorded == [503, 503, 200])
        }
    }

    @Test func `a fault without a count lasts until it is deleted`() async throws {
        try await Rig.run { rig in
            rig.sandbox.setFault(SandboxFault(kind: .status, status: 500), on: .didomi)
            let session: JSONValue = ["type": "api-key", "key": "K", "secret": "S"]
            let url = "\(rig.didomi)/sessions"
            for _ in 0..<3 {
                let answer = try await rig.send("POST", url, session)
                #expect(answer.status == 500)
                #expect(answer.body["name"] == "GeneralError")
            }
            let faults = "\(rig.origin(.didomi))/sandbox/faults"
            #expect(try await rig.send("DELETE", faults).status == 204)
            #expect(try await rig.send("POST", url, session).status == 200)
        }
    }

    @Test func `a dropped answer has its effect`() async throws {
        try await Rig.run { rig in
            let token = try await rig.didomiToken()
            rig.sandbox.setFault(SandboxFault(kind: .dropAnswer, count: 1), on: .didomi)
            let event = Rig.event(Self.key, purpose: "newsletter", true, id: "landed")
            var headers = HTTPFields()
            headers[.authorization] = token
            headers[.contentType] = "application/json"
            let request = ClientRequest(
                method: "POST",
                url: "\(rig.didomi)/consents/events?\(Rig.organization)",
                headers: headers,
                body: event.serialized(),
                timeoutMilliseconds: 300
            )
            await #expect(throws: ClientError.timedOut(requestSent: true)) {
                _ = try await rig.client.send(request)
            }
            #expect(try await rig.didomi("GET", "consents/events/landed").status == 200)
        }
    }

    @Test func `a delayed answer comes all the same`() async throws {
        try await Rig.run { rig in
            let fault = SandboxFault(kind: .delay, milliseconds: 50, count: 1)
            rig.sandbox.setFault(fault, on: .actito)
            _ = try await rig.actitoToken()
        }
    }

    @Test func `webhooks can be lost or doubled`() async throws {
        try await Rig.run { rig in
            let field = "subscription:Newsletter"
            rig.sandbox.setFault(SandboxFault(kind: .webhooksOff, count: 2), on: .actito)
            try rig.sandbox.act(on: .actito, key: Self.key, field: field, value: true)
            rig.sandbox.setFault(SandboxFault(kind: .duplicate, count: 1), on: .actito)
            try rig.sandbox.act(on: .actito, key: Self.key, field: field, value: false)
            try rig.sandbox.act(on: .actito, key: Self.key, field: field, value: true)
            let values = await rig.bridge.next(3).map { $0.body.at("data.Newsletter") }
            #expect(values == ["false", "false", "true"])
        }
    }

    @Test func `a late effect comes after the answer`() async throws {
        try await Rig.run { rig in
            let token = try await rig.actitoToken()
            let fault = SandboxFault(kind: .lateEffect, status: 504, milliseconds: 20, count: 1)
            rig.sandbox.setFault(fault, on: .actito)
            let answer = try await rig.send(
                "PUT",
                "\(rig.actito)/\(ActitoSandboxTests.profiles)",
                authorization: token,
                ActitoSandboxTests.upsert
            )
            #expect(answer.status == 504)
            #expect(await rig.bridge.next(1)[0].body["eventType"] == "CREATE")
            #expect(try await rig.actito("GET", ActitoSandboxTests.john).status == 200)
        }
    }

    @Test func `webhooks can change places`() async throws {
        try await Rig.run { rig in
            let fault = SandboxFault(kind: .reorder, milliseconds: 800, count: 1)
            rig.sandbox.setFault(fault, on: .didomi)
            try rig.sandbox.act(on: .didomi, key: Self.key, field: "channel:email", value: true)
            let types = await rig.bridge.next(2).map { $0.body["type"] }
            #expect(types == ["user.created", "event.created"])
        }
    }

    @Test func `webhooks are tried again and keep a person's order`() async throws {
        try await Rig.run(answering: [503, 500, 401, 503]) { rig in
            let field = "subscription:Newsletter"
            for value in [true, false, true] {
                try rig.sandbox.act(on: .actito, key: Self.key, field: field, value: value)
            }
            let types = await rig.bridge.next(8).map { $0.body["eventType"] }
            #expect(types.prefix(5).allSatisfy { $0 == "CREATE" })
            #expect(types.dropFirst(5).allSatisfy { $0 == "UPDATED_SUBSCRIPTION" })
        }
    }

    @Test func `a webhook is tried five times and then lost`() async throws {
        try await Rig.run(answering: [503, 503, 503, 503, 503]) { rig in
            let field = "subscription:Newsletter"
            try rig.sandbox.act(on: .actito, key: Self.key, field: field, value: true)
            try rig.sandbox.act(on: .actito, key: Self.key, field: field, value: false)
            let types = await rig.bridge.next(7).map { $0.body["eventType"] }
            // The next ones are not held up.
            let news = Array(repeating: JSONValue.string("UPDATED_SUBSCRIPTION"), count: 2)
            #expect(types == Array(repeating: "CREATE", count: 5) + news)
        }
    }

    @Test func `the bridge may come later and gets the secret`() async throws {
        try await Rig.run {
            $0.bridgeURL = nil
            $0.webhookHeader = (name: "X-Webhook-Secret", value: "s3cret")
        } _: { rig in
            try rig.sandbox.act(on: .didomi, key: "early", field: "channel:email", value: true)
            rig.sandbox.setBridge(url: rig.bridge.url)
            try rig.sandbox.act(on: .didomi, key: "late", field: "channel:email", value: true)
            let webhook = await rig.bridge.next(1)[0]
            #expect(
                webhook.body.at("parameters.entity.user.organization_user_id") == "late"
            )
            let name = try #require(HTTPField.Name("X-Webhook-Secret"))
            #expect(webhook.headers[name] == "s3cret")
            #expect(webhook.headers[.contentType] == "application/json")
        }
    }

    @Test func `wrong control addresses are told apart`() async throws {
        try await Rig.run { rig in
            #expect(try await rig.send("GET", "\(rig.actito)/sandbox/nothing").status == 404)
            let wrong = try await rig.send("POST", "\(rig.actito)/sandbox/state", [:])
            #expect(wrong.status == 405)
            #expect(wrong.headers[.allow] == "GET")
        }
    }
}
