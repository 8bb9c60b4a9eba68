import ActitoAdapter
import BridgeCore
import DidomiAdapter
import JSON
import SQLiteStorage
import Storage

/// One step that can be done any number of times.
struct Step {
    var name: String
    var work: (Int) throws -> Void

    /// The median of five runs, each long enough to make the clock's cost small.
    func nanoseconds(for duration: Duration) throws -> Double {
        let clock = ContinuousClock()
        try work(10)
        var count = 10
        while try clock.measure({ try work(count) }) < duration / 20 { count *= 2 }
        let runs = try (0..<5).map { _ in
            try clock.measure { try work(count) } / .nanoseconds(1) / Double(count)
        }
        return runs.sorted()[2]
    }
}

/// Keeps the optimiser from leaving out what nobody uses.
@inline(never)
func use<Value>(_ value: Value) {}

/// The steps in the order of a webhook's way.
func steps(of samples: Samples) throws -> [Step] {
    var steps = pureSteps(of: samples)
    steps.append(Step(name: "engine step") { count in engineSteps(count) })
    let memory = try Turns(samples, store: InMemoryStore())
    steps.append(Step(name: "turn, in memory") { count in try memory.play(count) })
    let file = TemporaryFile()
    let disk = try Turns(samples, store: SQLiteStore(path: file.path))
    steps.append(
        Step(name: "turn, SQLite") { count in
            try disk.play(count)
            use(file)
        }
    )
    return steps
}

private func pureSteps(of samples: Samples) -> [Step] {
    func step(_ name: String, _ body: @escaping () throws -> some Any) -> Step {
        Step(name: name) { count in
            for _ in 0..<count { use(try body()) }
        }
    }
    let access = Access(
        token: Access.Token(text: "token", renewAt: Samples.now + .seconds(900)),
        schema: Access.LiveSchema(
            tableID: "16",
            attributes: nil,
            subscriptions: nil,
            readAt: Samples.now
        )
    )
    let call = Call(
        subject: samples.decided.subject,
        profileID: nil,
        delivery: OpenDelivery(
            id: DeliveryID(1),
            call: samples.call,
            waitingSince: Samples.now,
            createdAt: Samples.now,
            evidence: [InboxID(1)]
        )
    )
    let key = SnapshotKey(integration: samples.settings.name, subject: samples.decided.subject)
    return [
        step("parse") { try JSONValue(parsing: samples.body) },
        step("identity") { senderIdentity(of: samples.payload, from: .didomi) },
        step("decode") { samples.didomi.decode(samples.payload, event: nil) },
        step("map") { samples.settings.map(samples.statement) },
        step("decide") { Samples.decide(samples.mapped, samples.settings) },
        step("plan") { makePlan(for: .actito, samples.decided, samples.settings) },
        step("encode") { samples.actito.encode(call, with: access) },
        step("snapshot out") { samples.decided.document.serialized() },
        step("snapshot in") {
            Snapshot(key: key, document: try JSONValue(parsing: samples.stored))
        },
    ]
}

/// Two steps for each delivery: planned and begun, answered.
private func engineSteps(_ count: Int) {
    let access = AccessKey(integration: Samples.settings.name, platform: .actito)
    var engine = Engine(
        policy: Engine.Policy(),
        licences: [access: ("actito", Governor.Limits(perMinute: 0, concurrent: 0))]
    )
    var randomness = SystemRandomNumberGenerator()
    func step(_ input: Engine.Input) -> [Engine.Effect] {
        engine.step(input, at: Samples.now, using: &randomness)
    }
    func plan(_ number: Int) -> LaneKey {
        let lane = LaneKey(
            integration: access.integration,
            platform: .actito,
            subject: .key(SubjectKey("person\(number % 1000)@example.com"))
        )
        let draft = Engine.Draft(
            delivery: DeliveryID(Int64(number + 1)),
            kind: .grant,
            waitingSince: Samples.now
        )
        use(step(.planned(lane, draft)))
        return lane
    }
    let readiness = Readiness(
        readyUntil: Samples.now + .seconds(900),
        tableReadAt: Samples.now
    )
    for number in 0..<max(1, count / 2) {
        let lane = plan(number)
        if number == 0 { use(step(.prepared(access, .accepted, readiness))) }
        use(step(.replied(lane, DeliveryID(Int64(number + 1)), Engine.Reply(.accepted))))
    }
}
