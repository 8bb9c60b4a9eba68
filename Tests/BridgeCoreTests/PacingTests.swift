import BridgeCore
import Testing

/// A backlog of grants leaves room for the withdrawal that comes next, and is not starved by many.
@Suite struct PacingTests {
    /// Which calls begin in ten minutes at 80 a minute, looked at ten times a second.
    private static func begun(
        grants: Int,
        withdrawals: Int
    ) -> [(at: Double, kind: DeliveryKind)] {
        var rig = EngineRig(perMinute: 80)
        var kinds: [DeliveryID: DeliveryKind] = [:]
        for index in 0..<grants { kinds[rig.queue("g\(index)", .grant)] = .grant }
        for index in 0..<withdrawals { kinds[rig.queue("w\(index)", .withdrawal)] = .withdrawal }
        var begun: [(at: Double, kind: DeliveryKind)] = []
        for tick in 0..<6_000 {
            rig.step(.timer)
            for call in rig.sent {
                if let kind = kinds[call.delivery] { begun.append((Double(tick) / 10, kind)) }
            }
            rig.now = rig.now + .seconds(0.1)
        }
        return begun
    }

    @Test func `grants alone begin with a burst, then evenly, and use 19 of 20 calls`() {
        let begun = Self.begun(grants: 1_000, withdrawals: 0)
        #expect(begun.count { $0.at < 0.1 } >= 15)
        #expect(begun.count { $0.at < 0.1 } <= 20)
        for minute in 1..<10 {
            let start = Double(minute) * 60
            let calls = begun.filter { $0.at >= start && $0.at < start + 60 }
            #expect(calls.count >= 74 && calls.count <= 76)
            // After the first burst has left the minute, no gap is longer than a second.
            let gaps = zip(calls, calls.dropFirst()).map { $1.at - $0.at }
            #expect(gaps.allSatisfy { $0 < 1.05 })
        }
    }

    @Test func `calls that an earlier process made in the last minute count`() {
        var rig = EngineRig(perMinute: 80, isReady: false)
        let earlier = (0..<80).map { rig.now - .seconds(30) + .seconds(Double($0) / 10) }
        rig.engine.recall([EngineRig.actito: earlier])
        _ = rig.queue("ann", .withdrawal)
        #expect(!rig.effects.contains(.prepare(EngineRig.actito)))
        // The first of them is a minute old half a minute later.
        rig.advance(29.9)
        #expect(!rig.effects.contains(.prepare(EngineRig.actito)))
        rig.advance(0.1)
        #expect(rig.effects.contains(.prepare(EngineRig.actito)))
    }

    @Test func `many withdrawals use all calls but one in five`() {
        let begun = Self.begun(grants: 1_000, withdrawals: 1_000).filter { $0.at >= 60 }
        let share = Double(begun.count { $0.kind == .withdrawal }) / Double(begun.count)
        #expect(begun.count >= 700)
        #expect(share > 0.79 && share < 0.81)
    }
}
