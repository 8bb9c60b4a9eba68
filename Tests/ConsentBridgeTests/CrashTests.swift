import CurlHTTPClient
import Foundation
import GRDB
import JSON
import Sandbox
import Testing

/// SIGKILL of the real process, at moments that are held open from outside.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct CrashTests {
    /// Where the kill falls.
    enum Phase: String, CaseIterable {
        /// Another connection holds the storage, so that the webhook cannot be committed.
        case beforeCommit
        /// At once after the 2xx.
        case afterAcknowledgement
        /// The platform has the request and delays its answer.
        case duringTransfer
        /// The answer is there, and another connection holds the storage.
        case beforeRecord
    }

    @Test func `no kill loses or doubles what was acknowledged`() async throws {
        try await Rig.run { rig in
            var acknowledged: [String] = []
            for round in 0..<3 {
                for phase in Phase.allCases {
                    let key = "\(phase.rawValue)-\(round)@example.com".lowercased()
                    if try await Self.kill(rig, in: phase, key) { acknowledged.append(key) }
                    rig.sandbox.clearFaults(on: .didomi)
                    try await rig.restart()
                }
            }
            #expect(acknowledged.count == 9)
            for key in acknowledged {
                _ = try await rig.person(key, at: .didomi) {
                    $0["fields"]?["channel:email"] == false
                }
            }
            for queue in ["inbox", "didomi", "actito"] {
                try await rig.metric("consent_bridge_backlog{queue=\"\(queue)\"} 0\n")
            }
            for ledger in ["inbox", "deliveries"] {
                try await rig.metric(
                    "consent_bridge_conservation_difference{ledger=\"\(ledger)\"} 0\n"
                )
            }
            for key in acknowledged {
                let events = rig.writes(to: .didomi).map { $0.serializedText() }
                    .filter { $0.contains(key) }
                #expect(!events.isEmpty)
                #expect(Set(events.compactMap(Self.eventID)).count == 1, "\(key)")
            }
        }
    }

    @Test func `sixty kills under load fall in every phase and lose nothing`() async throws {
        let kills = try await Kills.play(60, eachPhase: 5)
        print("kills by phase:", kills.summary)
        for phase in KillPhase.allCases {
            #expect(kills.hits[phase] ?? 0 >= 5, "\(phase.rawValue)")
        }
    }

    /// Kills the process in a phase of a withdrawal's way; true: it was acknowledged.
    private static func kill(_ rig: Rig, in phase: Phase, _ key: String) async throws -> Bool {
        switch phase {
        case .beforeCommit:
            let holder = try StorageHolder(rig.databaseFile)
            async let answer = try? rig.announceWithdrawal(key)
            for _ in 0..<20 { _ = try await rig.request("GET", "/health/live") }
            rig.kill()
            let status = await answer?.status
            try holder.letGo()
            #expect(status == nil)
            return false
        case .afterAcknowledgement:
            try await rig.accept(from: key)
            rig.kill()
        case .duringTransfer:
            _ = try await beginTransfer(rig, key, milliseconds: 60_000)
            rig.kill()
        case .beforeRecord:
            let answered = try await beginTransfer(rig, key, milliseconds: 500)
            let holder = try StorageHolder(rig.databaseFile)
            // Counted when the answer is taken, before it can be stored.
            try await rig.sum(of: Self.answers) { $0 > answered }
            rig.kill()
            try holder.letGo()
        }
        return true
    }

    /// Sends a withdrawal whose consent event takes effect at Didomi and is answered later.
    ///
    /// Returns how many calls had been answered before.
    private static func beginTransfer(
        _ rig: Rig,
        _ key: String,
        milliseconds: Int
    ) async throws -> Double {
        // The log-in is answered first, by somebody else's withdrawal.
        let other = "\(UUID().uuidString.lowercased())@example.com"
        try await rig.accept(from: other)
        _ = try await rig.person(other, at: .didomi) {
            $0["fields"]?["channel:email"] == false
        }
        // An age of nothing: what earlier kills left has ended too.
        try await rig.sum(of: Self.ages) { $0 == 0 }
        let answered = try await rig.sum(of: Self.answers)
        rig.delayAnswers(of: .didomi, milliseconds: milliseconds)
        try await rig.accept(from: key)
        _ = try await rig.person(key, at: .didomi) { $0["fields"]?["channel:email"] == false }
        return answered
    }

    private static let answers = "consent_bridge_platform_requests_total{"
    private static let ages = "consent_bridge_oldest_waiting_seconds{"

    private static func eventID(_ call: String) -> String? {
        call.firstMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/)
            .map { String($0.output) }
    }
}

/// Another connection that keeps the storage from committing.
struct StorageHolder {
    private let queue: DatabaseQueue

    init(_ path: String) throws {
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(5)
        configuration.allowsUnsafeTransactions = true
        queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
    }

    func letGo() throws {
        try queue.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try queue.close()
    }
}
