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
            (.preference(id: "topics-9LmA", value: "sport-a1"), "preference:topics-9LmA=sport-a1"),
            (.preference(id: "a_b", value: "c=d"), "preference:a_b=c=d"),
            (.preference(id: "é", value: "\u{301}x"), "preference:é=\u{301}x"),
            (.target(.subscription("News")), "target:subscription:News"),
            (.target(.attribute("marketingConsent")), "target:attribute:marketingConsent"),
        ]
    )
    func `a field's name is read back as the field`(field: Field, name: String) {
        #expect(field.name == name)
        #expect(Field(name: name) == field)
    }

    @Test(arguments: [
        "", "channel", "channel:", "purpose:", "email", "Channel:email", "attribute:x",
        "preference:", "preference:x", "preference:=", "preference:x=", "preference:=v",
        "target:", "target:x", "target:subscription:", "subscription:News",
    ])
    func `other texts are no field`(name: String) {
        #expect(Field(name: name) == nil)
    }

    private func map(
        _ changes: [Change],
        _ adjust: (inout IntegrationSettings) -> Void = { _ in }
    ) -> Statement.Content {
        let statements = Sample.settings(adjust)
            .map(Statement(subject: Sample.claire, content: .changes(changes)))
        #expect(statements.count == 1)
        return statements[0].content
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

    @Test(arguments: [JSONValue.null, "", []])
    func `an empty value says nothing about an attribute`(value: JSONValue) {
        let change = Change(.attribute(name: "tier", value: value))
        #expect(map([change]) == .nothing(.ignored(.noMappedField)))
    }

    @Test func `over a hundred metadata keys are rejected as a whole, a hundred are not`() {
        let keys = (0..<101).map { Change(.attribute(name: "key\($0)", value: 1)) }
        #expect(map(keys) == .nothing(.rejected(.tooManyMetadataKeys)))
        #expect(map(Array(keys.prefix(100))) == .changes(Array(keys.prefix(100))))
    }

    @Test func `too much metadata takes no choice with it`() {
        let choice = Change(.choice(Sample.email, .denied))
        let keys = (0..<101).map { Change(.attribute(name: "key\($0)", value: 1)) }
        let statements = Sample.settings()
            .map(Statement(subject: Sample.claire, content: .changes([choice] + keys)))
        #expect(
            statements.map(\.content) == [
                .changes([choice]), .nothing(.rejected(.tooManyMetadataKeys)),
            ]
        )
        #expect(statements.allSatisfy { $0.subject == Sample.claire })
    }

    @Test func `what decoding already judged is left alone`() {
        let statement = Statement(subject: nil, content: .nothing(.ignored(.pendingApproval)))
        #expect(Sample.settings().map(statement) == [statement])
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
