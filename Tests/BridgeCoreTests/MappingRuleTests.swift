import BridgeTesting
import BridgeCore
import JSON
import Testing

/// What rules make of choices, in both directions.
@Suite struct MappingRuleTests {
    static let channel = Field.channel("email")
    static let purpose = Field.purpose("news")

    /// `g`, `d` and `-`: what is known of two fields; then what `any` and `all` make of them.
    @Test(
        arguments: [
            ("g", "g", "g", "g"), ("g", "d", "g", "d"), ("g", "-", "g", "-"),
            ("d", "g", "g", "d"), ("d", "d", "d", "d"), ("d", "-", "-", "d"),
            ("-", "g", "g", "-"), ("-", "d", "-", "d"), ("-", "-", "-", "-"),
        ]
    )
    func `two fields decide a target only when nothing can change it`(
        first: String,
        second: String,
        any: String,
        all: String
    ) {
        func choice(_ letter: String) -> Choice? {
            ["g": .granted, "d": .denied][letter]
        }
        let known = [Self.channel: choice(first), Self.purpose: choice(second)]
        let fields = [Self.channel, Self.purpose]
        func decided(_ feed: MappingRule.Feed) -> Choice? {
            MappingRule(.subscription("T"), feed).choice { known[$0] ?? nil }
        }
        #expect(decided(.any(fields)) == choice(any))
        #expect(decided(.all(fields)) == choice(all))
    }

    @Test(
        arguments: [
            (false, Choice.granted, true), (false, .denied, false), (true, .granted, false),
            (true, .denied, true),
        ]
    )
    func `inverting comes last, and a withdrawal is Didomi's no`(
        isInverted: Bool,
        choice: Choice,
        value: Bool
    ) {
        let rule = MappingRule(.attribute("optOut"), .field(Self.channel), isInverted: isInverted)
        #expect(rule.value(of: choice) == value)
        #expect(rule.choice(ofValue: value) == choice)
    }

    @Test func `the table answers in both directions and in order`() {
        let table = MappingTable([
            MappingRule(subscription: "A", field: Self.channel),
            MappingRule(.attribute("A"), .field(Self.purpose), isInverted: true),
            MappingRule(.subscription("C"), .field(Self.channel)),
        ])
        #expect(table.subscriptions == ["A", "C"])
        #expect(table.rule(for: .subscription("C"))?.heldField == Self.channel)
        #expect(table.rule(for: .subscription("c")) == nil)
        #expect(table.contains(Self.purpose) && !table.contains(.purpose("other")))
        func announced(_ isOn: Bool, _ target: MappingTarget) -> [Change] {
            table.changes(announced: isOn, at: target, profileID: "7")
        }
        #expect(
            announced(true, .subscription("A"))
                == [Change(.choice(Self.channel, .granted), profileID: "7")]
        )
        #expect(
            announced(true, .attribute("A"))
                == [Change(.choice(Self.purpose, .denied), profileID: "7")]
        )
        #expect(announced(true, .attribute("C")).isEmpty)
    }

    @Test func `an announced target of several fields is one change for each field of reverse`() {
        let target = MappingTarget.subscription("T")
        let table = MappingTable([
            MappingRule(
                target,
                .any([Self.channel, Self.purpose]),
                reverse: .init(withdrawal: [Self.channel, Self.purpose], grant: [Self.purpose])
            )
        ])
        func shown(_ isOn: Bool) -> [String?] {
            table.changes(announced: isOn, at: target, profileID: nil).map(\.fieldName)
        }
        #expect(shown(false) == ["channel:email", "purpose:news"])
        #expect(shown(true) == ["purpose:news"])
        #expect(table.isHeld(.target(target), at: .actito))
        #expect(!table.isHeld(.target(target), at: .didomi))
        #expect(!table.isHeld(Self.channel, at: .actito))
        #expect(table.isHeld(Self.channel, at: .didomi))
    }

    @Test func `one-to-one mappings are inverse in both directions`() {
        var random = SeededRandom(seed: 20_261_124)
        for _ in 0..<2000 {
            let rules = (0..<Int.random(in: 1...6, using: &random)).map { index in
                MappingRule(
                    Bool.random(using: &random)
                        ? .subscription("T\(index)") : .attribute("T\(index)"),
                    .field(random.field(numbered: index)),
                    isInverted: .random(using: &random)
                )
            }
            let table = MappingTable(rules)
            for rule in rules {
                let choice = Choice(isGranted: .random(using: &random))
                let written = rule.value(of: choice)
                let field = rule.fields[0]
                #expect(
                    table.changes(announced: written, at: rule.target, profileID: nil)
                        == [Change(.choice(field, choice))]
                )
                #expect(rule.choice { $0 == field ? choice : nil } == choice)
                #expect(Field(name: field.name) == field)
                #expect(table.contains(field) && table.isHeld(field, at: .actito))
            }
        }
    }
}

extension SeededRandom {
    /// A field of any kind; different numbers give different fields.
    mutating func field(numbered number: Int) -> Field {
        let words = ["email", "my_channel", "channels", "é", "a:b", "x/y", "values_a", "0"]
        let id = "\(words.randomElement(using: &self) ?? "")\(number)"
        let other = words.randomElement(using: &self) ?? ""
        return switch Int.random(in: 0..<4, using: &self) {
        case 0: .channel(id)
        case 1: .purpose(id)
        case 2: .purposeChannel(purpose: id, channel: other)
        default: .preference(id: id, value: other)
        }
    }
}
