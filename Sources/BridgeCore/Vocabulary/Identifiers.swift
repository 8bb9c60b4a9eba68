/// The name of one configured pair of a Didomi organization and an Actito profile table.
package struct IntegrationName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// How one person is found on both platforms: Didomi's `organization_user_id`, which is the value
/// of the profile attribute `user_unique_key` at Actito.
///
/// It is personal data: no `description`, so that it does not slip into a log.
package struct SubjectKey: Hashable, Sendable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }
}

/// What the operator said about comparing keys (`subject_key`).
package struct SubjectKeyRule: Hashable, Sendable {
    package var trims: Bool
    package var lowercases: Bool

    package init(trims: Bool = true, lowercases: Bool = false) {
        self.trims = trims
        self.lowercases = lowercases
    }

    /// The key in the form in which the bridge compares and writes it; nil if nothing is left.
    package func key(from text: String) -> SubjectKey? {
        var result = Substring(text)
        if trims {
            result = result.drop(while: \.isWhitespace)
            while result.last?.isWhitespace == true { result.removeLast() }
        }
        guard !result.isEmpty else { return nil }
        return SubjectKey(lowercases ? result.lowercased() : String(result))
    }
}

/// The person that a payload, a lane or a snapshot is about.
package enum Subject: Hashable, Sendable {
    /// Known by the key that both platforms share.
    case key(SubjectKey)
    /// Known only by Actito's `profileId` until the profile is read (rule A6).
    case profile(id: String)

    package var key: SubjectKey? {
        if case .key(let key) = self { key } else { nil }
    }
}

/// The number that the storage gave an accepted webhook or a stored read.
package struct InboxID: Hashable, Comparable, Sendable {
    package let number: Int64

    package init(_ number: Int64) {
        self.number = number
    }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// The number of a write or read that is owed to a platform.
package struct DeliveryID: Hashable, Comparable, Sendable {
    package let number: Int64

    package init(_ number: Int64) {
        self.number = number
    }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// One change of one inbox entry: the entry and the change's place in it.
package struct ChangeReference: Hashable, Sendable {
    package let entry: InboxID
    package let index: Int

    package init(entry: InboxID, index: Int) {
        self.entry = entry
        self.index = index
    }

    /// The evidence for what only follows from a change and has no record of its own.
    static func following(from entry: InboxID) -> ChangeReference {
        ChangeReference(entry: entry, index: -1)
    }

    /// Whether the entry has a record for it that waits for an outcome.
    var isRecorded: Bool { index >= 0 }
}
