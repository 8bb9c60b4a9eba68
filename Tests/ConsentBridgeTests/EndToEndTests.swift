import CurlHTTPClient
import Foundation
import HTTPTypes
import JSON
import Sandbox
import Testing

@testable import consent_bridge

/// `serve` as a process between the two sandbox platforms, over real sockets and a real file.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct EndToEndTests {
    @Test
    func `an opt-in at Didomi sets the subscription and the metadata at Actito`() async throws {
        try await Rig.run { rig in
            try rig.sandbox.act(
                on: .actito,
                key: "ann@example.com",
                field: Rig.newsletter,
                value: false
            )
            // The opt-in must be the later choice, or the withdrawal wins.
            _ = try await rig.person("ann@example.com", at: .didomi) {
                $0["fields"]?["channel:email"] == false
            }
            try rig.sandbox.act(
                on: .didomi,
                key: "ann@example.com",
                field: "channel:email",
                value: true,
                metadata: JSONObject(uniqueMembers: [.init(name: "language", value: "FR")])
            )
            let profile = try await rig.person("ann@example.com", at: .actito) {
                $0["fields"]?[Rig.newsletter] == true
            }
            #expect(profile["attributes"]?["language"] == "FR")
        }
    }

    @Test
    func `an unsubscribe at Actito becomes one consent event, whose echo causes no call`()
        async throws
    {
        try await Rig.run { rig in
            try rig.sandbox.act(
                on: .actito,
                key: "bo@example.com",
                field: Rig.newsletter,
                value: false
            )
            _ = try await rig.person("bo@example.com", at: .didomi) {
                $0["fields"]?["channel:email"] == false
            }
            try await rig.metric(Self.changes("ignored", of: "didomi", "echo"))
            #expect(rig.writes(to: .didomi).count == 1)
            #expect(rig.calls(to: .actito).isEmpty)
        }
    }

    @Test
    func `the echo of an opt-in that was written to Actito causes no call`() async throws {
        try await Rig.run(createsProfiles: true) { rig in
            try rig.sandbox.act(
                on: .didomi,
                key: "cy@example.com",
                field: "channel:email",
                value: true
            )
            try await rig.metric(Self.changes("ignored", of: "actito", "echo"))
            // A 404 and the creation; nothing goes back to Didomi.
            #expect(rig.writes(to: .actito).count == 2)
            #expect(rig.calls(to: .didomi).isEmpty)
        }
    }

    @Test(arguments: [false, true])
    func `an unknown person is skipped without upsert and created with it`(
        createsProfiles: Bool
    ) async throws {
        try await Rig.run(createsProfiles: createsProfiles) { rig in
            try rig.sandbox.act(
                on: .didomi,
                key: "di@example.com",
                field: "channel:email",
                value: true
            )
            if createsProfiles {
                _ = try await rig.person("di@example.com", at: .actito) {
                    $0["fields"]?[Rig.newsletter] == true
                }
            } else {
                try await rig.metric(
                    #"consent_bridge_deliveries_total{platform="actito",state="skipped"} 1"#
                )
                #expect(rig.sandbox.state(of: .actito)["people"]?["di@example.com"] == nil)
            }
        }
    }

    @Test
    func `a delivery that was accepted before kill -9 happens after the restart`() async throws {
        try await Rig.run { rig in
            try rig.sandbox.act(
                on: .actito,
                key: "ed@example.com",
                field: Rig.newsletter,
                value: true
            )
            rig.sandbox.setFault(SandboxFault(kind: .status, status: 503), on: .actito)
            try rig.sandbox.act(
                on: .didomi,
                key: "ed@example.com",
                field: "channel:email",
                value: false
            )
            try await rig.metric(
                #"consent_bridge_webhooks_received_total{integration="default",platform="didomi","#
                    + #"status="accepted"} 1"#
            )
            rig.kill()
            rig.sandbox.clearFaults(on: .actito)
            try await rig.restart()
            _ = try await rig.person("ed@example.com", at: .actito) {
                $0["fields"]?[Rig.newsletter] == false
            }
        }
    }

    @Test
    func `SIGTERM with webhooks in flight loses none that was answered with 2xx`() async throws {
        try await Rig.run(createsProfiles: true) { rig in
            let accepted = try await withThrowingTaskGroup(of: String?.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let key = "fay\(number)@example.com"
                        let body = Self.optIn(event: number, key: key)
                        let answer = try? await rig.request("POST", "/webhooks/didomi", body)
                        return answer?.status == 200 ? key : nil
                    }
                }
                // Some are on their way, some not yet sent.
                var accepted = [try await group.next() ?? nil]
                #expect(rig.terminate() == 0)
                for try await key in group { accepted.append(key) }
                return accepted.compactMap(\.self)
            }
            #expect(!accepted.isEmpty)
            try await rig.restart()
            for key in accepted {
                _ = try await rig.person(key, at: .actito) { $0["fields"]?[Rig.newsletter] == true }
            }
        }
    }

    @Test
    func `each kind of bad request gets its documented answer and the process goes on`()
        async throws
    {
        let large = "[" + String(repeating: " ", count: 1_100_000) + "]"
        try await Rig.run { rig in
            for (method, path, body, secret, status) in [
                ("POST", "/webhooks/didomi", "not json", true, 400),
                ("POST", "/webhooks/didomi", "", true, 400),
                ("POST", "/webhooks/didomi", "\"text\"", true, 422),
                ("POST", "/webhooks/didomi", large, true, 413),
                ("POST", "/webhooks/didomi", "{}", true, 200),
                ("POST", "/webhooks/didomi", "{}", false, 401),
                ("GET", "/webhooks/didomi", "", true, 405),
                ("GET", "/nothing", "", true, 404),
                ("POST", "/webhooks/other", "{}", true, 404),
                ("GET", "/health/ready", "", false, 200),
            ] {
                let answer = try await rig.request(method, path, body, hasSecret: secret)
                #expect(answer.status == status, "\(method) \(path) \(body.prefix(20))")
                let type = answer.headers[.contentType]
                if status >= 400 { #expect(type == "application/problem+json") }
            }
            #expect(try await rig.request("GET", "/health/live").status == 200)
        }
    }

    /// The series of decided changes, as it begins in the exposition.
    private static func changes(
        _ outcome: String,
        of platform: String,
        _ reason: String
    ) -> String {
        "consent_bridge_changes_total"
            + #"{outcome="\#(outcome)",platform="\#(platform)",reason="\#(reason)"}"#
    }

    private static func optIn(event number: Int, key: String) -> String {
        """
        {"type": "event.created", "regulation": "gdpr", "parameters": {"entity": {
          "id": "event-\(number)", "created_at": "2026-11-24T00:00:00Z", "status": "confirmed",
          "user": {"id": "user-\(number)", "organization_user_id": "\(key)"},
          "consents": {"channels": [{"id": "email", "enabled": true}]}}}}
        """
    }
}
