import Foundation
import JSON
import Testing

@testable import consent_bridge

/// `docs/configuration.schema.json` and the decoder must agree on every key and every wrong type.
@Suite struct SchemaTests {
    private let schemaFile = ConfigurationCase.root
        .appending(path: "docs/configuration.schema.json")

    private func schema() throws -> JSONValue {
        try JSONValue(parsing: Array(Data(contentsOf: schemaFile)))
    }

    @Test func `schema and decoder agree on every key`() throws {
        let cases = try SchemaWalk(schema()).cases
        // A walk that loses its way must not pass.
        #expect(cases.count > 900)
        let verdicts = try validate(cases.map(\.document))
        var disagreements: [String] = []
        for (example, isValid) in zip(cases, verdicts) {
            let found = try faults(of: example.document.serializedText())
            if isValid != (example.expected != .refused) {
                disagreements.append("schema, \(example.path): \(example.change)")
            }
            if !agrees(found, with: example) {
                let sentences = found.map(\.what)
                disagreements.append("decoder, \(example.path): \(example.change): \(sentences)")
            }
        }
        #expect(disagreements == [])
    }

    private func agrees(_ found: [ConfigurationFault], with example: SchemaCase) -> Bool {
        let isLater = found.contains { $0.what.contains("not supported yet") }
        return switch example.expected {
        case .accepted: found.isEmpty
        case .refused: !found.isEmpty
        case .later: isLater
        }
    }

    @Test func `the schema accepts the valid files`() throws {
        let documents = try ConfigurationCase.valid.map {
            try JSONDocument(parsing: Array(Data(contentsOf: $0.file)), dialect: .json5).root.value
        }
        let verdicts = try validate(documents)
        for (example, isValid) in zip(ConfigurationCase.valid, verdicts) {
            #expect(isValid, "\(example.name)")
        }
    }

    @Test func `every key stands in the documentation`() throws {
        let page = try String(
            contentsOf: ConfigurationCase.root.appending(path: "docs/configuration.md"),
            encoding: .utf8
        )
        for path in try SchemaWalk(schema()).paths where !path.hasSuffix("[]") {
            #expect(page.contains("`\(path)`"), "\(path)")
        }
    }

    /// Asks the validator from PyPI, all documents in one process.
    private func validate(_ documents: [JSONValue]) throws -> [Bool] {
        let python = ConfigurationCase.root.appending(path: ".build/venv/bin/python3")
        try #require(
            FileManager.default.isExecutableFile(atPath: python.path),
            "run `make python-tools` first: \(python.path) is missing"
        )
        let input = FileManager.default.temporaryDirectory
            .appendingPathComponent("consent-bridge-schema-\(UUID().uuidString).txt")
        // A file instead of a pipe: neither side can wait for the other.
        try documents.map { $0.serializedText() + "\n" }.joined()
            .write(to: input, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: input) }
        let process = Process()
        let output = Pipe()
        process.executableURL = python
        process.arguments = [
            ConfigurationCase.root.appending(path: "Tests/validate_schema.py").path,
            schemaFile.path,
        ]
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(),
            as: UTF8.self
        )
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "the validator failed")
        let verdicts = text.split(separator: "\n").map { $0 == "valid" }
        try #require(verdicts.count == documents.count)
        return verdicts
    }
}
