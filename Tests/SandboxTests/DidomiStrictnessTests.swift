import HTTPTypes
import JSON
import Sandbox
import Testing

/// What a wrong call costs at the sandbox's Didomi.
@Suite(.timeLimit(.minutes(1)))
struct DidomiStrictnessTests {
    static let key = "claire.dupont@example.com"
    static let byKey = "consents/events?organization_user_id=claire.dupont%40example.com"

    static func purpose(_ more: [String: JSONValue]) -> [String: JSONValue] {
        var purpose = JSONObject(uniqueMembers: [.init(name: "id", value: "newsletter")])
        for (name, value) in more { purpose[name] = value }
        return ["consents": ["purposes": [.object(purpose)]]]
    }

    @Test(
        arguments: [
            ["id": 1], ["organization_id": "other"], ["created_at": 1_790_000_000],
            ["status": "approved"], ["regulation": "ccpa"], ["metadata": "none"],
            ["user": ["organization_user_id": 1]], ["user": ["organisation_user_id": "c"]],
            ["user": ["organization_user_id": "c", "metadata": []]],
            ["user": ["organization_user_id": "c", "country": 1]], ["user": "claire"],
            ["consents": []], ["consents": ["purpose": []]], ["consents": ["channels": ["email"]]],
            ["consents": ["channels": [["id": "email", "enabled": "true"]]]],
            ["consents": ["channels": [["id": "fax", "enabled": true]]]],
            ["consents": ["channels": [["enabled": true]]]],
            ["consents": ["vendors": ["enabled": "google"]]],
            ["consents": ["vendors": ["denied": []]]], ["consents": ["tcfcs": true]],
            purpose(["enabled": 1]), purpose(["enabled_li": "no"]), purpose(["propagation": nil]),
            purpose(["enable": true]), purpose(["values": ["topics": "sport"]]),
            purpose(["values": ["topics": ["value": ["sport"]]]]),
            purpose(["values": ["topics": ["value": "chess"]]]),
            purpose(["values": ["topics": ["value": "sport,chess"]]]),
            purpose(["values": ["topics": ["value": ""]]]),
            purpose(["values": ["moods": ["value": "sport"]]]),
            purpose(["channels": [["id": "fax", "enabled": true]]]),
            purpose(["preferences": [["id": "unknown", "enabled": true]]]),
            purpose(["preferences": [["id": "newsletter", "channels": [["id": "fax"]]]]]),
            ["proofs": "data:"], ["proofs_id": [1]], ["delegate": ["name": "Actito"]],
            ["delegate": ["id": "consent-bridge", "title": "Actito"]],
            ["consent": ["purposes": []]],
        ] as [[String: JSONValue]]
    )
    func `an event that is not the contract's is refused`(
        wrong: [String: JSONValue]
    ) async throws {
        try await Rig.run { rig in
            let event = Rig.event(Self.key, purpose: "newsletter", true, more: wrong)
            let answer = try await rig.didomi("POST", "consents/events", event)
            #expect(answer.status == 400)
            #expect(answer.body["name"] == "BadRequest")
            #expect(rig.sandbox.state(of: .didomi) == ["people": [:]])
        }
    }

    @Test(arguments: ["user", "consents"])
    func `an event needs a user and consents`(member: String) async throws {
        try await Rig.run { rig in
            var event = try #require(Rig.event(Self.key, purpose: "newsletter", true).object)
            event[member] = nil
            let answer = try await rig.didomi("POST", "consents/events", .object(event))
            #expect(answer.status == 400)
        }
    }

