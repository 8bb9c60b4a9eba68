import HTTPTypes
import JSON
import Sandbox
import Testing

/// The fallback API, with prefixed and with legacy addresses.
@Suite(.timeLimit(.minutes(1)))
struct ActitoV4Tests {
    static let profile = "profiles/v4/entity/acme/table/Profiles/profile"
    static let john = "\(profile)/emailAddress=john.smith%40example.com"
    static let body: JSONValue = [
        "dataCollectionInformation": [
            "source": "Didomi", "way": "api_push", "date": "2026-11-23 21:00:00",
        ],
        "attributes": [
            ["name": "emailAddress", "value": "john.smith@example.com"],
            ["name": "firstName", "value": "John"], ["name": "marketingConsent", "value": 1],
        ],
        "subscriptions": [
            ["name": "Newsletter", "subscribe": true], ["name": "Retargeting", "subscribe": false],
        ],
        "segmentations": [],
    ]

    static func attribute(_ body: JSONValue, _ name: String) -> JSONValue? {
        body["attributes"]?.array?.first { $0["name"] == .string(name) }?["value"]
    }

    @Test(arguments: ["profiles/v4/entity/acme/table", "v4/entity/acme/table"])
    func `a profile is created, read, changed and deleted`(prefix: String) async throws {
        try await Rig.run { rig in
            let path = "\(prefix)/16/profile"
            let created = try await rig.actito("POST", "\(path)?allowUpdate=true", Self.body)
            #expect(created.status == 200)
            let id = try #require(created.body["profileId"]?.number?.text)
            let byKey = "\(prefix)/Profiles/profile/emailAddress=john.smith%40example.com"
            let read = try await rig.actito("GET", byKey)
            #expect(Self.attribute(read.body, "profileId") == .string(id))
            #expect(Self.attribute(read.body, "marketingConsent") == "true")
            #expect(
                read.body.at("subscriptions.0") == ["name": "Newsletter", "subscribe": true]
            )
            let change: JSONValue = ["attributes": [["name": "firstName", "value": "Jo"]]]
            let put = try await rig.actito("PUT", "\(path)/\(id)", change)
            #expect(put.body == created.body)
            let after = try await rig.actito("GET", "\(path)/\(id)").body
            #expect(Self.attribute(after, "firstName") == "Jo")
            // What a V4 update leaves out stays, whatever V5 does.
            #expect(after["subscriptions"] == read.body["subscriptions"])
            #expect(try await rig.actito("DELETE", byKey).status == 204)
            #expect(try await rig.actito("GET", byKey).status == 404)
            #expect(try await rig.actito("PUT", byKey, change).status == 404)
        }
    }

    @Test func `both versions see the same profile`() async throws {
        try await Rig.run { rig in
            _ = try await rig.actito("POST", Self.profile, Self.body)
            let path = "\(ActitoSandboxTests.profiles)/emailAddress=john.smith%40example.com"
            let profile = try await rig.actito("GET", path).body
            #expect(profile.at("attributes.marketingConsent") == true)
            #expect(profile.at("subscriptions.Newsletter") == true)
        }
    }

    @Test(arguments: ["", "?allowUpdate=false"])
    func `a known profile is updated only if that is allowed`(query: String) async throws {
        try await Rig.run { rig in
            _ = try await rig.actito("POST", Self.profile, Self.body)
            let again = try await rig.actito("POST", "\(Self.profile)\(query)", Self.body)
            #expect(again.status == 409)
            let allowed = "\(Self.profile)?allowUpdate=true"
            #expect(try await rig.actito("POST", allowed, Self.body).status == 200)
        }
    }

    @Test func `a subscription has calls of its own`() async throws {
        try await Rig.run { rig in
            _ = try await rig.actito("POST", Self.profile, Self.body)
            let path = "\(Self.john)/subscription"
            #expect(try await rig.actito("DELETE", "\(path)/Newsletter").status == 204)
            #expect(try await rig.actito("POST", "\(path)/ProductNews").status == 204)
            let list = try await rig.actito("GET", path).body["subscriptions"]?.array ?? []
            #expect(list.contains(["name": "Newsletter", "subscribe": false]))
            #expect(list.contains(["name": "ProductNews", "subscribe": true]))
            #expect(try await rig.actito("POST", "\(path)/Unknown").status == 404)
            let webhooks = await rig.bridge.next(4).map(\.body)
            #expect(webhooks[2].at("data.Newsletter") == "false")
            #expect(webhooks[3].at("data.ProductNews") == "true")
        }
    }

    @Test(
        arguments: [
            ["attributes": ["emailAddress": "x@example.com"]],
            ["attributes": [["name": "emailAddress"]]],
            ["attributes": [["name": "nothing", "value": "x"]]],
            ["attributes": [["name": "loyaltyPoints", "value": "many"]]],
            ["attributes": [["name": "shop", "value": "a"], ["name": "shop", "value": "b"]]],
            ["attributes": [["name": "firstName", "value": "J"]]],
            ["subscriptions": [["name": "Newsletter", "subscribe": "yes"]]],
            ["subscriptions": ["Newsletter": true]], ["key": ["emailAddress": "x@example.com"]],
        ] as [JSONValue]
    )
    func `a V4 body that is not the contract's is refused`(body: JSONValue) async throws {
        try await Rig.run { rig in
            let answer = try await rig.actito("POST", Self.profile, body)
            #expect(answer.status == 400)
            #expect(rig.sandbox.state(of: .actito) == ["people": [:]])
        }
    }

    @Test(
        arguments: [
            ("GET", "v4/entity/other/table/16/profile/1"), ("GET", "v4/entity/acme/table/17/x"),
            ("GET", "v4/entity/acme/table/16/profiles"), ("GET", "v4/entity/acme"),
            ("GET", "webhooks/v4/entity/acme/table/16/profile/1"), ("GET", "v6/entities"),
            ("GET", "profiles/v4/entity/acme/webhookSubscription"),
        ]
    )
    func `an address that is not the contract's is unknown`(
        method: String,
        path: String
    ) async throws {
        try await Rig.run { rig in
            let answer = try await rig.actito(method, path)
            #expect(answer.status == 404)
        }
    }

    @Test(
        arguments: [
            (SandboxConfiguration.ActitoAddresses.prefixed, .any, [200, 405, 200, 405]),
            (.legacy, .any, [405, 200, 405, 200]), (.any, .v5, [200, 200, 405, 405]),
            (.any, .v4, [405, 405, 200, 200]), (.any, .any, [200, 200, 200, 200]),
        ]
            as [(
                SandboxConfiguration.ActitoAddresses, SandboxConfiguration.ActitoProfiles, [Int]
            )]
    )
    func `retired addresses do not answer`(
        addresses: SandboxConfiguration.ActitoAddresses,
        profiles: SandboxConfiguration.ActitoProfiles,
        statuses: [Int]
    ) async throws {
        try await Rig.run {
            $0.actitoAddresses = addresses
            $0.actitoProfiles = profiles
        } _: { rig in
            let field = "subscription:Newsletter"
            try rig.sandbox.act(on: .actito, key: "a@example.com", field: field, value: true)
            var answers: [Int] = []
            for table in [
                "profiles/v5/entities/acme/profile-tables/16/profiles",
                "v5/entities/acme/profile-tables/16/profiles",
                "profiles/v4/entity/acme/table/16/profile", "v4/entity/acme/table/16/profile",
            ] {
                answers.append(try await rig.actito("GET", "\(table)/12345").status)
            }
            #expect(answers == statuses)
        }
    }

    @Test(arguments: ["email-campaigns/v4", "v4"])
    func `a campaign is triggered by its name`(prefix: String) async throws {
        try await Rig.run { rig in
            _ = try await rig.actito("POST", Self.profile, Self.body)
            let contact = "\(prefix)/entity/acme/transactionalmail"
            let body: JSONValue = [
                "profile": [
                    "attributes": [["name": "emailAddress", "value": "john.smith@example.com"]],
                    "dataCollection": ["source": "S", "way": "W", "date": "10/09/2026 22:00:00"],
                ],
                "parameters": [["key": "url", "values": ["https://example.com/confirm"]]],
            ]
            let sent = try await rig.actito("POST", "\(contact)/ConsentChanged/contact", body)
            #expect(sent.status == 200)
            let unknown = try await rig.actito("POST", "\(contact)/Nothing/contact", body)
            #expect(unknown.status == 404)
            let wrong = try await rig.actito("POST", "\(contact)/ConsentChanged/contact", [:])
            #expect(wrong.status == 400)
            let mail = "\(prefix)/entity/acme/mail/ConsentChanged/profile"
            let known = "\(mail)/emailAddress=john.smith%40example.com"
            #expect(try await rig.actito("POST", known, []).status == 200)
            #expect(try await rig.actito("POST", known, [["key": 1]]).status == 400)
            let nobody = "\(mail)/emailAddress=nobody%40example.com"
            #expect(try await rig.actito("POST", nobody, []).status == 404)
        }
    }
}
