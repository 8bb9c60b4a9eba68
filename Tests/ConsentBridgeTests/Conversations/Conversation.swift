import BridgeCore
import Foundation
import JSON

/// One file of `Fixtures/conversations`, as one of its cases: what happens in order, and what it
/// comes to (`Fixtures/conversations/README.md`).
struct Conversation: CustomStringConvertible, Sendable {
    let file: String
    let name: String
    /// Members of the integration's configuration beside the usual ones.
    let bridge: JSONObject
    /// Members of the configuration's root.
    let root: JSONObject
    /// Whether calls are answered only where a step says so.
    let isAnsweredByHand: Bool
    let steps: [JSONValue]
    let then: JSONObject

    var description: String { "\(file): \(name)" }

    /// Every case of every file; an empty list would make a test that cannot fail, so it traps.
    static let all: [Conversation] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let found = names.sorted().filter { $0.hasSuffix(".json5") }.flatMap(read)
        precondition(!found.isEmpty, "no conversations in \(folder.path)")
        return found
    }()

    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/conversations")

    private static func read(_ name: String) -> [Conversation] {
        guard let data = try? Data(contentsOf: folder.appending(path: name)) else {
            preconditionFailure("cannot read \(name)")
        }
        do {
            let text = try JSONDocument(parsing: Array(data), dialect: .json5).root.value
            let cases = text["cases"]?.array ?? [text]
            return cases.map { Conversation(name, text, $0) }
        } catch {
            preconditionFailure(
                "\(name): \(error.position(in: Array(data), dialect: .json5)): \(error)"
            )
        }
    }

    private init(_ file: String, _ text: JSONValue, _ values: JSONValue) {
        let filled = Self.filled(text, from: values)
        self.file = file
        name = values["name"]?.string ?? "whole"
        bridge = filled["bridge"]?.object ?? JSONObject()
        root = filled["root"]?.object ?? JSONObject()
        isAnsweredByHand = filled["answered"] == "by hand"
        steps = filled["steps"]?.array ?? []
        guard let then = values["then"]?.object else { preconditionFailure("\(file): no then") }
        self.then = then
        precondition(!steps.isEmpty, "\(file): no steps")
    }

    /// Puts a case's values where `$NAME` stands, as a value or a member's name; a member whose value the case lacks is left out.
    private static func filled(_ template: JSONValue, from values: JSONValue) -> JSONValue {
        switch template {
        case .string(let text) where text.hasPrefix("$"):
            return values[String(text.dropFirst())] ?? .string(text)
        case .array(let elements):
            return .array(
                elements.filter { !isMissing($0, values) }.map { filled($0, from: values) }
            )
        case .object(let object):
            let members = object.members.filter {
                $0.name != "cases" && !isMissing($0.value, values)
            }
            return .object(
                JSONObject(
                    uniqueMembers: members.map {
                        .init(
                            name: filled(.string($0.name), from: values).string ?? $0.name,
                            value: filled($0.value, from: values)
                        )
                    }
                )
            )
        default: return template
        }
    }

    private static func isMissing(_ value: JSONValue, _ values: JSONValue) -> Bool {
        guard let text = value.string, text.hasPrefix("$") else { return false }
        return values.object?[String(text.dropFirst())] == nil
    }
}
