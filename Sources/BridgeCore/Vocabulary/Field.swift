/// One thing that a person can choose at Didomi and that is mapped to Actito.
package enum Field: Hashable, Sendable {
    case channel(String)
    case purpose(String)
    /// A channel inside a purpose (API version 1, deprecated but still sent).
    case purposeChannel(purpose: String, channel: String)

    /// The name used in the admin API, the storage and the sandbox: `channel:email`,
    /// `purpose:newsletter`, `purpose:newsletter/channel:email`.
    package var name: String {
        switch self {
        case .channel(let id): "channel:\(id)"
        case .purpose(let id): "purpose:\(id)"
        case .purposeChannel(let purpose, let channel): "purpose:\(purpose)/channel:\(channel)"
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
        } else {
            return nil
        }
    }
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
