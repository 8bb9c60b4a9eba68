import Foundation
import JSON
import Testing

/// One case of `Fixtures/json`; the format is described there.
struct ConformanceCase: CustomTestStringConvertible, Sendable {
    enum Expectation: Sendable {
        case accepted(serialized: [UInt8])
        case refused(label: String, offset: Int)
    }

    let name: String
    let input: [UInt8]
    let expectation: Expectation

    var testDescription: String { name }

    /// All cases of a file.
    static func all(in file: String) -> [ConformanceCase] {
        let folder = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let url = folder.appending(path: "Fixtures/json/\(file).cases")
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            preconditionFailure("cannot read \(url.path)")
        }
        var cases: [ConformanceCase] = []
        var name = ""
        var input = Notation(bytes: [], fault: nil)
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let content = String(line.dropFirst(2))
            switch line.first {
            case "=": name = content
            case "<": input = Notation(content)
            case ">":
                let expected = Notation(content).bytes
                cases.append(Self(name, input, .accepted(serialized: expected)))
            case "!":
                guard let offset = input.fault else { preconditionFailure("no ▸: \(name)") }
                cases.append(Self(name, input, .refused(label: content, offset: offset)))
            default: preconditionFailure("not a line of a case: \(line)")
            }
        }
        return cases
    }

    private init(_ name: String, _ input: Notation, _ expectation: Expectation) {
        self.name = name
        self.input = input.bytes
        self.expectation = expectation
    }
}

/// Bytes as a case file writes them: `‹0A›`, `‹64*5B›`, and `▸` before the wrong byte.
private struct Notation {
    var bytes: [UInt8]
    var fault: Int?
}

extension Notation {
    init(_ text: String) {
        self.init(bytes: [], fault: nil)
        var group: String?
        for scalar in text.unicodeScalars {
            switch (scalar, group) {
            case ("‹", nil): group = ""
            case ("›", let content?):
                append(group: content)
                group = nil
            case (_, let content?): group = content + String(scalar)
            case ("▸", nil): fault = bytes.count
            case (_, nil): bytes.append(contentsOf: Array(String(scalar).utf8))
            }
        }
        precondition(group == nil, "not closed: \(text)")
    }

    private mutating func append(group: String) {
        let parts = group.split(separator: "*")
        let count = parts.count == 2 ? Int(parts[0]) : 1
        let hexadecimal = parts[parts.count - 1].split(separator: " ")
        let repeated = hexadecimal.compactMap { UInt8($0, radix: 16) }
        guard let count, repeated.count == hexadecimal.count else {
            preconditionFailure("not a group of bytes: \(group)")
        }
        for _ in 0..<count { bytes.append(contentsOf: repeated) }
    }
}
