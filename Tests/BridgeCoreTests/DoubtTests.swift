import BridgeCore
import Testing

/// A2: the late echo of our own withdrawal, or the person's; and A5: late effects of our grants.
struct DoubtTests {
    /// Our withdrawal was accepted and not seen back, then the person opted in again at Didomi and
    /// the grant was written.
    private static func optedInAgain() -> Person {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.deliver(.actito, at: 1)
        person.didomi(.granted, chosen: 60)
        person.deliver(.actito, at: 61)
        return person
    }

    @Test func `the late echo of our withdrawal is recognised by the profile`() {
        var person = Self.optedInAgain()
        #expect(person.actito(.denied, at: 70) == nil)
        #expect(person.snapshot.needsUrgentProfile)
        person.readProfile([Sample.email: .granted], at: 71)
        #expect(person.resolved == [.ignored(.echo)])
        #expect(person.isGranted == true)
        #expect(person.plan(.actito) == nil)
        #expect(person.plan(.didomi) == nil)
    }

    @Test func `a withdrawal that the profile shows stands`() {
        var person = Self.optedInAgain()
        person.actito(.denied, at: 70)
        person.readProfile([Sample.email: .denied], at: 71)
        #expect(person.resolved == [.applied])
        #expect(person.isGranted == false)
        #expect(person.plan(.actito) == nil)
        #expect(person.planned(.didomi) == .denied)
    }

    @Test func `no grant goes over a withdrawal whose profile is read but not judged yet`() {
        var person = Self.optedInAgain()
        person.actito(.denied, at: 70)
        // The grant is owed, and the read's answer waits in the inbox.
        person.email.actito.choice = nil
        person.snapshot.readingStored = [.actito]
        #expect(person.planned(.actito) == nil)
        person.readProfile([Sample.email: .granted], at: 71)
        #expect(person.isGranted == true)
    }

    @Test(arguments: [Reading.unusable, .profileMissing])
    func `a withdrawal stands when the profile cannot tell`(reading: Reading) {
        var person = Self.optedInAgain()
        person.actito(.denied, at: 70)
        person.read(.actito, reading, at: 71)
        #expect(person.resolved == [.applied])
        #expect(person.isGranted == false)
    }

    @Test func `a grant of ours with an unknown verdict leaves the withdrawal standing`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.deliver(.actito, at: 1)
        person.didomi(.granted, chosen: 60)
        person.begin(.actito, at: 61)
        person.end(.actito, .unknown(retryAfter: nil), at: 62)
        person.actito(.denied, at: 70)
        #expect(person.planned(.actito) == nil)
        person.readProfile([Sample.email: .granted], at: 71)
        #expect(person.isGranted == false)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a doubt waits for the call in flight and no grant passes it`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.begin(.actito, at: 1)
        person.didomi(.granted, chosen: 60)
        #expect(person.actito(.denied, at: 61) == nil)
        #expect(person.planned(.actito) == nil)
        person.end(.actito, .accepted, at: 62)
        // Since our write nobody granted anything at Actito, so there was nothing to withdraw.
        #expect(person.resolved == [.ignored(.echo)])
        #expect(person.planned(.actito) == .granted)
    }

    @Test func `a doubt about a write that may not have arrived is a withdrawal`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.begin(.actito, at: 1)
        person.didomi(.granted, chosen: 60)
        person.actito(.denied, at: 61)
        person.end(.actito, .unknown(retryAfter: nil), at: 62)
        #expect(person.resolved == [.applied])
        #expect(person.isGranted == false)
    }

    @Test func `of two announcements only the first can be our echo`() {
        var person = Self.optedInAgain()
        person.actito(.denied, at: 70)
        #expect(person.actito(.denied, at: 75) == .applied)
        #expect(person.resolved == [.ignored(.echo)])
        #expect(person.isGranted == false)
    }

    @Test func `a grant announced during the read makes it start again`() {
        var person = Self.optedInAgain()
        person.actito(.denied, at: 70)
        person.begin(.actito, at: 71)
        person.actito(.granted, at: 72)
        person.end(.actito, .accepted, at: 73)
        let profile = ProfileReading(profileID: nil, key: nil, choices: [Sample.email: .denied])
        person.decider.conclude(.profile(profile), person.receipt(.actito, at: 73))
        #expect(person.resolved.isEmpty)
        #expect(person.plan(.actito) == .readProfile)
    }

    @Test func `a newer opt-in at Didomi ends the doubt and is written`() {
        var person = Self.optedInAgain()
        person.actito(.denied, at: 70)
        #expect(person.didomi(.granted, chosen: 90) == .ignored(.unchanged))
        #expect(person.resolved == [.ignored(.stale)])
        #expect(person.planned(.actito) == .granted)
    }

    // MARK: A5

    @Test func `a grant that took effect after the withdrawal is withdrawn again`() {
        var person = Person.settled(.denied)
        person.didomi(.granted, chosen: 0)
        person.begin(.actito, at: 1)
        person.end(.actito, .unknown(retryAfter: nil), at: 2)
        person.didomi(.denied, chosen: 30)
        person.snapshot.open = [:]
        person.deliver(.actito, at: 31)
        #expect(person.snapshot.wakeAt == Sample.at(901))
        person.decider.wake(at: Sample.at(901))
        #expect(person.snapshot.wakeAt == nil)
        #expect(person.plan(.actito) == .readProfile)
        person.readProfile([Sample.email: .granted], at: 902)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `without a late effect the check ends in nothing`() {
        var person = Person.settled(.denied)
        person.didomi(.granted, chosen: 0)
        person.begin(.actito, at: 1)
        person.end(.actito, .unknown(retryAfter: nil), at: 2)
        person.didomi(.denied, chosen: 30)
        person.snapshot.open = [:]
        person.deliver(.actito, at: 31)
        person.decider.wake(at: Sample.at(901))
        person.readProfile([Sample.email: .denied], at: 902)
        #expect(person.plan(.actito) == nil)
    }

    @Test func `a grant of ours that was sent late may cover the person's withdrawal`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.deliver(.actito, at: 1)
        person.didomi(.granted, chosen: 10)
        // Actito was down.
        person.deliver(.actito, at: 300)
        #expect(person.actito(.denied, at: 310) == .applied)
        #expect(person.planned(.actito) == .denied)
    }
}
