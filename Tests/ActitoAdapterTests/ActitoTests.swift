import BridgeTesting
import ActitoAdapter
import BridgeCore
import HTTPTypes
import JSON
import Testing

/// Invented values.
enum Sample {
    static let now = Timestamp(milliseconds: 1_795_425_302_417)
    static let omar = Subject.key(SubjectKey("omar+a/b@example.com"))
    static let email = Field.channel("email")
    static let newsletter = Field.purpose("newsletter")

    static func platform(_ adjust: (inout ActitoSettings) -> Void = { _ in }) -> ActitoPlatform {
        var settings = ActitoSettings(
            apiURL: "https://api.example.com",
            apiKey: "raw-key",
            entity: "Meadow & Co",
            tableName: "Readers",
            integration: IntegrationSettings(
                name: IntegrationName("shop"),
                mapping: MappingTable([
                    MappingRule(subscription: "Newsletter", field: newsletter),
                    MappingRule(subscription: "EmailOptin", field: email),
                    MappingRule(subscription: "E-mail, too", field: email),
                ]),
                uniqueKeyAttribute: "emailAddress"
            )
        )
        adjust(&settings)
        return ActitoPlatform(settings)
    }

    static func access(attributes: Set<String>? = nil) -> Access {
        Access(
            token: Access.Token(text: "AA%2Bbb%3D", renewAt: now + .seconds(720)),
            schema: Access.LiveSchema(
                tableID: "16",
                attributes: attributes,
                subscriptions: nil,
                readAt: now
            )
        )
    }

    static func call(
        _ call: PlannedCall,
        subject: Subject = omar,
        createsProfile: Bool = false
    ) -> Call {
        var delivery = OpenDelivery(
            id: DeliveryID(1),
            call: call,
            waitingSince: now,
            createdAt: now,
            evidence: []
        )
        delivery.createsProfile = createsProfile
        return Call(subject: subject, profileID: nil, delivery: delivery)
    }

    static let profiles =
        "https://api.example.com/profiles/v5/entities/Meadow%20%26%20Co/profile-tables/16/profiles"
}

@Suite(.timeLimit(.minutes(1)))
struct ActitoDecodeTests {
    @Test(arguments: Fixture.all("actito"))
    func `a webhook decodes to what is expected`(fixture: Fixture) {
        let statements = Sample.platform().decode(fixture.input, event: nil)
        #expect(fixture.differences(from: statements) == [])
    }

    @Test func `the event type of the path counts where the envelope has none`() {
        let body: JSONValue = ["data": ["emailAddress": "omar@example.com", "Newsletter": false]]
        let subject = Subject.key(SubjectKey("omar@example.com"))
        func decoded(_ event: String?) -> [Statement] {
            Sample.platform().decode(body, event: event)
        }
        let withdrawal = Statement(
            subject: subject,
            content: .changes([Change(.choice(Sample.newsletter, .denied))])
        )
        #expect(decoded(nil) == [withdrawal])
        #expect(decoded("UPDATED_SUBSCRIPTION") == [withdrawal])
        #expect(decoded("CREATE").map(\.content) == [.changes([Change(.profileCreated)])])
        #expect(decoded("UPDATED_SEGMENT").map(\.content) == [.nothing(.ignored(.unsupportedType))])
    }

    @Test func `the envelope's event type goes before the path's`() {
        let body: JSONValue = [
            "eventType": "UPDATED_SUBSCRIPTION",
            "data": ["emailAddress": "omar@example.com", "Newsletter": false],
        ]
        let content = Sample.platform().decode(body, event: "CREATE").first?.content
        #expect(content == .changes([Change(.choice(Sample.newsletter, .denied))]))
    }

