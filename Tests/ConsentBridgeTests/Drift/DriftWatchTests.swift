import BridgeCore
import CurlHTTPClient
import Foundation
import JSON
import Sandbox
import Testing

@testable import consent_bridge

/// The watch that compares the mappings with the platforms while the bridge runs.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct DriftWatchTests {
    private static let field = "consent_bridge_drift_fields"

    @Test
    func `what does not fit is counted and told once, until it fits`() async throws {
        var options = Rig.Options()
        options.driftMinutes = 60
        options.mappings = #"""
            {"id": "NewsLetter", "value": "consents_channels_email_enabled"},
            {"id": "ProductNews", "purpose": "produkt_news"}
            """#
        try await Rig.run(options) { rig in
            #expect(try await rig.exposition().values[Self.field] == 0)
            try await rig.metrics("drift") { $0.values[Self.field] == 2 }
            try await rig.log("the mapping does not fit the platform", times: 2)
            try await rig.log(#"the table has no subscription \"NewsLetter\""#)
            try await rig.log(#"Didomi has no purpose \"produkt_news\""#)
            let report = try await rig.request("GET", "/api/v1/drift", "", hasSecret: false)
            let items = try #require(try JSONValue(parsing: report.body)["items"]?.array)
            #expect(items.compactMap { $0["platform"]?.string } == ["actito", "didomi"])
            #expect(items.first?["hint"] == #"did you mean "Newsletter"?"#)
            let status = try await rig.request("GET", "/api/v1/status", "", hasSecret: false)
            #expect(try JSONValue(parsing: status.body)["drift"]?.array == items)
            // A platform that is down is no drift, and what was known stays.
            rig.sandbox.setFault(SandboxFault(kind: .status, status: 503), on: .actito)
            try rig.reload { $0.replacingOccurrences(of: "produkt_news", with: "product_news") }
            try await rig.log("the platform's schema cannot be read")
            try await rig.metrics("less drift") { $0.values[Self.field] == 1 }
            rig.sandbox.clearFaults(on: .actito)
            try rig.reload { $0.replacingOccurrences(of: "NewsLetter", with: "Newsletter") }
            try await rig.metrics("no drift") { $0.values[Self.field] == 0 }
            try await rig.log("the mapping fits the platform again", times: 2)
            let calls = rig.calls(to: .actito).filter {
                $0["path"]?.string?.contains("profile-table-structure") == true
            }
            #expect(calls.count <= 2, "one for each look that a token was given for")
        }
    }

    @Test
    func `a look is due soon after the start, after a reload and at its interval`() {
        let start = Timestamp(milliseconds: 1_795_000_000_000)
        let hour = Interval.seconds(3600)
        var schedule = DriftWatch.Schedule(from: start)
        #expect(!schedule.isDue(at: start + .seconds(9), reloads: 0))
        #expect(schedule.isDue(at: start + .seconds(10), reloads: 0))
        schedule.looked(at: start + .seconds(10), reloads: 0, nextAfter: hour, true)
        #expect(!schedule.isDue(at: start + .seconds(3609), reloads: 0))
        #expect(schedule.isDue(at: start + .seconds(3610), reloads: 0))
        #expect(schedule.isDue(at: start + .seconds(20), reloads: 1))
        schedule.looked(at: start + .seconds(20), reloads: 1, nextAfter: hour, false)
        #expect(!schedule.isDue(at: start + .seconds(319), reloads: 1))
        #expect(schedule.isDue(at: start + .seconds(320), reloads: 1))
        schedule.looked(at: start, reloads: 1, nextAfter: .seconds(60), false)
        #expect(schedule.isDue(at: start + .seconds(60), reloads: 1))
    }

    @Test
    func `errors are drift, remarks are not, and an obstacle means that nothing was seen`() {
        let place = AccessKey(integration: IntegrationName("shop"), platform: .actito)
        let now = Timestamp(milliseconds: 1_795_000_000_000)
        func finding(_ severity: Finding.Severity, _ what: String, isDrift: Bool) -> Finding {
            Finding(severity: severity, path: [], what: what, hint: "so", isDrift: isDrift)
        }
        var report = AccountReport()
        report.note("a", [finding(.error, "gone", isDrift: true)])
        report.note("b", [finding(.warning, "some people", isDrift: true)])
        let gone = DriftFinding(place, "gone", hint: "so", since: now)
        #expect(DriftLook(report, at: place, now: now) == .seen([gone]))
        report.note("c", [finding(.error, "refused", isDrift: false)])
        #expect(DriftLook(report, at: place, now: now) == .failed("refused"))
    }
}
