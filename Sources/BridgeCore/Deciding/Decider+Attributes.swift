import JSON

/// Didomi's metadata on its way to profile attributes (design section 7).
extension Decider {
    mutating func decideAttribute(
        _ name: String,
        _ value: JSONValue,
        _ change: Change,
        _ receipt: Receipt
    ) -> Outcome {
        if change.isOwn { return .ignored(.echo) }
        if settings.isProtected(attribute: name) { return .ignored(.protectedAttribute) }
        guard value.isAttributeValue else { return .rejected(.unsupportedValue) }
        let chosenAt = min(change.chosenAt ?? receipt.at, receipt.at)
        if let known = snapshot.attributes[name] {
            if known.value == value {
                snapshot.attributes[name]?.chosenAt = max(known.chosenAt, chosenAt)
                return .ignored(.unchanged)
            }
            if chosenAt < known.chosenAt { return .ignored(.stale) }
        } else if snapshot.attributes.count >= IntegrationSettings.metadataKeysMax {
            return .rejected(.tooManyMetadataKeys)
        }
        snapshot.attributes[name] = AttributeState(
            value: value,
            chosenAt: chosenAt,
            evidence: receipt.change.entry,
            receivedAt: receipt.at,
            sent: snapshot.attributes[name]?.sent
        )
        snapshot.expectProfile()
        return .applied
    }
}

extension JSONValue {
    /// Text, a number, a truth value, or a list of such; which of them the profile table takes is
    /// known only when it is written.
    fileprivate var isAttributeValue: Bool {
        switch self {
        case .string, .number, .bool: true
        case .null, .object: false
        case .array(let elements):
            !elements.isEmpty
                && elements.allSatisfy { element in
                    switch element {
                    case .string, .number, .bool: true
                    case .null, .array, .object: false
                    }
                }
        }
    }
}