    @Test(
        arguments: [
            (true, .granted), ("true", .granted), ("TRUE", .granted),
            ("1", .granted), (1, .granted), ("Y", .granted), (["subscribe": true], .granted),
            (false, .denied), ("false", .denied), ("0", .denied), (0, .denied), ("n", .denied),
            (["subscribe": "false"], .denied),
        ] as [(JSONValue, Choice)]
    )
    func `a subscription's value is read in every known form`(value: JSONValue, choice: Choice) {
        let body: JSONValue = ["data": ["profileId": 7, "Newsletter": value]]
        let change = Change(.choice(Sample.newsletter, choice), profileID: "7")
        let expected = Statement(
            subject: .profile(id: "7"),
            content: .changes([change]),
            profileID: "7"
        )
        #expect(Sample.platform().decode(body, event: nil) == [expected])
    }

    @Test(arguments: [JSONValue.null, "", "maybe", 2, -1, [], [:], ["subscribe": nil]])
    func `any other value is no choice, and the profile has to tell`(value: JSONValue) {
        let body: JSONValue = ["data": ["profileId": 7, "Newsletter": value]]
        let change = Change(.unreadable(Sample.newsletter), profileID: "7")
        let expected = Statement(
            subject: .profile(id: "7"),
            content: .changes([change]),
            profileID: "7"
        )
        #expect(Sample.platform().decode(body, event: nil) == [expected])
    }

    @Test func `a number is a key too`() {
        let body: JSONValue = ["data": ["emailAddress": 4711, "Newsletter": true]]
        let subject = Sample.platform().decode(body, event: nil).first?.subject
        #expect(subject == .key(SubjectKey("4711")))
    }

    @Test func `whatever arrives, nothing traps`() {
        let platform = Sample.platform()
        let words = [
            "id", "data", "eventType", "UPDATED_SUBSCRIPTION", "CREATE", "tableType",
            "PROFILE_TABLE", "profileId", "emailAddress", "omar@example.com", "Newsletter",
            "EmailOptin", "true", "0", "subscribe", "subscriptions", "attributes", "name", "value",
            "accessToken", "expiresIn", "900s", "nan", "inf", "-5s", "1e300", "Readers", "",
            "\u{0}",
        ]
        let inputs = Fixture.all("actito").map(\.input)
        var hadChanges = false
        for seed in 0..<6000 {
            var random = SeededRandom(seed: UInt64(seed))
            let value =
                seed.isMultiple(of: 2)
                ? random.json(words: words)
                : random.damage(inputs[seed / 2 % inputs.count], words: words)
            let statements = platform.decode(value, event: nil)
            #expect(!statements.isEmpty)
            for case .changes in statements.map(\.content) { hadChanges = true }
            _ = platform.reading(of: value, for: .readProfile)
            _ = senderIdentity(of: value, from: .actito)
            var access = Access()
            let reply = PlatformReply(status: 200, body: value.serialized())
            _ = platform.prepare(&access, with: reply, at: Sample.now)
            access = Sample.access()
            _ = platform.prepare(&access, with: reply, at: Sample.now)
        }
        #expect(hadChanges)
    }
}

/// Requests exactly as `contracts/actito.md` sections 1, 2 and 4 have them.
@Suite struct ActitoRequestTests {
    @Test func `a change of a known profile is a PATCH of its key`() throws {
        let write = PlannedWrite(
            choices: [Sample.newsletter: .denied, Sample.email: .granted],
            attributes: ["language": "FR", "age": 40]
        )
        let request = Sample.platform().encode(Sample.call(.write(write)), with: Sample.access())
        #expect(request?.method == .patch)
        #expect(request?.url == Sample.profiles + "/emailAddress=omar%2Ba%2Fb%40example.com")
        // The token is sent as it came, never decoded.
        #expect(request?.headers[.authorization] == "Bearer AA%2Bbb%3D")
        #expect(request?.headers[.accept] == "application/json")
        #expect(request?.headers[.contentType] == "application/json")
        let body: JSONValue = [
            "attributes": ["age": 40, "language": "FR"],
            "subscriptions": ["Newsletter": false, "EmailOptin": true, "E-mail, too": true],
        ]
        #expect(try JSONValue(parsing: request?.body ?? []) == body)
    }

