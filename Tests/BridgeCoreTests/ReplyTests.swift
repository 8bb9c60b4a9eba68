import BridgeTesting
import BridgeCore
import HTTPTypes
import Testing

/// What an answer makes of a delivery (design section 5, S11).
@Suite(.timeLimit(.minutes(1)))
struct ReplyTests {
    // MARK: Retries

    @Test(arguments: [1, 2, 3, 10, 11, 40, 1000])
    func `the pause is random up to a doubling limit`(attempt: Int) {
        let policy = RetryPolicy()
        var low = FixedRandom(value: 1)
        var high = FixedRandom(value: .max)
        #expect(policy.delay(afterAttempt: attempt, retryAfter: nil, using: &low) == .zero)
        let ceiling = min(Double(1 << min(attempt - 1, 20)), 900)
        let longest = policy.delay(afterAttempt: attempt, retryAfter: nil, using: &high)
        #expect(longest == .seconds(ceiling))
        var random = SeededRandom(seed: UInt64(attempt))
        let pauses = (0..<200).map { _ in
            policy.delay(afterAttempt: attempt, retryAfter: nil, using: &random)
        }
        #expect(pauses.allSatisfy { $0 >= .zero && $0 <= .seconds(ceiling) })
        #expect(Set(pauses).count > 50)
    }

    @Test func `Retry-After wins when it is longer, up to an hour`() {
        let policy = RetryPolicy()
        var low = FixedRandom(value: 1)
        var high = FixedRandom(value: .max)
        func delay(_ asked: Double, _ random: inout FixedRandom) -> Interval {
            policy.delay(afterAttempt: 5, retryAfter: .seconds(asked), using: &random)
        }
        #expect(delay(120, &low) == .seconds(120))
        #expect(delay(7, &high) == .seconds(16))
        #expect(delay(3600, &low) == .seconds(3600))
        #expect(delay(86_400, &low) == .seconds(3600))
    }

    @Test(
        arguments: [
            Verdict.unknown(retryAfter: nil), .unavailable(retryAfter: nil, countsAsAttempt: true),
        ]
    )
    func `a failure is tried again after a pause that grows`(verdict: Verdict) {
        var rig = EngineRig()
        rig.plan("a", .grant)
        rig.remember()
        for attempt in 1...20 {
            rig.reply("a", verdict)
            guard case .waiting(let until) = rig.state("a") else {
                Issue.record("not waiting: \(String(describing: rig.state("a")))")
                return
            }
            #expect(rig.records("a").first?.attempts == attempt)
            #expect(until >= rig.now)
            #expect(until <= rig.now + .seconds(min(Double(1 << (attempt - 1)), 900)))
            if until > rig.now {
                #expect(rig.engine.nextWakeAt == until)
                rig.advance((until - rig.now).seconds)
            }
            #expect(rig.people == ["a"])
        }
    }

    @Test func `a 429 is no attempt`() {
        var rig = EngineRig(retry: RetryPolicy(attemptsMax: 2))
        rig.plan("a", .grant)
        rig.remember()
        for _ in 0..<10 {
            let verdict = Verdict.unavailable(retryAfter: .seconds(5), countsAsAttempt: false)
            rig.reply("a", verdict)
            #expect(rig.records("a").first?.attempts == 0)
            #expect(rig.state("a") == .waiting(until: rig.now + .seconds(5)))
            rig.advance(5)
        }
    }

    @Test(arguments: [DeliveryKind.grant, .attributes])
    func `after the last attempt a grant is dead`(kind: DeliveryKind) {
        var rig = EngineRig(retry: RetryPolicy(attemptsMax: 3))
        rig.plan("a", kind)
        rig.remember()
        for _ in 0..<2 {
            rig.reply("a", .unknown(retryAfter: nil))
            rig.advance(900)
        }
        rig.reply("a", .unknown(retryAfter: nil))
        #expect(rig.state("a") == .dead(.attemptsExhausted))
        #expect(rig.engine.openCount == 0 && rig.engine.nextWakeAt == nil)
    }

    @Test func `an overdue withdrawal goes on at the longest delay until delivered`() {
        var rig = EngineRig(retry: RetryPolicy(attemptsMax: 3))
        rig.plan("a")
        rig.remember()
        for attempt in 1...30 {
            rig.reply("a", .unknown(retryAfter: nil))
            if attempt >= 3 {
                #expect(rig.state("a") == .overdue(until: rig.now + .seconds(900)))
            }
            rig.advance(900)
            #expect(rig.people == ["a"])
        }
        rig.reply("a", .accepted)
        #expect(rig.state("a") == .delivered)
    }

