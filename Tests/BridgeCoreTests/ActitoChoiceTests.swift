import BridgeCore
import Testing

/// Rules A1 to A3 of design section 4.
///
/// Times are seconds; the window is 900.
@Suite struct ActitoChoiceTests {
    // MARK: A1

    @Test func `a withdrawal acts at once and is owed to Didomi only`() {
        var person = Person.settled(.granted)
        #expect(person.actito(.denied, at: 0) == .applied)
        #expect(person.isGranted == false)
        #expect(person.email.register?.origin == .actito)
        #expect(person.email.register?.chosenAt == Sample.at(0))
        #expect(person.planned(.didomi) == .denied)
        #expect(person.plan(.actito) == nil)
        #expect(person.decider.history.last?.entry.choice == .denied)
    }

    @Test func `a withdrawal of somebody unknown is applied`() {
        var person = Person()
        #expect(person.actito(.denied, at: 0) == .applied)
        #expect(person.planned(.didomi) == .denied)
        #expect(person.plan(.actito) == nil)
    }

    @Test func `a withdrawal is written to Actito too if a grant of ours is in flight`() {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        person.begin(.actito, at: 10)
        #expect(person.actito(.denied, at: 11) == .applied)
        person.end(.actito, .accepted, at: 12)
        #expect(person.planned(.actito) == .denied)
        #expect(person.planned(.didomi) == .denied)
    }

    @Test(arguments: [0, 899, 900] as [Int64])
    func `a withdrawal is written to Actito too if a grant was sent within the window`(
        age: Int64
    ) {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        person.deliver(.actito, at: 10)
        person.email.actito.grant?.isSeenBack = true
        person.actito(.denied, at: 10 + age)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a grant of ours before the window is no reason to write`() {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        person.deliver(.actito, at: 10)
        person.actito(.denied, at: 911)
        #expect(person.plan(.actito) == nil)
        #expect(person.email.actito.choice == .denied)
    }

    @Test func `a grant of ours with an unknown verdict is a reason to write`() {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        person.begin(.actito, at: 10)
        person.end(.actito, .unknown(retryAfter: nil), at: 80)
        person.actito(.denied, at: 90)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a grant that was certainly refused is no reason to write`() {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        person.begin(.actito, at: 10)
        person.end(.actito, .unavailable(retryAfter: nil, countsAsAttempt: false), at: 11)
        person.actito(.denied, at: 20)
        #expect(person.isGranted == false)
        #expect(person.plan(.actito) == nil)
    }

    @Test func `a grant that Actito announced within the window is a reason to write`() {
        var person = Person.settled(.granted)
        #expect(person.actito(.granted, at: 0) == .ignored(.unchanged))
        person.actito(.denied, at: 100)
        #expect(person.planned(.actito) == .denied)

        var later = Person.settled(.granted)
        later.actito(.granted, at: 0)
        later.actito(.denied, at: 901)
        #expect(later.plan(.actito) == nil)
    }

    @Test func `a grant before our last withdrawal write is no reason to write`() {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        person.deliver(.actito, at: 10)
        person.didomi(.denied, chosen: 20)
        person.deliver(.actito, at: 30)
        #expect(person.actito(.denied, at: 40) == .ignored(.echo))
        #expect(person.actito(.denied, at: 50) == .ignored(.unchanged))
        #expect(person.plan(.actito) == nil)
    }

    @Test func `a withdrawal ends the verification of a grant`() {
        var person = Person()
        person.actito(.granted, at: 0)
        #expect(person.actito(.denied, at: 5) == .applied)
        #expect(person.email.verification == nil)
        #expect(person.resolved == [.ignored(.grantNotConfirmed)])
        // The notifications may have been swapped.
        #expect(person.planned(.actito) == .denied)
    }

    @Test(arguments: [Choice.denied, nil])
    func `a withdrawal makes a held grant needless`(known: Choice?) {
        var person = known.map { Person.settled($0) } ?? Person()
        person.email.heldGrant = HeldGrant(
            delivery: DeliveryID(7),
            chosenAt: Sample.at(-10_000),
            evidence: InboxID(1),
            origin: .didomi
        )
        person.actito(.denied, at: 0)
        #expect(person.decider.supersededHolds == [DeliveryID(7)])
    }

    // MARK: A2

    @Test func `an echo after a newer grant that is not sent yet withdraws nothing`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.deliver(.actito, at: 10)
        person.didomi(.granted, chosen: 20)
        #expect(person.actito(.denied, at: 30) == .ignored(.echo))
        #expect(person.isGranted == true)
        #expect(person.planned(.actito) == .granted)
        // The expectation ends with it.
        #expect(person.actito(.denied, at: 40) == .applied)
    }

