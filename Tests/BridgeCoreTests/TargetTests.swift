import BridgeTesting
import BridgeCore
import JSON
import Testing

/// Targets that several fields feed: `any` and `all` with `reverse`.
@Suite struct TargetTests {
    private static let sms = Field.channel("sms")
    private static let target = MappingTarget.subscription("T")
    private static let held = Field.target(target)
    private static let both = [Sample.email, sms]

    private func person(
        _ feed: MappingRule.Feed,
        withdrawal: [Field] = both,
        grant: [Field] = [],
        and other: [MappingRule] = []
    ) -> Person {
        let rule = MappingRule(
            Self.target,
            feed,
            reverse: .init(withdrawal: withdrawal, grant: grant)
        )
        return Person(settings: Sample.settings { $0.mapping = MappingTable([rule] + other) })
    }

    /// A person whose two fields are known and written.
    private func settled(_ feed: MappingRule.Feed, _ email: Choice, _ sms: Choice) -> Person {
        var person = person(feed, grant: Self.both)
        person.didomi(email, chosen: -5000, at: -4990)
        person.didomi(sms, chosen: -5000, at: -4990, of: Self.sms)
        person.deliver(.actito, at: -4980)
        person.snapshot.fields[Self.held]?.actito.grant?.isSeenBack = true
        person.snapshot.fields[Self.held]?.actito.withdrawal?.isSeenBack = true
        return person
    }

    /// What Actito announces of the target, as the adapter decodes it.
    @discardableResult
    private func announce(_ choice: Choice, _ person: inout Person, at seconds: Int64) -> [Outcome?]
    {
        let changes = person.decider.settings.mapping
            .changes(announced: choice.isGranted, at: Self.target, profileID: nil)
        let receipt = person.receipt(.actito, at: seconds)
        return changes.enumerated().map { index, change in
            var receipt = receipt
            receipt.change = ChangeReference(entry: receipt.change.entry, index: index)
            return person.decider.decide(change, receipt)
        }
    }

    // MARK: Didomi to Actito