    @Test(
        arguments: [
            purpose([
                "enabled": true, "enabled_li": nil, "propagation": true,
                "values": ["topics": ["value": "sport,culture", "from_propagation": true]],
            ]),
            purpose([
                "enabled": true, "channels": [["id": "email", "enabled": true]],
                "preferences": [
                    ["id": "newsletter", "channels": [["id": "sms", "enabled": false]]]
                ],
            ]),
            [
                "organization_id": "acme-media", "regulation": "cpra",
                "proofs": ["data:text/plain;base64,YQ=="], "metadata": ["a": 1],
                "delegate": ["id": "d", "name": "D", "metadata": ["b": 2]],
                "consents": [
                    "vendors": ["enabled": ["google"], "disabled": []], "tcfcs": "CPxB",
                ],
            ],
        ] as [[String: JSONValue]]
    )
    func `everything that the contract describes is taken`(
        more: [String: JSONValue]
    ) async throws {
        try await Rig.run { rig in
            let event = Rig.event(Self.key, purpose: "newsletter", true, more: more)
            let answer = try await rig.didomi("POST", "consents/events", event)
            #expect(answer.status == 200)
            for path in ["consents.purposes.0.values", "consents.purposes.0.preferences"] {
                guard let given = event.at(path) else { continue }
                #expect(answer.body.at(path) == given)
            }
        }
    }

    @Test(
        arguments: [
            ("GET", "consents/users?regulation=ccpa"), ("GET", "consents/users?%24cursor=next"),
            ("GET", "consents/users?%24cursor=5"),
            ("GET", "consents/users?%24include_full_tree=yes"),
            ("GET", "consents/users/x?%24by_organization_user_id=1"),
            ("GET", "\(byKey)&status=pending"), ("GET", "\(byKey)&regulation=ccpa"),
            ("GET", "metadata/purposes?%24limit=0"), ("DELETE", "consents/events"),
        ]
    )
    func `a query that is not the contract's is refused`(
        method: String,
        path: String
    ) async throws {
        try await Rig.run { rig in
            let answer = try await rig.didomi(method, path)
            #expect(answer.status == 400)
        }
    }

    @Test func `whether integrations are left out is true or false`() async throws {
        try await Rig.run { rig in
            let event = Rig.event(Self.key, purpose: "newsletter", true)
            let path = "consents/events?%24disable_integrations=yes"
            let answer = try await rig.didomi("POST", path, event)
            #expect(answer.status == 400)
        }
    }

    @Test(
        arguments: [["status": "done"], ["user": ["id": "x"]], ["regulation": "cpra"], []]
            as [JSONValue]
    )
    func `only some of an event can be changed`(patch: JSONValue) async throws {
        try await Rig.run { rig in
            let event = Rig.event(Self.key, purpose: "newsletter", true, id: "e")
            let stored = try await rig.didomi("POST", "consents/events", event).body
            #expect(try await rig.didomi("PATCH", "consents/events/e", patch).status == 400)
            #expect(try await rig.didomi("GET", "consents/events/e").body == stored)
        }
    }

    @Test func `a second event with an id can answer with the first`() async throws {
        try await Rig.run {
            $0.duplicateEvents = .existing
        } _: { rig in
            let first = Rig.event(Self.key, purpose: "newsletter", true, id: "same")
            let stored = try await rig.didomi("POST", "consents/events", first)
            let second = Rig.event(Self.key, purpose: "newsletter", false, id: "same")
            let again = try await rig.didomi("POST", "consents/events", second)
            #expect(again.status == 200)
            #expect(again.body == stored.body)
            // In one array it makes no sense.
            let twice = try await rig.didomi("POST", "consents/events", [second, second])
            #expect(twice.status == 409)
            #expect(try await rig.didomi("GET", Self.byKey).body["data"]?.array?.count == 1)
        }
    }

    @Test func `events are deleted by a filter and the status is computed again`() async throws {
        try await Rig.run { rig in
            let events = ["a", "b", "c"].map { id in
                Rig.event(
                    Self.key,
                    purpose: "newsletter",
                    .bool(id == "a"),
                    id: id,
                    more: ["metadata": ["campaign": .string(id == "a" ? "spring" : "autumn")]]
                )
            }
            _ = try await rig.didomi("POST", "consents/events", .array(events))
            let path = "\(Self.byKey)&metadata.campaign=autumn"
            #expect(try await rig.didomi("DELETE", path).status == 204)
            let left = try await rig.didomi("GET", Self.byKey).body["data"]?.array ?? []
            #expect(left.map { $0["id"] } == ["a"])
            let webhooks = await rig.bridge.next(10).map(\.body)
            let deleted = webhooks.filter { $0["type"] == "event.deleted" }
            #expect(deleted.map { $0.at("parameters.entity.id") } == ["b", "c"])
            let user = webhooks.last?.at("parameters.new_entity")
            #expect(user?.at("consents.purposes.0.enabled") == true)
        }
    }

