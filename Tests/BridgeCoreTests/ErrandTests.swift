import BridgeCore
import Testing

/// Calls that are no deliveries keep to the licence's limits.
@Suite struct ErrandTests {
    @Test func `they count against the minute`() {
        var rig = EngineRig(perMinute: 4)
        // Two calls prepared the session.
        for _ in 0..<2 {
            #expect(rig.engine.beginErrand(EngineRig.actito, at: rig.now).allowed)
            rig.engine.endErrand(EngineRig.actito, at: rig.now)
        }
        let (allowed, askAgainAt) = rig.engine.beginErrand(EngineRig.actito, at: rig.now)
        #expect(!allowed)
        #expect(askAgainAt == rig.now + .seconds(60))
        rig.plan("ann")
        #expect(rig.sent.isEmpty)
        rig.advance(60)
        #expect(rig.sent.count == 1)
        #expect(rig.engine.beginErrand(EngineRig.actito, at: rig.now).allowed)
    }

    @Test func `they take one of the places, and give it back at once`() {
        var rig = EngineRig(concurrent: 1)
        #expect(rig.engine.beginErrand(EngineRig.actito, at: rig.now).allowed)
        #expect(rig.engine.inFlightCount == 1)
        rig.plan("ann")
        #expect(rig.sent.isEmpty)
        rig.engine.endErrand(EngineRig.actito, at: rig.now)
        #expect(rig.engine.nextWakeAt == rig.now)
        rig.step(.timer)
        #expect(rig.sent.count == 1)
        let (allowed, askAgainAt) = rig.engine.beginErrand(EngineRig.actito, at: rig.now)
        #expect(!allowed && askAgainAt == nil)
    }

    @Test func `a pause that the platform asked for holds them up`() {
        var rig = EngineRig()
        rig.plan("ann")
        rig.reply("ann", .unavailable(retryAfter: .seconds(30), countsAsAttempt: false))
        let (allowed, askAgainAt) = rig.engine.beginErrand(EngineRig.actito, at: rig.now)
        #expect(!allowed)
        #expect(askAgainAt == rig.now + .seconds(30))
        #expect(rig.engine.beginErrand(EngineRig.didomi, at: rig.now).allowed)
    }

    @Test func `nobody calls for an integration that is not there`() {
        var rig = EngineRig()
        let stranger = AccessKey(integration: IntegrationName("magazine"), platform: .actito)
        #expect(!rig.engine.knows(stranger))
        #expect(!rig.engine.beginErrand(stranger, at: rig.now).allowed)
        rig.engine.endErrand(stranger, at: rig.now)
        #expect(rig.engine.inFlightCount == 0)
    }
}
