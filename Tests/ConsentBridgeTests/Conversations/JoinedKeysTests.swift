import BridgeCore
import Storage
import Testing

@testable import Bridge

/// `subject link`: two keys become one person.
@Suite(.timeLimit(.minutes(1)))
struct JoinedKeysTests {
    @Test(arguments: [true, false])
    func `what is known under the old key counts for the new one, and nothing is written twice`(
        isOn: Bool
    ) throws {
        let world = try TwoKeys()
        try world.choose(isOn, "old")
        try world.announce(isOn, "old")
        try world.wait(3_600)
        world.profile?.key = "new"
        let changed = try world.announce(isOn, "new")
        #expect(try world.outcome(of: changed) == .ignored(.keyChanged))
        #expect(world.calls == ["actito old=\(isOn)"])
        #expect(try world.link("old", to: "new") == .done(1))
        try world.wait(3_600)
        #expect(try world.register("new") == (isOn ? .granted : .denied))
        #expect(try world.snapshot("old") == nil)
        // Actito's profile is the same one; the person's new Didomi user is told once.
        #expect(world.calls == ["actito old=\(isOn)", "didomi new=\(isOn)"])
        #expect(try world.isConserved())
        #expect(try world.link("old", to: "new") == .refused(.sameKey))
        try world.bridge.restart()
        try world.wait(3_600)
        #expect(world.calls.count == 2)
        #expect(try world.link("old", to: "new") == .refused(.sameKey))
    }

    /// The old key's choice, the new key's so many seconds later, and what must hold then.
    @Test(
        arguments: [
            (true, false, 3_600, Choice.denied), (false, true, 3_600, .granted),
            (true, false, -3_600, .granted), (false, true, -3_600, .denied),
            (true, false, 60, .denied), (false, true, 60, .denied), (true, false, -60, .denied),
            (false, true, -60, .denied), (true, true, 60, .granted), (false, false, -9, .denied),
        ] as [(Bool, Bool, Double, Choice)]
    )
    func `the newer choice wins, and within two minutes the withdrawal`(
        old: Bool,
        new: Bool,
        later: Double,
        expected: Choice
    ) throws {
        let world = try TwoKeys()
        let choices = [("old", old), ("new", new)]
        for (name, isOn) in later > 0 ? choices : choices.reversed() {
            try world.choose(isOn, name)
            try world.wait(abs(later))
        }
        world.profile?.key = "new"
        #expect(try world.link("old", to: "new") == .done(1))
        try world.wait(86_400)
        #expect(try world.register("new") == expected)
        #expect(world.profile?.isSubscribed == expected.isGranted)
        #expect(try world.isConserved())
    }

