import BridgeTesting
import BridgeCore

/// The engine with a clock that only the test moves, and everything that it said.
struct EngineRig {
    static let actito = AccessKey(integration: Sample.shop, platform: .actito)
    static let didomi = AccessKey(integration: Sample.shop, platform: .didomi)

    var engine: Engine
    var random = SeededRandom(seed: 1)
    var now = Sample.at(0)
    /// The effects of the last step.
    var effects: [Engine.Effect] = []
    private var count: Int64 = 0

    /// Makes an engine, with its sessions prepared already if `isReady`.
    init(
        perMinute: Int = 0,
        concurrent: Int = 0,
        retry: RetryPolicy = RetryPolicy(),
        isReady: Bool = true
    ) {
        let limits = Governor.Limits(perMinute: perMinute, concurrent: concurrent)
        engine = Engine(
            policy: Engine.Policy(retry: retry),
            licences: [
                Self.actito: ("actito", limits),
                Self.didomi: ("didomi", Governor.Limits(perMinute: 0, concurrent: 0)),
            ]
        )
        if isReady { prepare() }
    }

    static func lane(_ person: String, _ access: AccessKey = actito) -> LaneKey {
        LaneKey(
            integration: access.integration,
            platform: access.platform,
            subject: .key(SubjectKey(person))
        )
    }

    mutating func step(_ input: Engine.Input) {
        effects = engine.step(input, at: now, using: &random)
    }

    mutating func advance(_ seconds: Double) {
        now = now + .seconds(seconds)
        step(.timer)
    }

    /// Takes a session through its preparation, at the price of one call.
    mutating func prepare(tableReadAt: Timestamp? = nil) {
        step(.planned(Self.lane("nobody"), draft(.read, since: 0)))
        step(.prepared(Self.actito, .accepted, readiness(tableReadAt: tableReadAt)))
        reply("nobody", .accepted)
        step(.planned(Self.lane("nobody", Self.didomi), draft(.read, since: 0)))
        step(.prepared(Self.didomi, .accepted, readiness(tableReadAt: nil)))
        reply("nobody", .accepted, Self.didomi)
    }

    func readiness(tableReadAt: Timestamp?) -> Readiness {
        Readiness(readyUntil: now + .seconds(10_000_000), tableReadAt: tableReadAt)
    }

    mutating func draft(_ kind: DeliveryKind, since seconds: Int64) -> Engine.Draft {
        count += 1
        return Engine.Draft(
            delivery: DeliveryID(count),
            kind: kind,
            waitingSince: Sample.at(seconds)
        )
    }

    /// Plans a call for a person without letting anything begin.
    @discardableResult
    mutating func queue(
        _ person: String,
        _ kind: DeliveryKind = .withdrawal,
        since seconds: Int64 = 0
    ) -> DeliveryID {
        let draft = draft(kind, since: seconds)
        effects = engine.take(.planned(Self.lane(person), draft), at: now, using: &random)
        return draft.delivery
    }

    /// Plans a call for a person and lets begin what may.
    @discardableResult
    mutating func plan(
        _ person: String,
        _ kind: DeliveryKind = .withdrawal,
        since seconds: Int64 = 0
    ) -> DeliveryID {
        let draft = draft(kind, since: seconds)
        step(.planned(Self.lane(person), draft))
        return draft.delivery
    }

    /// Answers the call that is in flight for a person.
    mutating func reply(
        _ person: String,
        _ verdict: Verdict,
        _ access: AccessKey = actito,
        mayCreateProfile: Bool = false
    ) {
        let lane = Self.lane(person, access)
        guard let delivery = flying[lane] ?? sent.first(where: { $0.lane == lane })?.delivery else {
            preconditionFailure("nothing is in flight for \(person)")
        }
        let reply = Engine.Reply(verdict, mayCreateProfile: mayCreateProfile)
        step(.replied(lane, delivery, reply))
    }

    /// Calls that the last step began.
    var sent: [(lane: LaneKey, delivery: DeliveryID, createsProfile: Bool)] {
        effects.compactMap { effect in
            guard case .send(let lane, let delivery, let createsProfile) = effect else {
                return nil
            }
            return (lane, delivery, createsProfile)
        }
    }

    /// The people whose calls the last step began, in order.
    var people: [String] { sent.compactMap { $0.lane.subject.key?.text } }

    /// The deliveries of lanes whose call is in flight, for ``reply(_:_:_:mayCreateProfile:)``.
    var flying: [LaneKey: DeliveryID] = [:]

    mutating func remember() {
        for call in sent { flying[call.lane] = call.delivery }
    }

    /// The state that the last step recorded for a person's call, the newest if several.
    func state(_ person: String) -> DeliveryState? {
        records(person).last?.state
    }

    func records(_ person: String) -> [(state: DeliveryState, attempts: Int)] {
        effects.compactMap { effect in
            guard case .record(let lane, _, let state, let attempts) = effect,
                lane.subject.key?.text == person
            else { return nil }
            return (state, attempts)
        }
    }

    var prepared: [AccessKey] {
        effects.compactMap { if case .prepare(let key) = $0 { key } else { nil } }
    }

    var expired: [Engine.SessionPart] {
        effects.compactMap { if case .expire(_, let part) = $0 { part } else { nil } }
    }
}

/// Randomness that always gives the same number.
///
/// 1 gives the least of a range and `.max` the most;
/// 0 would make the standard library ask again for ever.
struct FixedRandom: RandomNumberGenerator {
    var value: UInt64

    mutating func next() -> UInt64 { value }
}
