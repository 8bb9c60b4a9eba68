import BridgeCore
import Testing

/// Deletions at Didomi and Actito, payloads without what was before, the brake, late matches.
struct DeletionTests {
    private static func deleteEvent(_ person: inout Person, at seconds: Int64) -> Outcome? {
        person.decider.decide(
            Change(.eventDeleted, eventID: "theirs"),
            person.receipt(.didomi, at: seconds)
        )
    }

    private static func user(_ choice: Choice?, updated seconds: Int64) -> UserReading {
        UserReading(
            updatedAt: Sample.at(seconds),
            choices: choice.map { [Sample.email: $0] } ?? [:]
        )
    }

    @Test func `a deleted event is not inverted: the person is read`() {
        var person = Person.settled(.granted)
        #expect(Self.deleteEvent(&person, at: 0) == nil)
        #expect(person.isGranted == true)
        #expect(person.plan(.didomi) == .readUsers)
        person.read(.didomi, .users([Self.user(.denied, updated: 0)]), at: 1)
        #expect(person.resolved == [.applied])
        #expect(person.planned(.actito) == .denied)
        #expect(person.plan(.didomi) == nil)
    }

    @Test(arguments: [Choice.granted, nil])
    func `what is shown as granted or absent after a deletion changes nothing`(shown: Choice?) {
        var person = Person.settled(.denied)
        _ = Self.deleteEvent(&person, at: 0)
        person.read(.didomi, .users([Self.user(shown, updated: 0)]), at: 1)
        #expect(person.resolved == [.ignored(.unchanged)])
        #expect(person.isGranted == false)
        #expect(person.plan(.actito) == nil)
    }

    @Test func `of several users with one key the newest decides`() {
        var person = Person.settled(.granted)
        _ = Self.deleteEvent(&person, at: 0)
        let users = [Self.user(.denied, updated: -50), Self.user(.granted, updated: -10)]
        person.read(.didomi, .users(users), at: 1)
        #expect(person.isGranted == true)
    }

    @Test func `a choice after the deletion is not undone by it`() {
        var person = Person.settled(.granted)
        _ = Self.deleteEvent(&person, at: 0)
        person.didomi(.granted, chosen: 10)
        person.read(.didomi, .users([Self.user(.denied, updated: 0)]), at: 11)
        #expect(person.isGranted == true)
    }