    @Test func `only what changed is sent`() throws {
        let write = PlannedWrite(choices: [Sample.newsletter: .denied])
        let request = Sample.platform().encode(Sample.call(.write(write)), with: Sample.access())
        let body: JSONValue = ["subscriptions": ["Newsletter": false]]
        #expect(try JSONValue(parsing: request?.body ?? []) == body)
    }

    @Test func `a new profile is a PUT with its key, also among the attributes`() throws {
        let write = PlannedWrite(
            choices: [Sample.newsletter: .granted],
            attributes: ["language": "FR"]
        )
        let call = Sample.call(.write(write), createsProfile: true)
        let request = Sample.platform().encode(call, with: Sample.access())
        #expect(request?.method == .put)
        #expect(request?.url == Sample.profiles)
        let body: JSONValue = [
            "key": ["emailAddress": "omar+a/b@example.com"],
            "attributes": ["emailAddress": "omar+a/b@example.com", "language": "FR"],
            "subscriptions": ["Newsletter": true],
        ]
        #expect(try JSONValue(parsing: request?.body ?? []) == body)
    }

    @Test func `attributes that the table does not have are left out`() throws {
        let write = PlannedWrite(
            choices: [Sample.newsletter: .denied],
            attributes: ["language": "FR", "shoe": 40]
        )
        let platform = Sample.platform()
        let access = Sample.access(attributes: ["language"])
        let request = platform.encode(Sample.call(.write(write)), with: access)
        let body = try JSONValue(parsing: request?.body ?? [])
        #expect(body["attributes"] == ["language": "FR"])
        #expect(body["subscriptions"] == ["Newsletter": false])
        let nothing = PlannedWrite(choices: [:], attributes: ["shoe": 40])
        #expect(platform.encode(Sample.call(.write(nothing)), with: access) == nil)
    }

    @Test func `a profile is read with the mapped subscriptions`() {
        let query = "?subscriptions=Newsletter,EmailOptin,E-mail%2C%20too"
        let platform = Sample.platform()
        let byKey = platform.encode(Sample.call(.readProfile), with: Sample.access())
        #expect(byKey?.method == .get)
        #expect(byKey?.url == Sample.profiles + "/emailAddress=omar%2Ba%2Fb%40example.com" + query)
        #expect(byKey?.body == [] && byKey?.headers[.contentType] == nil)
        #expect(byKey?.headers[.accept] == "application/json")
        let call = Sample.call(.readProfile, subject: .profile(id: "12/5"))
        let byNumber = platform.encode(call, with: Sample.access())
        #expect(byNumber?.url == Sample.profiles + "/12%2F5" + query)
    }

    @Test func `the legacy style has no category in its paths`() {
        let platform = Sample.platform { $0.urlStyle = .legacy }
        let write = PlannedWrite(choices: [Sample.newsletter: .denied])
        let request = platform.encode(Sample.call(.write(write)), with: Sample.access())
        let path = "/v5/entities/Meadow%20%26%20Co/profile-tables/16/profiles/"
        #expect(request?.url.hasPrefix("https://api.example.com" + path) == true)
    }

    // MARK: Preparation

