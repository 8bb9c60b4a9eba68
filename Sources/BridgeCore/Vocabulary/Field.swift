/// One thing that a person can choose at Didomi and that is mapped to Actito.
package enum Field: Hashable, Sendable {
    case channel(String)
    case purpose(String)
    /// A channel inside a purpose (API version 1, deprecated but still sent).
    case purposeChannel(purpose: String, channel: String)
    /// One value of a preference: listed means granted.
    case preference(id: String, value: String)
    /// What Actito holds where several fields feed one target (`any`, `all`); Didomi knows nothing
    /// of it and no list of fields shows it.
    case target(MappingTarget)

    /// The name used in the admin API, the storage and the sandbox (`interface.md` section 4):
    /// `channel:email`, `purpose:newsletter`, `purpose:newsletter/channel:email`,
    /// `preference:topics=sport`; of a target, only for the storage, `target:subscription:News`.
    package var name: String {
        switch self {
        case .channel(let id): "channel:\(id)"
        case .purpose(let id): "purpose:\(id)"
        case .purposeChannel(let purpose, let channel): "purpose:\(purpose)/channel:\(channel)"
        case .preference(let id, let value): "preference:\(id)=\(value)"
        case .target(let target): "target:\(target.text)"
        }
    }

    /// Reads a name that ``name`` made.
    package init?(name: String) {
        if let id = name.removingPrefix("channel:") {
            self = .channel(id)
        } else if let rest = name.removingPrefix("purpose:") {
            if let (purpose, channel) = rest.splitAtLast("/channel:") {
                self = .purposeChannel(purpose: purpose, channel: channel)
            } else {
                self = .purpose(rest)
            }
        } else if let rest = name.removingPrefix("preference:") {
            // By bytes, as in `removingPrefix`.
            guard let equals = rest.utf8.firstIndex(of: UInt8(ascii: "=")),
                equals > rest.startIndex, rest.utf8.index(after: equals) < rest.endIndex
            else { return nil }
            self = .preference(
                id: String(Substring(rest.utf8[..<equals])),
                value: String(Substring(rest.utf8[rest.utf8.index(after: equals)...]))
            )
        } else if let target = name.removingPrefix("target:").flatMap(MappingTarget.init(text:)) {
            self = .target(target)
        } else {
            return nil
        }
    }

    /// The one value of a preference of API version 1, which is on or off.
    package static let switchValue = "enabled"
}

extension Field: Comparable {
    package static func < (left: Field, right: Field) -> Bool { left.name < right.name }
}

extension String {
    /// The rest after a prefix; nil without the prefix or without a rest.
    package func removingPrefix(_ prefix: String) -> String? {
        // By bytes: a combining mark after the prefix would make one character of both.
        guard utf8.starts(with: prefix.utf8), utf8.count > prefix.utf8.count else { return nil }
        return String(Substring(utf8.dropFirst(prefix.utf8.count)))
    }

    /// The rest before a suffix; nil without the suffix or without a rest.
    package func removingSuffix(_ suffix: String) -> String? {
        guard hasSuffix(suffix), utf8.count > suffix.utf8.count else { return nil }
        return String(dropLast(suffix.count))
    }

    /// What stands before and after the last occurrence of a separator, both not empty.
    package func splitAtLast(_ separator: String) -> (String, String)? {
        var end = endIndex
        while end > startIndex {
            let start = index(before: end)
            if self[start...].hasPrefix(separator) {
                let before = self[..<start]
                let after = self[start...].dropFirst(separator.count)
                return before.isEmpty || after.isEmpty ? nil : (String(before), String(after))
            }
            end = start
        }
        return nil
    }
}
