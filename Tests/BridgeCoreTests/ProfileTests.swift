import BridgeCore
import JSON
import Testing

/// Profiles that come, go and change their key at Actito (A6).
struct ProfileTests {
    private static func announce(
        _ content: Change.Content,
        _ id: String?,
        _ person: inout Person,
        at seconds: Int64
    ) -> Outcome? {
        person.decider.decide(Change(content, profileID: id), person.receipt(.actito, at: seconds))
    }

    /// Somebody whose grant both platforms hold, in the profile of a number.
    private static func person(
        _ change: (inout IntegrationSettings) -> Void = { _ in }
    ) -> Person {
        var person = Person(settings: Sample.settings(change))
        person.didomi(.granted, chosen: -5000)
        person.deliver(.actito, at: -5000)
        person.email.actito.grant?.isSeenBack = true
        person.snapshot.profileID = "12"
        return person
    }

    // MARK: under another key

    @Test func `under another key only a withdrawal goes to the profile`() {
        var person = Self.person()
        person.attribute("language", "FR", chosen: 0)
        person.snapshot.isKeyChanged = true
        person.email.actito.choice = nil
        #expect(person.plan(.actito) == nil)
        person.didomi(.denied, chosen: 10)
        #expect(person.plan(.actito) == .write(PlannedWrite(choices: [Sample.email: .denied])))
    }

    @Test func `a withdrawal is written again whatever was chosen under the other key`() {
        var person = Self.person()
        person.snapshot.isKeyChanged = true
        person.didomi(.denied, chosen: 0)
        person.deliver(.actito, at: 1)
        #expect(person.plan(.actito) == nil)
        #expect(person.didomi(.denied, chosen: 10) == .ignored(.unchanged))
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a withdrawal that finds nobody under the key goes to the known number`() {
        var person = Self.person()
        person.didomi(.denied, chosen: 0)
        for isByNumber in [false, true] {
            guard let delivery = person.begin(.actito, at: 1) else {
                Issue.record("nothing is planned")
                return
            }
            #expect(person.snapshot.isKeyChanged == isByNumber)
            person.end(.actito, .missing, at: 2)
            person.decider.missProfile(delivery, at: Sample.at(2))
        }
        // Nor is anybody there: it is tried tomorrow, under the key first.
        #expect(person.plan(.actito) == nil)
        #expect(!person.snapshot.isKeyChanged)
        #expect(person.snapshot.profileRetryAt == Sample.at(86_402))
    }

    @Test func `a grant that finds nobody is not sent to the number`() {
        var person = Self.person()
        person.didomi(.denied, chosen: 0)
        person.deliver(.actito, at: 1)
        person.didomi(.granted, chosen: 10)
        guard let delivery = person.begin(.actito, at: 11) else {
            Issue.record("nothing is planned")
            return
        }
        person.end(.actito, .missing, at: 12)
        person.decider.missProfile(delivery, at: Sample.at(12))
        #expect(person.plan(.actito) == nil)
    }

    // MARK: gone, and there again

    @Test func `a new profile gets what the register knows`() {
        var person = Self.person()
        #expect(Self.announce(.profileDeleted, "12", &person, at: 0) == .ignored(.noMappedField))
        #expect(person.plan(.actito) == nil)
        #expect(Self.announce(.profileCreated, "13", &person, at: 10) == .ignored(.unchanged))
        #expect(person.planned(.actito) == .granted)
    }

    @Test func `a profile that is created gets nothing twice`() {
        var person = Self.person()
        _ = Self.announce(.profileCreated, "12", &person, at: 10)
        #expect(person.plan(.actito) == nil)
    }

    @Test func `a deletion that comes after its successor's creation leaves that alone`() {
        var person = Self.person()
        _ = Self.announce(.profileCreated, "13", &person, at: 0)
        person.deliver(.actito, at: 1)
        _ = Self.announce(.profileDeleted, "12", &person, at: 2)
        #expect(person.snapshot.profileID == "13")
        #expect(person.plan(.actito) == nil)
        person.didomi(.denied, chosen: 10)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a deleted profile also withdraws what is still on its way to us`() {
        var person = Self.person { $0.withdrawsDeletedProfiles = true }
        #expect(Self.announce(.profileDeleted, "12", &person, at: 0) == .applied)
        #expect(person.plan(.didomi) == .write(PlannedWrite(choices: [Sample.email: .denied])))
        person.deliver(.didomi, at: 1)
        let late = person.didomi(.granted, chosen: -100, at: 500, of: Sample.newsletter)
        #expect(late == .ignored(.stale))
        #expect(person.planned(.didomi, Sample.newsletter) == .denied)
    }

    @Test func `a deleted profile ends the verification of its grant`() {
        var person = Person(settings: Sample.settings { $0.withdrawsDeletedProfiles = true })
        person.didomi(.denied, chosen: -5000)
        person.deliver(.actito, at: -5000)
        person.actito(.granted, at: 0)
        person.readProfile([Sample.email: .granted], at: 1)
        #expect(person.plan(.didomi) == .readConsentEvents)
        _ = Self.announce(.profileDeleted, nil, &person, at: 2)
        #expect(person.resolved == [.ignored(.grantNotConfirmed)])
        #expect(person.plan(.didomi) == nil)
    }
}
