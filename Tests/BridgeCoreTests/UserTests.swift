import BridgeCore
import Testing

/// Several Didomi users with one key (design section 4).
struct UserTests {
    /// A person of whom webhooks named two users.
    private static func person(_ choice: Choice) -> Person {
        var person = Person.settled(choice)
        for user in ["u1", "u2"] { _ = person.decider.note(user: user) }
        person.snapshot.fieldsToCheck = []
        return person
    }

    private static func user(_ id: String, _ choice: Choice?, updated: Int64 = 0) -> UserReading {
        UserReading(
            id: id,
            updatedAt: Sample.at(updated),
            choices: choice.map { [Sample.email: $0] } ?? [:]
        )
    }

    private static func write(to user: String) -> PlannedCall {
        var write = PlannedWrite(choices: [Sample.email: .denied])
        write.userID = user
        return .write(write)
    }

    @Test func `what one user withdraws is withdrawn at the others too`() {
        var person = Self.person(.granted)
        #expect(person.didomi(.denied, chosen: 0) == .applied)
        #expect(person.plan(.didomi) == .readUsers)
        let users = [Self.user("u1", .denied), Self.user("u2", .granted), Self.user("u3", nil)]
        person.read(.didomi, .users(users), at: 1)
        #expect(person.plan(.didomi) == Self.write(to: "u2"))
        person.deliver(.didomi, at: 2)
        #expect(person.plan(.didomi) == nil)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `with one user nothing is read`() {
        var person = Person.settled(.granted)
        _ = person.decider.note(user: "u1")
        person.didomi(.denied, chosen: 0)
        #expect(person.plan(.didomi) == nil)
    }

    @Test func `an older grant of another user is withdrawn there`() {
        var person = Self.person(.granted)
        person.didomi(.denied, chosen: 0)
        person.read(.didomi, .users([Self.user("u1", .denied)]), at: 1)
        #expect(person.didomi(.granted, chosen: -10, at: 20) == .ignored(.stale))
        #expect(person.plan(.didomi) == .readUsers)
    }

    @Test func `a user that is named later is looked at`() {
        var person = Person.settled(.granted)
        _ = person.decider.note(user: "u1")
        person.didomi(.denied, chosen: 0)
        let news = [person.decider.note(user: "u2"), person.decider.note(user: "u2")]
        #expect(news == [true, false])
        #expect(person.plan(.didomi) == .readUsers)
    }

    @Test func `a user whose data changed since is told all the same`() {
        var person = Self.person(.granted)
        person.actito(.denied, at: 0)
        person.deliver(.didomi, at: 1)
        person.read(.didomi, .users([Self.user("u2", .granted, updated: 5000)]), at: 6000)
        #expect(person.plan(.didomi) == Self.write(to: "u2"))
    }

    @Test func `what comes while the users are being read has them read again`() {
        var person = Self.person(.granted)
        person.didomi(.denied, chosen: 0)
        person.begin(.didomi, at: 1)
        person.didomi(.granted, chosen: -10, at: 2)
        person.end(.didomi, .accepted, at: 3)
        let receipt = person.receipt(.didomi, at: 3)
        person.decider.conclude(.users([Self.user("u1", .denied)]), receipt)
        #expect(person.plan(.didomi) == .readUsers)
        person.read(.didomi, .users([Self.user("u1", .denied), Self.user("u2", .granted)]), at: 4)
        #expect(person.plan(.didomi) == Self.write(to: "u2"))
    }

    @Test(arguments: [Verdict.accepted, .unknown(retryAfter: nil)])
    func `a grant that came while a user was told of the withdrawal is written again`(
        verdict: Verdict
    ) {
        var person = Self.person(.granted)
        person.didomi(.denied, chosen: 0)
        person.read(.didomi, .users([Self.user("u2", .granted)]), at: 1)
        person.begin(.didomi, at: 2)
        person.didomi(.granted, chosen: 1, at: 3)
        person.end(.didomi, verdict, at: 4)
        #expect(person.isGranted == true)
        #expect(person.planned(.didomi) == .granted)
    }

    @Test func `a held grant is left as the person gave it`() {
        var person = Self.person(.denied)
        person.email.heldGrant = HeldGrant(
            delivery: DeliveryID(7),
            chosenAt: Sample.at(-10),
            evidence: InboxID(1),
            origin: .didomi
        )
        person.snapshot.fieldsToCheck = [Sample.email]
        person.read(.didomi, .users([Self.user("u2", .granted)]), at: 1)
        #expect(person.plan(.didomi) == nil)
    }

    @Test func `a grant is for one user alone`() {
        var person = Self.person(.denied)
        person.didomi(.granted, chosen: 0)
        #expect(person.plan(.didomi) == nil)
    }
}
