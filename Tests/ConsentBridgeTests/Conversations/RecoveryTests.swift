import BridgeCore
import Testing

/// After a start, what was received and not decided yet is decided before anything is sent again
/// (design section 5, Recovery).
@Suite(.timeLimit(.minutes(1)))
struct RecoveryTests {
    @Test func `a grant that was on its way is not sent over a withdrawal that still waits`() throws
    {
        let world = try Backlog(at: Self.start, limits: "{ per_minute: 0, concurrent: 0 }")
        world.isAnswering = false
        try world.choose(true, "ann")
        #expect(world.writes["ann"] == [true])
        try world.bridge.die()
        // More than one turn decides.
        for number in 0..<300 { try world.choose(true, "reader\(number)") }
        try world.choose(false, "ann")
        try world.bridge.restart()
        while try world.bridge.finish(.actito, { _ in Backlog.taken }) {}
        #expect(world.writes["ann"] == [true, false])
    }

    @Test func `a restart does not begin the minute's calls anew`() throws {
        let world = try Backlog(at: Self.start, limits: "{ per_minute: 20, concurrent: 0 }")
        for number in 0..<30 { try world.choose(true, "reader\(number)") }
        while try world.bridge.finish(.actito, { _ in Backlog.taken }) {}
        let before = world.writes.count
        // Each write is a call, and perhaps not the only kind of call.
        #expect((15...20).contains(before))
        try world.bridge.die()
        try world.bridge.restart()
        while try world.bridge.finish(.actito, { _ in Backlog.taken }) {}
        #expect(world.writes.count == before)
    }

    private static let start = Timestamp(milliseconds: 1_795_000_000_000)
}
