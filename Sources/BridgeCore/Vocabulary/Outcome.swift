/// What became of a change (rule S9: every accepted entry ends in recorded outcomes).
package enum Outcome: Hashable, Sendable {
    case applied
    case ignored(IgnoredReason)
    case rejected(RejectedReason)

    /// `applied`, `ignored`, `rejected`: for the storage, metrics and the admin API.
    package var label: String {
        switch self {
        case .applied: "applied"
        case .ignored: "ignored"
        case .rejected: "rejected"
        }
    }

    /// The reason beside the label; nil for `applied`.
    package var reason: String? {
        switch self {
        case .applied: nil
        case .ignored(let reason): reason.rawValue
        case .rejected(let reason): reason.rawValue
        }
    }

    package init?(label: String, reason: String?) {
        switch label {
        case "applied":
            self = .applied
        case "ignored":
            guard let reason = reason.flatMap(IgnoredReason.init(rawValue:)) else { return nil }
            self = .ignored(reason)
        case "rejected":
            guard let reason = reason.flatMap(RejectedReason.init(rawValue:)) else { return nil }
            self = .rejected(reason)
        default:
            return nil
        }
    }
}

/// Why a change was right to change nothing (`interface.md` section 5).
package enum IgnoredReason: String, Hashable, Sendable, CaseIterable {
    case echo
    case unchanged
    case stale
    case duplicate
    case pendingApproval = "pending_approval"
    case otherRegulation = "other_regulation"
    case otherOrganization = "other_organization"
    case otherTable = "other_table"
    case noOrganizationUserID = "no_organization_user_id"
    case noMappedField = "no_mapped_field"
    case unsupportedType = "unsupported_type"
    case bidirectionalOff = "bidirectional_off"
    case grantNotConfirmed = "grant_not_confirmed"
    case notReversible = "not_reversible"
    case protectedAttribute = "protected_attribute"
    case unknownEvent = "unknown_event"
    case unknownSubject = "unknown_subject"
    case keyChanged = "key_changed"
    case erased
}

/// Why a change could not be understood.
package enum RejectedReason: String, Hashable, Sendable, CaseIterable {
    /// The element is not of the documented shape.
    case undecodable
    /// A subscription value that is neither yes nor no, of a profile that cannot be read.
    case unreadableValue = "unreadable_value"
    /// A metadata value that is no text, number or truth value.
    case unsupportedValue = "unsupported_value"
    /// A subject key over 320 bytes (`interface.md` section 7).
    case subjectKeyTooLong = "subject_key_too_long"
    /// Over 100 metadata keys for one person (`interface.md` section 7).
    case tooManyMetadataKeys = "too_many_metadata_keys"
    /// The stored entry names an integration that the configuration no longer has.
    case unknownIntegration = "unknown_integration"
}
