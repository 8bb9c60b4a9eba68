import BridgeCore
import Testing

/// The breaker of design section 5, in the engine.
struct BreakerTests {
    private static let failing = Verdict.unknown(retryAfter: nil)

    /// Two people's calls fail in turn until the breaker opens.
    private static func opened() -> EngineRig {
        var rig = EngineRig()
        for person in ["a", "b", "a", "b", "a"] {
            rig.plan(person, .grant)
            rig.reply(person, failing)
        }
        return rig
    }

    private func isOpen(_ rig: EngineRig) -> Bool {
        rig.engine.breakerReason(of: EngineRig.actito) != nil
    }

    @Test func `failures of two people in a row open it`() {
        #expect(isOpen(Self.opened()))
    }

    @Test func `one person's failures alone do not open it`() {
        var rig = EngineRig()
        for _ in 0..<20 {
            rig.plan("a", .grant)
            rig.reply("a", Self.failing)
        }
        #expect(!isOpen(rig))
        rig.plan("b")
        #expect(rig.people == ["b"])
    }

    @Test func `a success in between starts the row anew`() {
        var rig = EngineRig()
        for person in ["a", "b", "a", "b"] {
            rig.plan(person, .grant)
            rig.reply(person, Self.failing)
        }
        rig.plan("c")
        rig.reply("c", .accepted)
        rig.plan("a", .grant)
        rig.reply("a", Self.failing)
        #expect(!isOpen(rig))
    }

    @Test func `while it is open nothing is sent, and the oldest withdrawal is the probe`() {
        var rig = Self.opened()
        rig.plan("x", .grant, since: -100)
        #expect(rig.sent.isEmpty)
        rig.plan("young", .withdrawal, since: -5)
        rig.plan("old", .withdrawal, since: -50)
        #expect(rig.sent.isEmpty)
        rig.advance(15)
        #expect(rig.people == ["old"])
    }

    @Test func `after a failed probe the next is another person's`() {
        var rig = Self.opened()
        rig.plan("old", .withdrawal, since: -50)
        rig.plan("young", .withdrawal, since: -5)
        rig.advance(15)
        rig.reply("old", Self.failing)
        rig.advance(15)
        #expect(rig.people == ["young"])
        rig.reply("young", Self.failing)
        rig.advance(15)
        #expect(rig.people == ["old"])
    }

    @Test func `a probe that passes lets everything go`() {
        var rig = Self.opened()
        for person in ["v", "w", "x"] { rig.plan(person) }
        rig.advance(15)
        #expect(rig.people.count == 1)
        rig.reply(rig.people[0], .accepted)
        #expect(!isOpen(rig))
        #expect(Set(rig.people).isSuperset(of: ["w", "x"]))
    }

    @Test func `a refused probe is an answer about one person's data`() {
        var rig = Self.opened()
        rig.plan("v")
        rig.plan("w")
        rig.advance(15)
        rig.reply("v", .refused(status: 400))
        #expect(!isOpen(rig))
        #expect(rig.people.contains("w"))
    }

    @Test func `wrong rights open it at once, with few probes and no attempt counted`() {
        var rig = EngineRig()
        rig.plan("a")
        rig.reply("a", .misconfigured(status: 403))
        #expect(rig.engine.breakerReason(of: EngineRig.actito) == .configuration)
        #expect(rig.records("a").first?.attempts == 0)
        rig.plan("b")
        rig.advance(899)
        #expect(rig.sent.isEmpty)
        rig.advance(1)
        #expect(rig.people == ["b"])
    }

    @Test func `a 429 pauses the whole licence as long as the platform asks`() {
        var rig = EngineRig()
        rig.plan("a")
        rig.reply("a", .unavailable(retryAfter: .seconds(30), countsAsAttempt: false))
        rig.plan("b")
        #expect(rig.sent.isEmpty)
        #expect(rig.engine.nextWakeAt == rig.now + .seconds(30))
        rig.advance(30)
        #expect(Set(rig.people).contains("b"))
    }

    @Test func `a write of several parts that is refused is planned again in parts`() {
        var rig = EngineRig()
        rig.plan("a")
        let lane = EngineRig.lane("a")
        guard let sent = rig.sent.first else {
            Issue.record("nothing was sent")
            return
        }
        let reply = Engine.Reply(.refused(status: 400), isDivisible: true)
        rig.step(.replied(lane, sent.delivery, reply))
        #expect(rig.state("a") == .superseded)
    }

    @Test func `an overdue draft waits for the longest delay and stays overdue`() {
        var rig = EngineRig()
        var draft = rig.draft(.withdrawal, since: 0)
        draft.isOverdue = true
        rig.step(.planned(EngineRig.lane("a"), draft))
        #expect(rig.state("a") == .overdue(until: rig.now + .seconds(900)))
        rig.advance(900)
        rig.reply("a", .refused(status: 400))
        #expect(rig.state("a") == .overdue(until: rig.now + .seconds(900)))
    }

    @Test func `a probe that nobody needs any more does not hold the others`() {
        var rig = Self.opened()
        rig.plan("old", .withdrawal, since: -50)
        rig.plan("young", .withdrawal, since: -5)
        rig.advance(15)
        rig.reply("old", .unauthorized)
        // The new token fails for longer than until the next probe.
        let pause = Verdict.unknown(retryAfter: .seconds(100))
        let unready = Readiness(readyUntil: nil, tableReadAt: nil)
        rig.step(.prepared(EngineRig.actito, pause, unready))
        rig.advance(15)
        rig.step(.planned(EngineRig.lane("young"), nil))
        rig.advance(200)
        let isTriedAtOnce = !rig.prepared.isEmpty
        rig.advance(20)
        #expect(isTriedAtOnce || !rig.prepared.isEmpty)
    }

    @Test func `after a long outage a log-in is tried again within the breaker's pauses`() {
        var rig = EngineRig(isReady: false)
        rig.plan("a")
        let unready = Readiness(readyUntil: nil, tableReadAt: nil)
        for _ in 0..<30 {
            #expect(rig.prepared == [EngineRig.actito])
            rig.step(.prepared(EngineRig.actito, .unknown(retryAfter: nil), unready))
            // A pause of the log-in's own and one of the breaker.
            for _ in 0..<31 where rig.prepared.isEmpty { rig.advance(1) }
        }
    }
}
