import CurlHTTPClient
import Foundation
import JSON
import Sandbox
import Synchronization
import Testing

/// SIGKILL of the real process under load; `CrashTests` does it more often and asks for every phase.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct KillTests {
    @Test func `ten kills under load lose and double nothing`() async throws {
        let kills = try await Kills.play(10)
        print("kills by phase:", kills.summary)
        #expect(kills.count == 10)
    }
}

/// Kills of one process after another on the same storage, and what they hit.
struct Kills {
    private(set) var count = 0
    private(set) var hits: [KillPhase: Int] = [:]

    var summary: String {
        KillPhase.allCases.map { "\($0.rawValue) \(hits[$0] ?? 0)" }.joined(separator: ", ")
    }

    private func hasEachPhase(_ times: Int) -> Bool {
        KillPhase.allCases.allSatisfy { hits[$0] ?? 0 >= times }
    }

    /// Didomi answers after this time.
    private static let delayMilliseconds = 15
    private static let clients = 24
    /// What all kills together left waiting is delivered in this time.
    private static let drainMax = Duration.seconds(300)

    /// Kills the process again and again while clients send withdrawals, then lets it finish.
    ///
    /// `eachPhase`: goes on, up to three times as long, until each phase was hit as often.
    static func play(_ rounds: Int, eachPhase: Int = 0) async throws -> Kills {
        var kills = Kills()
        try await Rig.run { rig in
            rig.delayAnswers(of: .didomi, milliseconds: delayMilliseconds)
            var stored: Set<String> = []
            var acknowledged: Set<String> = []
            var lastEntry: Int64 = 0
            for round in 0..<rounds * 3 {
                if round >= rounds, kills.hasEachPhase(eachPhase) { break }
                let remains = await load(rig, round)
                let found = try remains.phases(
                    databaseFile: rig.databaseFile,
                    since: &lastEntry,
                    calls: rig.writes(to: .didomi)
                )
                #expect(remains.acknowledged.isSubset(of: found.stored))
                for phase in found.phases { kills.hits[phase, default: 0] += 1 }
                kills.count += 1
                acknowledged.formUnion(remains.acknowledged)
                stored.formUnion(found.stored)
                try await rig.restart()
            }
            #expect(acknowledged.count >= rounds)
            try await check(rig, stored)
        }
        return kills
    }

    /// Clients send one withdrawal after the other until the process is killed, at a number of
    /// acknowledged ones that differs from round to round; mostly at the next commit of webhooks.
    private static func load(_ rig: Rig, _ round: Int) async -> KillRemains {
        let log = LoadLog(killingAt: 20 + round * 37 % 200)
        let commits = round.isMultiple(of: 4) ? nil : CommitWatch(rig.databaseFile)
        await withTaskGroup(of: Void.self) { group in
            for client in 0..<clients {
                group.addTask {
                    for number in 0... {
                        let key = "reader-\(round)-\(client)-\(number)@example.com"
                        log.send(key)
                        guard (try? await rig.announceWithdrawal(key))?.status == 200 else {
                            return
                        }
                        guard log.acknowledge(key) else { continue }
                        commits?.waitForWebhooks()
                        rig.kill()
                    }
                }
            }
        }
        return log.remains(platformDelay: Double(delayMilliseconds) / 1000)
    }

    /// Everybody whose webhook is stored is withdrawn at Didomi, by one event, and nobody else.
    private static func check(_ rig: Rig, _ stored: Set<String>) async throws {
        for queue in ["inbox", "didomi", "actito"] {
            try await rig.metric("consent_bridge_backlog{queue=\"\(queue)\"} 0\n", within: drainMax)
        }
        for ledger in ["inbox", "deliveries"] {
            try await rig.metric(
                "consent_bridge_conservation_difference{ledger=\"\(ledger)\"} 0\n"
            )
        }
        // What is in flight does not wait any more, and may not be there yet.
        try await rig.sum(of: "consent_bridge_oldest_waiting_seconds{") { $0 == 0 }
        let people = rig.sandbox.state(of: .didomi)["people"]?.object ?? JSONObject()
        let told = Set(people.members.map(\.name))
        #expect(stored.subtracting(told) == [], "stored, and not at Didomi")
        #expect(told.subtracting(stored) == [], "at Didomi, and not stored")
        #expect(people.members.allSatisfy { $0.value["fields"]?["channel:email"] == false })
        var events: [String: Set<String>] = [:]
        for call in rig.writes(to: .didomi) {
            guard let body = call["body"], let id = body["id"]?.string,
                let key = body["user"]?["organization_user_id"]?.string
            else { continue }
            events[key, default: []].insert(id)
        }
        let doubled = events.filter { $0.value.count > 1 }
        #expect(doubled.isEmpty, "\(doubled)")
    }
}

/// Notices at once that another process writes a commit to SQLite's write-ahead log; the commit counts
/// from then on for a process that dies, while the one that makes it still waits for the disk.
private struct CommitWatch {
    private let file: Int32

    init(_ databaseFile: String) {
        file = open(databaseFile + "-wal", O_RDONLY)
    }

    /// Waits for the second commit.
    ///
    /// After an acknowledgement the first one is of decisions, the second one of the next webhooks.
    /// Bounded, in case nothing is committed any more.
    func waitForWebhooks() {
        defer { close(file) }
        for _ in 0..<2 {
            let before = size
            for _ in 0..<1_000_000 where size == before { continue }
        }
    }

    private var size: Int {
        var status = stat()
        return fstat(file, &status) == 0 ? Int(status.st_size) : 0
    }
}

/// What the clients of one round sent, and heard.
private final class LoadLog: Sendable {
    private struct State {
        var acknowledged: Set<String> = []
        var unanswered: Set<String> = []
        var killedAt: Date?
    }

    private let state = Mutex(State())
    private let goal: Int

    init(killingAt goal: Int) {
        self.goal = goal
    }

    func send(_ key: String) {
        state.withLock { _ = $0.unanswered.insert(key) }
    }

    /// True once: the process is to be killed now.
    func acknowledge(_ key: String) -> Bool {
        state.withLock { state in
            state.unanswered.remove(key)
            state.acknowledged.insert(key)
            guard state.acknowledged.count >= goal, state.killedAt == nil else { return false }
            state.killedAt = Date()
            return true
        }
    }

    func remains(platformDelay: TimeInterval) -> KillRemains {
        state.withLock { state in
            KillRemains(
                acknowledged: state.acknowledged,
                unanswered: state.unanswered,
                killedAt: state.killedAt ?? Date(),
                platformDelay: platformDelay
            )
        }
    }
}
