import BridgeCore
import JSON
import Logging

extension Configuration.LogFormat {
    /// The line of an event with its end; the facts are sorted by name.
    ///
    /// Whatever message and facts hold, it stays one line. Numbers stay numbers.
    func line(of event: LogEvent, at now: Timestamp) -> [UInt8] {
        switch self {
        case .json: line(JSONLine(event, at: now), event.metadata ?? [:])
        case .text: line(TextLine(event, at: now), event.metadata ?? [:])
        }
    }

    private func line(_ start: some LogLine, _ facts: Logger.Metadata) -> [UInt8] {
        var line = start
        for (name, value) in facts.sorted(by: { $0.key < $1.key }) { line.append(name, value) }
        return line.ended()
    }
}

/// A line of the log in the making, in UTF-8.
///
/// There may be tens of thousands a second, so it takes no detour over values and texts.
protocol LogLine {
    init(_ event: LogEvent, at now: Timestamp)
    mutating func append(_ name: String, _ value: Logger.Metadata.Value)
    /// The line with its end.
    consuming func ended() -> [UInt8]
}

/// A JSON object with `time`, `level`, `message` and the facts.
struct JSONLine: LogLine {
    private var bytes: [UInt8] = []

    init(_ event: LogEvent, at now: Timestamp) {
        bytes.reserveCapacity(lineBytesUsual)
        bytes += #"{"time":""#.utf8
        bytes += now.iso8601.utf8
        bytes += #"","level":""#.utf8
        bytes += event.level.rawValue.utf8
        bytes += #"","message":"#.utf8
        bytes.append(jsonString: event.message.description)
    }

    mutating func append(_ name: String, _ value: Logger.Metadata.Value) {
        bytes.append(UInt8(ascii: ","))
        // A fact must not hide when and what it was.
        let isTaken = name == "time" || name == "level" || name == "message"
        bytes.append(jsonString: isTaken ? "metadata_\(name)" : name)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(json: value)
    }

    consuming func ended() -> [UInt8] {
        bytes += "}\n".utf8
        return bytes
    }
}

/// Time, level and message, then each fact as `name=value`; what is no word is written as JSON.
struct TextLine: LogLine {
    private var bytes: [UInt8] = []

    init(_ event: LogEvent, at now: Timestamp) {
        bytes.reserveCapacity(lineBytesUsual)
        bytes += now.iso8601.utf8
        bytes.append(UInt8(ascii: " "))
        bytes += event.level.rawValue.uppercased().utf8
        bytes.append(UInt8(ascii: " "))
        append(event.message.description) { $0 >= 0x20 && $0 < 0x7F }
    }

    mutating func append(_ name: String, _ value: Logger.Metadata.Value) {
        bytes.append(UInt8(ascii: " "))
        append(name, where: Self.isOfWord)
        bytes.append(UInt8(ascii: "="))
        if case .string(let text) = value, !text.isEmpty {
            append(text, where: Self.isOfWord)
        } else {
            bytes.append(json: value)
        }
    }

    consuming func ended() -> [UInt8] {
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// A text as it is if all of its bytes are such, else as JSON.
    private mutating func append(_ text: String, where isPlain: (UInt8) -> Bool) {
        if text.utf8.allSatisfy(isPlain) {
            bytes += text.utf8
        } else {
            bytes.append(jsonString: text)
        }
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
    }
}

/// Few lines are longer.
private let lineBytesUsual = 512

extension [UInt8] {
    fileprivate mutating func append(json value: Logger.Metadata.Value) {
        switch value {
        case .string(let text): append(jsonString: text)
        case .stringConvertible(let number as Int): self += String(number).utf8
        case .stringConvertible(let number as Int64): self += String(number).utf8
        case .stringConvertible(let other): append(jsonString: other.description)
        case .array(let values):
            append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { append(UInt8(ascii: ",")) }
                append(json: value)
            }
            append(UInt8(ascii: "]"))
        case .dictionary(let values):
            append(UInt8(ascii: "{"))
            for (index, (name, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { append(UInt8(ascii: ",")) }
                append(jsonString: name)
                append(UInt8(ascii: ":"))
                append(json: value)
            }
            append(UInt8(ascii: "}"))
        }
    }
}
