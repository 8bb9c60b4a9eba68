import BridgeCore
import JSON

/// Invented values and a clock that only tests move.
enum Sample {
    static let shop = IntegrationName("shop")
    static let email = Field.channel("email")
    static let newsletter = Field.purpose("newsletter")
    static let claire = Subject.key(SubjectKey("claire@example.com"))
    static let start = Timestamp(milliseconds: 1_795_000_000_000)

    static let mapping = MappingTable([
        MappingRule(subscription: "EmailOptin", field: email),
        MappingRule(subscription: "Newsletter", field: newsletter),
    ])

    static func settings(_ change: (inout IntegrationSettings) -> Void = { _ in })
        -> IntegrationSettings
    {
        var settings = IntegrationSettings(
            name: shop,
            mapping: mapping,
            uniqueKeyAttribute: "emailAddress"
        )
        change(&settings)
        return settings
    }

    /// Seconds after the start of the test's story.
    static func at(_ seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: start.milliseconds + seconds * 1000)
    }
}

/// One person in a story: what the platforms say goes in, what the bridge holds comes out.
///
/// All times are seconds after the start; the window is 900 seconds.
struct Person {
    var decider: Decider
    private var entries: Int64 = 0
    private var deliveries: Int64 = 0

    init(
        settings: IntegrationSettings = Sample.settings(),
        subject: Subject = Sample.claire,
        firstStart: Int64 = -86_400
    ) {
        decider = Decider(
            snapshot: Snapshot(integration: settings.name, subject: subject),
            settings: settings,
            firstStart: Sample.at(firstStart)
        )
    }

    var snapshot: Snapshot {
        get { decider.snapshot }
        set { decider.snapshot = newValue }
    }

    /// The state of the field that most stories are about.
    var email: FieldState {
        get { decider.snapshot.fields[Sample.email] ?? FieldState() }
        set { decider.snapshot.fields[Sample.email] = newValue }
    }

    var isGranted: Bool? { email.register.map(\.choice.isGranted) }

    func plan(_ platform: PlatformName) -> PlannedCall? {
        makePlan(for: platform, decider.snapshot, decider.settings)
    }

    /// What the plan for a platform writes to the field; nil: nothing.
    func planned(_ platform: PlatformName, _ field: Field = Sample.email) -> Choice? {
        if case .write(let write) = plan(platform) { write.choices[field] } else { nil }
    }

    mutating func receipt(_ origin: PlatformName, at seconds: Int64) -> Decider.Receipt {
        entries += 1
        return Decider.Receipt(
            change: ChangeReference(entry: InboxID(entries), index: 0),
            origin: origin,
            at: Sample.at(seconds)
        )
    }

    /// A Didomi-born choice made at `chosen` and received at `at` (the same time if not given).
    @discardableResult
    mutating func didomi(
        _ choice: Choice,
        chosen: Int64?,
        at received: Int64? = nil,
        of field: Field = Sample.email,
        _ adjust: (inout Change) -> Void = { _ in }
    ) -> Outcome? {
        var change = Change(.choice(field, choice), chosenAt: chosen.map(Sample.at))
        adjust(&change)
        return decider.decide(change, receipt(.didomi, at: received ?? chosen ?? 0))
    }

    @discardableResult
    mutating func actito(
        _ choice: Choice,
        at seconds: Int64,
        of field: Field = Sample.email
    ) -> Outcome? {
        decider.decide(Change(.choice(field, choice)), receipt(.actito, at: seconds))
    }

    @discardableResult
    mutating func attribute(
        _ name: String,
        _ value: JSONValue,
        chosen: Int64,
        at received: Int64? = nil,
        isOwn: Bool = false
    ) -> Outcome? {
        let change = Change(
            .attribute(name: name, value: value),
            chosenAt: Sample.at(chosen),
            isOwn: isOwn
        )
        return decider.decide(change, receipt(.didomi, at: received ?? chosen))
    }

    /// Plans a call, stores it as open and lets its attempt begin.
    @discardableResult
    mutating func begin(_ platform: PlatformName, at seconds: Int64) -> OpenDelivery? {
        guard let call = plan(platform) else { return nil }
        deliveries += 1
        var event: OwnEvent?
        if platform == .didomi, case .write = call {
            event = OwnEvent(id: "own-\(deliveries)", createdAt: Sample.at(seconds))
        }
        let delivery = OpenDelivery(
            id: DeliveryID(deliveries),
            call: call,
            event: event,
            waitingSince: Sample.at(seconds),
            createdAt: Sample.at(seconds),
            evidence: []
        )
        decider.snapshot.open[platform] = delivery
        decider.begin(delivery, at: platform, now: Sample.at(seconds))
        return delivery
    }

    /// Ends the open attempt; anything but a failure that is tried again closes the call.
    mutating func end(_ platform: PlatformName, _ verdict: Verdict, at seconds: Int64) {
        guard let open = decider.snapshot.open[platform] else { return }
        decider.end(open, at: platform, verdict, now: Sample.at(seconds))
        switch verdict {
        case .accepted, .nothingToSend, .missing: decider.snapshot.open[platform] = nil
        case .refused, .unauthorized, .misconfigured, .unavailable, .unknown, .duplicate: break
        }
    }

    /// The next call of a platform is made and accepted.
    mutating func deliver(_ platform: PlatformName, at seconds: Int64) {
        if begin(platform, at: seconds) != nil { end(platform, .accepted, at: seconds) }
    }

    /// The read that is planned is made; its answer is stored and decided.
    mutating func read(_ platform: PlatformName, _ reading: Reading, at seconds: Int64) {
        deliver(platform, at: seconds)
        let receipt = receipt(platform, at: seconds)
        decider.conclude(reading, receipt)
    }

    mutating func readProfile(_ choices: [Field: Choice], at seconds: Int64) {
        let profile = ProfileReading(profileID: "12", key: Sample.claire.key, choices: choices)
        read(.actito, .profile(profile), at: seconds)
    }

    mutating func readEvents(_ events: [ConsentEventReading], at seconds: Int64) {
        read(.didomi, .consentEvents(events), at: seconds)
    }

    /// Outcomes of changes that had waited for a read, in the order of their entries.
    var resolved: [Outcome] {
        decider.resolutions.sorted { $0.change.entry < $1.change.entry }.map(\.outcome)
    }

    /// A person whom both platforms hold as granted, or denied.
    static func settled(_ choice: Choice, at seconds: Int64 = -5000) -> Person {
        var person = Person()
        person.didomi(choice, chosen: seconds)
        person.deliver(.actito, at: seconds)
        person.email.actito.grant?.isSeenBack = true
        person.email.actito.withdrawal?.isSeenBack = true
        return person
    }
}

extension ConsentEventReading {
    static func event(
        _ choice: Choice,
        at seconds: Int64,
        of field: Field = Sample.email,
        id: String? = "theirs",
        isOwn: Bool = false
    ) -> ConsentEventReading {
        ConsentEventReading(
            id: id,
            isOwn: isOwn,
            chosenAt: Sample.at(seconds),
            choices: [field: choice]
        )
    }
}
