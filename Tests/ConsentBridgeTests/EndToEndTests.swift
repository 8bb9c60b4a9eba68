import CurlHTTPClient
import Foundation
import HTTPTypes
import JSON
import Logging
import Sandbox
import Testing

@testable import consent_bridge

/// `serve` as a process between the two sandbox platforms, over real sockets and a real file.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct EndToEndTests {
    @Test
    func `an opt-in at Didomi sets the subscription and the metadata at Actito`() async throws {
        let rig = try await Rig.start()
        try rig.sandbox.act(on: .actito, key: "ann@example.com", field: Rig.newsletter, value: false)
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
        await rig.stop()
    }

    @Test
    func `an unsubscribe at Actito becomes one consent event of that person`() async throws {
        let rig = try await Rig.start()
        try rig.sandbox.act(on: .actito, key: "bo@example.com", field: Rig.newsletter, value: false)
        _ = try await rig.person("bo@example.com", at: .didomi) {
            $0["fields"]?["channel:email"] == false
        }
        let writes = rig.calls(to: .didomi).filter { $0["method"] == "POST" }
            .filter { $0["path"]?.string?.contains("/consents/events") == true }
        #expect(writes.count == 1)
        #expect(rig.calls(to: .actito).isEmpty)
        await rig.stop()
    }

    @Test
    func `an unknown person is skipped without upsert and created with it`() async throws {
        for createsProfiles in [false, true] {
            let rig = try await Rig.start(createsProfiles: createsProfiles)
            try rig.sandbox.act(on: .didomi, key: "di@example.com", field: "channel:email", value: true)
            if createsProfiles {
                _ = try await rig.person("di@example.com", at: .actito) {
                    $0["fields"]?[Rig.newsletter] == true
                }
            } else {
                try await rig.metric(
                    #"consent_bridge_deliveries_total{platform="actito",state="skipped"}"#
                )
                #expect(rig.sandbox.state(of: .actito)["people"]?["di@example.com"] == nil)
            }
            await rig.stop()
        }
    }

    @Test
    func `a delivery that was accepted before kill -9 happens after the restart`() async throws {
        let rig = try await Rig.start()
        try rig.sandbox.act(on: .actito, key: "ed@example.com", field: Rig.newsletter, value: true)
        rig.sandbox.setFault(SandboxFault(kind: .status, status: 503), on: .actito)
        try rig.sandbox.act(on: .didomi, key: "ed@example.com", field: "channel:email", value: false)
        try await rig.metric(#"consent_bridge_webhooks_received_total{platform="didomi","#)
        rig.kill()
        rig.sandbox.clearFaults(on: .actito)
        try await rig.restart()
        _ = try await rig.person("ed@example.com", at: .actito) {
            $0["fields"]?[Rig.newsletter] == false
        }
        await rig.stop()
    }

    @Test(arguments: [
        ("POST", "/webhooks/didomi", "not json", 400, true),
        ("POST", "/webhooks/didomi", "\"text\"", 422, true),
        ("POST", "/webhooks/didomi", "{}", 200, true),
        ("POST", "/webhooks/didomi", "{}", 401, false),
        ("GET", "/webhooks/didomi", "", 405, true),
        ("GET", "/nothing", "", 404, true),
        ("POST", "/webhooks/other", "{}", 404, true),
        ("GET", "/health/ready", "", 200, false),
    ])
    func `each kind of request gets its documented answer`(
        method: String,
        path: String,
        body: String,
        status: Int,
        hasSecret: Bool
    ) async throws {
        let rig = try await Rig.start()
        let response = try await rig.request(method, path, body, hasSecret: hasSecret)
        #expect(response.status == status)
        #expect(try await rig.request("GET", "/health/live", "", hasSecret: false).status == 200)
        await rig.stop()
    }

    @Test
    func `SIGTERM ends it with 0`() async throws {
        let rig = try await Rig.start()
        #expect(await rig.stop() == 0)
    }
}
