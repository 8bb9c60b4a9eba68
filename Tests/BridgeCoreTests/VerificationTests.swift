import BridgeCore
import Testing

/// Rule A4 of design section 4: a grant that Actito announces is verified before it counts.
@Suite struct VerificationTests {
    @Test func `a verification waits for the other platform's write that is in flight`() {
        var person = Person.settled(.granted)
        person.actito(.denied, at: 2000)
        _ = person.begin(.didomi, at: 2001)
        #expect(person.actito(.granted, at: 2002) == nil)
        #expect(person.plan(.actito) == nil)
        person.end(.didomi, .accepted, at: 2003)
        #expect(person.plan(.actito) == .readProfile)
    }

    @Test func `a grant waits for a read, and is written nowhere before`() {
        var person = Person()
        #expect(person.actito(.granted, at: 0) == nil)
        #expect(person.isGranted == nil)
        #expect(person.plan(.actito) == .readProfile)
        #expect(person.plan(.didomi) == nil)
    }

    @Test func `a confirmed grant is granted and told to Didomi`() {
        var person = Person()
        person.actito(.granted, at: 0)
        person.readProfile([Sample.email: .granted], at: 10)
        #expect(person.isGranted == nil)
        #expect(person.plan(.didomi) == .readConsentEvents)
        person.readEvents([], at: 20)
        #expect(person.isGranted == true)
        #expect(person.email.register?.origin == .actito)
        #expect(person.email.register?.evidence == InboxID(1))
        #expect(person.email.register?.receivedAt == Sample.at(0))
        #expect(person.resolved == [.applied])
        #expect(person.planned(.didomi) == .granted)
        #expect(person.plan(.actito) == nil)
        #expect(person.decider.history.count == 1)
    }

    @Test func `a confirmed grant replaces a denial`() {
        var person = Person.settled(.denied)
        person.actito(.granted, at: 0)
        person.readProfile([Sample.email: .granted], at: 10)
        person.readEvents([.event(.denied, at: -5000)], at: 20)
        #expect(person.isGranted == true)
        #expect(person.planned(.didomi) == .granted)
    }

    @Test(arguments: [[Sample.email: Choice.denied], [:]])
    func `a grant that the profile does not show is not confirmed`(shown: [Field: Choice]) {
        var person = Person.settled(.denied)
        person.actito(.granted, at: 0)
        person.readProfile(shown, at: 10)
        #expect(person.resolved == [.ignored(.grantNotConfirmed)])
        #expect(person.isGranted == false)
        #expect(person.plan(.actito) == nil && person.plan(.didomi) == nil)
    }

    @Test func `a grant of a profile that is gone grants nothing`() {
        var person = Person()
        person.actito(.granted, at: 0)
        person.read(.actito, .profileMissing, at: 10)
        #expect(person.isGranted == nil)
        #expect(person.resolved.count == 1 && person.resolved != [.applied])
    }

