import BridgeTesting
import BridgeCore
import DidomiAdapter
import HTTPTypes
import JSON
import Testing

/// Invented values.
enum Sample {
    static let now = Timestamp(milliseconds: 1_795_425_302_417)
    static let nora = Subject.key(SubjectKey("nora+a/b@example.com"))

    static func platform(
        disablesIntegrations: Bool = false,
        organizationID: String? = "meadow-press",
        _ adjust: (inout IntegrationSettings) -> Void = { _ in }
    ) -> DidomiPlatform {
        var integration = IntegrationSettings(
            name: IntegrationName("shop"),
            mapping: MappingTable([]),
            uniqueKeyAttribute: "emailAddress"
        )
        adjust(&integration)
        return DidomiPlatform(
            DidomiSettings(
                api: DidomiSettings.API(
                    url: "https://api.example.com/v1",
                    key: "the key",
                    secret: "the \"secret\"",
                    disablesIntegrations: disablesIntegrations
                ),
                organizationID: organizationID,
                integration: integration
            )
        )
    }

    static func call(_ call: PlannedCall, event: OwnEvent? = nil) -> Call {
        let delivery = OpenDelivery(
            id: DeliveryID(1),
            call: call,
            event: event,
            waitingSince: now,
            createdAt: now,
            evidence: []
        )
        return Call(subject: nora, profileID: nil, delivery: delivery)
    }

    static let access = Access(token: Access.Token(text: "a.b.c", renewAt: now + .seconds(9)))
}

@Suite(.timeLimit(.minutes(1)))
struct DidomiDecodeTests {
    @Test(arguments: Fixture.all("didomi"))
    func `a webhook decodes to what is expected`(fixture: Fixture) {
        let statements = Sample.platform().decode(fixture.input, event: nil)
        #expect(fixture.differences(from: statements) == [])
    }

    @Test func `another regulation's integration takes other events`() {
        let platform = Sample.platform { $0.regulation = "cpra" }
        let fixtures = Fixture.all("didomi")
        let other = fixtures.first { $0.name == "event-created-other-regulation" }
        let ours = fixtures.first { $0.name == "event-created" }
        if case .nothing = platform.decode(other?.input ?? .null, event: nil)[0].content {
            Issue.record("an event of the integration's regulation was ignored")
        }
        let ignored = platform.decode(ours?.input ?? .null, event: nil)
        #expect(ignored.map(\.content) == [.nothing(.ignored(.otherRegulation))])
    }

    @Test func `without an organization of its own an integration takes any`() {
        let fixture = Fixture.all("didomi").first { $0.name == "event-created-other-organization" }
        let decoded = Sample.platform(organizationID: nil)
            .decode(fixture?.input ?? .null, event: nil)
        if case .nothing(let outcome) = decoded[0].content { Issue.record("\(outcome)") }
    }

    @Test func `whatever arrives, decoding and reading end in something`() {
        let platform = Sample.platform()
        let words = [
            "type", "event.created", "event.updated", "user.updated", "user.created", "parameters",
            "entity", "new_entity", "old_entity", "source", "user", "organization_user_id", "id",
            "consents", "purposes", "channels", "enabled", "metadata", "created_at", "updated_at",
            "2026-10-05T07:30:11Z", "status", "pending_approval", "delegate", "consent-bridge",
            "regulation", "gdpr", "organization_id", "meadow-press", "data", "", "\u{0}",
        ]
        let inputs = Fixture.all("didomi").map(\.input)
        var kinds: Set<String> = []
        for seed in 0..<6000 {
            var random = SeededRandom(seed: UInt64(seed))
            let value =
                seed.isMultiple(of: 2)
                ? random.json(words: words)
                : random.damage(inputs[seed / 2 % inputs.count], words: words)
            let statements = platform.decode(value, event: nil)
            #expect(!statements.isEmpty)
            for case .nothing(let outcome) in statements.map(\.content) {
                kinds.insert(outcome.reason ?? "")
            }
            _ = platform.reading(of: value, for: .readConsentEvents)
            _ = senderIdentity(of: value, from: .didomi)
        }
        // The random values do reach the inside.
        #expect(kinds.isSuperset(of: ["undecodable", "unsupported_type", "pending_approval"]))
    }
}

/// Requests exactly as `contracts/didomi.md` section 5 has them.
@Suite struct DidomiRequestTests {
    private let event = OwnEvent(id: "11111111-2222-4333-8444-555555555555", createdAt: Sample.now)

