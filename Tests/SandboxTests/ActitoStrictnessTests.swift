import CurlHTTPClient
import HTTPTypes
import JSON
import Sandbox
import Testing

/// What a wrong write costs at the sandbox's Actito.
@Suite(.timeLimit(.minutes(1)))
struct ActitoStrictnessTests {
    static let profiles = ActitoSandboxTests.profiles
    static let john = ActitoSandboxTests.john

    static func number(_ text: String) -> JSONValue { .number(JSONNumber(verbatim: text)) }

    @Test(
        arguments: [
            ("shop", 7), ("shop", true), ("shop", ["a"]), ("shop", ["a": "b"]),
            ("emailAddress", "no address"), ("emailAddress", "a@b"), ("emailAddress", "é@b.org"),
            ("emailAddress", "a..b@example.com"), ("emailAddress", "a@-example.com"),
            ("birthDate", "31/01/2000"), ("birthDate", "2000-13-01"), ("sex", "female"),
            ("motherLanguage", "fr-FR"), ("motherLanguage", "fr"),
            ("marketingConsent", "true"), ("marketingConsent", 2), ("loyaltyPoints", "7"),
            ("loyaltyPoints", number("7.5")), ("basketValue", "1.5"), ("memberSince", "today"),
            ("lastVisit", "2026-11-24"), ("profileId", 1), ("updateMoment", "2026-11-24T00:00:00Z"),
            ("shoop", "BRU"), ("Shop", "BRU"),
        ] as [(String, JSONValue)]
    )
    func `a value that does not fit is refused and changes nothing`(
        attribute: String,
        value: JSONValue
    ) async throws {
        try await Rig.run { rig in
            _ = try await rig.actito("PUT", Self.profiles, ActitoSandboxTests.upsert)
            let before = rig.sandbox.state(of: .actito)
            let attributes = JSONObject(uniqueMembers: [.init(name: attribute, value: value)])
            let patch: JSONValue = [
                "attributes": .object(attributes), "subscriptions": ["ProductNews": true],
            ]
            let answer = try await rig.actito("PATCH", Self.john, patch)
            #expect(answer.status == 400)
            let message = try #require(answer.body["message"]?.string)
            #expect(message.contains("'\(attribute)'"))
            if let text = value.string { #expect(!message.contains(text)) }
            #expect(rig.sandbox.state(of: .actito) == before)
        }
    }

    @Test(
        arguments: [
            ("shop", ""), ("birthDate", "2000-01-31"), ("sex", "F"), ("motherLanguage", "FR"),
            ("marketingConsent", true), ("loyaltyPoints", 7), ("basketValue", number("1.5")),
            ("memberSince", "2026-11-24"), ("lastVisit", "2026-11-24 20:00:00"),
            ("lastVisit", "2026-11-24T20:00:00Z"), ("shop", nil),
        ] as [(String, JSONValue)]
    )
    func `a value that fits is stored`(attribute: String, value: JSONValue) async throws {
        try await Rig.run { rig in
            _ = try await rig.actito("PUT", Self.profiles, ActitoSandboxTests.upsert)
            let attributes = JSONObject(uniqueMembers: [.init(name: attribute, value: value)])
            let patch: JSONValue = ["attributes": .object(attributes)]
            #expect(try await rig.actito("PATCH", Self.john, patch).status == 200)
            let profile = try await rig.actito("GET", "\(Self.john)?includeNulls=true").body
            #expect(profile["attributes"]?[attribute] == value)
        }
    }

    @Test func `one and zero are truth values, as a public client writes them`() async throws {
        try await Rig.run { rig in
            _ = try await rig.actito("PUT", Self.profiles, ActitoSandboxTests.upsert)
            let patch: JSONValue = ["attributes": ["marketingConsent": 0]]
            #expect(try await rig.actito("PATCH", Self.john, patch).status == 200)
            let profile = try await rig.actito("GET", Self.john).body
            #expect(profile.at("attributes.marketingConsent") == false)
        }
    }

    @Test(arguments: [(255, 200), (256, 400)])
    func `a text has at most 255 characters`(length: Int, status: Int) async throws {
        try await Rig.run { rig in
            _ = try await rig.actito("PUT", Self.profiles, ActitoSandboxTests.upsert)
            // Two bytes each: characters count, not bytes.
            let text = String(repeating: "é", count: length)
            let patch: JSONValue = ["attributes": ["shop": .string(text)]]
            #expect(try await rig.actito("PATCH", Self.john, patch).status == status)
        }
    }

    @Test func `a table can be stricter, and its structure says so`() async throws {
        try await Rig.run { configuration in
            var code = SandboxAttribute(name: "code")
            code.maxLength = 3
            var tags = SandboxAttribute(name: "tags")
            tags.multiValued = true
            configuration.attributes += [code, tags]
        } _: { rig in
            _ = try await rig.actito("PUT", Self.profiles, ActitoSandboxTests.upsert)
            for (body, status) in [
                (["code": "abcd"], 400), (["code": "abc"], 200), (["tags": ["a", "b"]], 200),
                (["tags": ["a", 1]], 400),
            ] as [(JSONValue, Int)] {
                let patch: JSONValue = ["attributes": body]
                #expect(try await rig.actito("PATCH", Self.john, patch).status == status)
            }
            let path = "v5/entities/acme/profile-tables/16"
            let attributes = try await rig.actito("GET", path).body["attributes"]?.array ?? []
            let shown = attributes.first { $0["name"] == "code" }
            #expect(shown?.at("valueRestriction.maxLength") == 3)
            #expect(attributes.first { $0["name"] == "tags" }?["multiValued"] == true)
        }
    }

    @Test(arguments: [SandboxConfiguration.SubscriptionListing.names, .absent])
    func `subscriptions can be listed otherwise`(
        listing: SandboxConfiguration.SubscriptionListing
    ) async throws {
        try await Rig.run {
            $0.subscriptionListing = listing
        } _: { rig in
            let table = try await rig.actito("GET", "v5/entities/acme/profile-tables/16").body
            #expect(table.at("subscriptions.0") == (listing == .names ? "Newsletter" : nil))
            #expect((table["subscriptions"] == nil) == (listing == .absent))
        }
    }

    @Test func `nobody is created without a mandatory attribute, except by hand`() async throws {
        try await Rig.run { configuration in
            for index in configuration.attributes.indices {
                let name = configuration.attributes[index].name
                if ["marketingConsent", "lastName", "birthDate", "sex"].contains(name) {
                    configuration.attributes[index].mandatory = true
                }
            }
        } _: { rig in
            let put = try await rig.actito("PUT", Self.profiles, ActitoSandboxTests.upsert)
            #expect(put.status == 400)
            #expect(put.body["message"] == "Attribute 'lastName' is mandatory")
            let post: JSONValue = ["attributes": ["emailAddress": "x@example.com"]]
            #expect(try await rig.actito("POST", Self.profiles, post).status == 400)
            #expect(rig.sandbox.state(of: .actito) == ["people": [:]])
            let field = "subscription:Newsletter"
            try rig.sandbox.act(on: .actito, key: "x@example.com", field: field, value: true)
            let attributes = rig.sandbox.state(of: .actito)["people"]?["x@example.com"]?[
                "attributes"
            ]
            #expect(attributes?["lastName"] == "sandbox")
            #expect(attributes?["marketingConsent"] == true)
            let path = "\(Self.profiles)/emailAddress=x%40example.com"
            let clear: JSONValue = ["attributes": ["lastName": nil]]
            #expect(try await rig.actito("PATCH", path, clear).status == 400)
        }
    }

    @Test(
        arguments: [
            ["key": ["emailAddress": "x@example.com"], "subscription": ["Newsletter": true]],
            ["key": ["emailAddress": "x@example.com"], "subscriptions": ["Newsletter": "true"]],
            ["key": ["emailAddress": "x@example.com"], "subscriptions": ["newsletter": true]],
            ["key": ["emailAddress": "x@example.com"], "subscriptions": ["Newsletter"]],
            ["key": ["emailAddress": "x@example.com"], "attributes": []],
            ["key": ["emailAddress": "nobody"]], ["key": "x@example.com"], ["key": [:]],
            [
                "key": ["emailAddress": "x@example.com"],
                "dataCollectionInformation": ["origin": "Didomi"],
            ],
            [], "text",
        ] as [JSONValue]
    )
    func `a body that is not the contract's is refused`(body: JSONValue) async throws {
        try await Rig.run { rig in
            let answer = try await rig.actito("PUT", Self.profiles, body)
            #expect(answer.status == 400)
            #expect(rig.sandbox.state(of: .actito) == ["people": [:]])
        }
    }

    @Test func `a body must say that it is JSON`() async throws {
        try await Rig.run { rig in
            var headers = HTTPFields()
            headers[.authorization] = try await rig.actitoToken()
            headers[.contentType] = "text/plain"
            let request = ClientRequest(
                method: "PUT",
                url: "\(rig.actito)/\(Self.profiles)",
                headers: headers,
                body: ActitoSandboxTests.upsert.serialized()
            )
            #expect(try await rig.client.send(request).status == 415)
        }
    }

    @Test func `a token ends before its time`() async throws {
        try await Rig.run { rig in
            let token = try await rig.actitoToken()
            let entities = "\(rig.actito)/entities/v5/entities"
            #expect(try await rig.send("GET", entities, authorization: token).status == 200)
            rig.sandbox.expireTokens(of: .actito)
            #expect(try await rig.send("GET", entities, authorization: token).status == 401)
            let renewed = try await rig.actitoToken()
            #expect(try await rig.send("GET", entities, authorization: renewed).status == 200)
        }
    }

    @Test func `a sixth call at the same time is refused`() async throws {
        try await Rig.run { rig in
            let token = try await rig.actitoToken()
            let fault = SandboxFault(kind: .delay, milliseconds: 600_000, count: 5)
            rig.sandbox.setFault(fault, on: .actito)
            let entities = "\(rig.actito)/entities/v5/entities"
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        // Ends when the test is over, by the cancellation below.
                        _ = try? await rig.send("GET", entities, authorization: token)
                    }
                }
                while (rig.sandbox.calls(of: .actito)["items"]?.array?.count ?? 0) < 6 {
                    await Task.yield()
                }
                let sixth = try await rig.send("GET", entities, authorization: token)
                #expect(sixth.status == 429)
                group.cancelAll()
            }
        }
    }

    @Test func `calls beyond a hundred a minute are slowed down`() async throws {
        try await Rig.run {
            $0.actitoCallsPerMinute = 2
            $0.actitoSlowdownMilliseconds = 60_000
        } _: { rig in
            let token = try await rig.actitoToken()
            var headers = HTTPFields()
            headers[.authorization] = token
            let request = ClientRequest(
                method: "GET",
                url: "\(rig.actito)/entities/v5/entities",
                headers: headers,
                timeoutMilliseconds: 300
            )
            var patient = request
            patient.timeoutMilliseconds = 20_000
            #expect(try await rig.client.send(patient).status == 200)
            await #expect(throws: ClientError.timedOut(requestSent: true)) {
                _ = try await rig.client.send(request)
            }
            // It was accepted all the same.
            let statuses = rig.sandbox.calls(of: .actito)["items"]?.array?.map { $0["status"] }
            #expect(statuses == [200, 200, 200])
        }
    }

    @Test func `a throttled call is slow at Actito and refused at Didomi`() async throws {
        try await Rig.run { rig in
            let fault = SandboxFault(kind: .throttle, milliseconds: 60_000, count: 1)
            rig.sandbox.setFault(fault, on: .actito)
            var headers = HTTPFields()
            headers[.authorization] = "raw-key"
            let request = ClientRequest(
                method: "GET",
                url: "\(rig.actito)/auth/token",
                headers: headers,
                timeoutMilliseconds: 300
            )
            await #expect(throws: ClientError.timedOut(requestSent: true)) {
                _ = try await rig.client.send(request)
            }
            _ = try await rig.actitoToken()
            let token = try await rig.didomiToken()
            rig.sandbox.setFault(fault, on: .didomi)
            let users = "\(rig.didomi)/v1/consents/users?\(Rig.organization)"
            let answer = try await rig.send("GET", users, authorization: token)
            #expect(answer.status == 429)
            #expect(answer.headers[.retryAfter] == "1")
            #expect(answer.body["name"] == "TooManyRequests")
            #expect(try await rig.send("GET", users, authorization: token).status == 200)
        }
    }
}
