import HTTPTypes
import JSON
import Sandbox
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DidomiSandboxTests {
    static let key = "claire.dupont@example.com"

    @Test func `empty credentials get no session`() async throws {
        try await Rig.run { rig in
            let body: JSONValue = ["type": "api-key", "key": "K", "secret": ""]
            let answer = try await rig.send("POST", "\(rig.didomi)/sessions", body)
            #expect(answer.status == 400)
            #expect(
                answer.body == [
                    "code": 400, "errors": [:],
                    "message": "Invalid authentication information", "name": "BadRequest",
                ]
            )
        }
    }

    @Test(arguments: [nil, "Bearer wrong", "Basic abc"])
    func `a call without a valid token is refused`(authorization: String?) async throws {
        try await Rig.run { rig in
            let url = "\(rig.didomi)/consents/users?\(Rig.organization)"
            let answer = try await rig.send("GET", url, authorization: authorization)
            #expect(answer.status == 401)
            #expect(answer.body["name"] == "NotAuthenticated")
        }
    }

    @Test func `an expired token is refused`() async throws {
        try await Rig.run {
            $0.didomiTokenMilliseconds = 0
        } _: { rig in
            let answer = try await rig.didomi("GET", "consents/users")
            #expect(answer.status == 401)
            #expect(answer.body["message"] == "jwt expired")
        }
    }

    @Test(
        arguments: [
            ("2026-11-23T10:02:11Z", "2026-11-23T10:02:11.000Z"),
            ("2024-02-29T23:59:59.9Z", "2024-02-29T23:59:59.900Z"),
            ("2025-01-01T00:30:00.123456+01:00", "2024-12-31T23:30:00.123Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
            ("2026-11-23", nil), ("2026-13-23T10:02:11Z", nil), ("2026-11-23T10:02:11", nil),
            ("2026-11-23T10:02:11.Z", nil), ("yesterday", nil),
        ] as [(String, String?)]
    )
    func `a creation date is kept to the millisecond`(
        given: String,
        stored: String?
    ) async throws {
        try await Rig.run { rig in
            let more: [String: JSONValue] = ["created_at": .string(given)]
            let event = Rig.event(Self.key, purpose: "newsletter", true, more: more)
            let answer = try await rig.didomi("POST", "consents/events", event)
            #expect(answer.status == (stored == nil ? 400 : 200))
            #expect(answer.body["created_at"]?.string == stored)
        }
    }

    @Test func `a user can be deleted`() async throws {
        try await Rig.run { rig in
            let event = Rig.event(Self.key, purpose: "newsletter", true, id: "e")
            _ = try await rig.didomi("POST", "consents/events", event)
            let path = "consents/users/claire.dupont%40example.com?$by_organization_user_id=true"
            #expect(try await rig.didomi("DELETE", path).status == 200)
            let deleted = await rig.bridge.next(3)[2].body
            #expect(deleted["type"] == "user.deleted")
            #expect(deleted.at("parameters.entity.organization_user_id") == .string(Self.key))
            #expect(try await rig.didomi("GET", path).status == 404)
            #expect(try await rig.didomi("GET", "consents/events/e").status == 404)
            #expect(rig.sandbox.state(of: .didomi) == ["people": [:]])
        }
    }

    @Test func `an event is stored whole and told in two webhooks`() async throws {
        try await Rig.run { rig in
            let event = Rig.event(
                Self.key,
                purpose: "newsletter",
                false,
                id: "e-1",
                more: [
                    "created_at": "2026-11-23T10:02:11Z",
                    "delegate": ["id": "consent-bridge", "name": "Actito"],
                ]
            )
            let answer = try await rig.didomi("POST", "consents/events", event)
            #expect(answer.status == 200)
            #expect(answer.body["created_at"] == "2026-11-23T10:02:11.000Z")
            #expect(answer.body["status"] == "confirmed")
            #expect(answer.body["regulation"] == "gdpr")
            #expect(answer.body.at("delegate.id") == "consent-bridge")
            #expect(answer.body.at("user.id")?.string?.count == 36)
            let webhooks = await rig.bridge.next(2)
            #expect(webhooks.map(\.path) == ["/webhooks/didomi", "/webhooks/didomi"])
            #expect(webhooks[0].body["type"] == "event.created")
            #expect(webhooks[0].body["regulation"] == "gdpr")
            #expect(webhooks[0].body.at("parameters.entity") == answer.body)
            #expect(webhooks[1].body["type"] == "user.created")
            #expect(webhooks[1].body.at("parameters.entity.version") == 1)
            #expect(webhooks[1].body.at("parameters.entity.id") == answer.body.at("user.id"))
            let read = try await rig.didomi("GET", "consents/events/e-1")
            #expect(read.body == answer.body)
        }
    }

    @Test func `partial choices add up and null sets nothing`() async throws {
        try await Rig.run { rig in
            let values: JSONValue = ["topics": ["value": "sport"]]
            let first: JSONValue = [
                "user": ["organization_user_id": .string(Self.key), "metadata": ["tier": "gold"]],
                "consents": [
                    "purposes": [["id": "newsletter", "enabled": true, "values": values]],
                    "channels": [["id": "email", "enabled": true]],
                ],
            ]
            let second: JSONValue = [
                "user": ["organization_user_id": .string(Self.key), "metadata": ["shop": "BRU"]],
                "consents": [
                    "purposes": [
                        [
                            "id": "newsletter", "enabled": nil,
                            "values": ["frequency": ["value": "weekly"]],
                        ], ["id": "surveys", "enabled": false],
                    ]
                ],
            ]
            _ = try await rig.didomi("POST", "consents/events", [first, second])
            let path = "consents/users/claire.dupont%40example.com?%24by_organization_user_id=true"
            let user = try await rig.didomi("GET", path).body
            #expect(user.at("consents.channels") == [["id": "email", "enabled": true]])
            #expect(user.at("consents.purposes.0.enabled") == true)
            #expect(user.at("consents.purposes.0.values.topics.value") == "sport")
            #expect(user.at("consents.purposes.0.values.frequency.value") == "weekly")
            #expect(user.at("consents.purposes.1") == ["id": "surveys", "enabled": false])
            #expect(user["metadata"] == ["tier": "gold", "shop": "BRU"])
            #expect(user["version"] == 2)
            let webhooks = await rig.bridge.next(4)
            let types = webhooks.map { $0.body["type"] }
            #expect(types == ["event.created", "user.created", "event.created", "user.updated"])
            let update = webhooks[3].body
            #expect(update.at("parameters.source") == webhooks[2].body.at("parameters.entity"))
            #expect(update.at("parameters.old_entity.version") == 1)
            #expect(update.at("parameters.new_entity") == user)
        }
    }

    @Test func `an id is stored once`() async throws {
        try await Rig.run { rig in
            let event = Rig.event(Self.key, purpose: "newsletter", true, id: "same")
            _ = try await rig.didomi("POST", "consents/events", event)
            let again = try await rig.didomi("POST", "consents/events", event)
            #expect(again.status == 409)
            #expect(again.body["name"] == "Conflict")
            let list = try await rig.didomi(
                "GET",
                "consents/events?organization_user_id=claire.dupont%40example.com"
            )
            #expect(list.body["data"]?.array?.count == 1)
        }
    }

    @Test(arguments: ["$disable_integrations=true", "%24disable_integrations=true"])
    func `integrations can be left out`(flag: String) async throws {
        try await Rig.run { rig in
            let quiet = Rig.event(Self.key, purpose: "newsletter", true)
            _ = try await rig.didomi("POST", "consents/events?\(flag)", quiet)
            let loud = Rig.event(Self.key, purpose: "surveys", true)
            _ = try await rig.didomi("POST", "consents/events", loud)
            let first = await rig.bridge.next(1)
            #expect(first[0].body.at("parameters.entity.consents.purposes.0.id") == "surveys")
        }
    }

    @Test func `a pending event counts only when it is confirmed`() async throws {
        try await Rig.run { rig in
            let event = Rig.event(
                Self.key,
                purpose: "newsletter",
                true,
                id: "p",
                more: ["status": "pending_approval"]
            )
            _ = try await rig.didomi("POST", "consents/events", event)
            let path = "consents/users?organization_user_id=claire.dupont%40example.com"
            var user = try await rig.didomi("GET", path).body
            #expect(user.at("data.0.consents.purposes") == [])
            _ = try await rig.didomi("PATCH", "consents/events/p", ["status": "confirmed"])
            user = try await rig.didomi("GET", path).body
            #expect(user.at("data.0.consents.purposes.0.enabled") == true)
            #expect(user["cursor"] == .null)
            let types = await rig.bridge.next(3).map { $0.body["type"] }
            #expect(types == ["event.created", "event.updated", "user.updated"])
        }
    }

    @Test func `deleting an event brings the earlier choice back`() async throws {
        try await Rig.run { rig in
            let granted = Rig.event(Self.key, purpose: "newsletter", true)
            let denied = Rig.event(Self.key, purpose: "newsletter", false, id: "denied")
            _ = try await rig.didomi("POST", "consents/events", [granted, denied])
            #expect(try await rig.didomi("DELETE", "consents/events/denied").status == 204)
            let webhooks = await rig.bridge.next(6)
            #expect(webhooks[4].body["type"] == "event.deleted")
            let user = webhooks[5].body.at("parameters.new_entity")
            #expect(user?.at("consents.purposes.0.enabled") == true)
            #expect(try await rig.didomi("GET", "consents/events/denied").status == 404)
        }
    }

    @Test func `regulations do not mix`() async throws {
        try await Rig.run { rig in
            let california = Rig.event(
                Self.key,
                purpose: "newsletter",
                true,
                more: ["regulation": "cpra"]
            )
            _ = try await rig.didomi("POST", "consents/events", california)
            let webhooks = await rig.bridge.next(2)
            #expect(webhooks[0].body["regulation"] == "cpra")
            let path = "consents/users?organization_user_id=claire.dupont%40example.com"
            let european = try await rig.didomi("GET", path).body
            #expect(european.at("data.0.consents.purposes") == [])
            let american = try await rig.didomi("GET", "\(path)&regulation=cpra").body
            #expect(american.at("data.0.consents.purposes.0.enabled") == true)
            let events = "consents/events?organization_user_id=claire.dupont%40example.com"
            #expect(try await rig.didomi("GET", events).body == ["data": []])
            let filter = "regulation[$in]=gdpr&regulation%5B%24in%5D=cpra"
            let both = try await rig.didomi("GET", "\(events)&\(filter)").body
            #expect(both["data"]?.array?.count == 1)
        }
    }

    @Test(
        arguments: [
            ("newslettr", nil, "Invalid purpose ID: newslettr"),
            ("newsletter", "maybe", "enabled of newsletter must be true, false or null"),
        ] as [(String, JSONValue?, String)]
    )
    func `an event that makes no sense is refused`(
        purpose: String,
        enabled: JSONValue?,
        message: String
    ) async throws {
        try await Rig.run { rig in
            let good = Rig.event("someone@example.com", purpose: "surveys", true)
            let bad = Rig.event(Self.key, purpose: purpose, enabled ?? true)
            let answer = try await rig.didomi("POST", "consents/events", [good, bad])
            #expect(answer.status == 400)
            #expect(answer.body["message"] == .string(message))
            // An array is stored wholly or not at all.
            #expect(rig.sandbox.state(of: .didomi) == ["people": [:]])
        }
    }

    @Test func `a batch has at most a hundred events`() async throws {
        try await Rig.run { rig in
            let event = Rig.event(Self.key, purpose: "newsletter", true)
            let many = JSONValue.array(Array(repeating: event, count: 101))
            let answer = try await rig.didomi("POST", "consents/events", many)
            #expect(answer.status == 400)
        }
    }

    @Test func `users come in pages`() async throws {
        try await Rig.run { rig in
            let events = (0..<60).map { Rig.event("u\($0)", purpose: "surveys", true) }
            let more = (60..<120).map { Rig.event("u\($0)", purpose: "surveys", true) }
            _ = try await rig.didomi("POST", "consents/events", .array(events))
            _ = try await rig.didomi("POST", "consents/events", .array(more))
            let first = try await rig.didomi("GET", "consents/users").body
            #expect(first["data"]?.array?.count == 100)
            let cursor = try #require(first["cursor"]?.string)
            let second = try await rig.didomi("GET", "consents/users?%24cursor=\(cursor)").body
            #expect(second["data"]?.array?.count == 20)
            #expect(second["cursor"] == .null)
            #expect(second.at("data.19.organization_user_id") == "u119")
        }
    }

    @Test func `an anonymous user gets the organization's id later`() async throws {
        try await Rig.run { rig in
            let anonymous: JSONValue = [
                "user": ["id": "device-1"],
                "consents": ["purposes": [["id": "cookies", "enabled": true]]],
            ]
            _ = try await rig.didomi("POST", "consents/events", anonymous)
            let named: JSONValue = [
                "user": ["id": "device-1", "organization_user_id": .string(Self.key)],
                "consents": ["purposes": [["id": "surveys", "enabled": true]]],
            ]
            _ = try await rig.didomi("POST", "consents/events", named)
            let user = try await rig.didomi("GET", "consents/users/device-1").body
            #expect(user["organization_user_id"] == .string(Self.key))
            #expect(user.at("consents.purposes")?.array?.count == 2)
        }
    }

    @Test func `the catalogue names the purposes and the features`() async throws {
        try await Rig.run { rig in
            let purposes = try await rig.didomi("GET", "metadata/purposes?%24limit=2").body
            #expect(purposes["total"] == 6)
            #expect(purposes["data"]?.array?.count == 2)
            #expect(purposes.at("data.0.id") == "newsletter")
            let features = try await rig.didomi("GET", "premium-features").body
            #expect(features["consents_api"] == true)
        }
    }

    @Test func `wrong addresses are told apart`() async throws {
        try await Rig.run { rig in
            let token = try await rig.didomiToken()
            let none = try await rig.send(
                "GET",
                "\(rig.didomi)/consents/users",
                authorization: token
            )
            #expect(none.status == 400)
            let other = "\(rig.didomi)/consents/users?organization_id=other"
            #expect(try await rig.send("GET", other, authorization: token).status == 404)
            #expect(try await rig.didomi("GET", "consents/nothing").status == 404)
            let wrong = try await rig.didomi("PUT", "consents/events", [:])
            #expect(wrong.status == 405)
            #expect(wrong.headers[.allow] == "GET, POST, DELETE")
            #expect(try await rig.didomi("GET", "consents/events").status == 400)
        }
    }
}
