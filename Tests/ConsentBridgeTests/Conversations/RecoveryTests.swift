import BridgeCore
import JSON
import Testing

@testable import Bridge

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

    @Test func `what was on its way is not sent over a withdrawal decided meanwhile`() throws {
        let world = try Backlog(at: Self.start, limits: "{ per_minute: 0, concurrent: 0 }")
        world.isAnswering = false
        try world.choose(true, "ann")
        try world.choose(false, "ann")
        #expect(world.writes["ann"] == [true])
        try world.bridge.restart()
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

    @Test func `no call is sent with a session that an answer of the same turn has ended`() throws {
        let world = try Backlog(at: Self.start, limits: "{ per_minute: 0, concurrent: 0 }")
        world.isAnswering = false
        try world.choose(true, "ann")
        // The token ends, so that the next call has another one fetched.
        try world.bridge.advance(to: Self.start + .seconds(41 * 86_400))
        try world.choose(true, "bo")
        let token: JSONValue = ["accessToken": "t", "expiresIn": "900s"]
        try world.bridge.finishAll { call in
            switch call.send.purpose {
            // Nobody is there, if the table is: that has to be asked first.
            case .call: .reply(PlatformReply(status: 404))
            case .preparation: .reply(PlatformReply(status: 200, body: token.serialized()))
            }
        }
        let waiting = world.bridge.inFlight.map(\.send.request.url)
        #expect(waiting.count == 1)
        #expect(waiting.allSatisfy { $0.contains("/profile-table-structure/") })
    }

    private static let start = Timestamp(milliseconds: 1_795_000_000_000)
}
