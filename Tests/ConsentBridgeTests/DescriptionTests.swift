import BridgeCore
import Foundation
import JSON
import Sandbox
import Testing

/// The admin API held against its own description, by a tool that was written by others
/// (schemathesis, `make python-tools`).
@Suite(.serialized, .timeLimit(.minutes(30)))
struct DescriptionTests {
    /// What became of the deliveries that the API has to show.
    private static let states: [DeliveryState] = [
        .dead(.refused), .delivered, .held(.brake), .dead(.attemptsExhausted),
        .skipped(.profileNotFound), .superseded, .discarded,
    ]

    @Test func `every answer is as the description says, whatever is asked`() async throws {
        var options = Rig.Options()
        options.server = Rig.tokens
        try await Rig.run(options) { rig in
            rig.silencePlatforms()
            rig.terminate()
            var people = StoredPeople(70, people: 35)
            people.state = { Self.states[$0 % Self.states.count] }
            try people.write(to: rig.databaseFile)
            try await rig.restart()
            try rig.makeProfile("ann@example.com")
            try await rig.choose(true, "ann@example.com", metadata: ["language": "FR"])
            try await rig.accept(from: "bo@example.com")
            try await rig.idle("operator-token")
            let result = try Self.ask(rig.url)
            #expect(result.status == 0, "\(result.output)")
            // Everything was asked, and the bridge goes on.
            #expect(result.output.contains("Operations:       14 selected / 15 total"))
            let status = try await rig.api("GET", "/v1/status", token: "operator-token")
            #expect(status.body["conservation_difference"] == 0)
            #expect(rig.terminate() == 0)
        }
    }

    /// Runs schemathesis with the operator's token; without it the test fails.
    private static func ask(_ url: String) throws -> (status: Int32, output: String) {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let program = root.appending(path: ".build/venv/bin/schemathesis")
        try #require(
            FileManager.default.isExecutableFile(atPath: program.path),
            "schemathesis is missing; `make python-tools` installs it"
        )
        let environment = ProcessInfo.processInfo.environment
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "description-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        process.executableURL = program
        // It keeps what it found beside it.
        process.currentDirectoryURL = folder
        process.arguments = [
            "run", "\(url)/api/openapi.json", "--no-color",
            "--header", "Authorization: Bearer operator-token",
            // It has no end.
            "--exclude-path", "/api/v1/stream",
            "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful",
            "--max-examples", environment["API_EXAMPLES"] ?? "200",
            "--seed", environment["API_SEED"] ?? "1",
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
