import Foundation
import JSON
import Testing

/// `preview` as a process.
struct PreviewCommandTests {
    private static let optOut = #"""
        {"type": "event.created", "parameters": {"entity": {"id": "e1", "organization_id": "acme-media",
          "created_at": "2026-11-24T09:00:00Z", "status": "confirmed",
          "user": {"organization_user_id": "ann@example.com"},
          "consents": {"channels": [{"id": "email", "enabled": false}]}}}}
        """#

    @Test
    func `a withdrawal shows its change and its request, without the secret`() throws {
        let ending = try Self.preview(["--from", "didomi"], input: Self.optOut)
        #expect(ending.status == 0)
        let shown = try JSONValue(parsing: Array(ending.output.utf8))
        let change = shown["changes"]?.array?.first
        #expect(change?["field"] == "channel:email")
        #expect(change?["value"] == "denied")
        #expect(change?["chosen_at"] == "2026-11-24T09:00:00.000Z")
        #expect(change?["outcome"] == "applied")
        let request = shown["requests"]?.array?.first
        #expect(request?["platform"] == "actito")
        #expect(request?["method"] == "PATCH")
        #expect(
            request?["url"]
                == .string(
                    "https://api.example.org/profiles/v5/entities/acme/profile-tables/16/profiles/"
                        + "emailAddress=ann%40example.com"
                )
        )
        #expect(request?["body"] == ["subscriptions": ["Newsletter": false]])
        #expect(!(ending.output + ending.errors).contains("very-secret"))
    }

    @Test
    func `the event type of a payload that names none can be given`() throws {
        let payload = #"{"data": {"emailAddress": "ann@example.com", "Newsletter": false}}"#
        let created = try Self.preview(["--from", "actito", "--event", "CREATE"], input: payload)
        #expect(created.output.contains(#""field": null"#))
        let updated = try Self.preview(["--from", "actito"], input: payload)
        #expect(updated.output.contains(#""denied""#))
    }

    @Test
    func `an old grant is shown with the read that it needs, a fresh one with its write`() throws {
        let optIn = Self.optOut.replacingOccurrences(of: "false", with: "true")
        let fresh = ["--from", "didomi", "--at", "2026-11-24T09:00:05Z"]
        #expect(try Self.preview(fresh, input: optIn).output.contains(#""method": "PATCH""#))
        let old = ["--from", "didomi", "--at", "2026-11-25T09:00:05Z"]
        #expect(try Self.preview(old, input: optIn).output.contains(#""method": "GET""#))
    }

    @Test(arguments: ["", "nope", "3", "{\"type\": "])
    func `a payload that is no JSON object or array is told apart`(payload: String) throws {
        let ending = try Self.preview(["--from", "didomi", "-"], input: payload)
        #expect(ending.status == 65)
        #expect(ending.errors.hasPrefix("error: standard input: The body is "))
        #expect(ending.output.isEmpty)
    }

    @Test
    func `a payload in a file is shown like one of standard input, and its faults by its name`()
        throws
    {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("payload-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Self.optOut.write(to: file, atomically: true, encoding: .utf8)
        let arguments = ["--from", "didomi", "--at", "2026-11-24T09:00:05Z", "--json"]
        let shown = try Self.preview(arguments + [file.path], input: "")
        #expect(shown.status == 0)
        #expect(shown.output == (try Self.preview(arguments, input: Self.optOut).output))
        #expect(shown.output.contains("Bearer <redacted>"))

        try #"{"a":1,x}"#.write(to: file, atomically: true, encoding: .utf8)
        let refused = try Self.preview(arguments + [file.path], input: "")
        #expect(refused.status == 65)
        #expect(refused.errors.hasPrefix("error: \(file.path): The body is not JSON: "))
        #expect(refused.errors.contains("(at byte 7)"))
    }

    @Test(arguments: [
        ["--from", "mars"], [], ["--from", "didomi", "--integration", "other"],
        ["--from", "didomi", "/nowhere/payload.json"], ["--from", "didomi", "--at", "soon"],
    ])
    func `bad usage is told apart`(arguments: [String]) throws {
        #expect(try Self.preview(arguments, input: Self.optOut).status == 64)
    }

    @Test
    func `a configuration with a fault is told apart`() throws {
        let arguments = ["preview", "--from", "didomi", "--config", "/nowhere/bridge.json5"]
        #expect(try Program.run(arguments, input: Self.optOut).status == 78)
    }

    @Test
    func `every fault of a configuration is told at once`() throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("faulty-\(UUID().uuidString).json5")
        defer { try? FileManager.default.removeItem(at: file) }
        try "{ serverr: {},\n  storages: {}, integrations: [] }"
            .write(to: file, atomically: true, encoding: .utf8)
        let ending = try Program.run(
            ["preview", "--from", "didomi", "--config", file.path],
            input: Self.optOut
        )
        #expect(ending.status == 78)
        #expect(ending.errors.contains("\(file.path):1:3: error: unknown key \"serverr\""))
        #expect(ending.errors.contains("\(file.path):2:3: error: unknown key \"storages\""))
        #expect(ending.output.isEmpty)
    }

    private static func preview(_ arguments: [String], input: String) throws -> Program.Ending {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("preview-\(UUID().uuidString).json5")
        defer { try? FileManager.default.removeItem(at: file) }
        try #"""
        { integrations: [{
          type_id: "actito", authentication: { private_api_key: "very-secret" },
          properties: { entity_id: "acme", table_name: "Profiles", table_id: "16",
            user_unique_key: "emailAddress", api_url: "https://api.example.org" },
          mappings: [{ id: "Newsletter", value: "consents_channels_email_enabled" }],
          didomi: { organization_id: "acme-media", api_key: "very-secret-id", api_secret: "very-secret" },
        }] }
        """#.write(to: file, atomically: true, encoding: .utf8)
        return try Program.run(["preview", "--config", file.path] + arguments, input: input)
    }
}
