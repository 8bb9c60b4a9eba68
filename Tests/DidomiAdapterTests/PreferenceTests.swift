import BridgeCore
import DidomiAdapter
import HTTPTypes
import JSON
import Testing

/// Preferences in both API versions (`contracts/didomi.md` section 2).
@Suite struct DidomiPreferenceTests {
    private static func platform(purposes: [String: String] = [:]) -> DidomiPlatform {
        let fields = [
            Field.preference(id: "topics", value: "sport"),
            .preference(id: "topics", value: "culture"),
            .preference(id: "letter", value: Field.switchValue),
            .channel("email"),
        ]
        let rules = fields.enumerated().map { MappingRule(subscription: "S\($0)", field: $1) }
        return Sample.platform { $0.mapping = MappingTable(rules, purposes: purposes) }
    }

    private func event(_ purposes: String, type: String = "event.created") throws -> JSONValue {
        try JSONValue(
            parsing: #"""
                {"type":"\#(type)","parameters":{"entity":{"id":"e1",
                 "created_at":"2026-11-23T09:15:02.417Z","user":{"organization_user_id":"nora@example.com"},
                 "consents":{"purposes":[\#(purposes)]}}}}
                """#
        )
    }

    private func decoded(
        _ purposes: String,
        _ platform: DidomiPlatform = Self.platform()
    ) throws -> (choices: [String], lists: [PreferenceList]) {
        let statement = platform.decode(try event(purposes), event: nil)[0]
        var choices: [String] = []
        if case .changes(let changes) = statement.content {
            choices = changes.compactMap { change in
                guard case .choice(.preference, let choice) = change.content else { return nil }
                return "\(change.fieldName ?? "")=\(choice.rawValue)"
            }
        }
        return (choices, statement.preferences)
    }

    @Test(
        arguments: [
            (#""sport""#, "granted", "denied"), (#""sport,culture""#, "granted", "granted"),
            (#"" culture , other ""#, "denied", "granted"), (#""other""#, "denied", "denied"),
            (#""sports""#, "denied", "denied"), (#""""#, "denied", "denied"),
            (#"["sport","other"]"#, "granted", "denied"),
        ]
    )
    func `a listed value is granted and the others are denied`(
        value: String,
        sport: String,
        culture: String
    ) throws {
        let choices = try decoded(#"{"id":"news","values":{"topics":{"value":\#(value)}}}"#).choices
        #expect(
            choices == ["preference:topics=culture=\(culture)", "preference:topics=sport=\(sport)"]
        )
    }

    @Test(
        arguments: [
            #"{"id":"news"}"#, #"{"id":"news","enabled":true,"values":{}}"#,
            #"{"id":"news","values":{"topics":{}}}"#,
            #"{"id":"news","values":{"topics":{"value":null}}}"#,
            #"{"id":"news","values":{"topics":{"value":7}}}"#,
            #"{"id":"news","values":{"topics":"sport"}}"#,
            #"{"id":"news","values":{"topics":{"value":["sport",7]}}}"#,
            #"{"id":"news","values":{"other":{"value":"sport"}}}"#,
            #"{"values":{"topics":{"value":"sport"}}}"#,
            #"{"id":"news","preferences":[{"id":"topics","enabled":true}]}"#,
            #"{"id":"news","preferences":[{"id":"letter","enabled":null},{"enabled":true}]}"#,
        ]
    )
    func `what is absent, null or unreadable is no choice`(purpose: String) throws {
        let found = try decoded(purpose)
        #expect(found.choices.isEmpty && found.lists.isEmpty || found.lists.map(\.id) == ["letter"])
        #expect(found.choices.isEmpty)
    }

    @Test(arguments: [(true, "granted"), (false, "denied")])
    func `a preference of version 1 is on or off`(isOn: Bool, choice: String) throws {
        let purpose = #"{"id":"news","preferences":[{"id":"letter","enabled":\#(isOn)}]}"#
        let found = try decoded(purpose)
        #expect(found.choices == ["preference:letter=enabled=\(choice)"])
        #expect(found.lists.map(\.purpose) == ["news"])
    }

    @Test func `a preference of version 1 that is off has no value that is on`() throws {
        let purpose = #"{"id":"news","preferences":[{"id":"topics","enabled":false}]}"#
        #expect(
            try decoded(purpose).choices
                == ["preference:topics=culture=denied", "preference:topics=sport=denied"]
        )
    }

    @Test func `the list is kept whole, with values that are not mapped`() throws {
        let purpose =
            #"{"id":"news","values":{"topics":{"value":"sport,other"},"x":{"value":"y"}}}"#
        let list = PreferenceList(
            id: "topics",
            purpose: "news",
            values: ["sport", "other"],
            seenAt: Timestamp(iso8601: "2026-11-23T09:15:02.417Z") ?? Sample.now
        )
        #expect(try decoded(purpose).lists == [list])
    }

    @Test func `only the purpose that the configuration names counts`() throws {
        let purposes =
            #"{"id":"news","values":{"topics":{"value":"sport"}}},"#
            + #"{"id":"shop","values":{"topics":{"value":"culture"}}}"#
        let named = try decoded(purposes, Self.platform(purposes: ["topics": "shop"]))
        #expect(
            named.choices
                == ["preference:topics=culture=granted", "preference:topics=sport=denied"]
        )
        #expect(named.lists.map(\.values) == [["culture"]])
        // Without a name a no in either is a no.
        #expect(
            try decoded(purposes).choices
                == ["preference:topics=culture=denied", "preference:topics=sport=denied"]
        )
    }

    @Test func `only the difference of a user's lists is a choice, but the new list is kept`()
        throws
    {
        let body = try JSONValue(
            parsing: #"""
                {"type":"user.updated","parameters":{"old_entity":{"consents":{"purposes":[
                  {"id":"news","values":{"topics":{"value":"sport,a"}}}]}},
                 "new_entity":{"organization_user_id":"nora@example.com",
                  "updated_at":"2026-11-23T09:15:02.417Z","consents":{"purposes":[
                  {"id":"news","values":{"topics":{"value":"sport,b"}}}]}}}}
                """#
        )
        let statement = Self.platform().decode(body, event: nil)[0]
        #expect(statement.content == .nothing(.ignored(.noMappedField)))
        #expect(statement.preferences.map(\.values) == [["sport", "b"]])
    }

    @Test func `what is pending shows no list`() throws {
        let body = try JSONValue(
            parsing: #"""
                {"type":"event.created","parameters":{"entity":{"id":"e1","status":"pending_approval",
                 "created_at":"2026-11-23T09:15:02.417Z","user":{"organization_user_id":"nora@example.com"},
                 "consents":{"purposes":[{"id":"news","values":{"topics":{"value":"sport"}}}]}}}}
                """#
        )
        #expect(Self.platform().decode(body, event: nil)[0].preferences.isEmpty)
    }

    // MARK: Writing

    private func written(
        _ choices: [Field: Choice],
        _ values: [String]?
    ) throws -> JSONValue? {
        var call = Sample.call(
            .write(PlannedWrite(choices: choices)),
            event: OwnEvent(id: "own", createdAt: Sample.now)
        )
        for id in ["topics", "letter"] {
            guard let values else { continue }
            call.preferences[id] = PreferenceList(
                id: id,
                purpose: "news",
                values: values,
                seenAt: Sample.now
            )
        }
        guard let request = Self.platform().encode(call, with: Sample.access) else { return nil }
        return try JSONValue(parsing: request.body)["consents"]?["purposes"]
    }

    @Test func `a value is written with its whole list, inside the purpose`() throws {
        let choices = [
            Field.preference(id: "topics", value: "sport"): Choice.denied,
            .purpose("news"): .granted,
        ]
        let expected: JSONValue = [
            ["id": "news", "values": ["topics": ["value": "culture,other"]], "enabled": true]
        ]
        #expect(try written(choices, ["culture", "other"]) == expected)
    }

    @Test func `an on-off preference is written as version 1 has it`() throws {
        let choices = [Field.preference(id: "letter", value: "enabled"): Choice.denied]
        let expected: JSONValue = [
            ["id": "news", "preferences": [["id": "letter", "enabled": false]]]
        ]
        #expect(try written(choices, []) == expected)
    }

    @Test(arguments: [nil, []] as [[String]?])
    func `without a list, or with an empty one, nothing is written at all`(values: [String]?) throws
    {
        let choices = [
            Field.preference(id: "topics", value: "sport"): Choice.denied,
            .channel("email"): .denied,
        ]
        #expect(try written(choices, values) == nil)
    }

    @Test func `a read shows the lists as of their events`() throws {
        let body = try JSONValue(
            parsing: #"""
                {"data":[{"id":"e","created_at":"2026-11-23T09:15:02.417Z","consents":{"purposes":[
                 {"id":"news","values":{"topics":{"value":"sport,other"}}}]}}]}
                """#
        )
        let reading = Self.platform().reading(of: body, for: .readConsentEvents)
        guard case .consentEvents(let events) = reading else {
            Issue.record("\(reading)")
            return
        }
        #expect(events.map { $0.preferences.map(\.values) } == [[["sport", "other"]]])
        #expect(events[0].choices[.preference(id: "topics", value: "culture")] == .denied)
    }
}
