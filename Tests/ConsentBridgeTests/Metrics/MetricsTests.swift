import CurlHTTPClient
import Foundation
import JSON
import Sandbox
import Testing

@testable import consent_bridge

/// What `/metrics` of a running bridge shows.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct MetricsTests {
    @Test
    func `what the interface and the dashboard name is there, and promtool is content`()
        async throws
    {
        let dashboard = try Dashboard()
        #expect(dashboard.queries.count > 10)
        try await Rig.run(createsProfiles: true) { rig in
            try await Self.tellStory(rig)
            let exposition = try await rig.exposition()
            for series in Self.seriesOfInterface {
                #expect(exposition.values[series] != nil, "\(series)")
            }
            for query in dashboard.queries {
                let missing = metricNames(in: query).subtracting(exposition.names)
                #expect(missing.subtracting(Self.namesOfLater) == [], "\(query)")
            }
            let result = try Promtool.run(["check", "metrics"], input: exposition.text)
            #expect(result.status == 0 && result.output.isEmpty, "\(result.output)")
        }
    }

    @Test
    func `promtool is not content with anything`() throws {
        let result = try Promtool.run(
            ["check", "metrics"],
            input: "# TYPE wrong counter\nwrong{a=\"1\"} 1\n"
        )
        #expect(result.status != 0)
    }

    @Test
    func `what an alert asks for is there before anything happened`() async throws {
        let asked = metricNames(in: try Promtool.rules())
        #expect(asked.count > 10)
        try await Rig.run { rig in
            let names = try await rig.exposition().names
            #expect(asked.subtracting(names).subtracting(Self.namesOfLater) == [])
        }
    }

    @Test
    func `webhooks are counted for their integration, whoever sent them`() async throws {
        try await Rig.run { rig in
            let body = Self.withdrawal("ann@example.com", event: 1)
            #expect(try await rig.request("POST", "/webhooks/didomi", body).status == 200)
            #expect(try await rig.request("POST", "/webhooks/didomi", body).status == 200)
            let refused = try await rig.request("POST", "/webhooks/didomi", body, hasSecret: false)
            #expect(refused.status == 401)
            _ = try await rig.request("POST", "/webhooks/didomi/nobody", body)
            let values = try await rig.exposition().values
            func count(_ integration: String, _ status: String) -> Double? {
                values[
                    "consent_bridge_webhooks_received_total{integration=\"\(integration)\","
                        + "platform=\"didomi\",status=\"\(status)\"}"
                ]
            }
            #expect(count("default", "accepted") == 1)
            #expect(count("default", "duplicate") == 1)
            #expect(count("default", "refused") == 1)
            #expect(count("", "refused") == 1)
        }
    }

    @Test
    func `a withdrawal behind an open breaker grows old, and the breaker shows`() async throws {
        var options = Rig.Options()
        options.delivery = #""breaker": {"failures": 2, "probe_seconds": 0.2}"#
        try await Rig.run(options) { rig in
            rig.sandbox.setFault(SandboxFault(kind: .status, status: 503), on: .actito)
            for number in 1...3 {
                let body = Self.withdrawal("bo\(number)@example.com", event: number)
                #expect(try await rig.request("POST", "/webhooks/didomi", body).status == 200)
            }
            let open = "consent_bridge_breaker_open{platform=\"actito\"}"
            try await rig.metrics("an open breaker and a withdrawal's age") {
                $0.values[open] == 1 && $0.age("withdrawal", "actito") > 0.5
            }
            rig.sandbox.clearFaults(on: .actito)
            let after = try await rig.metrics("a closed breaker and nothing that waits") {
                $0.values[open] == 0 && $0.age("withdrawal", "actito") == 0
            }
            #expect(after.values["consent_bridge_breaker_open{platform=\"didomi\"}"] == 0)
        }
    }

    @Test
    func `a withdrawal that Didomi throttles grows old`() async throws {
        try await Rig.run { rig in
            rig.sandbox.setFault(SandboxFault(kind: .throttle), on: .didomi)
            try await rig.accept(from: "cy@example.com")
            try await rig.metrics("a throttled withdrawal's age") {
                $0.age("withdrawal", "didomi") > 0.5
            }
        }
    }

    @Test
    func `a grant that the brake holds grows old and is counted`() async throws {
        var options = Rig.Options()
        options.top = #""brake": {"max_people": 1},"#
        try await Rig.run(options) { rig in
            for key in ["di@example.com", "ed@example.com"] {
                try rig.sandbox.act(on: .actito, key: key, field: Rig.newsletter, value: true)
            }
            try await rig.metrics("a held grant") {
                $0.values["consent_bridge_held_deliveries{platform=\"didomi\"}"] == 1
                    && $0.age("grant", "didomi") > 0.5
            }
        }
    }

    @Test
    func `a read that may end in a withdrawal grows old as one`() async throws {
        try await Rig.run { rig in
            rig.sandbox.setFault(SandboxFault(kind: .status, status: 503), on: .actito)
            // Without the unique key: whose choice it is only the profile tells.
            let body = """
                {"id": 1, "eventType": "UPDATED_SUBSCRIPTION", "fields": ["Newsletter"],
                 "data": {"profileId": 17, "Newsletter": "false"}}
                """
            #expect(try await rig.request("POST", "/webhooks/actito", body).status == 200)
            try await rig.metrics("an urgent read's age") {
                $0.age("withdrawal", "actito") > 0.5 && $0.age("read", "actito") > 0.5
            }
        }
    }

    /// A withdrawal and a grant in both directions, so that every series has been used.
    private static func tellStory(_ rig: Rig) async throws {
        let key = "fay@example.com"
        try rig.sandbox.act(on: .didomi, key: key, field: "channel:email", value: true)
        _ = try await rig.person(key, at: .actito) { $0["fields"]?[Rig.newsletter] == true }
        try rig.sandbox.act(on: .actito, key: key, field: Rig.newsletter, value: false)
        _ = try await rig.person(key, at: .didomi) { $0["fields"]?["channel:email"] == false }
        try await rig.metric(
            #"consent_bridge_deliveries_total{platform="didomi",state="delivered"} 1"#
        )
    }

    private static func withdrawal(_ key: String, event number: Int) -> String {
        """
        {"type": "event.created", "regulation": "gdpr", "parameters": {"entity": {
          "id": "event-\(number)", "created_at": "2026-11-24T00:00:00Z", "status": "confirmed",
          "user": {"id": "user-\(number)", "organization_user_id": "\(key)"},
          "consents": {"channels": [{"id": "email", "enabled": false}]}}}}
        """
    }

    /// Section 6 of the interface, one series of each name and kind of label.
    private static let seriesOfInterface = [
        #"consent_bridge_webhooks_received_total{integration="default",platform="didomi",status="accepted"}"#,
        #"consent_bridge_webhooks_received_total{integration="default",platform="actito",status="duplicate"}"#,
        #"consent_bridge_webhooks_received_total{integration="default",platform="actito",status="refused"}"#,
        #"consent_bridge_changes_total{outcome="applied",platform="didomi",reason=""}"#,
        "consent_bridge_accept_duration_seconds_count",
        #"consent_bridge_propagation_seconds_count{direction="didomi_to_actito",kind="grant"}"#,
        #"consent_bridge_propagation_seconds_count{direction="actito_to_didomi",kind="withdrawal"}"#,
        #"consent_bridge_deliveries_total{platform="actito",state="delivered"}"#,
        #"consent_bridge_platform_requests_total{method="POST",platform="didomi",status="200"}"#,
        #"consent_bridge_platform_request_duration_seconds_count{platform="actito"}"#,
        #"consent_bridge_backlog{queue="inbox"}"#, #"consent_bridge_backlog{queue="didomi"}"#,
        #"consent_bridge_oldest_waiting_seconds{kind="withdrawal",platform="didomi"}"#,
        #"consent_bridge_oldest_waiting_seconds{kind="read",platform="actito"}"#,
        #"consent_bridge_breaker_open{platform="actito"}"#,
        #"consent_bridge_dead_letters{platform="didomi"}"#,
        #"consent_bridge_conservation_difference{ledger="inbox"}"#,
        #"consent_bridge_conservation_difference{ledger="deliveries"}"#,
        "consent_bridge_commit_batch_size_count", "consent_bridge_store_bytes",
        "process_cpu_seconds_total", "process_resident_memory_bytes",
        #"consent_bridge_build_info{version="\#(ConsentBridge.version)"}"#,
    ]

    /// Known only once a platform has answered.
    private static let namesOfLater: Set<String> = [
        "consent_bridge_clock_skew_seconds"
    ]
}

extension Exposition {
    fileprivate func age(_ kind: String, _ platform: String) -> Double {
        values[
            "consent_bridge_oldest_waiting_seconds{kind=\"\(kind)\",platform=\"\(platform)\"}"
        ] ?? -1
    }
}
