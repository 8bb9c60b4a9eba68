/// Which call goes when: lanes, limits, retries and sessions, as a synchronous value.
///
/// Inputs come in with their time, effects come out; the caller records every `.record` durably
/// before it carries out any `.send` or `.prepare` of the same step. No clock, randomness or I/O
/// inside, so a simulation drives the very same type.
package struct Engine: Sendable {
    package enum Input: Sendable {
        /// What a lane needs now; nil: nothing, and what waits there is superseded.
        case planned(LaneKey, Draft?)
        case replied(LaneKey, DeliveryID, Reply)
        /// A session's preparation was answered.
        case prepared(AccessKey, Verdict, Readiness)
        /// Open deliveries found in the storage at the start.
        case recovered([Recovered])
        /// An operator wants the lane's open call tried now.
        case hastened(LaneKey)
        /// An operator drops the lane's open call.
        case discarded(LaneKey)
        /// Time has passed.
        case timer
    }

    package enum Effect: Hashable, Sendable {
        case record(LaneKey, DeliveryID, DeliveryState, attempts: Int)
        case send(LaneKey, DeliveryID, createsProfile: Bool)
        case prepare(AccessKey)
        /// What the session holds is no longer good: the token after a 401, what is known of the
        /// table after a 404.
        case expire(AccessKey, SessionPart)
    }

    package enum SessionPart: Hashable, Sendable {
        case token
        case table
    }

    /// A planned call with what the engine needs to know of it.
    package struct Draft: Hashable, Sendable {
        package var delivery: DeliveryID
        package var kind: DeliveryKind
        package var waitingSince: Timestamp
        /// A read that may end in a withdrawal goes with the withdrawals (S10).
        package var isUrgent: Bool
        /// A withdrawal that was refused already: tried at the longest delay (S11).
        package var isOverdue = false

        package init(
            delivery: DeliveryID,
            kind: DeliveryKind,
            waitingSince: Timestamp,
            isUrgent: Bool = false
        ) {
            self.delivery = delivery
            self.kind = kind
            self.waitingSince = waitingSince
            self.isUrgent = isUrgent
        }
    }

    /// An answer with what it may lead to.
    package struct Reply: Hashable, Sendable {
        package var verdict: Verdict
        /// A grant is among the writes and the integration creates profiles.
        package var mayCreateProfile: Bool
        /// The write has several parts: if it is refused, they are tried apart.
        package var isDivisible: Bool

        package init(
            _ verdict: Verdict,
            mayCreateProfile: Bool = false,
            isDivisible: Bool = false
        ) {
            self.verdict = verdict
            self.mayCreateProfile = mayCreateProfile
            self.isDivisible = isDivisible
        }
    }

    package struct Recovered: Hashable, Sendable {
        package var lane: LaneKey
        package var draft: Draft
        package var attempts: Int
        package var nextAttemptAt: Timestamp
        package var isOverdue: Bool

        package init(
            lane: LaneKey,
            draft: Draft,
            attempts: Int,
            nextAttemptAt: Timestamp,
            isOverdue: Bool
        ) {
            self.lane = lane
            self.draft = draft
            self.attempts = attempts
            self.nextAttemptAt = nextAttemptAt
            self.isOverdue = isOverdue
        }
    }

    package struct Policy: Sendable {
        package var retry: RetryPolicy
        /// Withdrawals' share of the calls while others wait too (S10).
        package var withdrawalShare: Double
        package var breaker: Breaker.Policy

        package init(
            retry: RetryPolicy = RetryPolicy(),
            withdrawalShare: Double = 0.8,
            breaker: Breaker.Policy = Breaker.Policy()
        ) {
            self.retry = retry
            self.withdrawalShare = withdrawalShare
            self.breaker = breaker
        }
    }

    let policy: Policy
    var lanes: [LaneKey: LaneState] = [:]
    var sessions: [AccessKey: SessionState] = [:]
    var licences: [String: Licence] = [:]
    /// What the running step has found to do; empty between steps.
    var effects: [Effect] = []
    /// Nothing begins while it holds: entries that wait are decided first after a start.
    package var isHolding = false

    /// `licences`: for each session the licence whose limits it shares, and the limits.
    package init(
        policy: Policy,
        licences: [AccessKey: (name: String, limits: Governor.Limits)]
    ) {
        self.policy = policy
        for (key, licence) in licences {
            sessions[key] = SessionState(licence: licence.name)
            if self.licences[licence.name] == nil {
                self.licences[licence.name] = Licence(governor: Governor(licence.limits))
            }
        }
    }

    /// Counts the calls that another engine made in the last minute; none of them may be under way.
    package mutating func follow(_ other: Engine) {
        for (name, licence) in other.licences {
            guard let limits = licences[name]?.governor.limits else { continue }
            licences[name]?.governor = licence.governor.limited(by: limits)
        }
    }

    /// Takes an input and begins what may begin.
    package mutating func step(
        _ input: Input,
        at now: Timestamp,
        using randomness: inout some RandomNumberGenerator
    ) -> [Effect] {
        let taken = take(input, at: now, using: &randomness)
        startCalls(at: now)
        defer { effects = [] }
        return taken + effects
    }

    /// Takes an input without beginning any call: several inputs can be taken as one, and what is
    /// planned last is what is sent.
    package mutating func take(
        _ input: Input,
        at now: Timestamp,
        using randomness: inout some RandomNumberGenerator
    ) -> [Effect] {
        defer { effects = [] }
        switch input {
        case .planned(let key, let draft):
            plan(key, draft, at: now)
        case .replied(let key, let delivery, let reply):
            take(reply, to: delivery, key, at: now, using: &randomness)
        case .prepared(let key, let verdict, let readiness):
            prepared(key, verdict, readiness, at: now, using: &randomness)
        case .recovered(let deliveries):
            recover(deliveries, at: now)
        case .hastened(let key):
            hasten(key, at: now)
        case .discarded(let key):
            discard(key, at: now)
        case .timer:
            break
        }
        return effects
    }

    /// Counts the calls that an earlier process made in the last minute, in any order.
    package mutating func recall(_ calls: [AccessKey: [Timestamp]]) {
        var byLicence: [String: [Timestamp]] = [:]
        for (key, moments) in calls {
            guard let licence = sessions[key]?.licence else { continue }
            byLicence[licence, default: []] += moments
        }
        for (licence, moments) in byLicence {
            for moment in moments.sorted() { licences[licence]?.governor.recall(moment) }
        }
    }

    /// When the engine has something to do without any other input; nil: never.
    package var nextWakeAt: Timestamp? {
        guard !isHolding else { return nil }
        return licences.values.flatMap { [$0.queue.nextReadyAt, $0.askAgainAt] }
            .compactMap(\.self).min()
    }

    /// Why a session's calls are held back; nil: they are not.
    package func breakerReason(of key: AccessKey) -> Breaker.Reason? {
        sessions[key]?.breaker.reason
    }

    package func isProbing(_ key: AccessKey) -> Bool { sessions[key]?.breaker.isProbing ?? false }

    /// Lanes with an open call.
    package var openCount: Int { lanes.count }

    package var inFlightCount: Int { licences.values.reduce(0) { $0 + $1.governor.inFlight } }
}
