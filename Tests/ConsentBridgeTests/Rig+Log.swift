import Foundation
import JSON

/// What the process logs.
extension Rig {
    func logText() throws -> String { try String(contentsOf: logFile, encoding: .utf8) }

    /// The lines of JSON that hold this message.
    func lines(_ message: String) throws -> [JSONValue] {
        // The last line may not be whole yet.
        try logText().split(separator: "\n").compactMap { try? JSONValue(parsing: Array($0.utf8)) }
            .filter { $0["message"]?.string == message }
    }

    /// Waits for a line.
    func line(
        _ message: String,
        where isWanted: (JSONValue) -> Bool
    ) async throws -> JSONValue {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if let line = try lines(message).first(where: isWanted) { return line }
            _ = try await request("GET", "/health/live", "", hasSecret: false)
        }
        throw Missing(what: "the line \"\(message)\"")
    }

    /// Waits until the log is as wanted.
    func log(_ what: String, where isWanted: (String) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if isWanted(try logText()) { return }
            _ = try await request("GET", "/health/live", "", hasSecret: false)
        }
        throw Missing(what: "\(what) in the log")
    }
}
