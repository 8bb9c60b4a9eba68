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
        switch value {
        case .string, .number, .bool: break
        case .null, .array, .object: return .rejected(.unsupportedValue)
        }
        let chosenAt = min(change.chosenAt ?? receipt.at, receipt.at)
        if let known = snapshot.attributes[name] {
            if known.value == value {
                snapshot.attributes[name]?.chosenAt = max(known.chosenAt, chosenAt)
                return .ignored(.unchanged)
            }
            if chosenAt < known.chosenAt { return .ignored(.stale) }
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