    @Test
    func `later webhooks under the old key count for the new one, after a restart too`() throws {
        let world = try TwoKeys()
        try world.choose(true, "old")
        try world.announce(true, "old")
        try world.wait(3_600)
        world.profile?.key = "new"
        #expect(try world.link("old", to: "new") == .done(1))
        for isRestarted in [false, true] {
            if isRestarted { try world.bridge.restart() }
            try world.wait(3_600)
            let known = world.calls.count
            let entry = try world.choose(isRestarted, "old")
            try world.wait(60)
            #expect(try world.outcome(of: entry) == .applied)
            #expect(try world.register("new") == (isRestarted ? .granted : .denied))
            #expect(try world.register("old") == nil)
            #expect(world.calls.dropFirst(known).first == "actito new=\(isRestarted)")
            #expect(world.calls.count == known + 1)
        }
        // Announced under the old key, or under the number of the profile alone.
        try world.wait(3_600)
        let withdrawn = try world.announce(false, "old", profile: nil)
        try world.wait(60)
        #expect(try world.outcome(of: withdrawn) == .applied)
        #expect(try world.register("new") == .denied)
        #expect(world.calls.last == "didomi new=false")
        let repeated = try world.announce(false, nil)
        #expect(try world.outcome(of: repeated) == .ignored(.unchanged))
        let told = try world.bridge.store.changes(of: try #require(repeated))
        #expect(told.map(\.subject) == [.key(TwoKeys.key("new"))])
        #expect(try world.isConserved())
    }

    @Test func `a profile that is still under the old key is the new person's`() throws {
        let world = try TwoKeys()
        try world.choose(true, "old")
        try world.wait(3_600)
        // The profile's number is not known yet, and Actito shows the old key.
        #expect(try world.link("old", to: "new") == .done(1))
        let withdrawn = try world.announce(false, nil)
        try world.wait(60)
        #expect(try world.outcome(of: withdrawn) == .applied)
        #expect(try world.register("old") == nil)
        #expect(try world.register("new") == .denied)
    }

    @Test func `what is owed under the old key is owed to the new one`() throws {
        let world = try TwoKeys()
        try world.choose(true, "old")
        try world.wait(3_600)
        world.refusal = 503
        try world.choose(false, "old")
        try world.wait(3_600)
        #expect(try world.deliveries() == ["grant delivered", "withdrawal waiting"])
        world.profile?.key = "new"
        #expect(try world.link("old", to: "new") == .done(1))
        world.refusal = nil
        try world.wait(3_600)
        #expect(world.profile?.isSubscribed == false)
        #expect(try world.deliveries().contains("withdrawal superseded"))
        #expect(try world.register("new") == .denied)
        #expect(try world.isConserved())
    }

    @Test func `a dead write of the old key is superseded and tried anew`() throws {
        let world = try TwoKeys()
        world.refusal = 400
        try world.choose(true, "old")
        #expect(try world.deliveries() == ["grant dead"])
        world.refusal = nil
        world.profile?.key = "new"
        #expect(try world.link("old", to: "new") == .done(1))
        #expect(try world.deliveries().first == "grant superseded")
        #expect(world.profile?.isSubscribed == true)
        #expect(try world.isConserved())
    }

    // MARK: Obstacles

    @Test func `while a call is in flight, or a read decides, they cannot be joined`() throws {
        let world = try TwoKeys()
        world.isAnswering = false
        try world.choose(true, "old")
        #expect(try world.link("old", to: "new") == .refused(.obstacle(.busy)))
        #expect(try world.link("new", to: "old") == .refused(.obstacle(.busy)))
        #expect(try world.finish(.actito))
        #expect(try world.link("old", to: "new") == .done(1))
        // A grant that is being verified.
        try world.announce(true, "other", profile: nil)
        #expect(try world.finish(.didomi))
        #expect(try world.link("other", to: "new") == .refused(.obstacle(.busy)))
        #expect(try world.isConserved())
    }

    @Test func `a held grant has to be decided first`() throws {
        let world = try TwoKeys()
        try world.choose(true, "old", ago: 86_400)
        #expect(try world.deliveries() == ["read delivered", "grant held"])
        #expect(try world.link("old", to: "new") == .refused(.obstacle(.heldGrant)))
        let discarded = try world.bridge.operate([.discard(DeliveryID(2), reason: "wrong")])
        #expect(discarded == [.done(1)])
        #expect(try world.link("old", to: "new") == .done(1))
    }

    @Test func `a user of the old key that was not told a withdrawal yet is no joined person`()
        throws
    {
        let world = try TwoKeys()
        world.profile = nil
        var snapshot = Snapshot(
            integration: IntegrationName("default"),
            subject: .key(TwoKeys.key("old"))
        )
        snapshot.laggingUsers = ["u": [.channel("email")]]
        var batch = StoreBatch(at: world.bridge.now)
        batch.snapshots = [snapshot]
        try world.bridge.store.commit(batch)
        #expect(try world.link("old", to: "new") == .refused(.obstacle(.busy)))
    }

    @Test func `nobody knows either key, or there is no such integration`() throws {
        let world = try TwoKeys()
        #expect(try world.link("old", to: "new") == .refused(.unknownSubject))
        try world.choose(true, "old")
        #expect(try world.link("old", to: "old") == .refused(.sameKey))
        let elsewhere = Bridge.Operation.Request.link(
            old: TwoKeys.key("old"),
            new: TwoKeys.key("new"),
            IntegrationName("elsewhere")
        )
        #expect(try world.bridge.operate([elsewhere]) == [.refused(.unknownIntegration)])
        #expect(try world.bridge.store.operatorActions(before: nil, limit: 9).isEmpty)
    }

    // MARK: Chains

    @Test func `a chain of keys is one person under the last one`() throws {
        let world = try TwoKeys()
        try world.choose(false, "a")
        try world.wait(3_600)
        #expect(try world.link("a", to: "b") == .done(1))
        #expect(try world.link("b", to: "c") == .done(1))
        try world.wait(3_600)
        #expect(try world.register("c") == .denied)
        try world.bridge.restart()
        let entry = try world.choose(true, "a")
        #expect(try world.outcome(of: entry) == .applied)
        #expect(try world.register("c") == .granted)
        // Joined already, in whatever words.
        for (old, new) in [("a", "b"), ("a", "c"), ("b", "c"), ("b", "a")] {
            #expect(try world.link(old, to: new) == .refused(.sameKey), "\(old) \(new)")
        }
        // An old name of somebody stands for him: both are the new person then.
        #expect(try world.link("a", to: "d") == .done(1))
        #expect(try world.register("d") == .granted)
        for name in ["a", "b", "c"] { #expect(try world.snapshot(name) == nil) }
        #expect(try world.isConserved())
    }

    @Test func `a link back makes the old key the person's again`() throws {
        let world = try TwoKeys()
        try world.choose(true, "old")
        try world.wait(3_600)
        #expect(try world.link("old", to: "new") == .done(1))
        try world.wait(3_600)
        #expect(try world.link("new", to: "old") == .done(1))
        #expect(try world.register("old") == .granted)
        #expect(try world.snapshot("new") == nil)
        try world.bridge.restart()
        try world.wait(3_600)
        let entry = try world.choose(false, "new")
        try world.wait(60)
        #expect(try world.outcome(of: entry) == .applied)
        #expect(try world.register("old") == .denied)
        #expect(world.calls.last == "actito old=false")
        #expect(try world.isConserved())
        let actions = try world.bridge.store.operatorActions(before: nil, limit: 9)
        #expect(actions.map(\.action.kind) == [.link, .link])
        #expect(actions.map(\.action.actor) == ["operator (jo)", "operator (jo)"])
    }
}
