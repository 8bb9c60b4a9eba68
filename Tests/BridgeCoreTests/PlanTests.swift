import BridgeCore
import JSON
import Testing

/// Register minus replica, what our own calls make of it, and metadata.
@Suite struct PlanTests {
    @Test func `nothing known is nothing to do`() {
        let person = Person()
        #expect(person.plan(.actito) == nil && person.plan(.didomi) == nil)
    }

    @Test func `several choices are one call, a withdrawal the most urgent part`() {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        #expect(person.plan(.actito)?.kind == .grant)
        person.didomi(.denied, chosen: 0, of: Sample.newsletter)
        person.attribute("language", "FR", chosen: 0)
        let write = PlannedWrite(
            choices: [Sample.email: .granted, Sample.newsletter: .denied],
            attributes: ["language": "FR"]
        )
        #expect(person.plan(.actito) == .write(write))
        #expect(person.plan(.actito)?.kind == .withdrawal)
        #expect(PlannedCall.readProfile.kind == .read)
        #expect(PlannedCall.readConsentEvents.kind == .read)
        let attributes = PlannedWrite(choices: [:], attributes: ["language": "FR"])
        #expect(PlannedCall.write(attributes).kind == .attributes)
    }

    @Test func `an intermediate choice is not sent`() {
        var person = Person.settled(.denied)
        person.didomi(.granted, chosen: 0)
        person.didomi(.denied, chosen: 1)
        #expect(person.plan(.actito) == nil)
        #expect(person.decider.history.count == 3)
    }

    @Test func `what was delivered is not planned again`() {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        person.attribute("language", "FR", chosen: 0)
        person.deliver(.actito, at: 10)
        #expect(person.plan(.actito) == nil)
        #expect(person.email.actito.choice == .granted)
        #expect(person.email.actito.grant?.verdict == .accepted)
        #expect(person.snapshot.attributes["language"]?.sent == "FR")
    }

    @Test(
        arguments: [
            Verdict.unavailable(retryAfter: nil, countsAsAttempt: false), .unauthorized,
            .misconfigured(status: 403), .missing,
        ]
    )
    func `an attempt without effect leaves no trace`(verdict: Verdict) {
        var person = Person.settled(.denied)
        person.didomi(.granted, chosen: 0)
        person.begin(.actito, at: 10)
        #expect(person.email.actito.grant?.verdict == .inFlight)
        #expect(person.snapshot.open[.actito]?.isInFlight == true)
        person.end(.actito, verdict, at: 11)
        #expect(person.email.actito.grant == nil)
        #expect(person.email.actito.choice == .denied)
        #expect(person.planned(.actito) == .granted)
        #expect(person.snapshot.open[.actito]?.isInFlight != true)
    }

