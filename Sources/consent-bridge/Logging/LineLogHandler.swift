import BridgeCore
import Logging

/// Makes one line of each message: a JSON object, or text.
///
/// Whatever a message or its metadata hold, it stays one line. Numbers stay numbers.
struct LineLogHandler: LogHandler {
    let format: Configuration.LogFormat
    let lines: LineWriter
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel = Logger.Level.info

    init(format: Configuration.LogFormat, lines: LineWriter) {
        self.format = format
        self.lines = lines
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.write(format.line(of: event, adding: facts(of: event), at: .now()))
    }

    private func facts(of event: LogEvent) -> Logger.Metadata {
        var facts = metadata
        if let metadataProvider { facts.merge(metadataProvider.get()) { $1 } }
        if let given = event.metadata {
            if facts.isEmpty { facts = given } else { facts.merge(given) { $1 } }
        }
        if let error = event.error { facts["error"] = .string("\(error)") }
        return facts
    }
}

extension Configuration.LogFormat {
    /// The line with its end; the facts are sorted by name.
    func line(of event: LogEvent, adding facts: Logger.Metadata, at now: Timestamp) -> [UInt8] {
        switch self {
        case .json: line(JSONLine(event, at: now), facts)
        case .text: line(TextLine(event, at: now), facts)
        }
    }

    private func line(_ start: some LogLine, _ facts: Logger.Metadata) -> [UInt8] {
        var line = start
        for (name, value) in facts.sorted(by: { $0.key < $1.key }) { line.append(name, value) }
        return line.ended()
    }

    /// The line that says that there is no room for so many others.
    func lossReport(of count: Int, at now: Timestamp) -> [UInt8] {
        let event = LogEvent(
            level: .error,
            message: "the log is written too slowly; lines are lost",
            metadata: nil,
            source: nil,
            file: #fileID,
            function: #function,
            line: #line
        )
        return line(of: event, adding: ["lines": .stringConvertible(count)], at: now)
    }
}
