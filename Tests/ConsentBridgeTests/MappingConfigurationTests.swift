import BridgeCore
import JSON
import Testing

@testable import consent_bridge

/// The grammar of a mapping (`interface.md` section 3) and what is said of mistakes in it.
@Suite struct MappingConfigurationTests {
    private func read(
        _ mappings: String,
        isBidirectional: Bool = true
    ) throws -> (table: MappingTable, faults: [ConfigurationFault]) {
        let document = try JSONDocument(parsing: mappings, dialect: .json5)
        let reader = ConfigurationReader(environment: [:])
        let table = reader.mappings(
            document.root,
            of: document.root,
            isBidirectional: isBidirectional
        )
        return (table, reader.faults)
    }

    private static let email = Field.channel("email")
    private static let news = Field.purpose("news")
    private static let sport = Field.preference(id: "topics", value: "sport")

    @Test(
        arguments: [
            (#"value: "consents_channels_email_enabled""#, .field(email)),
            (#"value: "consents_purposes_news_enabled""#, .field(news)),
            (#"channel: "email""#, .field(email)), (#"purpose: "news""#, .field(news)),
            (#"purpose: "a_channels_b""#, .field(.purpose("a_channels_b"))),
            (
                #"purpose: "news", channel: "email""#,
                .field(.purposeChannel(purpose: "news", channel: "email"))
            ), (#"preference: "topics", preference_value: "sport""#, .field(sport)),
            (#"purpose: "p", preference: "topics", preference_value: "sport""#, .field(sport)),
            (
                #"value: "consents_purposes_p_values_topics_value", preference_value: "sport""#,
                .field(sport)
            ),
            (
                #"value: "consents_purposes_p_preferences_letter_enabled""#,
                .field(.preference(id: "letter", value: "enabled"))
            ),
            (
                #"any: ["consents_channels_email_enabled", { purpose: "news" }]"#,
                .any([email, news])
            ),
            (
                #"all: [{ channel: "email" }, { value: "consents_purposes_news_enabled" }]"#,
                .all([email, news])
            ),
            (#"any: [{ preference: "topics", preference_value: "sport" }]"#, .any([sport])),
        ] as [(String, MappingRule.Feed)]
    )
    func `a mapping names its fields in every documented form`(
        members: String,
        feed: MappingRule.Feed
    ) throws {
        let found = try read("[{ id: \"T\", \(members) }]", isBidirectional: false)
        #expect(found.faults == [])
        #expect(found.table.rules == [MappingRule(.subscription("T"), feed)])
    }

    @Test func `target, invert and reverse are taken`() throws {
        let found = try read(
            #"""
            [{ id: "marketingConsent", target: "attribute", invert: true,
               any: ["consents_channels_email_enabled", "consents_purposes_news_enabled"],
               reverse: { withdrawal: ["consents_channels_email_enabled", { purpose: "news" }],
                          grant: [{ channel: "email" }] } },
             { id: "marketingConsent", target: "subscription", channel: "email" }]
            """#
        )
        #expect(found.faults == [])
        #expect(
            found.table.rules == [
                MappingRule(
                    .attribute("marketingConsent"),
                    .any([Self.email, Self.news]),
                    isInverted: true,
                    reverse: .init(withdrawal: [Self.email, Self.news], grant: [Self.email])
                ),
                MappingRule(.subscription("marketingConsent"), .field(Self.email)),
            ]
        )
    }

    @Test func `a preference's purpose is kept`() throws {
        let found = try read(
            #"""
            [{ id: "A", purpose: "p", preference: "topics", preference_value: "sport" },
             { id: "B", preference: "topics", preference_value: "culture" },
             { id: "C", value: "consents_purposes_q_preferences_letter_enabled" }]
            """#
        )
        #expect(found.faults == [])
        #expect(found.table.purpose(ofPreference: "topics") == "p")
        #expect(found.table.purpose(ofPreference: "letter") == "q")
        #expect(found.table.values(ofPreference: "topics") == ["sport", "culture"])
    }

    /// A mapping's members, what is said, and what is hinted at; `…` stands for anything.
    @Test(
        arguments: [
            (
                #"value: "consents_channel_email_enabled""#, "no field's flattened name",
                "did you mean \"consents_channels_email_enabled\"?"
            ),
            (#"value: "email""#, "no field's flattened name", "consents_channels_ID_enabled"),
            (
                #"value: "consents_purposes_a_channels_b_channels_c_enabled""#, "ambiguous",
                #"{ "purpose": "a", "channel": "b_channels_c" } or "#
            ),
            (
                #"value: "consents_purposes_p_values_topics_value""#, "several values",
                "preference_value"
            ),
            (
                #"value: "consents_channels_email_enabled", preference_value: "x""#,
                "is no preference", ""
            ),
            (
                #"valeu: "consents_channels_email_enabled", channel: "x""#, "unknown key \"valeu\"",
                "did you mean \"value\"?"
            ),
            (
                #"value: "consents_channels_email_enabled", channel: "email""#,
                "both \"value\" and a field", "leave one out"
            ),
            (#"channel: """#, "\"channel\" is empty", ""),
            ("", "names no field", "value"),
            (#"preference: "topics""#, "\"preference_value\" is missing", "enabled"),
            (#"preference_value: "sport""#, "without \"preference\"", ""),
            (
                #"preference: "t", preference_value: "a,b""#, "one value is expected",
                "map each value"
            ),
            (#"preference: "t=u", preference_value: "a""#, "no \"=\"", ""),
            (
                #"preference: "t", preference_value: "a", channel: "email""#,
                "a preference has no channel", ""
            ),
            (
                #"channel: "email", target: "atribute""#, "no kind of target",
                "did you mean \"attribute\"?"
            ),
            (#"channel: "email", invert: "yes""#, "\"invert\" is not true or false", ""),
            (#"any: []"#, "no list of fields", ""),
            (#"any: [7]"#, "a flattened name or an object", "channel"),
            (
                #"any: [{ chanel: "email" }], reverse: { withdrawal: [{ channel: "email" }] }"#,
                "unknown key \"chanel\"", "did you mean \"channel\"?"
            ),
            (
                #"any: [{ channel: "a" }, { channel: "a" }], reverse: { withdrawal: [{ channel: "a" }] }"#,
                "twice", ""
            ),
            (
                #"any: [{ channel: "a" }], all: [{ channel: "b" }]"#, "both \"any\" and \"all\"",
                "leave one out"
            ),
            (
                #"any: [{ channel: "a" }], channel: "b", reverse: { withdrawal: [{ channel: "a" }] }"#,
                "both \"any\" and \"channel\"", "into the list"
            ),
            (#"any: [{ channel: "a" }]"#, "needs \"reverse.withdrawal\"", #"{ "channel": "a" }"#),
            (
                #"all: [{ channel: "a" }], reverse: { grant: [{ channel: "a" }] }"#,
                "needs \"reverse.withdrawal\"", ""
            ),
            (
                #"any: [{ channel: "a" }], reverse: { withdrawal: [] }"#,
                "needs \"reverse.withdrawal\"", ""
            ),
            (
                #"any: [{ channel: "email" }], reverse: { withdrawal: [{ channel: "emial" }] }"#,
                "\"channel:emial\" is no field of \"any\"", "did you mean \"channel:email\"?"
            ),
            (
                #"any: [{ channel: "a" }], reverse: { withdrawl: [{ channel: "a" }], withdrawal: [{ channel: "a" }] }"#,
                "unknown key \"withdrawl\"", "did you mean \"withdrawal\"?"
            ),
            (
                #"channel: "a", reverse: { withdrawal: [{ channel: "a" }] }"#,
                "only for \"any\" and \"all\"", "leave it out"
            ),
        ]
    )
    func `a mistake is named with what to write`(
        members: String,
        what: String,
        hint: String
    ) throws {
        let found = try read("[{ id: \"T\", \(members) }]")
        let fault = found.faults.first
        #expect(fault?.what.contains(what) == true, "\(found.faults)")
        if !hint.isEmpty { #expect(fault?.hint?.contains(hint) == true, "\(found.faults)") }
        #expect(fault?.position != nil)
    }

    @Test func `a target appears once, a preference is in one purpose, and there is a limit`()
        throws
    {
        let twice = try read(#"[{ id: "T", channel: "a" }, { id: "T", channel: "b" }]"#)
        #expect(twice.faults.map(\.what) == ["the subscription \"T\" is mapped twice"])
        let purposes = try read(
            #"""
            [{ id: "A", purpose: "p", preference: "t", preference_value: "a" },
             { id: "B", purpose: "q", preference: "t", preference_value: "b" }]
            """#
        )
        #expect(purposes.faults.map(\.hint) == ["a preference belongs to one purpose"])
        func many(_ count: Int) -> String {
            "[" + (0..<count).map { "{ id: \"T\($0)\", channel: \"email\" }," }.joined() + "]"
        }
        #expect(try read(many(200)).faults.isEmpty)
        #expect(try read(many(201)).faults.count == 1)
    }

    @Test func `without a way back any and all need no reverse`() throws {
        let found = try read(#"[{ id: "T", all: [{ channel: "a" }] }]"#, isBidirectional: false)
        #expect(found.faults == [])
    }
}