    @Test func `a read that is refused grants nothing, and the withdrawal is written again`() {
        var person = Person.settled(.denied)
        person.actito(.granted, at: 0)
        person.read(.actito, .unusable, at: 10)
        #expect(person.resolved == [.ignored(.grantNotConfirmed)])
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a withdrawal at Didomi that was not known wins`() {
        var person = Person.settled(.granted, at: -9000)
        person.actito(.denied, at: -8000)
        person.deliver(.didomi, at: -8000)
        person.actito(.granted, at: 0)
        person.readProfile([Sample.email: .granted], at: 10)
        person.readEvents([.event(.denied, at: -3000)], at: 20)
        #expect(person.isGranted == false)
        #expect(person.resolved == [.ignored(.grantNotConfirmed)])
        // Actito shows the grant: the withdrawal is written there again.
        #expect(person.planned(.actito) == .denied)
        #expect(person.email.newestDidomiChoiceAt == Sample.at(-3000))
    }

    @Test func `a withdrawal found at Didomi is registered for somebody without a choice`() {
        var person = Person()
        person.actito(.granted, at: 0)
        person.readProfile([Sample.email: .granted], at: 10)
        person.readEvents([.event(.denied, at: -3000)], at: 20)
        #expect(person.isGranted == false)
        #expect(person.email.register?.origin == .didomi)
        #expect(person.email.register?.chosenAt == Sample.at(-3000))
        #expect(person.planned(.actito) == .denied)
        #expect(person.plan(.didomi) == nil)
    }

    @Test func `an unknown withdrawal from before the first start does not win`() {
        var person = Person(firstStart: -2000)
        person.actito(.granted, at: 0)
        person.readProfile([Sample.email: .granted], at: 10)
        person.readEvents([.event(.denied, at: -3000)], at: 20)
        #expect(person.isGranted == true)
    }

    @Test func `a known withdrawal within the window before the announcement wins`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: -900)
        // Actito was not told yet, so it was not known to hold a denial since.
        person.email.actito.choice = .denied
        person.actito(.granted, at: 0)
        person.readProfile([Sample.email: .granted], at: 10)
        person.readEvents([.event(.denied, at: -900)], at: 20)
        #expect(person.isGranted == false)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a known withdrawal that Actito held since does not win`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: -500)
        person.deliver(.actito, at: -400)
        person.actito(.denied, at: -390)
        person.actito(.granted, at: 0)
        person.readProfile([Sample.email: .granted], at: 10)
        person.readEvents([.event(.denied, at: -500)], at: 20)
        #expect(person.isGranted == true)
    }

    @Test func `a known withdrawal before the window does not win`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: -901)
        person.email.actito.choice = .denied
        person.actito(.granted, at: 0)
        person.readProfile([Sample.email: .granted], at: 10)
        person.readEvents([.event(.denied, at: -901)], at: 20)
        #expect(person.isGranted == true)
    }

    @Test func `our own withdrawal events at Didomi are no person's choice`() {
        var person = Person.settled(.granted)
        person.actito(.denied, at: -500)
        let own = person.begin(.didomi, at: -490)?.event?.id
        person.end(.didomi, .accepted, at: -490)
        person.actito(.granted, at: 0)
        person.readProfile([Sample.email: .granted], at: 10)
        person.readEvents(
            [
                .event(.denied, at: -490, id: own), .event(.denied, at: -100, isOwn: true),
                .event(.granted, at: -50), .event(.denied, at: -40, of: Sample.newsletter),
            ],
            at: 20
        )
        #expect(person.isGranted == true)
    }

    @Test func `a grant that may be our own write of unknown verdict is not confirmed`() {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        person.begin(.actito, at: 10)
        person.end(.actito, .unknown(retryAfter: nil), at: 80)
        person.didomi(.denied, chosen: 90)
        person.deliver(.actito, at: 100)
        person.actito(.granted, at: 110)
        person.readProfile([Sample.email: .granted], at: 910)
        #expect(person.resolved == [.ignored(.grantNotConfirmed)])
        #expect(person.isGranted == false)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a write of unknown verdict before the window is no reason to doubt`() {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        person.begin(.actito, at: 10)
        person.end(.actito, .unknown(retryAfter: nil), at: 80)
        person.didomi(.denied, chosen: 90)
        person.deliver(.actito, at: 100)
        person.actito(.granted, at: 1500)
        person.readProfile([Sample.email: .granted], at: 1510)
        #expect(person.plan(.didomi) == .readConsentEvents)
    }

    // MARK: While granted

    @Test func `a grant while granted is the echo of our write, or unchanged`() {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        person.deliver(.actito, at: 10)
        #expect(person.actito(.granted, at: 20) == .ignored(.echo))
        #expect(person.actito(.granted, at: 30) == .ignored(.unchanged))
        #expect(person.plan(.actito) == nil && person.plan(.didomi) == nil)
        #expect(person.decider.history.count == 1)
    }

    @Test func `a late grant echo after a withdrawal is verified, not believed`() {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        person.deliver(.actito, at: 10)
        person.didomi(.denied, chosen: 20)
        person.deliver(.actito, at: 30)
        #expect(person.actito(.granted, at: 40) == nil)
        person.readProfile([Sample.email: .denied], at: 50)
        #expect(person.isGranted == false)
        #expect(person.resolved == [.ignored(.grantNotConfirmed)])
    }

    // MARK: Order of calls

    @Test func `one read serves several notifications`() {
        var person = Person()
        person.actito(.granted, at: 0)
        person.actito(.granted, at: 5)
        person.readProfile([Sample.email: .granted], at: 10)
        #expect(person.plan(.didomi) == .readConsentEvents)
        person.readEvents([], at: 20)
        #expect(person.resolved == [.applied, .applied])
        #expect(person.email.register?.receivedAt == Sample.at(5))
    }

    @Test func `one read serves several fields`() {
        var person = Person()
        person.actito(.granted, at: 0)
        person.actito(.granted, at: 1, of: Sample.newsletter)
        person.readProfile([Sample.email: .granted], at: 10)
        person.readEvents([], at: 20)
        #expect(person.isGranted == true)
        #expect(person.snapshot.fields[Sample.newsletter]?.register == nil)
        #expect(person.resolved == [.applied, .ignored(.grantNotConfirmed)])
    }

    @Test(arguments: [PlatformName.actito, .didomi])
    func `a notification during a read starts the verification again`(during: PlatformName) {
        var person = Person()
        person.actito(.granted, at: 0)
        if during == .didomi { person.readProfile([Sample.email: .granted], at: 5) }
        person.begin(during, at: 10)
        person.actito(.granted, at: 11)
        person.end(during, .accepted, at: 12)
        let profile = ProfileReading(
            profileID: "12",
            key: Sample.claire.key,
            choices: [Sample.email: .granted]
        )
        let reading: Reading = during == .actito ? .profile(profile) : .consentEvents([])
        let receipt = person.receipt(during, at: 12)
        person.decider.conclude(reading, receipt)
        #expect(person.isGranted == nil)
        #expect(person.plan(.actito) == .readProfile)
        // Undisturbed, it ends.
        person.readProfile([Sample.email: .granted], at: 20)
        person.readEvents([], at: 30)
        #expect(person.isGranted == true)
        #expect(person.resolved == [.applied, .applied])
    }

    @Test func `a notification between the two reads starts the verification again`() {
        var person = Person()
        person.actito(.granted, at: 0)
        person.readProfile([Sample.email: .granted], at: 10)
        person.actito(.granted, at: 15)
        person.readEvents([], at: 20)
        #expect(person.isGranted == nil)
        #expect(person.plan(.actito) == .readProfile)
    }

    @Test func `a withdrawal while a grant is verified over a denial starts again`() {
        var person = Person.settled(.denied)
        person.actito(.granted, at: 0)
        person.readProfile([Sample.email: .granted], at: 10)
        #expect(person.actito(.denied, at: 15) == .ignored(.unchanged))
        person.readEvents([], at: 20)
        #expect(person.isGranted == false)
    }

    @Test func `the read waits until the other platform is told what it is owed`() {
        var person = Person.settled(.granted)
        person.actito(.denied, at: 0, of: Sample.newsletter)
        person.email.register?.choice = .denied
        person.email.actito.choice = .denied
        person.email.didomi.choice = .denied
        person.actito(.granted, at: 10)
        #expect(person.planned(.didomi, Sample.newsletter) == .denied)
        #expect(person.plan(.actito) == nil)
        person.begin(.didomi, at: 20)
        #expect(person.plan(.actito) == nil)
        person.end(.didomi, .accepted, at: 21)
        #expect(person.plan(.actito) == .readProfile)
    }

    @Test func `a withdrawal that waits for Actito is written before a later grant is verified`() {
        // Didomi's withdrawal is accepted, but Actito cannot be reached for half an hour.
        var person = Person.settled(.granted, at: -20_000)
        person.didomi(.denied, chosen: -1800)
        person.begin(.actito, at: -1800)
        person.end(
            .actito,
            .unavailable(retryAfter: nil, countsAsAttempt: true),
            at: -1799
        )
        // The notification of an old opt-in arrives: nobody knows when that was.
        #expect(person.actito(.granted, at: 0) == nil)
        #expect(person.planned(.actito) == .denied)
        person.deliver(.actito, at: 10)
        person.readProfile([Sample.email: .denied], at: 20)
        #expect(person.isGranted == false)
        #expect(person.resolved == [.ignored(.grantNotConfirmed)])
    }

    @Test func `a stored read is not asked for again`() {
        var person = Person()
        person.actito(.granted, at: 0)
        person.deliver(.actito, at: 10)
        person.snapshot.readingStored.insert(.actito)
        #expect(person.plan(.actito) == nil)
        let profile = ProfileReading(profileID: nil, key: nil, choices: [Sample.email: .granted])
        let receipt = person.receipt(.actito, at: 11)
        person.decider.conclude(.profile(profile), receipt)
        #expect(person.snapshot.readingStored.isEmpty)
        #expect(person.plan(.didomi) == .readConsentEvents)
    }

    @Test func `a withdrawal that is owed goes before the grant that our write announced`() {
        var person = Person.settled(.denied)
        person.didomi(.granted, chosen: 0)
        person.begin(.actito, at: 1)
        person.didomi(.denied, chosen: 5)
        // The echo of the grant in flight; only then its answer.
        person.actito(.granted, at: 6)
        person.end(.actito, .accepted, at: 7)
        #expect(person.planned(.actito) == .denied)
        person.deliver(.actito, at: 8)
        person.readProfile([Sample.email: .denied], at: 9)
        #expect(person.isGranted == false)
        #expect(person.plan(.actito) == nil)
    }

    @Test func `a withdrawal that wins is written over a grant that Didomi holds as newer`() {
        var person = Person(firstStart: -10)
        person.actito(.granted, at: 0)
        person.readProfile([Sample.email: .granted], at: 10)
        person.readEvents([.event(.denied, at: -9), .event(.granted, at: -8)], at: 20)
        #expect(person.isGranted == false)
        #expect(person.planned(.didomi) == .denied)
        #expect(person.email.newestTimeAtDidomi == Sample.at(-8))
    }

    @Test func `a read that began before the announcement does not count`() {
        var person = Person()
        person.actito(.granted, at: 0)
        person.begin(.actito, at: 1)
        person.actito(.denied, at: 2)
        person.actito(.granted, at: 3)
        let shown = ProfileReading(profileID: "12", key: nil, choices: [Sample.email: .denied])
        person.end(.actito, .accepted, at: 4)
        let receipt = person.receipt(.actito, at: 4)
        person.decider.conclude(.profile(shown), receipt)
        #expect(person.email.verification != nil)
    }

    @Test func `the late echo of a denial does not make a withdrawal at Didomi older than it`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.deliver(.actito, at: 1)
        person.didomi(.denied, chosen: 300)
        person.actito(.denied, at: 400)
        // Granted before the withdrawal, announced after it.
        person.actito(.granted, at: 401)
        person.readProfile([Sample.email: .granted], at: 410)
        person.readEvents([.event(.denied, at: 300)], at: 411)
        #expect(person.isGranted == false)
    }

    @Test func `a grant that the profile does not show was withdrawn since, for D3`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.deliver(.actito, at: 1)
        // On and off at Actito, announced the other way round: the first passes for our echo.
        person.actito(.denied, at: 300)
        person.actito(.granted, at: 301)
        person.readProfile([Sample.email: .denied], at: 302)
        #expect(person.didomi(.granted, chosen: 10, at: 2000) == .ignored(.stale))
    }
}
