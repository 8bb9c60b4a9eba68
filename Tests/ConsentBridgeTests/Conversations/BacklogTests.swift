import BridgeCore
import Foundation
import HTTPTypes
import JSON
import Storage
import Testing

@testable import Bridge

/// Ten thousand people at once, on the virtual clock, at Actito's default limits of 80 calls a minute.
@Suite(.timeLimit(.minutes(5)))
struct BacklogTests {
    private static let start = Timestamp(milliseconds: 1_795_000_000_000)
    private static let people = 10_000

    @Test func `a withdrawal waits two seconds at most behind ten thousand grants`() throws {
        let world = try Backlog(at: Self.start)
        for number in 0..<Self.people { try world.choose(true, "reader\(number)") }
        var worst = Interval(milliseconds: 0)
        for number in 0..<100 {
            try world.bridge.advance(to: world.bridge.now + Interval(milliseconds: 37_123))
            let since = world.bridge.now
            try world.choose(false, "leaver\(number)")
            try world.bridge.advance(to: since + .seconds(120))
            let writtenAt = try #require(world.writtenAt["leaver\(number)"])
            worst = max(worst, writtenAt - since)
        }
        print("worst wait of a withdrawal behind 10,000 grants:", worst.milliseconds, "ms")
        #expect(worst <= .seconds(2))
    }

    @Test func `a burst of choices costs one call beside the one in flight`() throws {
        let world = try Backlog(at: Self.start)
        world.isAnswering = false
        for number in 0..<100 { try world.choose(!number.isMultiple(of: 2), "ann") }
        world.isAnswering = true
        #expect(try world.bridge.finish(.actito, { _ in Backlog.taken }))
        try world.bridge.advance(to: world.bridge.now + .seconds(3_600))
        #expect(world.writes["ann"] == [false, true])
    }

    @Test func `what waited for a platform that was down drains by itself`() throws {
        let world = try Backlog(at: Self.start)
        world.isDown = true
        for number in 0..<Self.people {
            try world.choose(number.isMultiple(of: 2), "reader\(number)")
        }
        try world.bridge.advance(to: Self.start + .seconds(7_200))
        #expect(world.writtenAt.isEmpty)
        let triedInVain = world.callCount
        world.isDown = false
        let upAt = world.bridge.now
        try world.bridge.advance(to: upAt + .seconds(9_000))
        #expect(world.writtenAt.count == Self.people)
        let lastAt = try #require(world.writtenAt.values.max())
        print(
            "10,000 after two hours down:",
            (lastAt - upAt).milliseconds / 60_000,
            "minutes,",
            triedInVain,
            "calls in vain,",
            world.callCount - triedInVain,
            "calls to drain"
        )
        // An outage is asked about, not hammered; at 80 a minute it takes 125 minutes.
        #expect(triedInVain <= 600)
        #expect(world.callCount - triedInVain <= Self.people + 20)
        #expect(lastAt - upAt <= .seconds(60 * 132))
        // Withdrawals first: every one of them before the last half of the grants.
        let last = try #require(world.lastWithdrawalAt)
        #expect(last - upAt <= .seconds(60 * 80))
    }
}
