import BridgeCore
import Testing

/// What an operator does to open calls, in the engine.
struct OperatorEngineTests {
    private static let failing = Verdict.unknown(retryAfter: nil)

    /// A call of one person that failed so often, and waits for its next attempt.
    private static func waiting(attempts: Int = 5, _ verdict: Verdict = failing) -> EngineRig {
        var rig = EngineRig(retry: RetryPolicy(delayBase: .seconds(600)))
        rig.plan("ann", .grant)
        for attempt in 1...attempts {
            rig.remember()
            rig.reply("ann", verdict)
            if attempt < attempts { rig.advance(900) }
        }
        return rig
    }

    private static func hasten(_ person: String, _ rig: inout EngineRig) {
        rig.step(.hastened(EngineRig.lane(person)))
        rig.remember()
    }

    @Test func `a waiting call is sent at once, with all its attempts before it`() {
        var rig = Self.waiting()
        #expect(rig.records("ann").last?.attempts == 5)
        Self.hasten("ann", &rig)
        #expect(rig.people == ["ann"])
        #expect(rig.records("ann").map(\.attempts) == [0, 0])
        rig.reply("ann", .accepted)
        #expect(rig.state("ann") == .delivered && rig.records("ann").last?.attempts == 1)
    }

    @Test func `what fails again waits as long as it should, however often it was hastened`() {
        var rig = Self.waiting(attempts: 1)
        for _ in 0..<3 {
            Self.hasten("ann", &rig)
            #expect(rig.people == ["ann"])
            rig.reply("ann", .unavailable(retryAfter: .seconds(3000), countsAsAttempt: true))
        }
        // None of the moments at which it would have been tried before counts any more.
        for _ in 0..<2999 {
            rig.advance(1)
            #expect(rig.sent.isEmpty)
        }
        rig.advance(1)
        #expect(rig.people == ["ann"])
    }

    @Test func `a call in flight is left alone`() {
        var rig = EngineRig()
        rig.plan("ann", .grant)
        rig.remember()
        Self.hasten("ann", &rig)
        #expect(rig.effects.isEmpty)
        rig.step(.discarded(EngineRig.lane("ann")))
        #expect(rig.effects.isEmpty)
        rig.reply("ann", .accepted)
        #expect(rig.state("ann") == .delivered)
    }

    @Test func `an overdue withdrawal stays overdue while it is tried`() {
        var rig = EngineRig()
        rig.plan("ann")
        rig.remember()
        rig.reply("ann", .refused(status: 400))
        Self.hasten("ann", &rig)
        #expect(rig.records("ann").map(\.state) == [.overdue(until: rig.now), .inFlight])
        rig.reply("ann", .refused(status: 400))
        #expect(rig.state("ann") == .overdue(until: rig.now + .seconds(900)))
    }

    @Test func `an open breaker of wrong rights probes at once`() {
        var rig = EngineRig()
        rig.plan("ann", .grant)
        rig.remember()
        rig.reply("ann", .misconfigured(status: 403))
        rig.plan("bo", .grant)
        rig.advance(10)
        #expect(rig.sent.isEmpty)
        Self.hasten("bo", &rig)
        #expect(rig.people == ["bo"])
        // The rights are still wrong: the next probe waits again.
        rig.reply("bo", .misconfigured(status: 403))
        rig.advance(899)
        #expect(rig.sent.isEmpty)
        Self.hasten("ann", &rig)
        #expect(rig.people == ["ann"])
        rig.reply("ann", .accepted)
        #expect(rig.people == ["bo"])
    }

    @Test func `hastening many behind an open breaker sends one probe and then each once`() {
        var rig = EngineRig()
        let people = (0..<20).map { "p\($0)" }
        rig.plan("ann", .grant)
        rig.remember()
        rig.reply("ann", .misconfigured(status: 403))
        for person in people { rig.plan(person, .grant) }
        var sent: [String] = []
        for person in people {
            Self.hasten(person, &rig)
            sent += rig.people
        }
        #expect(sent.count == 1)
        rig.reply(sent[0], .accepted)
        sent += rig.people
        rig.remember()
        #expect(sent.count == 21 && Set(sent) == Set(people + ["ann"]))
        for person in sent.dropFirst() {
            rig.reply(person, .accepted)
            #expect(rig.sent.isEmpty)
        }
    }

    @Test func `a log-in that failed is tried at once`() {
        var rig = EngineRig(isReady: false)
        rig.plan("ann", .grant)
        let unready = Readiness(readyUntil: nil, tableReadAt: nil)
        for _ in 0..<8 {
            rig.step(.prepared(EngineRig.actito, .unauthorized, unready))
            rig.advance(900)
        }
        rig.step(.prepared(EngineRig.actito, .unauthorized, unready))
        #expect(rig.prepared.isEmpty)
        Self.hasten("ann", &rig)
        #expect(rig.prepared == [EngineRig.actito])
        rig.step(.prepared(EngineRig.actito, .accepted, rig.readiness(tableReadAt: nil)))
        #expect(rig.people == ["ann"])
    }

    @Test func `a discarded call is never sent`() {
        var rig = Self.waiting(attempts: 1)
        rig.step(.discarded(EngineRig.lane("ann")))
        #expect(rig.records("ann").map(\.state) == [.discarded])
        rig.advance(100_000)
        #expect(rig.sent.isEmpty && rig.engine.openCount == 0)
    }

    @Test func `a discarded probe lets another one find out`() {
        var rig = EngineRig()
        rig.plan("ann")
        rig.remember()
        rig.reply("ann", .misconfigured(status: 403))
        rig.plan("bo")
        rig.advance(900)
        #expect(rig.people == ["bo"])
        rig.remember()
        // The probe needs a new token, which does not come.
        rig.reply("bo", .unauthorized)
        #expect(rig.prepared == [EngineRig.actito])
        rig.step(.discarded(EngineRig.lane("bo")))
        rig.step(.prepared(EngineRig.actito, .accepted, rig.readiness(tableReadAt: nil)))
        rig.advance(900)
        #expect(rig.people == ["ann"])
    }

    @Test func `the calls of the last minute are counted, whatever the limit`() {
        var rig = EngineRig()
        for number in 0..<5 {
            rig.plan("p\(number)")
            rig.advance(10)
        }
        func count() -> Int {
            rig.engine.condition(of: .actito).callsInLastMinute(at: rig.now)
        }
        // With the one that made the session ready.
        #expect(count() == 7)
        rig.advance(10)
        #expect(count() == 4)
        rig.advance(60)
        #expect(count() == 0)
    }

    @Test func `a platform is shown as its worst session`() {
        var rig = EngineRig(perMinute: 80)
        #expect(rig.engine.condition(of: .actito).breaker == .closed)
        #expect(rig.engine.condition(of: .actito).perMinute == 80)
        #expect(rig.engine.condition(of: .didomi).perMinute == 0)
        rig.plan("ann")
        rig.remember()
        rig.reply("ann", .misconfigured(status: 403))
        #expect(rig.engine.condition(of: .actito).breaker == .open)
        #expect(rig.engine.condition(of: .actito).reason == .configuration)
        #expect(rig.engine.condition(of: .didomi).breaker == .closed)
        rig.advance(900)
        #expect(rig.engine.condition(of: .actito).breaker == .halfOpen)
        rig.remember()
        rig.reply("ann", .accepted)
        #expect(rig.engine.condition(of: .actito).reason == nil)
    }
}
