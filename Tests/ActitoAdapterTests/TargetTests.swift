import ActitoAdapter
import BridgeCore
import HTTPTypes
import JSON
import Testing

/// Subscriptions, attributes, inverted and compound targets at Actito.
@Suite struct ActitoTargetTests {
    private static let sms = Field.channel("sms")
    private static let both = MappingTarget.subscription("Both")

    private static func platform() -> ActitoPlatform {
        Sample.platform { settings in
            settings.integration.mapping = MappingTable([
                MappingRule(subscription: "Newsletter", field: Sample.newsletter),
                MappingRule(.attribute("marketingConsent"), .field(Sample.email)),
                MappingRule(.subscription("NoSms"), .field(sms), isInverted: true),
                MappingRule(
                    both,
                    .any([Sample.email, sms]),
                    reverse: .init(withdrawal: [Sample.email, sms], grant: [Sample.email])
                ),
                MappingRule(.attribute("noMail"), .field(Sample.newsletter), isInverted: true),
            ])
        }
    }

    private func body(_ choices: [Field: Choice], _ type: String? = nil) throws -> JSONValue {
        var access = Sample.access(attributes: ["language"])
        if let type {
            let text = #"{"name":"marketingConsent",\#(type)}"#
            let table = #"{"id":"16","name":"Readers","attributes":[\#(text)]}"#
            access.schema = nil
            let reply = PlatformReply(status: 200, body: Array(table.utf8))
            #expect(Self.platform().prepare(&access, with: reply, at: Sample.now) == .accepted)
        }
        let call = Sample.call(.write(PlannedWrite(choices: choices)))
        return try JSONValue(parsing: Self.platform().encode(call, with: access)?.body ?? [])
    }

    @Test(
        arguments: [
            (
                [.newsletter: .granted],
                ["attributes": ["noMail": false], "subscriptions": ["Newsletter": true]]
            ),
            (
                [.newsletter: .denied],
                ["attributes": ["noMail": true], "subscriptions": ["Newsletter": false]]
            ),
            ([.email: .granted], ["attributes": ["marketingConsent": true]]),
            ([.sms: .denied], ["subscriptions": ["NoSms": true]]),
            ([.sms: .granted], ["subscriptions": ["NoSms": false]]),
            ([.both: .granted], ["subscriptions": ["Both": true]]),
            (
                [.both: .denied, .email: .denied],
                ["attributes": ["marketingConsent": false], "subscriptions": ["Both": false]]
            ),
        ] as [([Name: Choice], JSONValue)]
    )
    func `each target is written by its own rule`(choices: [Name: Choice], expected: JSONValue)
        throws
    {
        let fields = Dictionary(uniqueKeysWithValues: choices.map { ($0.field, $1) })
        #expect(try body(fields) == expected)
    }

    /// A short name for a field in arguments.
    enum Name {
        case newsletter, email, sms, both

        var field: Field {
            switch self {
            case .newsletter: Sample.newsletter
            case .email: Sample.email
            case .sms: .channel("sms")
            case .both: .target(ActitoTargetTests.both)
            }
        }
    }

    @Test(
        arguments: [
            (#""type":"MARKETING_CONSENT""#, true),
            (#""type":"CUSTOM","valueType":"BOOLEAN""#, true),
            (#""type":"CUSTOM","valueType":"STRING""#, "true"),
            (#""type":"CUSTOM","valueType":"INTEGER""#, 1),
        ] as [(String, JSONValue)]
    )
    func `a yes is written in the attribute's type`(type: String, value: JSONValue) throws {
        #expect(
            try body([Sample.email: .granted], type)["attributes"]?["marketingConsent"] == value
        )
    }

    @Test(
        arguments: [
            ("UPDATE", #"{"marketingConsent":"false"}"#, ["channel:email=denied"]),
            (
                "UPDATE", #"{"marketingConsent":1,"noMail":true}"#,
                ["channel:email=granted", "purpose:newsletter=denied"]
            ),
            ("UPDATE", #"{"Newsletter":false}"#, []),
            ("UPDATED_SUBSCRIPTION", #"{"Newsletter":false}"#, ["purpose:newsletter=denied"]),
            ("UPDATED_SUBSCRIPTION", #"{"NoSms":true}"#, ["channel:sms=denied"]),
            ("UPDATED_SUBSCRIPTION", #"{"NoSms":"0"}"#, ["channel:sms=granted"]),
            ("UPDATED_SUBSCRIPTION", #"{"marketingConsent":false}"#, ["channel:email=denied"]),
            (
                "UPDATED_SUBSCRIPTION", #"{"Both":false}"#,
                ["channel:email=denied", "channel:sms=denied"]
            ),
            ("UPDATED_SUBSCRIPTION", #"{"Both":true}"#, ["channel:email=granted"]),
            ("UPDATED_SUBSCRIPTION", #"{"both":true}"#, []),
        ]
    )
    func `announced values are choices of the fields`(event: String, data: String, shown: [String])
        throws
    {
        let value = try JSONValue(
            parsing: #"{"eventType":"\#(event)","data":{"profileId":7,\#(data.dropFirst())}"#
        )
        let changes = Self.platform().decode(value, event: nil).flatMap { statement -> [Change] in
            if case .changes(let changes) = statement.content { changes } else { [] }
        }
        #expect(changes.map { "\($0.fieldName ?? "")=\($0.choice?.rawValue ?? "")" } == shown)
        #expect(changes.allSatisfy { $0.profileID == "7" })
    }

    @Test func `a profile shows each target under the field that the register keeps`() throws {
        let text = #"""
            {"attributes":{"marketingConsent":"true","noMail":false,"emailAddress":"omar@example.com"},
             "subscriptions":{"Newsletter":true,"NoSms":true,"Both":false,"Other":true}}
            """#
        let reading = Self.platform().reading(of: try JSONValue(parsing: text), for: .readProfile)
        guard case .profile(let profile) = reading else {
            Issue.record("no profile")
            return
        }
        #expect(
            profile.choices == [
                Sample.newsletter: .granted, Sample.email: .granted, Self.sms: .denied,
                .target(Self.both): .denied,
            ]
        )
        // One no of several targets is a no.
        let other = #"{"attributes":{"noMail":true},"subscriptions":{"Newsletter":true}}"#
        let mixed = Self.platform().reading(of: try JSONValue(parsing: other), for: .readProfile)
        guard case .profile(let profile) = mixed else { return }
        #expect(profile.choices == [Sample.newsletter: .denied])
    }

    @Test func `without mapped subscriptions a read names none`() {
        let platform = Sample.platform {
            $0.integration.mapping = MappingTable([
                MappingRule(.attribute("marketingConsent"), .field(Sample.email))
            ])
        }
        let request = platform.encode(Sample.call(.readProfile), with: Sample.access())
        #expect(request?.url == Sample.profiles + "/emailAddress=omar%2Ba%2Fb%40example.com")
    }

    @Test func `metadata never writes a mapping's target`() throws {
        let write = PlannedWrite(
            choices: [Sample.email: .denied],
            attributes: ["marketingConsent": true, "noMail": false, "language": "FR"]
        )
        let request = Self.platform().encode(Sample.call(.write(write)), with: Sample.access())
        let body = try JSONValue(parsing: request?.body ?? [])
        #expect(body["attributes"] == ["language": "FR", "marketingConsent": false])
    }
}
