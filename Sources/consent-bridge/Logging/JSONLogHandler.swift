import BridgeCore
import Glibc
import JSON
import Logging

/// Writes each message as one line to stderr, as a JSON object or as text.
///
/// A line is one `write(2)`, so lines of several threads and processes do not mix (up to 4 KiB in
/// a pipe). Whatever a message or its metadata hold, it stays one line. A line that stderr does
/// not take is lost: a log must never stop the bridge.
struct JSONLogHandler: LogHandler {
    let format: Configuration.LogFormat
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel = Logger.Level.info

    init(format: Configuration.LogFormat) {
        self.format = format
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        write(line(of: event, at: .now()))
    }

    /// The line without its end.
    func line(of event: LogEvent, at now: Timestamp) -> String {
        var facts = metadata
        if let metadataProvider { facts.merge(metadataProvider.get()) { $1 } }
        if let given = event.metadata { facts.merge(given) { $1 } }
        if let error = event.error { facts["error"] = "\(error)" }
        let sorted = facts.sorted { $0.key < $1.key }
        return switch format {
        case .json: jsonLine(event, sorted, now)
        case .text: textLine(event, sorted, now)
        }
    }

    private func jsonLine(
        _ event: LogEvent,
        _ facts: [(key: String, value: Logger.Metadata.Value)],
        _ now: Timestamp
    ) -> String {
        var object = JSONObject()
        object["time"] = .string(now.iso8601)
        object["level"] = .string(event.level.rawValue)
        object["message"] = .string("\(event.message)")
        for (name, value) in facts {
            // A fact must not hide when and what it was.
            let isTaken = ["time", "level", "message"].contains(name)
            object[isTaken ? "metadata_\(name)" : name] = JSONValue(value)
        }
        return JSONValue.object(object).serializedText()
    }

    private func textLine(
        _ event: LogEvent,
        _ facts: [(key: String, value: Logger.Metadata.Value)],
        _ now: Timestamp
    ) -> String {
        let message = "\(event.message)"
        var line = "\(now.iso8601) \(event.level.rawValue.uppercased()) "
        line += isOneLine(message) ? message : quoted(message)
        for (name, value) in facts {
            let text =
                switch JSONValue(value) {
                case .string(let text): isWord(text) ? text : quoted(text)
                case let other: other.serializedText()
                }
            line += " \(isWord(name) ? name : quoted(name))=\(text)"
        }
        return line
    }

    private func quoted(_ text: String) -> String { JSONValue.string(text).serializedText() }

    private func isOneLine(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }

    private func isWord(_ text: String) -> Bool {
        !text.isEmpty && isOneLine(text) && !text.contains { " \"=".contains($0) }
    }

    private func write(_ line: String) {
        var line = line + "\n"
        line.withUTF8 { bytes in
            _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }
}

extension JSONValue {
    fileprivate init(_ value: Logger.Metadata.Value) {
        self =
            switch value {
            case .string(let text): .string(text)
            case .stringConvertible(let value): .string("\(value)")
            case .array(let values): .array(values.map { JSONValue($0) })
            case .dictionary(let values):
                .object(
                    JSONObject(
                        uniqueMembers: values.sorted { $0.key < $1.key }
                            .map { JSONObject.Member(name: $0.key, value: JSONValue($0.value)) }
                    )
                )
            }
    }
}
