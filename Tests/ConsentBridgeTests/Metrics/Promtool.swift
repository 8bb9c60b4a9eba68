import Foundation
import Testing

/// Prometheus' own checker, which `make promtool` fetches.
enum Promtool {
    static let rulesFile = "deploy/prometheus/consent-bridge.rules.yml"

    /// Runs it at the top of the project; fails the test if it is missing.
    static func run(
        _ arguments: [String],
        input: String = ""
    ) throws -> (status: Int32, output: String) {
        let program = ConfigurationCase.root.appending(path: ".build/promtool/promtool")
        try #require(
            FileManager.default.isExecutableFile(atPath: program.path),
            "promtool is missing; `make promtool` fetches it"
        )
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("consent-bridge-promtool-\(UUID().uuidString)")
        // A file instead of a pipe: neither side can wait for the other.
        try input.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        let output = Pipe()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = ConfigurationCase.root
        process.standardInput = try FileHandle(forReadingFrom: file)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }

    static func rules() throws -> String {
        try String(contentsOf: ConfigurationCase.root.appending(path: rulesFile), encoding: .utf8)
    }
}

/// The names of metrics in a query, as the exposition has them.
func metricNames(in query: String) -> Set<String> {
    let words = query.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    return Set(
        words.map(String.init)
            .filter { $0.hasPrefix("consent_bridge_") || $0.hasPrefix("process_") }
    )
}
