import BridgeCore
import JSON
import Testing

@Suite struct MappingTests {
    @Test(
        arguments: [
            (Field.channel("email"), "channel:email"),
            (.purpose("newsletter"), "purpose:newsletter"),
            (
                .purposeChannel(purpose: "letter", channel: "sms"),
                "purpose:letter/channel:sms"
            ), (.channel("a_b:c"), "channel:a_b:c"), (.purpose("é/x"), "purpose:é/x"),
            (.channel("\u{301}e"), "channel:\u{301}e"),
        ]
    )
    func `a field's name is read back as the field`(field: Field, name: String) {
        #expect(field.name == name)
        #expect(Field(name: name) == field)
    }

    @Test(arguments: [
        "", "channel", "channel:", "purpose:", "email", "Channel:email", "attribute:x",
    ])
    func `other texts are no field`(name: String) {
        #expect(Field(name: name) == nil)
    }

    @Test(
        arguments: [
            ("consents_channels_email_enabled", Field.channel("email")),
            ("consents_purposes_newsletter_enabled", .purpose("newsletter")),
            ("consents_channels_my_channel_enabled", .channel("my_channel")),
            ("consents_purposes_partner_offers_enabled", .purpose("partner_offers")),
            ("consents_purposes_x_enabled_enabled", .purpose("x_enabled")),
            (
                "consents_purposes_news_letter_channels_push_web_enabled",
                .purposeChannel(purpose: "news_letter", channel: "push_web")
            ), ("consents_channels_channels_x_enabled", .channel("channels_x")),
        ]
    )
    func `a flattened name is the field between its fixed ends`(name: String, field: Field) {
        #expect(Field(flattenedName: name) == field)
    }

    @Test(
        arguments: [
            "", "email", "consents_channels_email", "consents_channels_enabled",
            "consents_channels__enabled", "consents_purposes__enabled",
            "consents_vendors_google_enabled", "Consents_channels_email_enabled",
            "user_consents_channels_email_enabled", "consents_purposes_p_values_x_value",
        ]
    )
    func `other flattened names are no field`(name: String) {
        #expect(Field(flattenedName: name) == nil)
    }

    @Test func `the table answers in both directions and in order`() {
        let table = MappingTable([
            MappingRule(subscription: "A", field: Sample.email),
            MappingRule(subscription: "B", field: Sample.newsletter),
            MappingRule(subscription: "C", field: Sample.email),
        ])
        #expect(table.subscriptions == ["A", "B", "C"])
        #expect(table.subscriptions(fedBy: Sample.email) == ["A", "C"])
        #expect(table.subscriptions(fedBy: .channel("sms")).isEmpty)
        #expect(table.field(ofSubscription: "C") == Sample.email)
        #expect(table.field(ofSubscription: "c") == nil)
        #expect(table.contains(Sample.newsletter) && !table.contains(.purpose("other")))
    }

    private func map(
        _ changes: [Change],
        _ adjust: (inout IntegrationSettings) -> Void = { _ in }
    ) -> Statement.Content {
        Sample.settings(adjust)
            .map(Statement(subject: Sample.claire, content: .changes(changes))).content
    }

    @Test func `only mapped fields remain`() {
        let kept = Change(.choice(Sample.email, .denied), chosenAt: Sample.at(1))
        let other = Change(.choice(.purpose("other"), .granted))
        #expect(map([other, kept]) == .changes([kept]))
        #expect(map([other]) == .nothing(.ignored(.noMappedField)))
        #expect(map([Change(.profileCreated)]) == .changes([Change(.profileCreated)]))
    }

    @Test func `metadata is taken, left out and renamed as configured`() {
        let changes = ["tier", "shop", "secret"].map {
            Change(.attribute(name: $0, value: "x"))
        }
        func names(_ adjust: (inout IntegrationSettings) -> Void) -> [String] {
            guard case .changes(let mapped) = map(changes, adjust) else { return [] }
            return mapped.compactMap(\.fieldName)
        }
        #expect(names { _ in } == ["attribute:tier", "attribute:shop", "attribute:secret"])
        #expect(
            names { $0.metadata = MetadataRule(exclude: ["secret"], rename: ["tier": "level"]) }
                == ["attribute:level", "attribute:shop"]
        )
        #expect(names { $0.metadata = MetadataRule(include: ["shop"]) } == ["attribute:shop"])
        #expect(names { $0.metadata = MetadataRule(include: []) }.isEmpty)
    }

    @Test func `null says nothing about an attribute`() {
        let null = Change(.attribute(name: "tier", value: .null))
        #expect(map([null]) == .nothing(.ignored(.noMappedField)))
    }

    @Test func `over a hundred metadata keys are rejected, a hundred are not`() {
        let keys = (0..<101).map { Change(.attribute(name: "key\($0)", value: 1)) }
        #expect(map(keys) == .nothing(.rejected(.tooManyMetadataKeys)))
        #expect(map(Array(keys.prefix(100))) == .changes(Array(keys.prefix(100))))
    }

    @Test func `what decoding already judged is left alone`() {
        let statement = Statement(subject: nil, content: .nothing(.ignored(.pendingApproval)))
        #expect(Sample.settings().map(statement) == statement)
    }

    @Test func `subject keys are compared as configured`() {
        let asIs = SubjectKeyRule(trims: false)
        #expect(SubjectKeyRule().key(from: " Claire@Example.com\n")?.text == "Claire@Example.com")
        #expect(asIs.key(from: " a ")?.text == " a ")
        #expect(SubjectKeyRule(lowercases: true).key(from: "A@B.c")?.text == "a@b.c")
        #expect(SubjectKeyRule().key(from: " \t\n") == nil)
        #expect(asIs.key(from: "") == nil)
    }

    @Test(
        arguments: [
            ("claire+1@example.com", "claire%2B1%40example.com"), ("a/b?c#d", "a%2Fb%3Fc%23d"),
            ("é", "%C3%A9"), ("-._~09azAZ", "-._~09azAZ"), ("", ""),
            ("\u{1}%= &", "%01%25%3D%20%26"),
            ("👩", "%F0%9F%91%A9"),
        ]
    )
    func `all but the unreserved characters are percent-encoded`(text: String, encoded: String) {
        #expect(text.percentEncoded == encoded)
    }
}
