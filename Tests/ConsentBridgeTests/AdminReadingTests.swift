import CurlHTTPClient
import Foundation
import HTTPTypes
import JSON
import Sandbox
import Testing

/// What the admin API of `serve` shows, and to whom.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct AdminReadingTests {
    // MARK: Masking

    /// Every personal value of the story below, and forms in which it could slip out.
    private static let personal = [
        "alice.liddell", "wonder.example.com", "dodgson", "lewis.example.org", "Rue-de-Rivoli",
        "Alicja", "alice.liddell%40", "hatter", "tea-party",
    ]

    private static let alice = "alice.liddell@wonder.example.com"
    private static let dodgson = "dodgson@lewis.example.org"

    /// A story in which each kind of thing that the API shows happens to somebody.
    private static func tell(_ rig: Rig) async throws {
        let dead = try await rig.makeDeadGrant(alice, token: "operator-token")
        rig.breakActito(nil)
        try await rig.choose(
            true,
            alice,
            ("purposes", "newsletter"),
            metadata: ["firstName": "Alicja", "city": "Rue-de-Rivoli"]
        )
        try rig.makeProfile(dodgson)
        try await rig.accept(from: dodgson)
        try await rig.items("/v1/deliveries?state=delivered", count: 3, token: "operator-token")
        let discard = try await rig.api(
            "POST",
            "/v1/deliveries/\(dead)/discard",
            ["reason": "asked by alice.liddell@wonder.example.com at the tea-party"],
            token: "operator-token"
        )
        #expect(discard.status == 200)
        let link = try await rig.api(
            "POST",
            "/v1/subjects/link",
            ["old": .string(dodgson), "new": "hatter@lewis.example.org"],
            token: "operator-token"
        )
        #expect(link.status == 200, "\(link.text)")
        // The new key's user is told, and her profile found missing.
        try await rig.items("/v1/deliveries?platform=didomi", count: 2, token: "operator-token")
        try await rig.idle("operator-token")
    }

    /// Everything that can be read of it.
    private static func questions(_ rig: Rig) async throws -> [(String, String, JSONValue?)] {
        var questions: [(String, String, JSONValue?)] = [
            ("GET", "/v1/status", nil), ("GET", "/v1/inbox", nil), ("GET", "/v1/deliveries", nil),
            ("GET", "/v1/deliveries?state=discarded", nil), ("GET", "/v1/actions", nil),
            ("GET", "/v1/drift", nil),
            ("POST", "/v1/preview", ["from": "didomi", "payload": payload]),
        ]
        for key in [alice, dodgson, "hatter@lewis.example.org"] {
            let encoded = key.replacing("@", with: "%40")
            questions.append(("GET", "/v1/subjects/\(encoded)", nil))
            questions.append(("POST", "/v1/subjects/search", ["key": .string(key)]))
            questions.append(("GET", "/v1/deliveries?subject=\(encoded)", nil))
        }
        for list in ["inbox", "deliveries"] {
            for item in try await rig.items("/v1/\(list)?limit=500", token: "operator-token") {
                questions.append(("GET", "/v1/\(list)/\(item["id"]?.string ?? "")", nil))
            }
        }
        return questions
    }

    private static let payload: JSONValue = [
        "type": "event.created",
        "parameters": [
            "entity": [
                "id": "e", "organization_id": "acme-media", "created_at": "2026-11-24T09:00:00Z",
                "user": [
                    "organization_user_id": .string(alice), "metadata": ["city": "Rue-de-Rivoli"],
                ],
                "consents": ["channels": [["id": "email", "enabled": false]]],
            ]
        ],
    ]

    @Test func `a viewer sees nothing personal, an operator all of it`() async throws {
        var options = Rig.Options()
        options.server = Rig.tokens
        options.mappings += #", {"id": "ProductNews", "purpose": "newsletter"}"#
        options.attributes = ["city"]
        try await Rig.run(options) { rig in
            try await Self.tell(rig)
            var seen: Set<String> = []
            for (method, path, body) in try await Self.questions(rig) {
                let whole = try await rig.api(method, path, body, token: "operator-token")
                let masked = try await rig.api(method, path, body, token: "viewer-token")
                #expect(whole.status == 200 && masked.status == 200, "\(method) \(path)")
                #expect(Self.shape(of: whole.body) == Self.shape(of: masked.body), "\(path)")
                for value in Self.personal {
                    #expect(!masked.text.contains(value), "\(value) in \(method) \(path)")
                    if whole.text.contains(value) { seen.insert(value) }
                }
            }
            #expect(seen == Set(Self.personal))
            let deliveries = try await rig.items(
                "/v1/deliveries?state=discarded",
                token: "viewer-token"
            )
            #expect(deliveries.first?["subject"] == "a***@w***")
            let actions = try await rig.items("/v1/actions", token: "viewer-token")
            #expect(actions.last?["reason"] == "***")
        }
    }

    /// The members that an answer has, without their values.
    private static func shape(of value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map(shape))
        case .object(let object):
            .object(
                JSONObject(
                    uniqueMembers: object.members.map {
                        .init(name: $0.name, value: shape(of: $0.value))
                    }
                )
            )
        case .null, .bool, .number, .string: .null
        }
    }

    // MARK: Lists

    @Test func `pages have no gap and no repeat, and each entry stands where it belongs`()
        async throws
    {
        try await Rig.run { rig in
            for number in 0..<130 {
                let name = number.isMultiple(of: 2) ? "didomi" : "actito/default"
                let answer = try await rig.request("POST", "/webhooks/\(name)", "{\"n\":\(number)}")
                #expect(answer.status == 200)
            }
            try await rig.idle()
            let whole = try await rig.items("/v1/inbox?limit=500")
            let ids = whole.compactMap { $0["id"]?.string.flatMap { Int($0) } }
            #expect(ids.count == 130 && ids == ids.sorted(by: >))
            #expect(try await rig.allItems("/v1/inbox?", limit: 17) == whole)
            #expect(try await rig.items("/v1/inbox").count == 50)
            let path = "/v1/inbox?platform=actito&state=rejected&"
            let filtered = try await rig.allItems(path, limit: 30)
            #expect(filtered == whole.filter { $0["platform"] == "actito" })
            #expect(filtered.count == 65)
            #expect(try await rig.items("/v1/inbox?reason=unsupported_type&limit=500").count > 0)
            #expect(try await rig.items("/v1/inbox?state=waiting").isEmpty)
            #expect(try await rig.items("/v1/inbox?integration=elsewhere").isEmpty)
            let first = try await rig.api("GET", "/v1/inbox/\(ids[129])")
            #expect(first.body["payload"] == ["n": 0])
            #expect(first.body["state"] == "ignored" && first.body["integration"] == "default")
        }
    }

    @Test func `a person's report tells what was chosen, written and answered`() async throws {
        try await Rig.run { rig in
            rig.silencePlatforms()
            try rig.makeProfile("ann@example.com")
            try await rig.choose(true, "ann@example.com")
            try await rig.items("/v1/deliveries?state=delivered", count: 1)
            let report = try #require(
                try await rig.items("/v1/subjects/%20ann%40example.com").first
            )
            #expect(report["integration"] == "default" && report["key"] == "ann@example.com")
            #expect(report["fields"]?["channel:email"]?["value"] == "granted")
            #expect(report["fields"]?["channel:email"]?["origin"] == "didomi")
            #expect(report["replicas"]?["actito"]?["channel:email"]?["value"] == "granted")
            #expect(
                report["replicas"]?["actito"]?["channel:email"]?["acknowledged_at"]?.string != nil
            )
            let history = try #require(report["history"]?.array)
            #expect(history.map { $0["value"] } == ["granted"])
            let changes = try #require(report["changes"]?.array)
            #expect(
                changes.contains { $0["outcome"] == "applied" && $0["field"] == "channel:email" }
            )
            let deliveries = try #require(report["deliveries"]?.array)
            #expect(deliveries.map { $0["state"] } == ["delivered"])
            let request = try #require(deliveries.first?["requests"]?.array?.first)
            #expect(request["method"] == "PATCH" && request["verdict"] == "accepted")
            #expect(request["body"]?["subscriptions"] == ["Newsletter": true])
            // The choice is the evidence of the write, and the entry leads to it.
            let entry = try #require(history[0]["evidence"]?.string)
            #expect(deliveries.first?["evidence"] == [.string(entry)])
            let told = try await rig.api("GET", "/v1/inbox/\(entry)").body
            #expect(told["deliveries"] == [deliveries[0]["id"] ?? .null])
            let sought = try await rig.api(
                "POST",
                "/v1/subjects/search",
                ["key": "ann@example.com"]
            )
            #expect(sought.body["items"]?.array == [report])
            #expect(try await rig.items("/v1/subjects/ann%40example.com?integration=other").isEmpty)
            #expect(try await rig.items("/v1/subjects/nobody").isEmpty)
        }
    }

    @Test func `the preview is the one of the command`() async throws {
        try await Rig.run { rig in
            let answer = try await rig.api(
                "POST",
                "/v1/preview",
                ["from": "didomi", "payload": Self.payload]
            )
            #expect(answer.status == 200)
            let command = try Program.run(
                ["preview", "--config", rig.configurationFile.path, "--from", "didomi"],
                input: Self.payload.serializedText()
            )
            #expect(command.status == 0)
            let shown = try JSONValue(parsing: Array(command.output.utf8))
            #expect(answer.body["changes"] == shown["changes"])
            #expect(answer.body["requests"]?.array?.count == 1)
            #expect(answer.body["requests"] == shown["requests"])
            // Nothing was stored or sent.
            #expect(try await rig.items("/v1/inbox").isEmpty)
            #expect(rig.calls(to: .actito).isEmpty)
        }
    }

    @Test func `the status counts what waits and says why`() async throws {
        try await Rig.run { rig in
            let fresh = try await rig.api("GET", "/v1/status").body
            #expect(fresh["health"] == "pass" && fresh["conservation_difference"] == 0)
            #expect(fresh["version"]?.string?.isEmpty == false)
            #expect(fresh["platforms"]?["actito"]?["per_minute"] == 80)
            #expect(fresh["platforms"]?["actito"]?["breaker"] == "closed")
            _ = try await rig.makeDeadGrant("ann@example.com")
            rig.breakActito(403)
            try await rig.choose(false, "bo@example.com")
            try await rig.items("/v1/deliveries?state=waiting", count: 1)
            var status = try await rig.api("GET", "/v1/status").body
            while status["platforms"]?["actito"]?["reason"] != "configuration" {
                status = try await rig.api("GET", "/v1/status").body
            }
            #expect(status["health"] == "warn")
            #expect(status["deliveries"]?["dead"] == 1 && status["deliveries"]?["waiting"] == 1)
            #expect(status["platforms"]?["actito"]?["breaker"] == "open")
            #expect(status["platforms"]?["actito"]?["waiting"] == 1)
            #expect(status["platforms"]?["didomi"]?["breaker"] == "closed")
            #expect(status["conservation_difference"] == 0)
            let used = status["platforms"]?["actito"]?["used_last_minute"]?.number?.integer ?? 0
            #expect(Int(used) == rig.calls(to: .actito).count)
        }
    }
}
