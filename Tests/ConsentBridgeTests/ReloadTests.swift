import CurlHTTPClient
import Foundation
import JSON
import Sandbox
import Testing

/// SIGHUP while `serve` works between the sandbox platforms.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ReloadTests {
    private static let reloaded = "\"configuration reloaded\""

    @Test
    func `the new secret counts and the old one no longer`() async throws {
        try await Rig.run { rig in
            #expect(try await rig.request("POST", "/webhooks/actito", "[]").status == 200)
            try rig.reload { $0.replacingOccurrences(of: "open-sesame", with: "close-sesame") }
            try await rig.log(Self.reloaded)
            #expect(try await rig.request("POST", "/webhooks/actito", "[]").status == 401)
            try rig.reload { $0.replacingOccurrences(of: "close-sesame", with: "open-sesame") }
            try await rig.log(Self.reloaded, times: 2)
            #expect(try await rig.request("POST", "/webhooks/actito", "[]").status == 200)
        }
    }

    @Test
    func `a file with a fault changes nothing and says where it is`() async throws {
        try await Rig.run { rig in
            try rig.reload {
                $0.replacingOccurrences(of: "open-sesame", with: "close-sesame")
                    .replacingOccurrences(of: "\"mappings\"", with: "\"mapings\"")
            }
            try await rig.log("unknown key")
            #expect(try await rig.request("POST", "/webhooks/actito", "[]").status == 200)
            try await Self.optIn("ann@example.com", "channel:email", rig)
            _ = try await rig.person("ann@example.com", at: .actito) {
                $0["fields"]?[Rig.newsletter] == true
            }
        }
    }

    @Test
    func `a call in flight ends as it began, and the new mapping serves what follows`()
        async throws
    {
        try await Rig.run(createsProfiles: true) { rig in
            rig.sandbox.setFault(
                SandboxFault(kind: .delay, milliseconds: 300, count: 3),
                on: .actito
            )
            try await Self.optIn("bo@example.com", "channel:email", rig)
            try rig.reload {
                $0.replacingOccurrences(
                    of: "\"mappings\": [",
                    with:
                        "\"mappings\": [{\"id\": \"ProductNews\", \"purpose\": \"product_news\"}, "
                )
            }
            try await rig.log(Self.reloaded)
            try await Self.optIn("bo@example.com", "purpose:product_news", rig)
            let profile = try await rig.person("bo@example.com", at: .actito) {
                $0["fields"]?["subscription:ProductNews"] == true
            }
            #expect(profile["fields"]?[Rig.newsletter] == true)
        }
    }

    @Test
    func `an integration that was added takes webhooks once its calls can be made`()
        async throws
    {
        try await Rig.run { rig in
            let path = "/webhooks/actito/second"
            #expect(try await rig.request("POST", path, "[]").status == 404)
            try rig.reload { text in
                guard let start = text.range(of: "\"integrations\": ["),
                    let end = text.range(of: "}],", options: .backwards)
                else { return text }
                let first = text[start.upperBound..<end.lowerBound]
                return text[..<end.lowerBound] + "}, " + first + "\"name\": \"second\""
                    + text[end.lowerBound...]
            }
            try await rig.log(Self.reloaded)
            #expect(try await rig.request("POST", path, "[]").status == 200)
        }
    }

    private static func optIn(_ key: String, _ field: String, _ rig: Rig) async throws {
        if rig.sandbox.state(of: .actito)["people"]?[key] == nil {
            // Creates the person; the field is not mapped.
            try rig.sandbox.act(
                on: .actito,
                key: key,
                field: "subscription:SmsAlerts",
                value: true
            )
        }
        try rig.sandbox.act(on: .didomi, key: key, field: field, value: true)
    }
}
