import HTTPTypes
import JSON
import Sandbox
import Testing

/// What health says beside whether webhooks are taken.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct HealthTests {
    private static func check(_ name: String, _ rig: Rig) async throws -> JSONValue? {
        try await rig.health().body["checks"]?[name]?.array?.first
    }

    /// People unsubscribe one after the other, each with a call to Didomi.
    private static func unsubscribe(_ people: Range<Int>, _ rig: Rig) async throws {
        for person in people {
            let key = "person-\(person)@example.com"
            try rig.sandbox.act(on: .actito, key: key, field: Rig.newsletter, value: false)
            _ = try await rig.person(key, at: .didomi) { $0["fields"]?["channel:email"] == false }
        }
    }

    private static func delivered(_ person: Int, _ rig: Rig) async throws {
        try await rig.metric(
            "consent_bridge_deliveries_total{platform=\"didomi\",state=\"delivered\"} \(person)"
        )
    }

    @Test
    func `a platform whose clock is a minute and a half ahead is a warning until it is right`()
        async throws
    {
        try await Rig.run { rig in
            let fault = SandboxFault(kind: .wrongDate, milliseconds: 90_000)
            rig.sandbox.setFault(fault, on: .didomi)
            try await Self.unsubscribe(0..<1, rig)
            try await Self.delivered(1, rig)
            let wrong = try #require(try await Self.check("didomi:clock_skew", rig))
            #expect(wrong["status"] == "warn" && wrong["observedUnit"] == "s")
            let seconds = try #require(wrong["observedValue"]?.number?.double)
            #expect(-120..<(-60) ~= seconds)
            let health = try await rig.health()
            #expect(health.status == 200 && health.body["status"] == "warn")
            let shown = try await rig.sum(
                of: "consent_bridge_clock_skew_seconds{platform=\"didomi\"}"
            )
            #expect(shown == seconds)
            #expect(try await Self.check("actito:clock_skew", rig) == nil)
            rig.sandbox.clearFaults(on: .didomi)
            try await Self.unsubscribe(1..<9, rig)
            try await Self.delivered(9, rig)
            #expect(try await Self.check("didomi:clock_skew", rig)?["status"] == "pass")
        }
    }

    @Test
    func `free space that is nearly used up is a warning, and webhooks are taken`()
        async throws
    {
        try await Rig.run { rig in
            let enough = try #require(try await Self.check("storage:free_bytes", rig))
            #expect(enough["status"] == "pass" && enough["observedUnit"] == "bytes")
            let bytes = try #require(enough["observedValue"]?.number?.integer)
            try rig.reload {
                $0.replacing(
                    "\"port\": 0,",
                    with: "\"port\": 0, \"min_free_bytes\": \(bytes / 3 * 2),"
                )
            }
            try await rig.log("configuration reloaded")
            #expect(try await Self.check("storage:free_bytes", rig)?["status"] == "warn")
            #expect(try await Self.check("accepting", rig)?["status"] == "pass")
            #expect(try await rig.health().body["status"] == "warn")
            try await rig.accept(from: "ann@example.com")
        }
    }
}
