import BridgeCore
import Foundation
import JSON
import Testing

/// One folder of `Fixtures/PLATFORM`: a webhook, and the statements that it decodes to.
///
/// An expected statement is `{"key" or "profile", "changes": […]}` or
/// `{"key" or "profile", "outcome", "reason"}`; a member that is not there is nil or false, and
/// without a reason any will do.
struct Fixture: CustomTestStringConvertible, Sendable {
    let name: String
    let input: JSONValue
    let expected: [JSONValue]

    var testDescription: String { name }

    /// All cases of a platform; an empty list would make a test that cannot fail, so it traps.
    static func all(_ platform: String) -> [Fixture] {
        let folder = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/\(platform)")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let cases = names.sorted().filter { !$0.contains(".") }.map { name in
            func read(_ file: String) -> JSONValue {
                let url = folder.appending(path: "\(name)/\(file)")
                guard let data = try? Data(contentsOf: url),
                    let value = try? JSONValue(parsing: Array(data))
                else { preconditionFailure("cannot read \(url.path)") }
                return value
            }
            return Fixture(
                name: name,
                input: read("input.json"),
                expected: read("expected.json").array ?? []
            )
        }
        precondition(!cases.isEmpty, "no fixtures in \(folder.path)")
        return cases
    }

    /// Compares what was decoded with what was expected.
    func check(_ statements: [Statement]) {
        #expect(statements.count == expected.count, "\(statements)")
        for (statement, expected) in zip(statements, expected) { check(statement, expected) }
    }

    private func check(_ statement: Statement, _ expected: JSONValue) {
        var subject: Subject?
        if let key = expected["key"]?.string { subject = .key(SubjectKey(key)) }
        if let id = expected["profile"]?.string { subject = .profile(id: id) }
        #expect(statement.subject == subject)
        #expect(statement.eventID == expected["event"]?.string)
        switch statement.content {
        case .nothing(let outcome):
            #expect(expected["outcome"]?.string == outcome.label, "\(outcome)")
            if let reason = expected["reason"]?.string { #expect(outcome.reason == reason) }
        case .changes(let changes):
            let expected = (expected["changes"]?.array ?? []).map(Self.change)
            #expect(changes == expected)
        }
    }

    private static func change(_ expected: JSONValue) -> Change {
        let content: Change.Content =
            if let name = expected["attribute"]?.string {
                .attribute(name: name, value: expected["value"] ?? .null)
            } else if let field = expected["field"]?.string.flatMap(Field.init(name:)),
                let choice = expected["choice"]?.string.flatMap(Choice.init(rawValue:))
            {
                .choice(field, choice)
            } else {
                switch expected["what"]?.string {
                case "profile_deleted": .profileDeleted
                case "event_deleted": .eventDeleted
                case "user_deleted": .userDeleted
                default: .profileCreated
                }
            }
        return Change(
            content,
            chosenAt: expected["chosen_at"]?.string.flatMap(Timestamp.init(iso8601:)),
            eventID: expected["event"]?.string,
            isOwn: expected["own"] == true,
            basis: expected["only_fills"] == true
                ? .fill : expected["state"] == true ? .state : .choice,
            profileID: expected["profile"]?.string
        )
    }
}

/// A small generator whose values depend on its seed only (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Any JSON; its member names and texts are often those that an adapter looks for.
    mutating func json(words: [String], depth: Int = 5) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 11 : 7), using: &self) {
        case 0: return .null
        case 1: return .bool(.random(using: &self))
        case 2: return .number(JSONNumber(Int64.random(in: .min ... .max, using: &self)))
        case 3:
            return .number(
                JSONNumber(
                    verbatim: ["1e999", "-0", "0.1", "1"].randomElement(using: &self) ?? "0"
                )
            )
        case 4, 5, 6: return .string(words.randomElement(using: &self) ?? "")
        case 7, 8:
            return .array(
                (0..<Int.random(in: 0..<4, using: &self)).map { _ in
                    json(words: words, depth: depth - 1)
                }
            )
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<6, using: &self) {
                object[words.randomElement(using: &self) ?? ""] = json(
                    words: words,
                    depth: depth - 1
                )
            }
            return .object(object)
        }
    }

    /// The same value with one place replaced by any JSON, or taken away.
    mutating func damage(_ value: JSONValue, words: [String]) -> JSONValue {
        switch value {
        case .object(let object) where !object.isEmpty && Int.random(in: 0..<4, using: &self) > 0:
            var changed = object
            let member = object.members[Int.random(in: 0..<object.members.count, using: &self)]
            let isGone = Int.random(in: 0..<6, using: &self) == 0
            changed[member.name] = isGone ? nil : damage(member.value, words: words)
            return .object(changed)
        case .array(var elements) where !elements.isEmpty:
            let index = Int.random(in: 0..<elements.count, using: &self)
            elements[index] = damage(elements[index], words: words)
            return .array(elements)
        default:
            return json(words: words, depth: 2)
        }
    }
}
