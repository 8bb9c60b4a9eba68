import HTTPTypes
import JSON
import Sandbox
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ActitoSandboxTests {
    static let profiles = "profiles/v5/entities/acme/profile-tables/16/profiles"
    static let john = "\(profiles)/emailAddress=john.smith%2Bnews%40example.com"
    static let address: JSONValue = "john.smith+news@example.com"
    static let upsert: JSONValue = [
        "key": ["emailAddress": address],
        "attributes": ["emailAddress": address, "firstName": "John", "marketingConsent": true],
        "subscriptions": ["Newsletter": true],
    ]

    @Test func `the token must come back as it was given`() async throws {
        try await Rig.run { rig in
            let url = "\(rig.actito)/auth/token"
            let answer = try await rig.send("GET", url, authorization: "raw-key")
            let token = try #require(answer.body["accessToken"]?.string)
            #expect(answer.body["expiresIn"] == "900s")
            #expect(token.contains("%2B") && token.contains("%3D"))
            let entities = "\(rig.actito)/entities/v5/entities"
            let good = try await rig.send("GET", entities, authorization: "Bearer \(token)")
            #expect(good.body.at("entities.0.name") == "acme")
            let decoded = token.replacing("%2B", with: "+").replacing("%3D", with: "=")
            let bad = try await rig.send("GET", entities, authorization: "Bearer \(decoded)")
            #expect(bad.status == 401)
        }
    }

    @Test(arguments: [nil, "Bearer raw-key"])
    func `only a raw key gets a token`(authorization: String?) async throws {
        try await Rig.run { rig in
            let url = "\(rig.actito)/auth/token"
            let answer = try await rig.send("GET", url, authorization: authorization)
            #expect(answer.status == 401)
        }
    }

    @Test(arguments: ["profile-table-structure/v5", "v5"])
    func `the table's structure is shown`(prefix: String) async throws {
        try await Rig.run { rig in
            let path = "\(prefix)/entities/acme/profile-tables"
            let short = try await rig.actito("GET", "\(path)?fields=name").body
            #expect(short == ["profileTables": [["id": "16", "name": "Profiles"]]])
            let table = try await rig.actito("GET", "\(path)/16").body
            #expect(try await rig.actito("GET", path).body == ["profileTables": [table]])
            #expect(try await rig.actito("GET", "\(path)/Profiles").body == table)
            #expect(table.at("subscriptions.0") == ["name": "Newsletter"])
            let attributes = try #require(table["attributes"]?.array)
            let key = try #require(attributes.first { $0["name"] == "emailAddress" })
            #expect(key["unique"] == true && key["mandatory"] == true)
            #expect(attributes.contains { $0["name"] == "marketingConsent" })
            #expect(try await rig.actito("GET", "\(path)/17").status == 404)
        }
    }

    @Test(arguments: [
        "profiles/v5/entities/acme/profile-tables/16",
        "profiles/v5/entities/acme/profile-tables/Profiles",
        "v5/entities/acme/profile-tables/16",
    ])
    func `a profile lives at each of its addresses`(table: String) async throws {
        try await Rig.run { rig in
            let created = try await rig.actito("PUT", "\(table)/profiles", Self.upsert)
            #expect(created.status == 201)
            let id = try #require(created.body["profileId"]?.number?.text)
            let byKey = "\(table)/profiles/emailAddress=john.smith%2Bnews%40example.com"
            let profile = try await rig.actito("GET", byKey).body
            #expect(profile.at("attributes.profileId")?.number?.text == id)
            #expect(profile.at("attributes.emailAddress") == Self.address)
            #expect(profile.at("attributes.marketingConsent") == true)
            #expect(profile.at("subscriptions.Newsletter") == true)
            #expect(profile.at("subscriptions.ProductNews") == false)
            #expect(try await rig.actito("GET", "\(table)/profiles/\(id)").body == profile)
            let some = try await rig.actito("GET", "\(byKey)?subscriptions=ProductNews,Other").body
            #expect(some["subscriptions"] == ["ProductNews": false])
        }
    }

    @Test func `a patch is partial and an update keeps the rest`() async throws {
        try await Rig.run { rig in
            _ = try await rig.actito("PUT", Self.profiles, Self.upsert)
            let patch: JSONValue = [
                "attributes": ["customer_tier": "gold"], "subscriptions": ["ProductNews": true],
            ]
            #expect(try await rig.actito("PATCH", Self.john, patch).status == 200)
            let again: JSONValue = ["key": ["emailAddress": Self.address]]
            #expect(try await rig.actito("PUT", Self.profiles, again).status == 200)
            let profile = try await rig.actito("GET", Self.john).body
            #expect(profile.at("attributes.firstName") == "John")
            #expect(profile.at("attributes.customer_tier") == "gold")
            #expect(profile.at("subscriptions.Newsletter") == true)
            #expect(profile.at("subscriptions.ProductNews") == true)
        }
    }

    @Test func `a replacing update clears what it leaves out`() async throws {
        try await Rig.run {
            $0.putSemantics = .replace
        } _: { rig in
            _ = try await rig.actito("PUT", Self.profiles, Self.upsert)
            let again: JSONValue = ["key": ["emailAddress": Self.address]]
            #expect(try await rig.actito("PUT", Self.profiles, again).status == 200)
            let profile = try await rig.actito("GET", Self.john).body
            #expect(profile.at("attributes.firstName") == nil)
            #expect(profile.at("attributes.emailAddress") == Self.address)
            #expect(profile.at("subscriptions.Newsletter") == false)
        }
    }

    @Test func `each operation tells what it changed`() async throws {
        try await Rig.run { rig in
            let created = try await rig.actito("PUT", Self.profiles, Self.upsert)
            let id = try #require(created.body["profileId"]?.number?.text)
            // Nothing changes, so nothing is told.
            _ = try await rig.actito("PUT", Self.profiles, Self.upsert)
            let patch: JSONValue = [
                "attributes": ["firstName": "Jo", "customerId": "usr-42"],
                "subscriptions": ["Newsletter": false],
            ]
            _ = try await rig.actito("PATCH", Self.john, patch)
            _ = try await rig.actito("DELETE", Self.john)
            let webhooks = await rig.bridge.next(5)
            #expect(webhooks.allSatisfy { $0.path == "/webhooks/actito" })
            let types = webhooks.map { $0.body["eventType"] }
            #expect(
                types == [
                    "CREATE", "UPDATED_SUBSCRIPTION", "UPDATE", "UPDATED_SUBSCRIPTION", "DELETE",
                ]
            )
            #expect(
                webhooks[0].body["data"] == [
                    "profileId": .string(id), "emailAddress": Self.address, "firstName": "John",
                    "marketingConsent": "true",
                ]
            )
            #expect(
                webhooks[2].body["data"] == [
                    "profileId": .string(id), "emailAddress": Self.address,
                    "customerId": "usr-42", "firstName": "Jo",
                ]
            )
            #expect(
                webhooks[3].body == [
                    "id": .number(JSONNumber(verbatim: id)), "tableType": "PROFILE_TABLE",
                    "tableId": "16", "fields": ["Newsletter"],
                    "eventType": "UPDATED_SUBSCRIPTION",
                    "data": [
                        "profileId": .string(id), "emailAddress": Self.address,
                        "customerId": "usr-42", "Newsletter": "false",
                    ],
                ]
            )
            #expect(try await rig.actito("GET", Self.john).status == 404)
        }
    }

    @Test(
        arguments: [
            ("PATCH", john, ["subscriptions": ["Newsletter": true]], 404),
            ("PUT", profiles, ["attributes": ["firstName": "J"]], 400),
            ("PUT", profiles, ["key": ["firstName": "J"]], 400),
            (
                "PUT", profiles, ["key": ["emailAddress": address], "subscriptions": ["X": true]],
                400
            ),
            ("PUT", profiles, ["key": ["emailAddress": address], "attributes": ["x": "y"]], 400),
            ("PUT", profiles, ["key": ["customerId": "usr-1"]], 400),
            ("POST", profiles, ["attributes": ["profileId": 1]], 400),
            ("GET", profiles, nil, 405),
            ("POST", john, [:], 405),
            ("GET", "profiles/v5/entities/other/profile-tables/16/profiles/1", nil, 404),
            ("GET", "profiles/v5/entities/acme/profile-tables/17/profiles/1", nil, 404),
            ("GET", "entities/v5/entities/acme/profile-tables", nil, 404),
            ("GET", "profiles/v4/entity/acme", nil, 404),
            ("DELETE", "entities/v5/entities", nil, 405),
        ] as [(String, String, JSONValue?, Int)]
    )
    func `a wrong call is refused`(
        method: String,
        path: String,
        body: JSONValue?,
        status: Int
    ) async throws {
        try await Rig.run { rig in
            let answer = try await rig.actito(method, path, body)
            #expect(answer.status == status)
            #expect(answer.body["message"]?.string?.isEmpty == false)
            #expect((answer.headers[.allow] != nil) == (status == 405))
        }
    }

    @Test func `only JSON is served`() async throws {
        try await Rig.run { rig in
            let token = try await rig.actitoToken()
            let answer = try await rig.send(
                "GET",
                "\(rig.actito)/entities/v5/entities",
                authorization: token,
                accept: "text/html"
            )
            #expect(answer.status == 406)
        }
    }

    @Test func `an expired token is refused`() async throws {
        try await Rig.run {
            $0.actitoTokenMilliseconds = 0
        } _: { rig in
            let answer = try await rig.actito("GET", "entities/v5/entities")
            #expect(answer.status == 401)
        }
    }

    @Test func `nulls clear and are shown on request`() async throws {
        try await Rig.run { rig in
            _ = try await rig.actito("PUT", Self.profiles, Self.upsert)
            let patch: JSONValue = ["attributes": ["firstName": nil]]
            #expect(try await rig.actito("PATCH", Self.john, patch).status == 200)
            let webhooks = await rig.bridge.next(3)
            #expect(webhooks[2].body.at("data.firstName") == .null)
            let profile = try await rig.actito("GET", Self.john).body
            #expect(profile.at("attributes.firstName") == nil)
            let whole = try await rig.actito("GET", "\(Self.john)?includeNulls=true").body
            #expect(whole.at("attributes.firstName") == .null)
            let wrong: JSONValue = ["attributes": ["emailAddress": nil]]
            #expect(try await rig.actito("PATCH", Self.john, wrong).status == 400)
        }
    }

    @Test func `a key belongs to one profile`() async throws {
        try await Rig.run { rig in
            #expect(try await rig.actito("POST", Self.profiles, Self.upsert).status == 201)
            #expect(try await rig.actito("POST", Self.profiles, Self.upsert).status == 409)
            let jane: JSONValue = ["key": ["emailAddress": "jane@example.com"]]
            _ = try await rig.actito("PUT", Self.profiles, jane)
            let theft: JSONValue = ["attributes": ["emailAddress": Self.address]]
            let path = "\(Self.profiles)/emailAddress=jane%40example.com"
            #expect(try await rig.actito("PATCH", path, theft).status == 400)
            let move: JSONValue = ["attributes": ["emailAddress": "jane.new@example.com"]]
            #expect(try await rig.actito("PATCH", path, move).status == 200)
            #expect(try await rig.actito("GET", path).status == 404)
            let new = "\(Self.profiles)/emailAddress=jane.new%40example.com"
            #expect(try await rig.actito("GET", new).status == 200)
        }
    }
}
