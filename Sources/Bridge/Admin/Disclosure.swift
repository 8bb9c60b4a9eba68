import BridgeCore
import JSON

/// How much of people's data somebody sees.
struct Disclosure: Sendable {
    var masks: Bool

    /// A person's key, an address, a name: `c***@e***`, other texts `***`.
    func text(_ personal: String) -> String {
        guard masks else { return personal }
        let parts = personal.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !personal.contains(where: \.isWhitespace),
            let user = parts[0].first, let host = parts[1].first
        else {
            return "***"
        }
        return "\(user)***@\(host)***"
    }

    /// A payload, a body, a metadata value: its shape, and what is true, false or null.
    func value(_ personal: JSONValue) -> JSONValue {
        guard masks else { return personal }
        switch personal {
        case .null, .bool: return personal
        case .number: return "***"
        case .string(let text): return .string(self.text(text))
        case .array(let elements): return .array(elements.map(value))
        case .object(let object):
            return .object(
                JSONObject(
                    uniqueMembers: object.members.map {
                        .init(name: $0.name, value: value($0.value))
                    }
                )
            )
        }
    }

    /// Actito's addresses hold the person's key.
    func url(_ url: String) -> String {
        guard masks else { return url }
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.count == 4 ? parts.prefix(3).joined(separator: "/") + "/***" : "***"
    }

    func subject(_ subject: Subject?) -> JSONValue {
        subject.map { .string(text($0.text)) } ?? .null
    }
}
