import BridgeCore
import Foundation
import JSON
import Testing

/// How long each question takes in a storage of 100,000 webhooks and as many deliveries; `make
/// test-long` prints it, and nothing is asserted of times.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct LargeStoreTests {
    private static let count =
        ProcessInfo.processInfo.environment["LARGE_STORE"].flatMap { Int($0) } ?? 100_000

    /// Nine in ten arrived; the rest is in each other state that has a list.
    private static func state(_ number: Int) -> DeliveryState {
        switch number % 40 {
        case 0: .dead(.refused)
        case 10: .held(.conflict)
        case 20: .skipped(.profileNotFound)
        case 30: .waiting(until: Timestamp(milliseconds: 4_000_000_000_000))
        default: .delivered
        }
    }

    private static let people = count / 5 + 1

    /// A dead delivery of somebody of whom nothing newer is known.
    private static func dead(_ number: Int) -> String {
        "\(((count - people) / 40 + 1 + number) * 40 + 1)"
    }

    @Test func `each question has its answer soon`() async throws {
        try await Rig.run { rig in
            rig.silencePlatforms()
            let file = try rig.configurationWithPort()
            rig.terminate()
            var people = StoredPeople(Self.count, people: Self.people)
            people.state = Self.state
            try people.write(to: rig.databaseFile)
            var talker = StoredPeople(Self.count / 50, people: 1)
            talker.state = { _ in .delivered }
            talker.name = "talker"
            try talker.write(to: rig.databaseFile)
            try Self.run(
                "offline",
                Self.commands + [["deliveries", "retry", Self.dead(0)]],
                ["--config", file]
            )
            let clock = ContinuousClock()
            let start = clock.now
            try await rig.restart()
            print("from exec to listening:", clock.now - start)
            for path in Self.paths { try await Self.ask(rig, path) }
            try Self.run("beside the bridge", Self.commands, ["--url", rig.url])
            let changes = [
                ["deliveries", "retry", Self.dead(1)], ["deliveries", "retry", "--all"],
            ]
            try Self.run("beside the bridge", changes, ["--url", rig.url])
            try await rig.isConserved()
        }
    }

    private static func ask(_ rig: Rig, _ path: String) async throws {
        let clock = ContinuousClock()
        var times: [Duration] = []
        for _ in 0..<3 {
            let start = clock.now
            let answer = try await rig.api("GET", path)
            times.append(clock.now - start)
            #expect(answer.status == 200, "\(path)")
        }
        print(milliseconds(times.sorted()[1]), "GET", path)
    }

    private static func run(
        _ place: String,
        _ commands: [[String]],
        _ options: [String]
    ) throws {
        for command in commands {
            let clock = ContinuousClock()
            let start = clock.now
            let ending = try Program.run(command + options)
            let time = clock.now - start
            #expect(ending.status == 0 || command == ["status"], "\(command): \(ending.errors)")
            print(milliseconds(time), place, command.joined(separator: " "))
        }
    }

    private static func milliseconds(_ time: Duration) -> String {
        let text = "\(Int(time / .milliseconds(1))) ms"
        return String(repeating: " ", count: max(0, 9 - text.count)) + text
    }

    private static let commands = [
        ["--version"], ["status"], ["deliveries", "list"],
        ["deliveries", "list", "--state", "dead"],
        ["deliveries", "list", "--reason", "nothing"], ["deliveries", "list", "--since", "1h"],
        ["deliveries", "list", "--state", "dead", "--all"], ["deliveries", "show", "41"],
        ["subject", "show", StoredPeople.key(7)], ["subject", "export", StoredPeople.key(7)],
        ["subject", "show", StoredPeople.key(0, "talker")],
    ]

    private static let paths = [
        "/v1/status", "/v1/inbox", "/v1/inbox?limit=500", "/v1/inbox?state=waiting",
        "/v1/inbox?state=applied", "/v1/inbox?state=rejected",
        "/v1/inbox?state=ignored&cursor=5000",
        "/v1/inbox?reason=unchanged", "/v1/inbox?reason=nothing",
        "/v1/inbox?reason=unchanged&platform=actito", "/v1/inbox?platform=actito",
        "/v1/inbox?integration=default", "/v1/inbox?integration=elsewhere", "/v1/inbox/77",
        "/v1/deliveries", "/v1/deliveries?limit=500", "/v1/deliveries?state=waiting",
        "/v1/deliveries?state=dead", "/v1/deliveries?state=delivered&cursor=5000",
        "/v1/deliveries?state=overdue", "/v1/deliveries?platform=didomi",
        "/v1/deliveries?state=delivered&platform=didomi", "/v1/deliveries?reason=refused",
        "/v1/deliveries?reason=nothing", "/v1/deliveries?integration=elsewhere",
        "/v1/deliveries?integration=default",
        "/v1/deliveries?since=1h", "/v1/deliveries?since=2020-01-01T00:00:00Z",
        "/v1/deliveries?subject=reader7%40example.com",
        "/v1/deliveries?subject=nobody", "/v1/deliveries/77",
        "/v1/subjects/reader7%40example.com", "/v1/subjects/talker0%40example.com",
        "/v1/subjects/nobody", "/v1/actions", "/openapi.json",
    ]
}
