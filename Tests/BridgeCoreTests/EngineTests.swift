import BridgeCore
import Testing

/// Lanes, limits and order: which call goes when.
@Suite(.timeLimit(.minutes(1)))
struct EngineTests {
    // MARK: Lanes

    @Test func `a lane has one call in flight, and another person's does not wait for it`() {
        var rig = EngineRig()
        let first = rig.plan("a")
        #expect(rig.sent.map(\.delivery) == [first])
        rig.remember()
        rig.plan("a")
        #expect(rig.effects.isEmpty)
        rig.plan("b")
        #expect(rig.people == ["b"])
        #expect(rig.engine.inFlightCount == 2)
        rig.reply("a", .accepted)
        #expect(rig.state("a") == .delivered)
        #expect(rig.engine.openCount == 1)
        rig.plan("a")
        #expect(rig.people == ["a"])
    }

    @Test func `a call is recorded as in flight before it is sent`() {
        var rig = EngineRig()
        let id = rig.plan("a")
        let lane = EngineRig.lane("a")
        #expect(
            rig.effects == [
                .record(lane, id, .waiting(until: Sample.at(0)), attempts: 0),
                .record(lane, id, .inFlight, attempts: 0),
                .send(lane, id, createsProfile: false),
            ]
        )
    }

    @Test func `both platforms of a person have lanes of their own`() {
        var rig = EngineRig()
        rig.plan("a")
        let draft = rig.draft(.withdrawal, since: 0)
        rig.step(.planned(EngineRig.lane("a", EngineRig.didomi), draft))
        #expect(rig.sent.map(\.lane.platform) == [.didomi])
    }

    @Test func `a newer plan supersedes what waits and starts at once without attempts`() {
        var rig = EngineRig()
        rig.plan("a")
        rig.remember()
        rig.reply("a", .unknown(retryAfter: .seconds(500)))
        let old = rig.flying[EngineRig.lane("a")]
        let new = rig.plan("a")
        guard let old else { return }
        #expect(
            rig.effects.first == .record(EngineRig.lane("a"), old, .superseded, attempts: 1)
        )
        #expect(rig.sent.map(\.delivery) == [new])
        #expect(rig.records("a").last?.attempts == 0)
    }

    @Test func `nothing needed any more supersedes what waits`() {
        var rig = EngineRig()
        rig.engine.isHolding = true
        rig.plan("a")
        rig.step(.planned(EngineRig.lane("a"), nil))
        #expect(rig.state("a") == .superseded)
        rig.engine.isHolding = false
        rig.advance(1)
        #expect(rig.sent.isEmpty)
        #expect(rig.engine.openCount == 0)
    }

    @Test func `only the newest of several plans is sent`() {
        var rig = EngineRig()
        rig.queue("a", .grant)
        let last = rig.queue("a", .withdrawal)
        rig.step(.timer)
        #expect(rig.sent.map(\.delivery) == [last])
    }

    @Test func `an answer to a call that is not in flight is a bug`() async {
        await #expect(processExitsWith: .failure) {
            var rig = EngineRig()
            rig.engine.isHolding = true
            let id = rig.plan("a")
            rig.step(.replied(EngineRig.lane("a"), id, Engine.Reply(.accepted)))
        }
    }

    // MARK: Limits

    @Test func `no more calls than allowed are in flight, preparations included`() {
        var rig = EngineRig(concurrent: 2)
        for person in ["a", "b", "c", "d"] { rig.queue(person) }
        rig.step(.timer)
        rig.remember()
        #expect(rig.people.count == 2)
        rig.reply("a", .accepted)
        #expect(rig.people == ["c"])
        rig.reply("b", .unknown(retryAfter: nil))
        #expect(rig.people == ["d"])
        #expect(rig.engine.inFlightCount == 2)

        var fresh = EngineRig(concurrent: 1, isReady: false)
        fresh.plan("a")
        #expect(fresh.prepared == [EngineRig.actito])
        #expect(fresh.engine.inFlightCount == 1)
    }

    @Test func `no more calls than allowed begin in any minute`() {
        // The preparation of the rig and its first call are two of them.
        var rig = EngineRig(perMinute: 5)
        rig.advance(30)
        for person in 0..<10 { rig.queue("p\(person)") }
        rig.step(.timer)
        #expect(rig.people.count == 3)
        #expect(rig.engine.nextWakeAt == Sample.at(60))
        rig.advance(29.999)
        #expect(rig.people.isEmpty)
        rig.advance(0.001)
        #expect(rig.people.count == 2)
        #expect(rig.engine.nextWakeAt == Sample.at(90))
        rig.advance(30)
        #expect(rig.people.count == 3)
    }

    @Test func `integrations of one licence share its limits`() {
        let other = AccessKey(integration: IntegrationName("other"), platform: .actito)
        let limits = Governor.Limits(perMinute: 0, concurrent: 1)
        var rig = EngineRig()
        rig.engine = Engine(
            policy: Engine.Policy(),
            licences: [EngineRig.actito: ("one", limits), other: ("one", limits)]
        )
        rig.plan("a")
        rig.step(.planned(EngineRig.lane("b", other), rig.draft(.withdrawal, since: 0)))
        #expect(rig.prepared.isEmpty)
        rig.step(.prepared(EngineRig.actito, .accepted, rig.readiness(tableReadAt: nil)))
        #expect(rig.people == ["a"])
        rig.reply("a", .accepted)
        #expect(rig.prepared == [other])
    }

    // MARK: Order (S10)

    /// Lets one call after another begin and gives the kinds in their order.
    private func order(_ waiting: [(DeliveryKind, Int)], count: Int) -> [DeliveryKind] {
        var rig = EngineRig(concurrent: 1)
        var kinds: [DeliveryID: DeliveryKind] = [:]
        for (kind, number) in waiting {
            for index in 0..<number { kinds[rig.queue("\(kind)\(index)", kind)] = kind }
        }
        var order: [DeliveryKind] = []
        rig.step(.timer)
        while order.count < count, let call = rig.sent.first {
            if let kind = kinds[call.delivery] { order.append(kind) }
            rig.step(.replied(call.lane, call.delivery, Engine.Reply(.accepted)))
        }
        return order
    }

    @Test func `withdrawals get four of five calls while others wait, and go first`() {
        let order = order([(.grant, 50), (.withdrawal, 50)], count: 50)
        #expect(order.first == .withdrawal)
        #expect(order.count { $0 == .withdrawal } == 40)
        for start in stride(from: 0, to: 50, by: 5) {
            let five = order[start..<(start + 5)]
            #expect(five.count { $0 == .withdrawal } == 4)
        }
    }

    @Test func `others get all calls when no withdrawal waits, and withdrawals likewise`() {
        #expect(order([(.grant, 6)], count: 6) == Array(repeating: .grant, count: 6))
        #expect(order([(.withdrawal, 9)], count: 9).count == 9)
    }

    @Test func `below withdrawals come reads, grants and attributes`() {
        let order = order([(.attributes, 2), (.grant, 2), (.read, 2)], count: 6)
        #expect(order == [.read, .read, .grant, .grant, .attributes, .attributes])
    }

    @Test func `the oldest goes first within a class`() {
        var rig = EngineRig(concurrent: 1)
        rig.queue("young", since: 50)
        rig.queue("old", since: 10)
        rig.queue("middle", since: 30)
        rig.step(.timer)
        #expect(rig.people == ["old"])
        rig.reply("old", .accepted)
        #expect(rig.people == ["middle"])
    }

    @Test func `a call that comes back from its pause keeps its age`() {
        var rig = EngineRig(concurrent: 1)
        rig.plan("old", since: -100)
        rig.remember()
        rig.reply("old", .unknown(retryAfter: .seconds(60)))
        rig.queue("first", since: 0)
        rig.step(.timer)
        rig.remember()
        rig.queue("young", since: 1)
        rig.advance(901)
        rig.reply("first", .accepted)
        #expect(rig.people == ["old"])
    }

    // MARK: Start

    @Test func `nothing begins while the engine holds`() {
        var rig = EngineRig()
        rig.engine.isHolding = true
        rig.plan("a")
        #expect(rig.sent.isEmpty && rig.prepared.isEmpty)
        #expect(rig.engine.nextWakeAt == nil)
        rig.engine.isHolding = false
        rig.step(.timer)
        #expect(rig.people == ["a"])
    }

    @Test func `recovered calls go on where they were`() {
        var rig = EngineRig(retry: RetryPolicy(attemptsMax: 3))
        let soon = rig.draft(.grant, since: -50)
        let later = rig.draft(.withdrawal, since: -60)
        rig.step(
            .recovered([
                Engine.Recovered(
                    lane: EngineRig.lane("soon"),
                    draft: soon,
                    attempts: 2,
                    nextAttemptAt: Sample.at(-1),
                    isOverdue: false
                ),
                Engine.Recovered(
                    lane: EngineRig.lane("later"),
                    draft: later,
                    attempts: 7,
                    nextAttemptAt: Sample.at(40),
                    isOverdue: true
                ),
            ])
        )
        #expect(rig.people == ["soon"])
        #expect(rig.engine.nextWakeAt == Sample.at(40))
        rig.reply("soon", .unknown(retryAfter: nil))
        #expect(rig.state("soon") == .dead(.attemptsExhausted))
        rig.advance(40)
        #expect(rig.people == ["later"])
        rig.reply("later", .unavailable(retryAfter: nil, countsAsAttempt: false))
        #expect(rig.state("later")?.label == "overdue")
        // A newer choice supersedes it.
        rig.plan("later", .grant)
        #expect(rig.records("later").first?.state == .superseded)
    }

    // MARK: Sessions

    @Test func `a session is prepared once for all that wait for it`() {
        var rig = EngineRig(isReady: false)
        rig.plan("a")
        #expect(rig.prepared == [EngineRig.actito])
        rig.plan("b")
        #expect(rig.prepared.isEmpty && rig.sent.isEmpty)
        rig.step(.prepared(EngineRig.actito, .accepted, rig.readiness(tableReadAt: nil)))
        #expect(rig.people == ["a", "b"])
        #expect(rig.engine.inFlightCount == 2)
    }

    @Test func `a session that needs two steps is prepared twice`() {
        var rig = EngineRig(isReady: false)
        rig.plan("a")
        let halfReady = Readiness(readyUntil: nil, tableReadAt: nil)
        rig.step(.prepared(EngineRig.actito, .accepted, halfReady))
        #expect(rig.prepared == [EngineRig.actito] && rig.sent.isEmpty)
    }

    @Test func `a failed preparation is repeated later, and then everything goes on`() {
        var rig = EngineRig(isReady: false)
        rig.plan("a")
        rig.plan("b")
        let none = Readiness(readyUntil: nil, tableReadAt: nil)
        for _ in 0..<5 {
            let failed = Verdict.unknown(retryAfter: .seconds(30))
            rig.step(.prepared(EngineRig.actito, failed, none))
            #expect(rig.prepared.isEmpty && rig.sent.isEmpty)
            guard let wake = rig.engine.nextWakeAt else {
                Issue.record("the engine would sleep for ever")
                return
            }
            #expect(wake >= rig.now + .seconds(30))
            rig.advance((wake - rig.now).seconds)
            #expect(rig.prepared == [EngineRig.actito])
        }
        rig.step(.prepared(EngineRig.actito, .accepted, rig.readiness(tableReadAt: nil)))
        #expect(Set(rig.people) == ["a", "b"])
    }

    @Test func `a call superseded while its session is prepared is not sent`() {
        var rig = EngineRig(isReady: false)
        rig.plan("a")
        rig.step(.planned(EngineRig.lane("a"), nil))
        rig.step(.prepared(EngineRig.actito, .accepted, rig.readiness(tableReadAt: nil)))
        #expect(rig.sent.isEmpty)
        #expect(rig.engine.inFlightCount == 0)
    }

    @Test func `a token that is too old is renewed before the next call`() {
        var rig = EngineRig(isReady: false)
        rig.plan("a")
        let short = Readiness(readyUntil: Sample.at(720), tableReadAt: nil)
        rig.step(.prepared(EngineRig.actito, .accepted, short))
        rig.reply("a", .accepted)
        rig.advance(719)
        rig.plan("b")
        #expect(rig.people == ["b"])
        rig.advance(1)
        rig.plan("c")
        #expect(rig.prepared == [EngineRig.actito] && rig.sent.isEmpty)
    }
}