    @Test func `a session is asked for with key and secret, and kept 48 minutes`() throws {
        let platform = Sample.platform()
        var access = Access()
        let request = platform.preparation(for: access, at: Sample.now)
        #expect(request?.method == .post)
        #expect(request?.url == "https://api.example.com/v1/sessions")
        #expect(request?.headers[.contentType] == "application/json")
        #expect(request?.headers[.authorization] == nil)
        let body: JSONValue = ["type": "api-key", "key": "the key", "secret": "the \"secret\""]
        #expect(try JSONValue(parsing: request?.body ?? []) == body)

        let reply = PlatformReply(status: 201, body: Array(#"{"access_token":"j.w.t"}"#.utf8))
        #expect(platform.prepare(&access, with: reply, at: Sample.now) == .accepted)
        #expect(access.token?.text == "j.w.t")
        #expect(platform.preparation(for: access, at: Sample.now + .seconds(2879)) == nil)
        #expect(platform.preparation(for: access, at: Sample.now + .seconds(2880)) != nil)
    }

    @Test(
        arguments: [
            (400, "{}", Verdict.refused(status: 400)), (200, "{}", .misconfigured(status: 200)),
            (200, "no JSON", .misconfigured(status: 200)),
            (200, #"{"access_token":""}"#, .misconfigured(status: 200)),
            (200, #"{"access_token":7}"#, .misconfigured(status: 200)),
            (503, "", .unknown(retryAfter: nil)),
        ]
    )
    func `an answer without a token is no session`(status: Int, body: String, verdict: Verdict) {
        var access = Access()
        let reply = PlatformReply(status: status, body: Array(body.utf8))
        #expect(Sample.platform().prepare(&access, with: reply, at: Sample.now) == verdict)
        #expect(access.token == nil)
    }

    @Test func `a write is one consent event with the changed fields only`() throws {
        let write = PlannedWrite(
            choices: [.purpose("newsletter"): .denied, .channel("email"): .granted]
        )
        let call = Sample.call(.write(write), event: event)
        let request = Sample.platform().encode(call, with: Sample.access)
        #expect(request?.method == .post)
        let url = "https://api.example.com/v1/consents/events?organization_id=meadow-press"
        #expect(request?.url == url)
        #expect(request?.headers[.authorization] == "Bearer a.b.c")
        #expect(request?.headers[.contentType] == "application/json")
        #expect(request?.headers[.accept] == "application/json")
        let body: JSONValue = [
            "id": "11111111-2222-4333-8444-555555555555", "organization_id": "meadow-press",
            "created_at": "2026-11-23T09:15:02.417Z", "regulation": "gdpr",
            "user": ["organization_user_id": "nora+a/b@example.com"],
            "consents": [
                "channels": [["id": "email", "enabled": true]],
                "purposes": [["id": "newsletter", "enabled": false]],
                "vendors": ["enabled": [], "disabled": []],
            ],
            "delegate": ["id": "consent-bridge", "name": "Actito"],
        ]
        #expect(try JSONValue(parsing: request?.body ?? []) == body)
        // An attempt is repeated unchanged.
        #expect(Sample.platform().encode(call, with: Sample.access) == request)
    }

    @Test func `the flag keeps the event from other integrations`() {
        let call = Sample.call(
            .write(PlannedWrite(choices: [.channel("a"): .denied])),
            event: event
        )
        let url = Sample.platform(disablesIntegrations: true).encode(call, with: Sample.access)?.url
        let flagged = url.map { $0.replacing("%24", with: "$") }
        #expect(
            flagged?.hasSuffix("?organization_id=meadow-press&$disable_integrations=true") == true
        )
    }

    @Test func `a channel inside a purpose is written inside it`() throws {
        let write = PlannedWrite(
            choices: [
                .purposeChannel(purpose: "p", channel: "sms"): .denied, .purpose("q"): .granted,
                .purposeChannel(purpose: "p", channel: "email"): .granted,
                .purpose("p"): .granted,
            ]
        )
        let platform = Sample.platform()
        let request = platform.encode(Sample.call(.write(write), event: event), with: Sample.access)
        let body = try JSONValue(parsing: request?.body ?? [])
        let purposes: JSONValue = [
            [
                "id": "p", "enabled": true,
                "channels": [["id": "email", "enabled": true], ["id": "sms", "enabled": false]],
            ], ["id": "q", "enabled": true],
        ]
        #expect(body["consents"]?["purposes"] == purposes)
        #expect(body["consents"]?["channels"] == nil)
    }

    @Test func `a read names person, organization and regulation, percent-encoded`() {
        let platform = Sample.platform { $0.regulation = "a&b" }
        let request = platform.encode(Sample.call(.readConsentEvents), with: Sample.access)
        #expect(request?.method == .get)
        #expect(
            request?.url
                == "https://api.example.com/v1/consents/events?organization_id=meadow-press"
                + "&organization_user_id=nora%2Ba%2Fb%40example.com&regulation=a%26b"
        )
        #expect(request?.body == [])
        #expect(request?.headers[.authorization] == "Bearer a.b.c")
    }

    @Test(arguments: [false, true])
    func `events are read from both list shapes, without pending and foreign ones`(isBare: Bool) {
        func event(_ id: String, _ more: (String, JSONValue)...) -> JSONValue {
            var object = JSONObject()
            object["id"] = .string(id)
            object["created_at"] = "2026-11-23T09:15:02.417Z"
            object["consents"] = ["purposes": [["id": "newsletter", "enabled": false]]]
            for (name, value) in more { object[name] = value }
            return .object(object)
        }
        let events: JSONValue = [
            event("theirs"), event("ours", ("delegate", ["id": "consent-bridge"])),
            event("pending", ("status", "pending_approval")),
            event("foreign", ("regulation", "cpra")), event("timeless", ("created_at", "soon")), 7,
        ]
        let body = isBare ? events : ["data": events, "limit": 100, "cursor": nil]
        let reading = Sample.platform().reading(of: body, for: .readConsentEvents)
        let expected = [("theirs", false), ("ours", true)].map { id, isOwn in
            ConsentEventReading(
                id: id,
                isOwn: isOwn,
                chosenAt: Sample.now,
                choices: [.purpose("newsletter"): .denied]
            )
        }
        #expect(reading == .consentEvents(expected))
    }

    @Test(arguments: [JSONValue.null, [:], "x", ["data": 7]])
    func `an answer without a list is unusable`(body: JSONValue) {
        #expect(Sample.platform().reading(of: body, for: .readConsentEvents) == .unusable)
    }

    @Test(
        arguments: [
            (200, Verdict.accepted), (201, .accepted), (400, .refused(status: 400)),
            (401, .unauthorized), (403, .misconfigured(status: 403)),
            (404, .misconfigured(status: 404)), (409, .duplicate),
            (429, .unavailable(retryAfter: nil, countsAsAttempt: false)),
            (500, .unknown(retryAfter: nil)),
        ]
    )
    func `answers have their verdict`(status: Int, verdict: Verdict) {
        let write = PlannedWrite(choices: [.channel("a"): .denied])
        let call = Sample.call(.write(write), event: event)
        let reply = PlatformReply(status: status)
        #expect(Sample.platform().verdict(on: reply, to: call) == verdict)
    }

    @Test(
        arguments: [
            (409, "", .duplicate), (400, #"{"message":"\(id) exists"}"#, .duplicate),
            (422, #"{"message":"\(id) exists"}"#, .duplicate),
            (400, #"{"message":"unknown purpose"}"#, .refused(status: 400)),
        ] as [(Int, String, Verdict)]
    )
    func `an event that Didomi has is asked for`(status: Int, text: String, verdict: Verdict) {
        let write = PlannedWrite(choices: [.channel("a"): .denied])
        var call = Sample.call(.write(write), event: event)
        let body = Array(text.replacing(#"\(id)"#, with: event.id).utf8)
        let reply = PlatformReply(status: status, body: body)
        #expect(Sample.platform().verdict(on: reply, to: call) == verdict)
        call.delivery.asksForEvent = true
        let request = Sample.platform().encode(call, with: Access())
        #expect(request?.method == .get)
        #expect(request?.url.contains("/consents/events/\(event.id)?organization_id=") == true)
    }

    @Test(
        arguments: [
            (200, "ours", .accepted), (200, "another", .refused(status: 200)),
            (404, "", .unavailable(retryAfter: nil, countsAsAttempt: true)),
            (503, "", .unknown(retryAfter: nil)), (401, "", .unauthorized),
        ] as [(Int, String, Verdict)]
    )
    func `the stored event decides`(status: Int, id: String, verdict: Verdict) {
        let write = PlannedWrite(choices: [.channel("a"): .denied])
        var call = Sample.call(.write(write), event: event)
        call.delivery.asksForEvent = true
        let stored: JSONValue = ["id": .string(id == "ours" ? event.id : id)]
        let reply = PlatformReply(status: status, body: stored.serialized())
        #expect(Sample.platform().verdict(on: reply, to: call) == verdict)
    }

    @Test func `a conflict of a read is no success`() {
        let reply = PlatformReply(status: 409)
        let verdict = Sample.platform().verdict(on: reply, to: Sample.call(.readConsentEvents))
        #expect(verdict != .accepted)
    }
}
