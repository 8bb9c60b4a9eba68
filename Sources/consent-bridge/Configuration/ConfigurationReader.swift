import JSON

/// Reads members of a configuration and gathers every fault with its position.
///
/// A member that is absent is nil and no fault: the caller knows its default.
final class ConfigurationReader {
    private(set) var faults: [ConfigurationFault] = []
    let environment: [String: String]

    init(environment: [String: String]) {
        self.environment = environment
    }

    func fault(_ node: JSONNode?, _ what: String, hint: String? = nil) {
        fault(at: node?.position, what, hint: hint)
    }

    private func fault(at position: JSONPosition?, _ what: String, hint: String? = nil) {
        faults.append(ConfigurationFault(position: position, what: what, hint: hint))
    }

    /// Refuses what is no object, members that nobody knows, naming the nearest known one, and
    /// null for a member whose default is something else.
    func check(
        _ node: JSONNode?,
        knows names: [String],
        nullable: Set<String> = ConfigurationReader.nullable
    ) {
        guard let node, !node.value.isNull else { return }
        guard let members = node.members else {
            return fault(node, "an object is expected here", hint: "write { … }")
        }
        for member in members {
            if !names.contains(member.name) {
                fault(
                    at: member.namePosition,
                    "unknown key \"\(member.name)\"",
                    hint: hint(for: member.name, among: names)
                )
            } else if member.node.value.isNull, !nullable.contains(member.name) {
                fault(member.node, "\"\(member.name)\" cannot be null", hint: "leave it out")
            }
        }
    }

    /// A text that is not empty.
    func string(_ node: JSONNode?, _ name: String) -> String? {
        if let member = node?[name], member.value == "" {
            fault(member, "\"\(name)\" is empty")
            return nil
        }
        return value(node, name, "a text") { $0.string }
    }

    func bool(_ node: JSONNode?, _ name: String) -> Bool? {
        value(node, name, "true or false") { $0.bool }
    }

    func number(
        _ node: JSONNode?,
        _ name: String,
        in range: ClosedRange<Double> = 0...1e9
    ) -> Double? {
        value(node, name, "a number from \(text(range.lowerBound)) to \(text(range.upperBound))") {
            value in
            value.number?.double.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A whole number, however it is written: `10`, `10.0` and `1e1` are the same.
    func integer(
        _ node: JSONNode?,
        _ name: String,
        in range: ClosedRange<Int> = 0...ConfigurationReader.integerMax
    ) -> Int? {
        let bounds =
            range.upperBound == Self.integerMax
            ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
        return value(node, name, "a whole number \(bounds)") { value in
            value.number?.double.flatMap(Int.init(exactly:)).flatMap {
                range.contains($0) ? $0 : nil
            }
        }
    }

    /// One of the texts that a type knows.
    func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ node: JSONNode?,
        _ name: String,
        of type: Value.Type
    ) -> Value? {
        let names = type.allCases.map { "\"\($0.rawValue)\"" }
        return value(node, name, "one of \(names.joined(separator: ", "))") { value in
            value.string.flatMap(Value.init(rawValue:))
        }
    }

    /// A list of texts that are not empty.
    func strings(_ node: JSONNode?, _ name: String) -> [String]? {
        value(node, name, "a list of texts that are not empty") { value in
            guard let list = value.array else { return nil }
            let texts = list.compactMap(\.string).filter { !$0.isEmpty }
            return texts.count == list.count ? texts : nil
        }
    }

    /// Adds a fault if an object lacks a member; one of a wrong kind has its own fault already.
    @discardableResult
    func required<Value>(
        _ value: Value?,
        _ node: JSONNode?,
        _ name: String,
        hint: String? = nil
    ) -> Value? {
        if value == nil, let node, node.members != nil, node[name] == nil {
            fault(node, "\"\(name)\" is missing", hint: hint)
        }
        return value
    }

    /// Refuses a key whose feature is not built yet, unless it has its default value.
    func refuseLater(_ node: JSONNode?, _ name: String, unless standard: JSONValue) {
        guard let member = node?[name], !isSame(member.value, standard) else { return }
        fault(
            member,
            "\"\(name)\" is not supported yet",
            hint: standard.isNull || standard.array != nil
                ? "leave it out"
                : "leave it out; only \(standard.serializedText()) is possible"
        )
    }

    private func value<Value>(
        _ node: JSONNode?,
        _ name: String,
        _ expected: String,
        _ convert: (JSONValue) -> Value?
    ) -> Value? {
        // Null is the default where it may stand; elsewhere `check` refuses it.
        guard let member = node?[name], !member.value.isNull else { return nil }
        if let value = convert(member.value) { return value }
        fault(member, "\"\(name)\" is not \(expected)")
        return nil
    }

    /// Members whose default is null.
    static let nullable: Set<String> = [
        "public_url", "tls", "admin_token", "admin", "webhook_url", "token_url", "table_id",
        "consent_metadata_field", "licence", "oauth", "secret_header",
    ]

    /// The largest whole number that JSON carries everywhere, 2^53 - 1 (RFC 8259 section 6).
    static let integerMax = 9_007_199_254_740_991
}

/// A number for people: without a fraction if it has none.
private func text(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? String(number)
}

/// Equality that does not look at how a number is written.
private func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
    if let left = left.number, let right = right.number { return left.double == right.double }
    return left == right
}