    @Test func `first comes a token, for the raw key, then the table`() {
        let platform = Sample.platform()
        var access = Access()
        let request = platform.preparation(for: access, at: Sample.now)
        #expect(request?.method == .get)
        #expect(request?.url == "https://api.example.com/auth/token")
        #expect(request?.headers[.authorization] == "raw-key")
        #expect(request?.headers[.accept] == "application/json")

        let token = #"{"accessToken":"A%2B","tokenType":"bearer","expiresIn":"900s"}"#
        let reply = PlatformReply(status: 200, body: Array(token.utf8))
        #expect(platform.prepare(&access, with: reply, at: Sample.now) == .accepted)
        let table = platform.preparation(for: access, at: Sample.now)
        #expect(
            table?.url == "https://api.example.com/profile-table-structure/v5/entities"
                + "/Meadow%20%26%20Co/profile-tables"
        )
        #expect(table?.method == .get)
        #expect(table?.headers[.authorization] == "Bearer A%2B")
        let tables = PlatformReply(
            status: 200,
            body: Array(#"[{"id":"16","name":"Readers"}]"#.utf8)
        )
        #expect(platform.prepare(&access, with: tables, at: Sample.now) == .accepted)
        #expect(access.schema?.readAt == Sample.now)
        #expect(platform.preparation(for: access, at: Sample.now) == nil)
        // Four fifths of its life are over.
        #expect(platform.preparation(for: access, at: Sample.now + .seconds(719)) == nil)
        let renewal = platform.preparation(for: access, at: Sample.now + .seconds(720))
        #expect(renewal?.url == "https://api.example.com/auth/token")
    }

