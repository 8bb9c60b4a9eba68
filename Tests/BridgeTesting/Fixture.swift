package import BridgeCore
import Foundation
package import JSON

/// One folder of `Fixtures/PLATFORM`: a webhook, and the statements that it decodes to.
///
/// An expected statement is `{"key" or "profile", "changes": […]}` or
/// `{"key" or "profile", "outcome", "reason"}`; a member that is not there is nil or false, and
/// without a reason any will do.
package struct Fixture: CustomStringConvertible, Sendable {
    package let name: String
    package let input: JSONValue
    let expected: [JSONValue]

    package var description: String { name }

    /// All cases of a platform; an empty list would make a test that cannot fail, so it traps.
    package static func all(_ platform: String) -> [Fixture] {
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
                expected: read("statements.json").array ?? []
            )
        }
        precondition(!cases.isEmpty, "no fixtures in \(folder.path)")
        return cases
    }

    /// Where what was decoded is not what was expected, each named; empty: nowhere.
    package func differences(from statements: [Statement]) -> [String] {
        guard statements.count == expected.count else {
            return ["\(expected.count) statements expected, not \(statements)"]
        }
        return zip(statements, expected).flatMap(differences)
    }

    private func differences(from statement: Statement, _ expected: JSONValue) -> [String] {
        var subject: Subject?
        if let key = expected["key"]?.string { subject = .key(SubjectKey(key)) }
        if let id = expected["profile"]?.string { subject = .profile(id: id) }
        var differences: [String] = []
        if statement.subject != subject {
            differences.append("subject: \(String(describing: statement.subject))")
        }
        if statement.eventID != expected["event"]?.string {
            differences.append("event: \(String(describing: statement.eventID))")
        }
        switch statement.content {
        case .nothing(let outcome):
            let reason = expected["reason"]?.string
            if expected["outcome"]?.string != outcome.label
                || reason != nil && reason != outcome.reason
            {
                differences.append("outcome: \(outcome)")
            }
        case .changes(let changes):
            if changes != (expected["changes"]?.array ?? []).map(Self.change) {
                differences.append("changes: \(changes)")
            }
        }
        return differences
    }

    private static func change(_ expected: JSONValue) -> Change {
        let content: Change.Content =
            if let name = expected["attribute"]?.string {
                .attribute(name: name, value: expected["value"] ?? .null)
            } else if let field = expected["field"]?.string.flatMap(Field.init(name:)),
                let choice = expected["choice"]?.string.flatMap(Choice.init(rawValue:))
            {
                .choice(field, choice)
            } else if let field = expected["unreadable"]?.string.flatMap(Field.init(name:)) {
                .unreadable(field)
            } else {
                switch expected["what"]?.string {
                case "profile_deleted": .profileDeleted
                case "event_deleted": .eventDeleted
                case "user_deleted": .userDeleted
                default: .profileCreated
                }
            }
        var change = Change(
            content,
            chosenAt: expected["chosen_at"]?.string.flatMap(Timestamp.init(iso8601:)),
            eventID: expected["event"]?.string,
            isOwn: expected["own"] == true,
            basis: expected["only_fills"] == true
                ? .fill : expected["state"] == true ? .state : .choice,
            profileID: expected["profile"]?.string
        )
        change.heldAt = expected["held_at"]?.string.flatMap(Timestamp.init(iso8601:))
        return change
    }
}
