import BridgeCore
import Testing

/// Rules D1 to D3 of design section 4, and echoes at Didomi.
///
/// Times are seconds; the window is 900.
@Suite struct DidomiChoiceTests {
    // MARK: D1

    @Test(arguments: [Choice.granted, .denied])
    func `a first choice is applied and owed to Actito only`(choice: Choice) {
        var person = Person()
        #expect(person.didomi(choice, chosen: 0) == .applied)
        #expect(person.email.register?.choice == choice)
        #expect(person.email.register?.chosenAt == Sample.at(0))
        #expect(person.email.register?.origin == .didomi)
        #expect(person.decider.history.map(\.entry.choice) == [choice])
        #expect(person.planned(.actito) == choice)
        #expect(person.plan(.didomi) == nil)
    }

    @Test func `an older choice is stale`() {
        var person = Person()
        person.didomi(.denied, chosen: 10)
        #expect(person.didomi(.granted, chosen: 9, at: 20) == .ignored(.stale))
        #expect(person.isGranted == false)
        person.didomi(.granted, chosen: 30)
        #expect(person.didomi(.denied, chosen: 29, at: 40) == .ignored(.stale))
        #expect(person.isGranted == true)
    }

    @Test func `an older choice that says the same is unchanged`() {
        var person = Person()
        person.didomi(.granted, chosen: 10)
        #expect(person.didomi(.granted, chosen: 10, at: 11) == .ignored(.unchanged))
        #expect(person.didomi(.granted, chosen: 9, at: 12) == .ignored(.unchanged))
        #expect(person.email.register?.chosenAt == Sample.at(10))
    }

    @Test func `the second webhook of a choice is none, also if our clock is behind`() {
        var person = Person()
        #expect(person.didomi(.granted, chosen: 20, at: 10) == .applied)
        person.actito(.denied, at: 12)
        #expect(person.didomi(.granted, chosen: 20, at: 15) == .ignored(.unchanged))
        #expect(person.isGranted == false)
    }

