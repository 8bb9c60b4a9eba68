import Foundation
import JSON
import Sandbox
import Testing

/// Every call that the bridge makes to Didomi, held against the description of Didomi's API.
///
/// The sandbox was written by the same people as the bridge; the validator was not.
@Suite(.timeLimit(.minutes(2)))
struct OpenAPITests {
    @Test func `each call of a running bridge to Didomi is as the API describes it`() async throws {
        try await Rig.run { rig in
            // Each delivery then ends by Didomi's answer, never by the webhook that follows it.
            rig.sandbox.setFault(SandboxFault(kind: .webhooksOff), on: .didomi)
            try Self.withdraw("ann@example.com", rig)
            _ = try await rig.person("ann@example.com", at: .didomi) {
                $0["fields"]?["channel:email"] == false
            }
            // A write that landed although it was refused: the bridge has to find out.
            let fault = SandboxFault(kind: .lateEffect, status: 503, milliseconds: 0, count: 1)
            rig.sandbox.setFault(fault, on: .didomi)
            try Self.withdraw("bo@example.com", rig)
            try await rig.metric(
                #"consent_bridge_deliveries_total{platform="didomi",state="delivered"} 2"#
            )
            // An expired token costs one more session.
            rig.sandbox.expireTokens(of: .didomi)
            try Self.withdraw("cy@example.com", rig)
            _ = try await rig.person("cy@example.com", at: .didomi) {
                $0["fields"]?["channel:email"] == false
            }
            let calls = rig.sandbox.calls(of: .didomi)
            let items = try #require(calls["items"]?.array)
            #expect(items.contains { $0["path"] == "/v1/sessions" })
            #expect(items.contains { $0["status"] == 401 })
            let result = try Self.validate(calls)
            #expect(result.status == 0, "\(result.output)")
            #expect(result.output.hasSuffix("\(items.count) calls, 0 faults\n"))
        }
    }

    /// A good call, to be spoilt in one place.
    private static func event(_ body: JSONValue, query: String = "") -> JSONValue {
        [
            "method": "POST", "path": .string("/v1/consents/events?organization_id=acme\(query)"),
            "body": body, "status": 200,
        ]
    }

    private static let user: JSONValue = ["organization_user_id": "ann@example.com"]

    /// Wrong calls and what the validator has to say about each.
    private static let wrong: [(call: JSONValue, fault: String)] = [
        (
            event(["user": user, "consents": ["channels": [["id": "email", "enabled": "no"]]]]),
            "consents/channels/0/enabled"
        ),
        (event(["user": user]), "'consents' is a required property"),
        (
            event(["user": user, "consents": [:], "created_at": "today"]),
            "created_at"
        ),
        (
            event(["user": user, "consents": [:], "delegate": ["name": "Actito"]]),
            "delegate"
        ),
        (
            event(["user": user, "consents": [:]], query: "&$disable_integrations=perhaps"),
            "disable_integrations"
        ),
        (event(["user": user, "consents": [:]], query: "&user=1"), "query parameter user"),
        (event(nil), "request body"),
        (
            ["method": "GET", "path": "/v1/consents/people?organization_id=a", "body": nil],
            "Path not found"
        ),
        (
            ["method": "PUT", "path": "/v1/consents/users?organization_id=a", "body": nil],
            "put not found"
        ),
        (["method": "GET", "path": "/v1/consents/users", "body": nil], "organization_id"),
        (
            ["method": "POST", "path": "/v1/sessions", "body": ["type": "api-key"]],
            "'secret' is a required property"
        ),
    ]

    @Test func `the validator finds each wrong call and no other`() throws {
        let good = Self.event(["user": Self.user, "consents": ["channels": [["id": "email"]]]])
        let result = try Self.validate(["items": .array([good] + Self.wrong.map(\.call))])
        #expect(result.status == 1)
        let lines = result.output.split(separator: "\n")
        #expect(!lines.contains { $0.hasPrefix("call 1: ") })
        for (index, wrong) in Self.wrong.enumerated() {
            let found = lines.filter { $0.hasPrefix("call \(index + 2): ") }
            #expect(found.contains { $0.contains(wrong.fault) }, "\(wrong.fault): \(found)")
        }
    }

    @Test func `the validator is not content with nothing`() throws {
        #expect(try Self.validate(["items": []]).status == 1)
    }

    private static func withdraw(_ key: String, _ rig: Rig) throws {
        try rig.sandbox.act(on: .actito, key: key, field: Rig.newsletter, value: false)
    }

    /// Runs `Tests/OpenAPI/validate.py`; without the validator the test fails.
    private static func validate(_ calls: JSONValue) throws -> (status: Int32, output: String) {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let python = root.appendingPathComponent(".build/venv/bin/python")
        try #require(
            FileManager.default.isExecutableFile(atPath: python.path),
            "The validator is missing; `make python-tools` installs it"
        )
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("consent-bridge-calls-\(UUID().uuidString).json")
        try Data(calls.serialized()).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let folder = root.appendingPathComponent("Tests/OpenAPI")
        let process = Process()
        process.executableURL = python
        process.arguments = [
            folder.appendingPathComponent("validate.py").path,
            folder.appendingPathComponent("didomi.openapi.yml").path, file.path,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }
}
