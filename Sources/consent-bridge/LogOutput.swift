import BridgeCore
import Foundation
import JSON
import Logging

extension Configuration {
    /// A logger that writes to stderr in the configured form.
    func makeLogger() -> Logger {
        let format = logFormat
        var logger = Logger(label: "consent-bridge") { _ in LogOutput(format: format) }
        logger.logLevel = logLevel
        return logger
    }
}

/// One line on stderr for each message, as JSON or as text.
struct LogOutput: LogHandler {
    let format: Configuration.LogFormat
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    init(format: Configuration.LogFormat) {
        self.format = format
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let facts = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let time = Timestamp.now().iso8601
        let line: String
        switch format {
        case .json:
            var object = JSONObject()
            object["time"] = .string(time)
            object["level"] = .string(event.level.rawValue)
            object["message"] = .string("\(event.message)")
            for (name, value) in facts { object[name] = .string("\(value)") }
            line = JSONValue.object(object).serializedText()
        case .text:
            let tail = facts.map { " \($0.key)=\($0.value)" }.joined()
            line = "\(time) \(event.level.rawValue.uppercased()) \(event.message)\(tail)"
        }
        printError(line)
    }
}
