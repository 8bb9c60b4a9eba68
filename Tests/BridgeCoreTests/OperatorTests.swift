import BridgeCore
import JSON
import Testing

/// What an operator's act makes of a person's snapshot.
struct OperatorTests {
    /// A grant of two fields and an attribute that was given up as a whole.
    private static func dead() -> (person: Person, delivery: OpenDelivery) {
        var person = Person.settled(.denied)
        person.didomi(.granted, chosen: 0)
        person.didomi(.granted, chosen: 0, of: Sample.newsletter)
        person.attribute("language", "FR", chosen: 0)
        guard let delivery = person.begin(.actito, at: 1) else {
            preconditionFailure("nothing was planned")
        }
        person.end(.actito, .unknown(retryAfter: nil), at: 2)
        person.decider.giveUp(delivery, at: .actito)
        person.snapshot.open = [:]
        return (person, delivery)
    }

    private static func dropOvertaken(_ person: inout Person) -> [DeliveryID] {
        person.snapshot.dropOvertakenDeadWrites()
    }

    private static func revive(_ id: DeliveryID, _ person: inout Person) -> Bool {
        person.decider.revive(id)
    }

    private static func left(of delivery: OpenDelivery, _ person: Person) -> DeadWrite? {
        person.snapshot.deadWrites[delivery.id]
    }

    @Test func `a dead write is remembered whole and owed again as a whole`() {
        var (person, delivery) = Self.dead()
        #expect(person.plan(.actito) == nil)
        #expect(Self.dropOvertaken(&person) == [])
        let expected = DeadWrite(
            platform: .actito,
            fields: [Sample.email, Sample.newsletter],
            attributes: ["language"]
        )
        #expect(Self.left(of: delivery, person) == expected)
        #expect(Self.revive(delivery.id, &person))
        #expect(person.plan(.actito) == delivery.call)
        #expect(!Self.revive(delivery.id, &person))
    }

    @Test func `each part is forgotten when something newer overtakes it`() {
        var (person, delivery) = Self.dead()
        person.attribute("language", "NL", chosen: 10)
        #expect(Self.dropOvertaken(&person) == [])
        #expect(Self.left(of: delivery, person)?.attributes == [])
        person.didomi(.denied, chosen: 20)
        #expect(Self.dropOvertaken(&person) == [])
        #expect(Self.left(of: delivery, person)?.fields == [Sample.newsletter])
        person.actito(.denied, at: 30, of: Sample.newsletter)
        #expect(Self.dropOvertaken(&person) == [delivery.id])
        #expect(Self.left(of: delivery, person) == nil)
        #expect(!Self.revive(delivery.id, &person))
    }

    @Test func `only what is left of it is owed again`() {
        var (person, delivery) = Self.dead()
        person.didomi(.denied, chosen: 20)
        person.deliver(.actito, at: 21)
        #expect(Self.dropOvertaken(&person) == [])
        #expect(Self.revive(delivery.id, &person))
        let owed = PlannedWrite(
            choices: [Sample.newsletter: .granted],
            attributes: ["language": "FR"]
        )
        #expect(person.plan(.actito) == .write(owed))
    }

    @Test func `a dead write to one platform is not the other's`() {
        var person = Person()
        person.actito(.denied, at: 0)
        guard let delivery = person.begin(.didomi, at: 1) else {
            Issue.record("nothing was planned")
            return
        }
        person.decider.giveUp(delivery, at: .didomi)
        person.snapshot.open = [:]
        person.email.actito.isRefused = true
        #expect(Self.revive(delivery.id, &person))
        #expect(person.planned(.didomi) == .denied)
        #expect(person.email.actito.isRefused)
    }

    @Test func `a discarded withdrawal is owed again by her next no, on either side`() {
        for isAtDidomi in [true, false] {
            var person = Person.settled(.granted)
            person.didomi(.denied, chosen: 0)
            guard let delivery = person.begin(.actito, at: 1) else {
                Issue.record("nothing was planned")
                return
            }
            person.end(.actito, .refused(status: 400), at: 2)
            #expect(person.planned(.actito) == .denied)
            person.decider.discard(delivery, at: .actito)
            #expect(person.plan(.actito) == nil)
            // A repetition of the old no is none.
            person.didomi(.denied, chosen: 0, at: 5)
            #expect(person.plan(.actito) == nil)
            if isAtDidomi {
                person.didomi(.denied, chosen: 5000)
                #expect(person.planned(.actito) == .denied)
            } else {
                person.actito(.denied, at: 5000)
                // She said it there herself.
                #expect(person.email.actito.choice == .denied)
                #expect(person.plan(.actito) == nil)
            }
        }
    }

    @Test func `a discarded grant is owed again by her next yes`() {
        var person = Person.settled(.denied)
        person.didomi(.granted, chosen: 0)
        guard let delivery = person.begin(.actito, at: 1) else {
            Issue.record("nothing was planned")
            return
        }
        person.end(.actito, .unavailable(retryAfter: nil, countsAsAttempt: true), at: 2)
        person.decider.discard(delivery, at: .actito)
        #expect(person.plan(.actito) == nil)
        person.didomi(.granted, chosen: 5000)
        #expect(person.planned(.actito) == .granted)
    }

    @Test func `what she chose while the call waited is not discarded with it`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        guard let delivery = person.begin(.actito, at: 1) else {
            Issue.record("nothing was planned")
            return
        }
        person.end(.actito, .unavailable(retryAfter: nil, countsAsAttempt: true), at: 2)
        person.didomi(.granted, chosen: 50)
        person.email.actito.choice = nil
        person.decider.discard(delivery, at: .actito)
        #expect(person.planned(.actito) == .granted)
    }

    @Test func `a grant that is held again takes the first one's place`() {
        var person = Person()
        person.didomi(.granted, chosen: -9000, at: 0)
        person.readProfile([:], at: 1)
        #expect(person.decider.fieldsToHold[Sample.email]?.reason == .conflict)
        person.email.heldGrant = HeldGrant(
            delivery: DeliveryID(9),
            chosenAt: Sample.at(-9000),
            evidence: InboxID(1),
            origin: .didomi
        )
        // She subscribes at Actito: that grant is verified and counts.
        person.actito(.granted, at: 50)
        person.readProfile([Sample.email: .granted], at: 51)
        person.readEvents([], at: 52)
        #expect(person.isGranted == true)
        #expect(person.email.heldGrant == nil)
        #expect(person.decider.supersededHolds == [DeliveryID(9)])
    }
}