    @Test func `a withdrawal that is refused is overdue and still tried`() {
        var rig = EngineRig()
        rig.plan("a")
        rig.remember()
        rig.reply("a", .refused(status: 400))
        #expect(rig.state("a") == .overdue(until: Sample.at(900)))
        rig.advance(900)
        #expect(rig.people == ["a"])
    }

    @Test func `what is refused otherwise is dead`() {
        for kind in [DeliveryKind.grant, .attributes, .read] {
            var rig = EngineRig()
            rig.plan("a", kind)
            rig.remember()
            rig.reply("a", .refused(status: 422))
            #expect(rig.state("a") == .dead(.refused))
        }
    }

    @Test func `a read that fails is repeated without end`() {
        var rig = EngineRig(retry: RetryPolicy(attemptsMax: 2))
        rig.plan("a", .read)
        rig.remember()
        for _ in 0..<10 {
            rig.reply("a", .unknown(retryAfter: nil))
            #expect(rig.state("a")?.label == "waiting")
            rig.advance(900)
            #expect(rig.people == ["a"])
        }
    }

    @Test func `nothing to send is skipped`() {
        var rig = EngineRig()
        rig.plan("a", .attributes)
        rig.remember()
        rig.reply("a", .nothingToSend)
        #expect(rig.state("a") == .skipped(.noMatchingAttribute))
        #expect(rig.engine.inFlightCount == 0)
    }

    // MARK: 401, 403

    @Test func `a 401 gets one new token, at once and without counting`() {
        var rig = EngineRig()
        rig.plan("a")
        rig.remember()
        rig.reply("a", .unauthorized)
        #expect(rig.expired == [.token])
        #expect(rig.records("a").first?.attempts == 0)
        #expect(rig.prepared == [EngineRig.actito] && rig.sent.isEmpty)
        rig.step(.prepared(EngineRig.actito, .accepted, rig.readiness(tableReadAt: nil)))
        #expect(rig.people == ["a"])
        // A second one is a matter of the set-up.
        rig.reply("a", .unauthorized)
        #expect(rig.expired.isEmpty && rig.sent.isEmpty)
        #expect(rig.engine.breakerReason(of: EngineRig.actito) == .configuration)
        #expect(rig.engine.nextWakeAt == rig.now + .seconds(900))
        #expect(rig.records("a").first?.attempts == 0)
    }

    @Test(arguments: [DeliveryKind.withdrawal, .grant])
    func `a wrong set-up kills nothing and counts no attempt`(kind: DeliveryKind) {
        var rig = EngineRig(retry: RetryPolicy(attemptsMax: 2))
        rig.plan("a", kind)
        rig.remember()
        for _ in 0..<10 {
            rig.reply("a", .misconfigured(status: 403))
            #expect(rig.state("a")?.label == "waiting" && rig.sent.isEmpty)
            #expect(rig.engine.nextWakeAt == rig.now + .seconds(900))
            #expect(rig.records("a").first?.attempts == 0)
            rig.advance(900)
            #expect(rig.people == ["a"])
        }
    }

    // MARK: 404

    @Test func `a 404 counts only when the table is proven readable`() {
        var rig = EngineRig()
        rig.plan("a")
        rig.remember()
        rig.reply("a", .missing)
        #expect(rig.expired == [.table])
        #expect(rig.state("a")?.label == "waiting")
        #expect(rig.prepared == [EngineRig.actito])
        rig.step(.prepared(EngineRig.actito, .accepted, rig.readiness(tableReadAt: rig.now)))
        #expect(rig.engine.isTableProven(EngineRig.actito, at: rig.now))
        rig.reply("a", .missing)
        #expect(rig.state("a") == .skipped(.profileNotFound))
        #expect(rig.engine.openCount == 0)
        // Within the minute the next one needs no second look.
        rig.now = rig.now + .seconds(60)
        rig.plan("b")
        rig.reply("b", .missing)
        #expect(rig.state("b") == .skipped(.profileNotFound))
        rig.now = rig.now + .seconds(1)
        rig.plan("c")
        rig.reply("c", .missing)
        #expect(rig.expired == [.table])
    }

