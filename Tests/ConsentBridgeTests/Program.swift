import Foundation

/// The program that this test run built, run to its end.
enum Program {
    struct Ending {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Beside the test bundle.
    static var executable: URL {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent("consent-bridge")
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        }
        return URL(fileURLWithPath: ".build/debug/consent-bridge")
    }

    /// Runs the program on a terminal of so many columns, which gets what it writes.
    static func run(
        onTerminal columns: Int,
        _ arguments: [String],
        environment: [String: String] = [:]
    ) throws -> Ending {
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Terminal/terminal.py")
        return try run(
            program: ["/usr/bin/python3", script.path, "\(columns)", executable.path],
            arguments,
            environment: environment
        )
    }

    /// Runs the program; its output goes through files, so that no pipe can fill up.
    static func run(
        program: [String] = [executable.path],
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String = "",
        secondsMax: Int = 60
    ) throws -> Ending {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("consent-bridge-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func file(_ name: String, _ text: String = "") throws -> URL {
            let url = folder.appendingPathComponent(name)
            try text.write(to: url, atomically: true, encoding: .utf8)
            return url
        }
        let (output, errors) = (try file("output"), try file("errors"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        process.arguments = ["-k", "5", "\(secondsMax)"] + program + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = try FileHandle(forReadingFrom: file("input", input))
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        return Ending(
            status: process.terminationStatus,
            output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8)
        )
    }
}