    @Test func `addresses may be overridden`() {
        let platform = Sample.platform {
            $0.tokenURL = "https://token.example.com/t"
            $0.tableID = "a/7"
        }
        #expect(
            platform.preparation(for: Access(), at: Sample.now)?.url
                == "https://token.example.com/t"
        )
        var access = Sample.access()
        access.schema = nil
        let url = platform.preparation(for: access, at: Sample.now)?.url
        #expect(url?.hasSuffix("/profile-tables/a%2F7") == true)
    }

    @Test(
        arguments: [
            (#""900s""#, 720), (#""10m""#, 480), ("600", 480), (#""600""#, 480), ("null", 720),
            (#""soon""#, 720), (#""-5s""#, 720), ("0", 720), (#""nan""#, 720), ("-1", 720),
            (#""1e300s""#, 69_120), ("1e999", 69_120), (#""inf""#, 69_120),
        ] as [(String, Double)]
    )
    func `a token is renewed after four fifths of its life`(expiresIn: String, age: Double) {
        var access = Access()
        let body = #"{"accessToken":"a","expiresIn":\#(expiresIn)}"#
        let reply = PlatformReply(status: 200, body: Array(body.utf8))
        #expect(Sample.platform().prepare(&access, with: reply, at: Sample.now) == .accepted)
        #expect(access.token?.renewAt == Sample.now + .seconds(age))
    }

    @Test(
        arguments: [
            #"{"id":"16","name":"Readers","attributes":[{"name":"a"},{"name":"b"}],"#
                + #""subscriptions":[{"name":"Newsletter"}]}"#,
            #"[{"id":"9","name":"Other","attributes":[]},{"id":16,"name":"Readers","#
                + #""attributes":["a","b"],"subscriptions":["Newsletter"]}]"#,
            #"{"profileTables":[{"id":"16","name":"Readers","attributes":[{"name":"a"},"#
                + #"{"name":"b"}],"subscriptions":[{"name":"Newsletter"}]}]}"#,
        ]
    )
    func `the table is found in every known shape`(body: String) {
        var access = Sample.access()
        access.schema = nil
        let reply = PlatformReply(status: 200, body: Array(body.utf8))
        #expect(Sample.platform().prepare(&access, with: reply, at: Sample.now) == .accepted)
        let schema = Access.LiveSchema(
            tableID: "16",
            attributes: ["a", "b"],
            subscriptions: ["Newsletter"],
            readAt: Sample.now
        )
        #expect(access.schema == schema)
    }

    @Test func `a table without lists has unknown attributes and subscriptions`() {
        var access = Sample.access()
        access.schema = nil
        let reply = PlatformReply(status: 200, body: Array(#"{"id":"16","name":"Readers"}"#.utf8))
        #expect(Sample.platform().prepare(&access, with: reply, at: Sample.now) == .accepted)
        #expect(access.schema?.attributes == nil && access.schema?.subscriptions == nil)
    }

    @Test(arguments: ["[]", "{}", "7", "no JSON", #"[{"id":"9","name":"Other"}]"#])
    func `a table that is not there is a matter of the set-up`(body: String) {
        var access = Sample.access()
        access.schema = nil
        let reply = PlatformReply(status: 200, body: Array(body.utf8))
        let verdict = Sample.platform().prepare(&access, with: reply, at: Sample.now)
        #expect(verdict == .misconfigured(status: 200))
        #expect(access.schema == nil)
    }

    @Test func `a table refused with 401 takes the token with it`() {
        var access = Sample.access()
        access.schema = nil
        let platform = Sample.platform()
        let reply = PlatformReply(status: 401)
        #expect(platform.prepare(&access, with: reply, at: Sample.now) == .unauthorized)
        #expect(access.token == nil)
        let next = platform.preparation(for: access, at: Sample.now)
        #expect(next?.url == "https://api.example.com/auth/token")
    }

    // MARK: Answers

    @Test(
        arguments: [
            (200, Verdict.accepted), (204, .accepted), (400, .refused(status: 400)),
            (401, .unauthorized), (403, .misconfigured(status: 403)), (404, .missing),
            (405, .misconfigured(status: 405)), (409, .refused(status: 409)),
            (422, .refused(status: 422)),
            (429, .unavailable(retryAfter: nil, countsAsAttempt: false)),
            (503, .unknown(retryAfter: nil)),
        ]
    )
    func `answers have their verdict`(status: Int, verdict: Verdict) {
        let write = PlannedWrite(choices: [Sample.newsletter: .denied])
        let reply = PlatformReply(status: status)
        let platform = Sample.platform()
        #expect(platform.verdict(on: reply, to: Sample.call(.write(write))) == verdict)
        #expect(platform.verdict(on: reply, to: Sample.call(.readProfile)) == verdict)
    }

    @Test func `a 404 of the table itself is a matter of the set-up`() {
        let write = PlannedWrite(choices: [Sample.newsletter: .granted])
        let call = Sample.call(.write(write), createsProfile: true)
        let verdict = Sample.platform().verdict(on: PlatformReply(status: 404), to: call)
        #expect(verdict == .misconfigured(status: 404))
    }

    private func profile(_ text: String) throws -> Reading {
        Sample.platform().reading(of: try JSONValue(parsing: text), for: .readProfile)
    }

    @Test(
        arguments: [
            #"{"attributes":{"profileId":20815,"emailAddress":" omar@example.com"},"#
                + #""subscriptions":{"Newsletter":true,"EmailOptin":false,"Other":true}}"#,
            #"{"attributes":[{"name":"profileId","value":"20815"},{"name":"emailAddress","#
                + #""value":"omar@example.com"}],"subscriptions":[{"name":"Newsletter","#
                + #""subscribe":"true"},{"name":"EmailOptin","subscribe":0},{"name":"X"}]}"#,
        ]
    )
    func `a profile is read in both shapes`(text: String) throws {
        let expected = ProfileReading(
            profileID: "20815",
            key: SubjectKey("omar@example.com"),
            choices: [Sample.newsletter: .granted, Sample.email: .denied]
        )
        #expect(try profile(text) == .profile(expected))
    }

    @Test func `of several subscriptions of one field one no is a no`() throws {
        for (first, second) in [(true, false), (false, true)] {
            let text = #"{"subscriptions":{"EmailOptin":\#(first),"E-mail, too":\#(second)}}"#
            guard case .profile(let reading) = try profile(text) else {
                Issue.record("no profile")
                return
            }
            #expect(reading.choices == [Sample.email: .denied])
        }
    }

    @Test func `what a profile does not name is not known`() throws {
        let empty = ProfileReading(profileID: nil, key: nil, choices: [:])
        #expect(try profile("{}") == .profile(empty))
        #expect(try profile(#"{"subscriptions":{"Newsletter":"perhaps"}}"#) == .profile(empty))
        #expect(try profile("[]") == .unusable)
        #expect(try profile("null") == .unusable)
    }
}