    @Test(
        arguments: [
            ("any", Choice.granted, nil, Choice.granted), ("any", .denied, nil, nil),
            ("any", .denied, .granted, .granted), ("any", .denied, .denied, .denied),
            ("all", .granted, nil, nil), ("all", .denied, nil, .denied),
            ("all", .granted, .denied, .denied), ("all", .granted, .granted, .granted),
        ] as [(String, Choice, Choice?, Choice?)]
    )
    func `a target is written only when the known fields decide it`(
        kind: String,
        email: Choice,
        sms: Choice?,
        target: Choice?
    ) {
        var person = person(kind == "any" ? .any(Self.both) : .all(Self.both))
        #expect(person.didomi(email, chosen: 0) == .applied)
        if let sms { person.didomi(sms, chosen: 1, of: Self.sms) }
        #expect(person.planned(.actito, Self.held) == target)
        // The fields have no place of their own there.
        #expect(person.planned(.actito, Sample.email) == nil)
        if target == nil { #expect(person.plan(.actito) == nil) }
        // Didomi hears of no target.
        #expect(person.plan(.didomi) == nil)
    }

    @Test func `a grant whose field was withdrawn ends, also if the other field is not known`() {
        var person = person(.any(Self.both))
        person.didomi(.granted, chosen: 0)
        person.deliver(.actito, at: 1)
        person.didomi(.denied, chosen: 60)
        #expect(person.planned(.actito, Self.held) == .denied)
    }

    @Test func `a grant stays while another field still grants it`() {
        var person = settled(.any(Self.both), .granted, .granted)
        person.didomi(.denied, chosen: 0)
        #expect(person.plan(.actito) == nil)
        person.didomi(.denied, chosen: 60, of: Self.sms)
        #expect(person.planned(.actito, Self.held) == .denied)
    }

    @Test func `one field feeds a target of its own beside the common one`() {
        let own = MappingRule(subscription: "Own", field: Sample.email)
        var person = person(.all(Self.both), and: [own])
        person.didomi(.granted, chosen: 0)
        #expect(person.planned(.actito, Sample.email) == .granted)
        #expect(person.planned(.actito, Self.held) == nil)
        person.didomi(.denied, chosen: 1)
        #expect(person.planned(.actito, Sample.email) == .denied)
        #expect(person.planned(.actito, Self.held) == .denied)
    }

    @Test func `an old grant is read first and held when Actito shows a no`() {
        var person = person(.any(Self.both))
        #expect(person.didomi(.granted, chosen: 0, at: 5000) == .applied)
        #expect(person.plan(.actito) == .readProfile)
        person.readProfile([Self.held: .denied], at: 5010)
        #expect(person.plan(.actito) == nil)
        #expect(Array(person.decider.fieldsToHold.keys) == [Self.held])
    }

    @Test func `an old grant that Actito shows too is written nowhere`() {
        var person = person(.any(Self.both), grant: Self.both)
        person.didomi(.granted, chosen: 0, at: 5000)
        person.readProfile([Self.held: .granted], at: 5010)
        #expect(person.plan(.actito) == nil)
        #expect(person.snapshot.fields[Self.held]?.register?.choice == .granted)
        // It was Didomi's, so the other field is granted nowhere.
        #expect(person.plan(.didomi) == nil)
        #expect(person.snapshot.fields[Self.sms]?.register == nil)
    }

    // MARK: Actito to Didomi

    @Test func `an unsubscription withdraws the fields of reverse`() {
        var person = settled(.any(Self.both), .granted, .granted)
        #expect(announce(.denied, &person, at: 0) == [.applied, .applied])
        #expect(person.planned(.didomi, Sample.email) == .denied)
        #expect(person.planned(.didomi, Self.sms) == .denied)
        #expect(person.plan(.actito) == nil)
    }

    @Test func `an unsubscription withdraws only what reverse names, and stands all the same`() {
        let withdrawn = [Sample.email]
        for feed in [MappingRule.Feed.any(Self.both), .all(Self.both)] {
            var person = person(feed, withdrawal: withdrawn)
            person.didomi(.granted, chosen: -5000, at: -4990)
            person.didomi(.granted, chosen: -5000, at: -4990, of: Self.sms)
            person.deliver(.actito, at: -4980)
            person.snapshot.fields[Self.held]?.actito.grant?.isSeenBack = true
            #expect(announce(.denied, &person, at: 0) == [.applied])
            #expect(person.planned(.didomi, Sample.email) == .denied)
            #expect(person.planned(.didomi, Self.sms) == nil)
            // Nobody writes the grant there again on account of the field that was left.
            #expect(person.plan(.actito) == nil)
            #expect(person.snapshot.fields[Self.held]?.register?.choice == .denied)
        }
    }

    @Test func `what an unsubscription overrode does not bring the target back`() {
        var person = person(.any(Self.both), withdrawal: [Sample.email])
        person.didomi(.granted, chosen: -5000, at: -4990)
        person.didomi(.granted, chosen: -5000, at: -4990, of: Self.sms)
        person.deliver(.actito, at: -4980)
        announce(.denied, &person, at: 0)
        person.deliver(.didomi, at: 1)
        // A new yes brings it back, and its end ends it: the old yes of the other field is over.
        person.didomi(.granted, chosen: 60)
        #expect(person.planned(.actito, Self.held) == .granted)
        person.deliver(.actito, at: 61)
        person.didomi(.denied, chosen: 120) { $0.eventID = "theirs" }
        #expect(person.planned(.actito, Self.held) == .denied)
    }

    @Test func `the echo of our own write of a target changes no field`() {
        // One field says no, so the person's grant of the other is all there is.
        var person = settled(.any(Self.both), .denied, .granted)
        person.snapshot.fields[Self.held]?.actito.grant?.isSeenBack = false
        person.snapshot.fields[Self.held]?.actito.grant?.sentAt = Sample.at(-10)
        #expect(announce(.granted, &person, at: 0) == [.ignored(.echo), .ignored(.echo)])
        #expect(person.isGranted == false)
        #expect(person.plan(.didomi) == nil && person.plan(.actito) == nil)

        var other = settled(.all(Self.both), .denied, .granted)
        other.snapshot.fields[Self.held]?.actito.withdrawal?.isSeenBack = false
        other.snapshot.fields[Self.held]?.actito.withdrawal?.sentAt = Sample.at(-10)
        #expect(announce(.denied, &other, at: 0) == [.ignored(.echo), .ignored(.echo)])
        #expect(other.snapshot.fields[Self.sms]?.register?.choice == .granted)
        #expect(other.plan(.didomi) == nil)
    }

    @Test(arguments: [Choice.granted, .denied])
    func `an unsubscription that may be a late echo is read, and all its changes share the end`(
        shown: Choice
    ) {
        var person = settled(.any(Self.both), .granted, .granted)
        for (field, second) in [(Sample.email, Int64(0)), (Self.sms, 1)] {
            person.didomi(.denied, chosen: second, of: field)
        }
        person.deliver(.actito, at: 2)
        person.didomi(.granted, chosen: 60)
        person.deliver(.actito, at: 61)
        #expect(announce(.denied, &person, at: 70) == [nil, nil])
        #expect(person.plan(.actito) == .readProfile)
        person.readProfile([Self.held: shown], at: 71)
        let outcome: Outcome = shown.isGranted ? .ignored(.echo) : .applied
        #expect(person.resolved == [outcome, outcome])
        #expect(person.isGranted == shown.isGranted)
        #expect(person.planned(.didomi) == (shown.isGranted ? nil : .denied))
    }

    @Test func `a doubt that the idle lane ends withdraws the fields too`() {
        var person = settled(.all(Self.both), .granted, .granted)
        person.didomi(.denied, chosen: 0)
        person.begin(.actito, at: 1)
        person.didomi(.granted, chosen: 60) { $0.eventID = "theirs" }
        #expect(announce(.denied, &person, at: 70) == [nil, nil])
        // The answer of our own withdrawal is lost: the announced one must stand.
        person.end(.actito, .unknown(retryAfter: nil), at: 80)
        #expect(person.resolved == [.applied, .applied])
        #expect(person.planned(.didomi) == .denied)
        #expect(person.planned(.didomi, Self.sms) == .denied)
    }

    @Test func `a deleted user withdraws the fields and with them the target`() {
        var person = settled(.any(Self.both), .granted, .granted)
        person.decider = Decider(
            snapshot: person.snapshot,
            settings: Sample.settings {
                $0.mapping = person.decider.settings.mapping
                $0.withdrawsDeletedUsers = true
            },
            firstStart: Sample.at(-86_400)
        )
        #expect(person.decider.decide(Change(.userDeleted), person.receipt(.didomi, at: 0)) == nil)
        person.read(.didomi, .users([]), at: 1)
        #expect(person.isGranted == false)
        #expect(person.planned(.actito, Self.held) == .denied)
    }

    @Test func `a grant at Actito is verified, then grants the fields of reverse`() {
        var person = settled(.all(Self.both), .denied, .denied)
        #expect(announce(.granted, &person, at: 0) == [nil, nil])
        #expect(person.plan(.actito) == .readProfile && person.plan(.didomi) == nil)
        person.readProfile([Self.held: .granted], at: 10)
        #expect(person.plan(.didomi) == .readConsentEvents)
        person.readEvents([.event(.denied, at: -5000)], at: 20)
        #expect(person.resolved == [.applied, .applied])
        #expect(person.planned(.didomi, Sample.email) == .granted)
        #expect(person.planned(.didomi, Self.sms) == .granted)
        #expect(person.plan(.actito) == nil)
    }

    @Test(arguments: [Sample.email, Field.channel("sms")])
    func `a withdrawal found at Didomi for a field of reverse wins`(field: Field) {
        var person = settled(.all(Self.both), .denied, .denied)
        announce(.granted, &person, at: 0)
        person.readProfile([Self.held: .granted], at: 10)
        person.readEvents([.event(.denied, at: -20, of: field)], at: 20)
        #expect(person.resolved == [.ignored(.grantNotConfirmed), .ignored(.grantNotConfirmed)])
        #expect(person.plan(.didomi) == nil)
        #expect(person.planned(.actito, Self.held) == .denied)
    }

    @Test func `a withdrawal at Didomi ends the verification of a target's grant`() {
        var person = settled(.any(Self.both), .denied, .denied)
        announce(.granted, &person, at: 0)
        #expect(person.didomi(.denied, chosen: 5) == .ignored(.unchanged))
        #expect(person.resolved == [.ignored(.grantNotConfirmed), .ignored(.grantNotConfirmed)])
        #expect(person.planned(.actito, Self.held) == .denied)
    }

    @Test func `a second webhook of an older withdrawal ends nothing`() {
        var person = settled(.any(Self.both), .denied, .denied)
        announce(.granted, &person, at: 0)
        #expect(person.didomi(.denied, chosen: -5000, at: 5) == .ignored(.unchanged))
        #expect(person.resolved.isEmpty)
        #expect(person.plan(.actito) == .readProfile)
    }

    @Test func `without reverse grant a grant is not reversible and a known no is written again`() {
        var person = person(.any(Self.both))
        #expect(announce(.granted, &person, at: 0) == [.ignored(.notReversible)])
        #expect(person.plan(.actito) == nil && person.plan(.didomi) == nil)
        person.didomi(.denied, chosen: 10)
        person.didomi(.denied, chosen: 10, of: Self.sms)
        person.deliver(.actito, at: 11)
        #expect(announce(.granted, &person, at: 2000) == [.ignored(.notReversible)])
        #expect(person.planned(.actito, Self.held) == .denied)
        #expect(person.plan(.didomi) == nil)
    }

    @Test func `a grant that would not decide the target is not reversible`() {
        var person = person(.all(Self.both), grant: [Sample.email])
        person.didomi(.denied, chosen: -60, of: Self.sms)
        person.deliver(.actito, at: -50)
        #expect(announce(.granted, &person, at: 2000) == [.ignored(.notReversible)])
        #expect(person.plan(.didomi) == nil)
        person.didomi(.granted, chosen: 3000, of: Self.sms)
        #expect(announce(.granted, &person, at: 4000) == [nil])
    }

    @Test func `a grant at Didomi before an unsubscription does not count after it`() {
        var person = settled(.all(Self.both), .granted, .granted)
        announce(.denied, &person, at: 100)
        person.deliver(.didomi, at: 101)
        #expect(person.didomi(.granted, chosen: 50, at: 110) == .ignored(.stale))
        #expect(person.plan(.actito) == nil)
        #expect(person.planned(.didomi) == .denied)
    }

    @Test func `a repeated unsubscription is newer than an earlier grant of a field`() {
        var person = settled(.any(Self.both), .denied, .denied)
        #expect(announce(.denied, &person, at: 100).first == .ignored(.unchanged))
        #expect(person.didomi(.granted, chosen: 50, at: 110) == .ignored(.stale))
        #expect(person.planned(.didomi) == .denied)
    }

    @Test func `off, on and off in one delivery of a bulk hook are three announcements`() {
        var person = settled(.any(Self.both), .granted, .granted)
        let mapping = person.decider.settings.mapping
        var receipt = person.receipt(.actito, at: 0)
        var outcomes: [Outcome?] = []
        for isOn in [false, true, false] {
            for change in mapping.changes(announced: isOn, at: Self.target, profileID: nil) {
                outcomes.append(person.decider.decide(change, receipt))
                receipt.change = ChangeReference(
                    entry: receipt.change.entry,
                    index: receipt.change.index + 1
                )
            }
        }
        #expect(
            outcomes == [
                .applied, .applied, nil, nil, .ignored(.unchanged), .ignored(.unchanged),
            ]
        )
        #expect(person.isGranted == false)
    }