    @Test func `what Didomi holds as newer than it was chosen is shown there and told what counts`()
    {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 10)
        person.deliver(.actito, at: 11)
        let confirmed = person.didomi(.granted, chosen: 5, at: 20) { $0.heldAt = Sample.at(19) }
        #expect(confirmed == .ignored(.stale))
        #expect(person.planned(.didomi) == .denied)
    }

    @Test func `at equal times the withdrawal wins, in either order`() {
        var person = Person()
        person.didomi(.granted, chosen: 10)
        #expect(person.didomi(.denied, chosen: 10) == .applied)
        #expect(person.isGranted == false)

        var other = Person()
        other.didomi(.denied, chosen: 10)
        #expect(other.didomi(.granted, chosen: 10) == .ignored(.stale))
        #expect(other.isGranted == false)
    }

    @Test(arguments: [Choice.granted, .denied])
    func `a newer choice of the same value is unchanged and moves the time`(choice: Choice) {
        var person = Person()
        person.didomi(choice, chosen: 10)
        #expect(person.didomi(choice, chosen: 20) == .ignored(.unchanged))
        #expect(person.email.newestDidomiChoiceAt == Sample.at(20))
        // What lies between is stale now.
        #expect(person.didomi(choice.opposite, chosen: 15, at: 25) == .ignored(.stale))
        #expect(person.decider.history.count == 1)
    }

    @Test func `without a time the receipt counts`() {
        var person = Person()
        person.didomi(.granted, chosen: nil, at: 10)
        #expect(person.email.register?.chosenAt == Sample.at(10))
        #expect(person.didomi(.denied, chosen: 9, at: 11) == .ignored(.stale))
    }

    @Test func `a grant is never later than its receipt`() {
        var person = Person()
        person.didomi(.granted, chosen: 100_000, at: 10)
        #expect(person.email.register?.chosenAt == Sample.at(10))
        #expect(person.didomi(.denied, chosen: 11) == .applied)
    }

    @Test func `a withdrawal is at most ten minutes later than its receipt`() {
        var person = Person()
        person.didomi(.denied, chosen: 100_000, at: 10)
        #expect(person.email.register?.chosenAt == Sample.at(610))
        #expect(person.didomi(.granted, chosen: 610) == .ignored(.stale))
        #expect(person.didomi(.granted, chosen: 611) == .applied)
    }

    @Test func `the newest time at Didomi is kept uncapped, and never goes back`() {
        var person = Person()
        person.didomi(.granted, chosen: 5000, at: 10)
        #expect(person.email.newestTimeAtDidomi == Sample.at(5000))
        // It counts, since the grant's time was capped; Didomi still holds 5000 for the field.
        person.didomi(.denied, chosen: 20)
        #expect(person.isGranted == false)
        #expect(person.email.newestTimeAtDidomi == Sample.at(5000))
    }

    @Test func `a choice that is not newer than our own event is written to Didomi again`() {
        var person = Person.settled(.denied)
        person.actito(.granted, at: 100)
        person.readProfile([Sample.email: .granted], at: 101)
        person.readEvents([], at: 102)
        person.deliver(.didomi, at: 110)
        #expect(person.email.didomi.newestEventCreatedAt == Sample.at(110))
        // Made before our event and told after it: at Didomi our grant hides it.
        let outcome = person.didomi(.denied, chosen: 110, at: 120) { $0.eventID = "theirs" }
        #expect(outcome == .applied)
        #expect(person.email.didomi.choice == nil)
        #expect(person.planned(.didomi) == .denied)
        #expect(person.planned(.actito) == .denied)
    }

    // MARK: D2

    @Test func `a withdrawal is written unless Actito is known to hold it`() {
        var person = Person.settled(.denied)
        person.didomi(.denied, chosen: 0)
        #expect(person.plan(.actito) == nil)

        person.email.actito.choice = nil
        person.didomi(.denied, chosen: 1)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a withdrawal is written over a grant that Actito announced meanwhile`() {
        // Actito is known to hold a denial; Didomi's grant is not sent yet.
        var person = Person.settled(.denied)
        person.didomi(.granted, chosen: 0)
        #expect(person.planned(.actito) == .granted)
        // The person opts in at Actito too, and then out at Didomi.
        #expect(person.actito(.granted, at: 10) == .ignored(.unchanged))
        #expect(person.didomi(.denied, chosen: 20) == .applied)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a withdrawal cancels the grant that is being verified`() {
        var person = Person.settled(.denied)
        #expect(person.actito(.granted, at: 0) == nil)
        #expect(person.didomi(.denied, chosen: 10) == .ignored(.unchanged))
        #expect(person.email.verification == nil)
        #expect(person.resolved == [.ignored(.grantNotConfirmed)])
        // Actito announced a grant: what it holds is not known any more.
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a withdrawal makes a held grant needless`() {
        var person = Person()
        person.email.heldGrant = HeldGrant(
            delivery: DeliveryID(7),
            chosenAt: Sample.at(-10_000),
            evidence: InboxID(1),
            origin: .didomi
        )
        person.didomi(.denied, chosen: 0)
        #expect(person.email.heldGrant == nil)
        #expect(person.decider.supersededHolds == [DeliveryID(7)])
    }

    // MARK: D3

    @Test(arguments: [-1, 0] as [Int64])
    func `a grant not newer than Actito's withdrawal is stale, and Didomi is told again`(
        difference: Int64
    ) {
        var person = Person.settled(.granted)
        person.actito(.denied, at: 100)
        person.deliver(.didomi, at: 90)
        #expect(person.email.didomi.choice == .denied && person.plan(.didomi) == nil)
        #expect(person.didomi(.granted, chosen: 100 + difference, at: 120) == .ignored(.stale))
        #expect(person.isGranted == false)
        #expect(person.email.didomi.choice == nil)
        #expect(person.planned(.didomi) == .denied)
        #expect(person.planned(.actito) != .granted)
    }

    @Test func `a grant not newer than our withdrawal event is stale`() {
        var person = Person.settled(.granted)
        person.actito(.denied, at: 100)
        person.deliver(.didomi, at: 500)
        #expect(person.didomi(.granted, chosen: 400, at: 510) == .ignored(.stale))
        #expect(person.planned(.didomi) == .denied)
        #expect(person.didomi(.granted, chosen: 501) == .applied)
        #expect(person.planned(.actito) == .granted)
    }

    @Test func `a grant newer than Actito's withdrawal is applied`() {
        var person = Person.settled(.granted)
        person.actito(.denied, at: 100)
        #expect(person.didomi(.granted, chosen: 101) == .applied)
        #expect(person.planned(.actito) == .granted)
        #expect(person.plan(.didomi) == nil)
    }

    @Test func `a grant that is older than the window is checked at Actito first`() {
        var person = Person()
        #expect(person.didomi(.granted, chosen: -901, at: 0) == nil)
        #expect(person.isGranted == nil)
        #expect(person.plan(.actito) == .readProfile)
        #expect(person.decider.history.isEmpty)
    }

    @Test func `a grant within the window is written without a read`() {
        var person = Person()
        #expect(person.didomi(.granted, chosen: -900, at: 0) == .applied)
        #expect(person.planned(.actito) == .granted)
    }

    @Test func `a late grant for a profile that is known is written without a read`() {
        var person = Person.settled(.denied, at: -20_000)
        #expect(person.didomi(.granted, chosen: -10_000, at: 0) == .applied)
        #expect(person.planned(.actito) == .granted)
    }

    @Test func `a late grant that Actito shows is granted`() {
        var person = Person()
        person.didomi(.granted, chosen: -5000, at: 0)
        person.readProfile([Sample.email: .granted], at: 10)
        #expect(person.isGranted == true)
        #expect(person.email.register?.chosenAt == Sample.at(-5000))
        #expect(person.email.register?.origin == .didomi)
        #expect(person.resolved == [.applied])
        #expect(person.plan(.actito) == nil && person.plan(.didomi) == nil)
    }

    @Test func `a late grant that Actito denies is held and the register stays`() {
        var person = Person()
        person.didomi(.granted, chosen: -5000, at: 0)
        person.readProfile([Sample.email: .denied], at: 10)
        #expect(person.isGranted == nil)
        #expect(person.decider.fieldsToHold.keys.contains(Sample.email))
        #expect(person.email.verification == nil)
        #expect(person.plan(.actito) == nil && person.plan(.didomi) == nil)
        #expect(person.decider.history.isEmpty)
    }

    @Test func `a late grant for a subscription that Actito does not show is held`() {
        // Actito cannot tell "never" from "no".
        var person = Person()
        person.didomi(.granted, chosen: -5000, at: 0)
        person.readProfile([Sample.newsletter: .granted], at: 10)
        #expect(person.isGranted == nil)
        #expect(person.decider.fieldsToHold.keys.contains(Sample.email))
    }

    @Test func `a late grant for somebody whom Actito does not know is granted`() {
        var person = Person()
        person.didomi(.granted, chosen: -5000, at: 0)
        person.read(.actito, .profileMissing, at: 10)
        #expect(person.isGranted == true)
        #expect(person.resolved == [.applied])
    }

    @Test func `a late grant whose read says nothing grants nothing`() {
        var person = Person()
        person.didomi(.granted, chosen: -5000, at: 0)
        person.read(.actito, .unusable, at: 10)
        #expect(person.isGranted == nil)
        #expect(person.resolved.count == 1 && person.resolved != [.applied])
    }

    @Test func `a withdrawal while a late grant is checked wins`() {
        var person = Person()
        person.didomi(.granted, chosen: -5000, at: 0)
        person.begin(.actito, at: 1)
        person.didomi(.denied, chosen: -4000, at: 5)
        #expect(person.resolved == [.ignored(.stale)])
        person.end(.actito, .accepted, at: 10)
        let profile = ProfileReading(profileID: nil, key: nil, choices: [Sample.email: .granted])
        let receipt = person.receipt(.actito, at: 10)
        person.decider.conclude(.profile(profile), receipt)
        #expect(person.isGranted == false)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `Actito's withdrawal while a late grant is checked wins`() {
        var person = Person()
        person.didomi(.granted, chosen: -5000, at: 0)
        #expect(person.actito(.denied, at: 5) == .applied)
        #expect(person.resolved == [.ignored(.stale)])
        #expect(person.isGranted == false)
        #expect(person.planned(.didomi) == .denied)
    }

    // MARK: Users

    @Test func `a grant of a new user only fills a field without a choice`() {
        var person = Person()
        person.didomi(.denied, chosen: 0)
        #expect(person.didomi(.granted, chosen: 10) { $0.basis = .fill } == .ignored(.unchanged))
        #expect(person.isGranted == false)

        var other = Person()
        #expect(other.didomi(.granted, chosen: 10) { $0.basis = .fill } == .applied)
    }

    // MARK: Echoes

    @Test func `an event of our delegate changes nothing`() {
        var person = Person.settled(.granted)
        let before = person.email
        let outcome = person.didomi(.denied, chosen: 100) {
            $0.isOwn = true
            $0.eventID = "somebody"
        }
        #expect(outcome == .ignored(.echo))
        #expect(person.email == before)
    }

    @Test func `an event with the id of one of ours is an echo`() {
        var person = Person.settled(.granted)
        person.actito(.denied, at: 100)
        let id = person.begin(.didomi, at: 110)?.event?.id
        #expect(person.didomi(.denied, chosen: 110, at: 111) { $0.eventID = id } == .ignored(.echo))
        #expect(person.email.didomi.withdrawal?.isSeenBack == true)
        person.end(.didomi, .accepted, at: 112)
        #expect(person.plan(.didomi) == nil && person.plan(.actito) == nil)
    }

    @Test func `a user update without a source that shows our last write is an echo, once`() {
        var person = Person.settled(.granted)
        person.actito(.denied, at: 100)
        person.deliver(.didomi, at: 110)
        #expect(person.didomi(.denied, chosen: 111) == .ignored(.echo))
        #expect(person.didomi(.denied, chosen: 120) == .ignored(.unchanged))
        #expect(person.email.newestDidomiChoiceAt == Sample.at(120))
    }

    @Test func `the opposite of our last write is no echo`() {
        var person = Person.settled(.granted)
        person.actito(.denied, at: 100)
        person.deliver(.didomi, at: 110)
        #expect(person.didomi(.granted, chosen: 120) == .applied)
        #expect(person.isGranted == true)
    }

    @Test func `another event of the same value is no echo`() {
        var person = Person.settled(.granted)
        person.actito(.denied, at: 100)
        person.deliver(.didomi, at: 110)
        let outcome = person.didomi(.denied, chosen: 120) { $0.eventID = "theirs" }
        #expect(outcome == .ignored(.unchanged))
        #expect(person.email.newestDidomiChoiceAt == Sample.at(120))
    }

    @Test func `a certainly refused event is not awaited as an echo`() {
        var person = Person.settled(.granted)
        person.actito(.denied, at: 100)
        person.begin(.didomi, at: 110)
        person.end(.didomi, .unavailable(retryAfter: nil, countsAsAttempt: true), at: 111)
        #expect(person.didomi(.denied, chosen: 115) == .ignored(.unchanged))
        #expect(person.email.didomi.choice == .denied)
        #expect(person.plan(.didomi) == nil)
    }

    @Test func `a grant that only its early receipt makes older is overwritten where it shows`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 10)
        // The bridge's clock is behind Didomi's.
        #expect(person.didomi(.granted, chosen: 11, at: 9) == .ignored(.stale))
        #expect(person.planned(.didomi) == .denied)
    }

    @Test func `a withdrawal that Didomi holds as older than a grant is written there`() {
        var person = Person()
        // The bridge's clock is behind Didomi's.
        #expect(person.didomi(.granted, chosen: 11, at: 2) == .applied)
        #expect(person.didomi(.denied, chosen: 10, at: 3) == .applied)
        #expect(person.planned(.didomi) == .denied)
    }

    @Test func `an event that Didomi orders before a choice known meanwhile is made again`() {
        var person = Person.settled(.granted)
        person.actito(.denied, at: 100)
        person.begin(.didomi, at: 101)
        person.didomi(.granted, chosen: 105, at: 101)
        person.end(.didomi, .accepted, at: 103)
        #expect(person.isGranted == false)
        #expect(person.planned(.didomi) == .denied)
    }
}