    @Test func `a missing profile is created when that is allowed, once`() {
        var rig = EngineRig()
        rig.prepareTable()
        rig.plan("a", .grant)
        rig.remember()
        rig.reply("a", .missing, mayCreateProfile: true)
        #expect(rig.sent.map(\.createsProfile) == [true])
        rig.reply("a", .missing, mayCreateProfile: true)
        #expect(rig.state("a") == .skipped(.profileNotFound))
    }

    @Test func `the creation is remembered while it is tried again`() {
        var rig = EngineRig()
        rig.prepareTable()
        rig.plan("a", .grant)
        rig.remember()
        rig.reply("a", .missing, mayCreateProfile: true)
        rig.reply("a", .unknown(retryAfter: .seconds(10)))
        rig.advance(10)
        #expect(rig.sent.map(\.createsProfile) == [true])
    }

    @Test func `a read of nobody is an answer`() {
        var rig = EngineRig()
        rig.prepareTable()
        rig.plan("a", .read)
        rig.remember()
        rig.reply("a", .missing)
        #expect(rig.state("a") == .delivered)
    }

    // MARK: Statuses

    @Test(
        arguments: [
            (200, Verdict.accepted), (201, .accepted), (204, .accepted),
            (301, .misconfigured(status: 301)), (400, .refused(status: 400)),
            (401, .unauthorized), (403, .misconfigured(status: 403)),
            (404, .misconfigured(status: 404)), (405, .misconfigured(status: 405)),
            (406, .misconfigured(status: 406)), (408, .unknown(retryAfter: nil)),
            (422, .refused(status: 422)),
            (425, .unavailable(retryAfter: nil, countsAsAttempt: true)),
            (429, .unavailable(retryAfter: nil, countsAsAttempt: false)),
            (500, .unknown(retryAfter: nil)), (503, .unknown(retryAfter: nil)),
            (599, .unknown(retryAfter: nil)),
        ]
    )
    func `a status has the verdict of the design`(status: Int, verdict: Verdict) {
        #expect(Verdict(reply: PlatformReply(status: status)) == verdict)
    }

    @Test(
        arguments: [
            ("5", 5), ("0", 0), ("1.5", 1.5), ("999999999999", 86_400), ("-1", nil), ("nan", nil),
            ("inf", nil), ("Wed, 21 Oct 2026 07:28:00 GMT", nil), ("", nil),
        ] as [(String, Double?)]
    )
    func `Retry-After is read in seconds`(text: String, seconds: Double?) {
        let reply = PlatformReply(status: 503, headers: [.retryAfter: text])
        #expect(reply.retryAfter == seconds.map(Interval.seconds))
        #expect(Verdict(reply: reply) == .unknown(retryAfter: seconds.map(Interval.seconds)))
    }

    @Test func `a delivery's state is read back from what is stored of it`() {
        let states: [DeliveryState] = [
            .waiting(until: Sample.at(1)), .inFlight, .held(.brake), .held(.conflict), .delivered,
            .skipped(.profileNotFound), .skipped(.noMatchingAttribute), .superseded,
            .overdue(until: Sample.at(2)), .dead(.refused), .dead(.attemptsExhausted), .discarded,
        ]
        for state in states {
            let read = DeliveryState(
                label: state.label,
                reason: state.reason,
                nextAttemptAt: state.nextAttemptAt
            )
            #expect(read == state)
        }
        #expect(DeliveryState(label: "held", reason: nil, nextAttemptAt: nil) == nil)
        #expect(DeliveryState(label: "lost", reason: nil, nextAttemptAt: nil) == nil)
    }

    @Test func `an outcome is read back from what is stored of it`() {
        let all: [Outcome] =
            [.applied] + IgnoredReason.allCases.map(Outcome.ignored)
            + RejectedReason.allCases.map(Outcome.rejected)
        for outcome in all {
            #expect(Outcome(label: outcome.label, reason: outcome.reason) == outcome)
        }
        #expect(Outcome(label: "ignored", reason: "nonsense") == nil)
        #expect(Outcome(label: "", reason: nil) == nil)
    }
}

extension EngineRig {
    /// The table was read just now.
    mutating func prepareTable() {
        plan("somebody")
        reply("somebody", .missing)
        step(.prepared(Self.actito, .accepted, readiness(tableReadAt: now)))
        reply("somebody", .accepted)
    }
}