    @Test func `without Didomi's API nothing of a target goes back`() {
        var person = settled(.any(Self.both), .granted, .granted)
        person.decider = Decider(
            snapshot: person.snapshot,
            settings: Sample.settings {
                $0.mapping = person.decider.settings.mapping
                $0.isBidirectional = false
            },
            firstStart: Sample.at(-86_400)
        )
        let off = Outcome.ignored(.bidirectionalOff)
        #expect(announce(.denied, &person, at: 0) == [off, off])
        #expect(announce(.granted, &person, at: 1) == [off, off])
        #expect(person.isGranted == true)
    }

    /// S1 and S2 on random stories: with choices far apart, a target is what the fields' last
    /// choices decide, and a lone no is never turned into a yes.
    @Test func `random stories end with a target that its fields decide`() {
        var random = SeededRandom(seed: 7)
        var ends: Set<String> = []
        var echoes = 0
        for _ in 0..<1500 {
            let isAny = Bool.random(using: &random)
            var person = person(
                isAny ? .any(Self.both) : .all(Self.both),
                grant: Self.both
            )
            var truth: [Field: Choice] = [:]
            var now: Int64 = 0
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                now += 2000
                let choice = Choice(isGranted: .random(using: &random))
                let field = Self.both[Int.random(in: 0...1, using: &random)]
                if Int.random(in: 0..<3, using: &random) > 0 {
                    person.didomi(choice, chosen: now, of: field) { $0.eventID = "theirs" }
                    truth[field] = choice
                } else if person.snapshot.fields[Self.held]?.register != nil {
                    announce(choice, &person, at: now)
                    if person.plan(.actito) == .readProfile {
                        person.readProfile([Self.held: .granted], at: now + 1)
                        person.readEvents([], at: now + 2)
                    }
                    let isNews =
                        isAny
                        ? truth.values.contains(.granted) != choice.isGranted
                        : (truth.count == 2 && truth.values.allSatisfy { $0 == .granted })
                            != choice.isGranted
                    if isNews { for field in Self.both { truth[field] = choice } }
                }
                let written = person.planned(.actito, Self.held)
                person.deliver(.actito, at: now + 10)
                person.deliver(.didomi, at: now + 11)
                if let written, Bool.random(using: &random) {
                    let outcomes = announce(written, &person, at: now + 12)
                    #expect(outcomes.allSatisfy { $0 == .ignored(.echo) })
                    echoes += 1
                }
            }
            for field in Self.both {
                #expect(person.snapshot.fields[field]?.register?.choice == truth[field])
            }
            let decided = MappingRule(Self.target, isAny ? .any(Self.both) : .all(Self.both))
                .choice { truth[$0] }
            let shown = person.snapshot.fields[Self.held]?.actito.choice
            if let decided { #expect(shown == decided) } else { #expect(shown != .granted) }
            ends.insert("\(isAny) \(String(describing: shown))")
        }
        #expect(ends.count >= 5 && echoes > 500)
    }
}