    @Test func `a deleted event may show no more than its id and its date`() async throws {
        try await Rig.run {
            $0.deletedEventsAreMinimal = true
            $0.didomiEventTypes = [.eventDeleted]
        } _: { rig in
            let event = Rig.event(Self.key, purpose: "newsletter", true, id: "e")
            let stored = try await rig.didomi("POST", "consents/events", event).body
            _ = try await rig.didomi("DELETE", "consents/events/e")
            // The other types were not chosen, so this is the first webhook.
            let body = await rig.bridge.next(1)[0].body
            #expect(body["type"] == "event.deleted")
            let date = try #require(stored["created_at"])
            #expect(body.at("parameters.entity") == ["id": "e", "created_at": date])
        }
    }

    @Test func `lists can be bare arrays, as the OpenAPI says`() async throws {
        try await Rig.run {
            $0.didomiListsAreBare = true
        } _: { rig in
            let event = Rig.event(Self.key, purpose: "newsletter", true)
            _ = try await rig.didomi("POST", "consents/events", event)
            #expect(try await rig.didomi("GET", "consents/users").body.array?.count == 1)
            #expect(try await rig.didomi("GET", Self.byKey).body.array?.count == 1)
        }
    }

    @Test func `pages can be short`() async throws {
        try await Rig.run {
            $0.didomiPageCount = 2
        } _: { rig in
            let events = (0..<5).map { Rig.event("u\($0)", purpose: "surveys", true) }
            _ = try await rig.didomi("POST", "consents/events", .array(events))
            var keys: [String] = []
            var path: String? = "consents/users"
            while let next = path {
                let page = try await rig.didomi("GET", next).body
                #expect(page["limit"] == 2)
                keys += (page["data"]?.array ?? []).compactMap { user in
                    user["organization_user_id"]?.string
                }
                path = page["cursor"]?.string.map { "consents/users?$cursor=\($0)" }
            }
            #expect(keys == ["u0", "u1", "u2", "u3", "u4"])
        }
    }

    @Test func `the catalogue bears so many calls and the consents any number`() async throws {
        try await Rig.run {
            $0.didomiCallsPerWindow = 2
        } _: { rig in
            var statuses: [Int] = []
            for _ in 0..<3 {
                statuses.append(try await rig.didomi("GET", "metadata/purposes").status)
            }
            #expect(statuses == [200, 200, 429])
            let refused = try await rig.didomi("GET", "premium-features")
            let wait = try #require(refused.headers[.retryAfter].flatMap { Int($0) })
            #expect(1...15 ~= wait)
            let policy = try #require(HTTPField.Name("RateLimit-Policy"))
            #expect(refused.headers[policy] == "100;w=15")
            let whole = "consents/users?%24include_full_tree=true"
            #expect(try await rig.didomi("GET", whole).status == 429)
            #expect(try await rig.didomi("GET", "consents/users").status == 200)
        }
    }

    @Test(
        arguments: [
            ("consents_api", "GET", "consents/users"),
            ("integrations", "GET", "marketplace/integrations"),
        ]
    )
    func `what was not bought is forbidden`(
        feature: String,
        method: String,
        path: String
    ) async throws {
        try await Rig.run {
            $0.features.remove(feature)
        } _: { rig in
            let answer = try await rig.didomi(method, path)
            #expect(answer.status == 403)
            #expect(answer.body["name"] == "Forbidden")
            let features = try await rig.didomi("GET", "premium-features").body
            #expect(features[feature] == false)
        }
    }

    @Test func `a token ends before its time`() async throws {
        try await Rig.run { rig in
            let token = try await rig.didomiToken()
            let users = "\(rig.didomi)/v1/consents/users?\(Rig.organization)"
            #expect(try await rig.send("GET", users, authorization: token).status == 200)
            rig.sandbox.expireTokens(of: .didomi)
            let answer = try await rig.send("GET", users, authorization: token)
            #expect(answer.status == 401)
            #expect(answer.body["message"] == "jwt expired")
        }
    }
}