    @Test func `after an unknown verdict nobody knows what the platform holds`() {
        var person = Person.settled(.denied)
        person.didomi(.granted, chosen: 0)
        person.begin(.actito, at: 10)
        person.end(.actito, .unknown(retryAfter: nil), at: 80)
        #expect(person.email.actito.choice == nil)
        #expect(person.email.actito.grant?.verdict == .unknown)
        #expect(person.planned(.actito) == .granted)
        // The write may have landed: a withdrawal is owed although a denial was known before.
        person.didomi(.denied, chosen: 90)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a newer choice while a write is in flight is planned when it has ended`() {
        var person = Person.settled(.denied)
        person.didomi(.granted, chosen: 0)
        person.begin(.actito, at: 10)
        person.didomi(.denied, chosen: 11)
        person.end(.actito, .accepted, at: 12)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a dead write is left alone until the person says something new`() {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        person.attribute("language", "FR", chosen: 0)
        if let open = person.begin(.actito, at: 10) {
            person.end(.actito, .refused(status: 400), at: 11)
            person.snapshot.open[.actito] = nil
            person.decider.giveUp(open, at: .actito)
        }
        #expect(person.plan(.actito) == nil)
        person.didomi(.denied, chosen: 20)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `our event's identity is kept with the write`() {
        var person = Person.settled(.granted)
        person.actito(.denied, at: 100)
        let event = person.begin(.didomi, at: 110)?.event
        #expect(event != nil)
        #expect(person.email.didomi.withdrawal?.eventID == event?.id)
        #expect(person.email.didomi.newestEventCreatedAt == Sample.at(110))
        #expect(person.email.didomi.withdrawal?.madeAt == Sample.at(110))
    }

    @Test func `nothing is written to a profile that does not exist, reads included`() {
        var person = Person()
        person.didomi(.denied, chosen: 0)
        person.snapshot.profileMissingSince = Sample.at(10)
        #expect(person.plan(.actito) == nil)
        #expect(person.plan(.didomi) == nil)
    }

    @Test func `a new profile gets everything that is known`() {
        var person = Person()
        person.didomi(.granted, chosen: 0)
        person.deliver(.actito, at: 1)
        person.didomi(.denied, chosen: 2, of: Sample.newsletter)
        person.attribute("language", "FR", chosen: 0)
        let complete = PlannedWrite(
            choices: [Sample.email: .granted, Sample.newsletter: .denied],
            attributes: ["language": "FR"]
        )
        #expect(person.snapshot.completeWrite == complete)
    }

    @Test func `a call names its evidence and since when somebody waits`() {
        var person = Person()
        person.didomi(.granted, chosen: 0, at: 5)
        person.didomi(.denied, chosen: 1, at: 3, of: Sample.newsletter)
        person.attribute("language", "FR", chosen: 0, at: 9)
        guard let call = person.plan(.actito) else {
            Issue.record("nothing is planned")
            return
        }
        let evidence = person.snapshot.evidence(for: call, at: Sample.at(100))
        #expect(evidence.entries == [InboxID(1), InboxID(2), InboxID(3)])
        #expect(evidence.since == Sample.at(3))
    }

    @Test func `a read's evidence is the announcements that wait for it`() {
        var person = Person()
        person.actito(.granted, at: 5)
        person.actito(.granted, at: 6, of: Sample.newsletter)
        let evidence = person.snapshot.evidence(for: .readProfile, at: Sample.at(100))
        #expect(evidence.entries == [InboxID(1), InboxID(2)])
        #expect(evidence.since == Sample.at(5))
    }

    // MARK: Attributes

    @Test func `metadata becomes an attribute, once per value`() {
        var person = Person()
        #expect(person.attribute("language", "FR", chosen: 0) == .applied)
        #expect(person.attribute("language", "FR", chosen: 5) == .ignored(.unchanged))
        person.deliver(.actito, at: 10)
        #expect(person.attribute("language", "FR", chosen: 20) == .ignored(.unchanged))
        #expect(person.plan(.actito) == nil)
        #expect(person.attribute("language", "EN", chosen: 30) == .applied)
        #expect(person.plan(.actito)?.kind == .attributes)
        #expect(person.plan(.didomi) == nil)
    }

    @Test func `an older value is stale, also against a repeated one`() {
        var person = Person()
        person.attribute("language", "FR", chosen: 10)
        #expect(person.attribute("language", "EN", chosen: 9, at: 20) == .ignored(.stale))
        person.attribute("language", "FR", chosen: 30)
        #expect(person.attribute("language", "EN", chosen: 20, at: 40) == .ignored(.stale))
        #expect(person.snapshot.attributes["language"]?.value == "FR")
    }

    @Test(
        arguments: [
            "emailAddress", "EmailOptin", "Newsletter", "marketingConsent", "profileId",
            "creationMoment", "updateMoment",
        ]
    )
    func `protected attributes are never written`(name: String) {
        var person = Person()
        #expect(person.attribute(name, "x", chosen: 0) == .ignored(.protectedAttribute))
        #expect(person.plan(.actito) == nil)
    }

    @Test(arguments: [JSONValue.null, [], [["a"]], ["a", nil], ["a": 1], [["a": 1]]])
    func `values that are neither single nor a list of single values are rejected`(value: JSONValue)
    {
        var person = Person()
        #expect(person.attribute("a", value, chosen: 0) == .rejected(.unsupportedValue))
        #expect(person.snapshot.attributes.isEmpty)
    }

    @Test func `one person has at most a hundred attributes, known ones still change`() {
        var person = Person()
        for index in 0..<100 { person.attribute("key\(index)", 1, chosen: 0) }
        #expect(person.attribute("more", 1, chosen: 1) == .rejected(.tooManyMetadataKeys))
        #expect(person.attribute("key7", 2, chosen: 1) == .applied)
    }

    @Test(arguments: [JSONValue.string("x"), .bool(false), 0, ["a", 1]])
    func `texts, numbers, truth values and lists of them are taken`(value: JSONValue) {
        var person = Person()
        #expect(person.attribute("a", value, chosen: 0) == .applied)
        #expect(
            person.plan(.actito) == .write(PlannedWrite(choices: [:], attributes: ["a": value]))
        )
    }

    @Test func `metadata of our own event is an echo`() {
        var person = Person()
        #expect(person.attribute("a", "x", chosen: 0, isOwn: true) == .ignored(.echo))
    }

    @Test func `a time in the future is the receipt`() {
        var person = Person()
        person.attribute("a", "x", chosen: 9999, at: 10)
        #expect(person.attribute("a", "y", chosen: 11) == .applied)
    }

    @Test func `attributes of nothing known to the profile are not sent again`() {
        var person = Person()
        person.attribute("a", "x", chosen: 0)
        person.begin(.actito, at: 10)
        person.end(.actito, .nothingToSend, at: 10)
        #expect(person.plan(.actito) == nil)
    }

    @Test func `a grant announced while a withdrawal is under way may stand above it`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.begin(.actito, at: 1)
        person.actito(.granted, at: 2)
        person.end(.actito, .accepted, at: 3)
        person.didomi(.denied, chosen: 200)
        #expect(person.planned(.actito) == .denied)
    }
}