    @Test func `a withdrawal stands if our write's verdict is unknown`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.begin(.actito, at: 10)
        person.end(.actito, .unknown(retryAfter: nil), at: 80)
        person.didomi(.granted, chosen: 90)
        #expect(person.actito(.denied, at: 100) == .applied)
        #expect(person.isGranted == false)
    }

    @Test func `a withdrawal stands if our write in flight turns out unknown`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.begin(.actito, at: 10)
        person.didomi(.granted, chosen: 20)
        person.actito(.denied, at: 30)
        person.end(.actito, .unknown(retryAfter: nil), at: 80)
        #expect(person.isGranted == false)
        #expect(person.planned(.actito) != .granted)
    }

    @Test func `the expectation of an echo ends with the window`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.deliver(.actito, at: 10)
        person.didomi(.granted, chosen: 20)
        #expect(person.actito(.denied, at: 911) == .applied)
        #expect(person.isGranted == false)
    }

    @Test func `a withdrawal that may be older than a grant is still owed until it is taken`() {
        var person = Person.settled(.granted)
        person.actito(.granted, at: 0)
        person.actito(.denied, at: 1)
        person.begin(.actito, at: 2)
        person.end(.actito, .unknown(retryAfter: nil), at: 60)
        // The same notification again, twice, since Actito was not answered.
        person.actito(.denied, at: 61)
        #expect(person.actito(.denied, at: 62) == .ignored(.unchanged))
        #expect(person.planned(.actito) == .denied)
        person.deliver(.actito, at: 63)
        person.actito(.denied, at: 64)
        #expect(person.actito(.denied, at: 65) == .ignored(.unchanged))
        #expect(person.plan(.actito) == nil)
    }

    // MARK: A3

    @Test func `the echo of our withdrawal changes nothing`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.deliver(.actito, at: 10)
        #expect(person.actito(.denied, at: 20) == .ignored(.echo))
        #expect(person.plan(.actito) == nil && person.plan(.didomi) == nil)
        #expect(person.decider.history.count == 2)
    }

    @Test func `the echo of our withdrawal does not outdate an opt-in made before it`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.deliver(.actito, at: 10)
        person.actito(.denied, at: 20)
        #expect(person.didomi(.granted, chosen: 5, at: 25) == .applied)
    }

    @Test func `an opt-in long before our withdrawal may be older than what passed as its echo`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0, at: 400)
        person.deliver(.actito, at: 401)
        #expect(person.actito(.denied, at: 402) == .ignored(.echo))
        // Chosen before the person withdrew at Actito, told days later.
        #expect(person.didomi(.granted, chosen: 2, at: 90_000) == .ignored(.stale))
        #expect(person.planned(.didomi) == .denied)
    }

    @Test func `a withdrawal after a grant that Actito announced is no echo of an older write`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.deliver(.actito, at: 10)
        person.actito(.granted, at: 100)
        person.readProfile([Sample.email: .denied], at: 110)
        #expect(person.actito(.denied, at: 400) == .ignored(.unchanged))
        #expect(person.email.actitoWithdrawalAt == Sample.at(400))
        #expect(person.didomi(.granted, chosen: 200, at: 90_000) == .ignored(.stale))
    }

    @Test func `a withdrawal stands if the opt-in is long older than our write before it`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0, at: 400)
        person.deliver(.actito, at: 401)
        person.didomi(.granted, chosen: 2, at: 402)
        #expect(person.actito(.denied, at: 403) == .applied)
        #expect(person.isGranted == false)
    }

    @Test func `another withdrawal while denied is unchanged, and the newest for D3`() {
        var person = Person.settled(.denied)
        #expect(person.actito(.denied, at: 0) == .ignored(.unchanged))
        #expect(person.email.actitoWithdrawalAt == Sample.at(0))
        #expect(person.plan(.actito) == nil)
        #expect(person.didomi(.granted, chosen: -1, at: 10) == .ignored(.stale))
        #expect(person.planned(.didomi) == .denied)
    }

    @Test func `a withdrawal while denied is written again after a grant of ours`() {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        person.deliver(.actito, at: 10)
        person.actito(.denied, at: 20)
        person.deliver(.actito, at: 30)
        #expect(person.email.actito.choice == .denied)
        // A grant is known to have been sent after the last withdrawal write.
        person.email.actito.grant?.sentAt = Sample.at(40)
        person.email.actito.withdrawal?.isSeenBack = true
        #expect(person.actito(.denied, at: 50) == .ignored(.unchanged))
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a withdrawal while denied is written again after an announced grant`() {
        var person = Person.settled(.denied)
        person.email.actitoGrantAt = Sample.at(-100)
        #expect(person.actito(.denied, at: 0) == .ignored(.unchanged))
        #expect(person.planned(.actito) == .denied)
        #expect(person.plan(.didomi) == nil)
    }

    // MARK: One direction

    @Test(arguments: [Choice.granted, .denied])
    func `with the bidirectional mode off Actito changes nothing`(choice: Choice) {
        var person = Person(settings: Sample.settings { $0.isBidirectional = false })
        #expect(person.actito(choice, at: 0) == .ignored(.bidirectionalOff))
        #expect(person.email.register == nil)
        #expect(person.plan(.actito) == nil && person.plan(.didomi) == nil)
        person.didomi(choice, chosen: 10)
        #expect(person.planned(.actito) == choice)
        #expect(person.plan(.didomi) == nil)
    }

    // MARK: A6

    @Test func `a created profile is no choice but releases what waits for it`() {
        var person = Person()
        person.didomi(.denied, chosen: 0)
        person.begin(.actito, at: 10)
        person.end(.actito, .missing, at: 11)
        person.snapshot.profileMissingSince = Sample.at(11)
        #expect(person.plan(.actito) == nil)
        let receipt = person.receipt(.actito, at: 20)
        let outcome = person.decider.decide(Change(.profileCreated, profileID: "12"), receipt)
        #expect(outcome == .ignored(.unchanged))
        #expect(person.planned(.actito) == .denied)
        #expect(person.snapshot.profileID == "12")
        #expect(person.decider.history.count == 1)
    }

    @Test func `a skipped withdrawal is tried again at the person's next event`() {
        var person = Person()
        person.didomi(.denied, chosen: 0)
        person.snapshot.profileMissingSince = Sample.at(11)
        person.didomi(.denied, chosen: 20)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a profile known by its number only is read`() {
        var person = Person(subject: .profile(id: "12"))
        #expect(person.plan(.actito) == nil)
        person.snapshot.unresolved = [
            UnresolvedChange(
                content: .choice(Sample.email, .denied),
                change: ChangeReference(entry: InboxID(1), index: 0),
                receivedAt: Sample.at(0)
            )
        ]
        #expect(person.plan(.actito) == .readProfile)
        #expect(person.plan(.didomi) == nil)
        person.snapshot.readingStored = [.actito]
        #expect(person.plan(.actito) == nil)
    }
}
