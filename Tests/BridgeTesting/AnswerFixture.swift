package import BridgeCore
import Foundation
import HTTPTypes
package import JSON

/// One folder of `Fixtures/answers`: a platform's answer, and what the adapter reads in it.
package struct AnswerFixture: CustomStringConvertible, Sendable {
    package let name: String
    /// Which question was asked.
    package let question: String
    package let reply: PlatformReply
    package let expected: JSONValue

    package var description: String { name }

    /// All answers of a platform; an empty list would make a test that cannot fail, so it traps.
    package static func all(_ platform: String) -> [AnswerFixture] {
        let folder = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/answers/\(platform)")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        precondition(!names.isEmpty, "no fixtures in \(folder.path)")
        return names.sorted().map { name in
            func read(_ file: String) -> JSONValue {
                let url = folder.appending(path: "\(name)/\(file)")
                guard let data = try? Data(contentsOf: url),
                    let value = try? JSONValue(parsing: Array(data))
                else { preconditionFailure("cannot read \(url.path)") }
                return value
            }
            return AnswerFixture(name: name, read("input.json"), read("expected.json"))
        }
    }

    private init(name: String, _ input: JSONValue, _ expected: JSONValue) {
        var headers: HTTPFields = [:]
        for member in input["headers"]?.object?.members ?? [] {
            guard let field = HTTPField.Name(member.name) else { continue }
            headers[field] = member.value.string
        }
        self.name = name
        question = input["to"]?.string ?? ""
        reply = PlatformReply(
            status: input["status"]?.number?.integer.map { Int($0) } ?? 0,
            headers: headers,
            body: (input["body"] ?? .null).serialized()
        )
        self.expected = expected
    }

    /// What is wrong with a verdict; empty: nothing.
    package func differences(from verdict: Verdict) -> [String] {
        var differences: [String] = []
        if expected["verdict"]?.string != verdict.label { differences.append("\(verdict)") }
        if let seconds = expected["retry_after_seconds"]?.number?.double {
            guard case .unavailable(.seconds(seconds), countsAsAttempt: false) = verdict else {
                return differences + ["\(verdict)"]
            }
        }
        return differences
    }

    /// What is wrong with what a log-in gave, `now` being when it was answered.
    package func differences(from token: Access.Token?, at now: Timestamp) -> [String] {
        guard let text = expected["token"]?.string else { return token == nil ? [] : ["a token"] }
        var differences: [String] = []
        if token?.text != text { differences.append("token: \(token?.text ?? "none")") }
        let seconds = expected["renewed_after_seconds"]?.number?.double ?? 0
        if token?.renewAt != now + .seconds(seconds) {
            differences.append("renewed at \(String(describing: token?.renewAt))")
        }
        return differences
    }

    /// Choices by the names of their fields.
    package static func choices(_ value: JSONValue?) -> [Field: Choice] {
        var choices: [Field: Choice] = [:]
        for member in value?.object?.members ?? [] {
            guard let field = Field(name: member.name),
                let choice = member.value.string.flatMap(Choice.init(rawValue:))
            else { preconditionFailure("no field or choice: \(member.name)") }
            choices[field] = choice
        }
        return choices
    }
}