    @Test func `what a deletion withdraws is no echo of ours`() {
        var person = Person.settled(.granted)
        person.actito(.denied, at: 0)
        person.deliver(.didomi, at: 1)
        person.didomi(.granted, chosen: 200)
        person.deliver(.actito, at: 201)
        _ = Self.deleteEvent(&person, at: 300)
        person.read(.didomi, .users([Self.user(.denied, updated: 300)]), at: 301)
        #expect(person.resolved == [.applied])
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a deletion is told before what it deleted`() {
        var person = Person()
        _ = Self.deleteEvent(&person, at: 0)
        person.read(.didomi, .users([Self.user(.denied, updated: 0)]), at: 1)
        #expect(person.isGranted == false)
        #expect(person.didomi(.granted, chosen: -10, at: 20) == .ignored(.stale))
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a deletion is later than what it deleted, also if our clock is behind`() {
        var person = Person()
        var deletion = Change(.eventDeleted, eventID: "theirs")
        deletion.heldAt = Sample.at(30)
        _ = person.decider.decide(deletion, person.receipt(.didomi, at: 10))
        person.didomi(.granted, chosen: 30, at: 12)
        person.read(.didomi, .users([Self.user(.denied, updated: 30)]), at: 13)
        #expect(person.isGranted == false)
    }

    @Test func `a grant that is owed to Didomi goes before a deletion is looked into`() {
        var person = Person.settled(.denied)
        person.actito(.granted, at: 0)
        person.readProfile([Sample.email: .granted], at: 1)
        person.readEvents([], at: 2)
        _ = Self.deleteEvent(&person, at: 3)
        #expect(person.planned(.didomi) == .granted)
        person.deliver(.didomi, at: 4)
        #expect(person.plan(.didomi) == .readUsers)
    }

    @Test func `a deletion that comes while the users are being read has them read again`() {
        var person = Person.settled(.granted)
        _ = Self.deleteEvent(&person, at: 0)
        person.begin(.didomi, at: 1)
        _ = Self.deleteEvent(&person, at: 2)
        person.end(.didomi, .accepted, at: 3)
        let receipt = person.receipt(.didomi, at: 3)
        person.decider.conclude(.users([Self.user(.granted, updated: 0)]), receipt)
        #expect(person.resolved == [.ignored(.unchanged)])
        #expect(person.plan(.didomi) == .readUsers)
        person.read(.didomi, .users([Self.user(.denied, updated: 2)]), at: 4)
        #expect(person.resolved == [.ignored(.unchanged), .applied])
        #expect(person.isGranted == false)
    }

    @Test func `a deleted user withdraws what nobody told of too, and an opt-in from before it`() {
        var person = Person(settings: Sample.settings { $0.withdrawsDeletedUsers = true })
        person.didomi(.denied, chosen: -5000)
        person.deliver(.actito, at: -5000)
        _ = person.decider.decide(Change(.userDeleted), person.receipt(.didomi, at: 0))
        person.read(.didomi, .users([]), at: 1)
        #expect(person.planned(.actito, Sample.newsletter) == .denied)
        person.deliver(.actito, at: 2)
        // Announced late; there is no event to show that the withdrawal is newer.
        person.actito(.granted, at: 100)
        person.readProfile([Sample.email: .granted], at: 101)
        person.readEvents([], at: 102)
        #expect(person.isGranted == false)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a deleted user withdraws only if the operator wants it and nobody else is left`() {
        for (wants, others, isGranted) in [(false, 0, true), (true, 1, true), (true, 0, false)] {
            var person = Person.settled(.granted)
            var settings = person.decider.settings
            settings.withdrawsDeletedUsers = wants
            person.decider = Decider(
                snapshot: person.snapshot,
                settings: settings,
                firstStart: person.decider.firstStart
            )
            let receipt = person.receipt(.didomi, at: 0)
            let outcome = person.decider.decide(Change(.userDeleted), receipt)
            #expect(outcome == (wants ? nil : .ignored(.noMappedField)))
            if wants {
                let users = (0..<others).map { _ in Self.user(.granted, updated: -5) }
                person.read(.didomi, .users(users), at: 1)
            }
            #expect(person.isGranted == isGranted)
        }
    }

    @Test func `a deleted profile withdraws at Didomi only if the operator wants it`() {
        for wants in [false, true] {
            var person = Person.settled(.granted)
            var settings = person.decider.settings
            settings.withdrawsDeletedProfiles = wants
            person.decider = Decider(
                snapshot: person.snapshot,
                settings: settings,
                firstStart: person.decider.firstStart
            )
            let receipt = person.receipt(.actito, at: 0)
            let outcome = person.decider.decide(Change(.profileDeleted), receipt)
            #expect(outcome == (wants ? .applied : .ignored(.noMappedField)))
            #expect(person.planned(.didomi) == (wants ? .denied : nil))
            #expect(person.plan(.actito) == nil)
        }
    }

    // MARK: payloads without what was before

    @Test func `a state that repeats a no is no news`() {
        var person = Person.settled(.denied)
        let outcome = person.didomi(.denied, chosen: 10) { $0.basis = .state }
        #expect(outcome == .ignored(.unchanged))
    }

    @Test func `a state that shows a no which Didomi was not known to hold is a withdrawal`() {
        var person = Person.settled(.granted)
        #expect(person.didomi(.denied, chosen: 10) { $0.basis = .state } == .applied)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a state that shows a yes is never a grant`() {
        var person = Person.settled(.denied)
        let outcome = person.didomi(.granted, chosen: 10) { $0.basis = .state }
        #expect(outcome == .ignored(.grantNotConfirmed))
        #expect(person.isGranted == false)
    }

    // MARK: late match

    @Test func `a withdrawal that found nobody is tried once a day for a week`() {
        var person = Person()
        person.didomi(.denied, chosen: 0)
        var attempts = 0
        var now: Int64 = 10
        while let delivery = person.begin(.actito, at: now) {
            attempts += 1
            person.end(.actito, .missing, at: now)
            person.decider.missProfile(delivery, at: Sample.at(now))
            #expect(person.plan(.actito) == nil)
            now += 86_400
            person.decider.wake(at: Sample.at(now))
        }
        #expect(attempts == 8)
    }

    @Test func `a grant that found nobody waits for the person`() {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        guard let delivery = person.begin(.actito, at: 10) else {
            Issue.record("nothing is planned")
            return
        }
        person.end(.actito, .missing, at: 10)
        person.decider.missProfile(delivery, at: Sample.at(10))
        #expect(person.snapshot.wakeAt == nil)
        let created = person.receipt(.actito, at: 20)
        _ = person.decider.decide(Change(.profileCreated), created)
        #expect(person.planned(.actito) == .granted)
    }

    // MARK: the brake

    @Test func `the brake counts people, not choices, and forgets after its window`() {
        var brake = Brake(Brake.Limits(peopleMax: 2, window: .seconds(60)))
        let people = ["ann", "bo", "cy"].map { Subject.key(SubjectKey("\($0)@example.com")) }
        for _ in 0..<3 {
            let isHeld = brake.holds(people[0], at: Sample.at(0))
            #expect(!isHeld)
            brake.note(people[0], at: Sample.at(0))
        }
        let isSecondHeld = brake.holds(people[1], at: Sample.at(1))
        brake.note(people[1], at: Sample.at(1))
        let isThirdHeld = brake.holds(people[2], at: Sample.at(2))
        let isHeldLater = brake.holds(people[2], at: Sample.at(61))
        #expect([isSecondHeld, isThirdHeld, isHeldLater] == [false, true, false])
    }

    @Test func `a grant that the brake stops is held and a withdrawal passes`() {
        var person = Person.settled(.denied)
        person.decider.isBraking = true
        person.actito(.granted, at: 0)
        person.readProfile([Sample.email: .granted], at: 1)
        person.readEvents([], at: 2)
        #expect(person.isGranted == false)
        #expect(person.decider.fieldsToHold[Sample.email]?.reason == .brake)
        var other = Person.settled(.granted)
        other.decider.isBraking = true
        #expect(other.actito(.denied, at: 0) == .applied)
    }

    // MARK: S7

    @Test func `a fifth repair within an hour raises an alarm and the withdrawal goes on`() {
        var person = Person.settled(.denied)
        for number in 1...5 {
            let seconds = Int64(number) * 60
            // An old opt-in comes again and again: Didomi is given the withdrawal each time.
            person.didomi(.denied, chosen: seconds)
            person.deliver(.didomi, at: seconds)
            person.actito(.denied, at: seconds + 5)
            person.didomi(.granted, chosen: seconds + 2, at: seconds + 9)
            #expect(person.planned(.didomi) == .denied)
            person.deliver(.didomi, at: seconds + 10)
            #expect(person.decider.alarms.isEmpty == (number < 5))
        }
    }
}
