extension Snapshot {
    /// The inbox entries that a call rests on, and the oldest receipt among them.
    package func evidence(
        for call: PlannedCall,
        at now: Timestamp
    ) -> (entries: [InboxID], since: Timestamp) {
        var parts: [(InboxID, Timestamp)] = []
        switch call {
        case .write(let write):
            for field in write.choices.keys {
                guard let entry = fields[field]?.register else { continue }
                parts.append((entry.evidence, entry.receivedAt))
            }
            for name in write.attributes.keys {
                guard let attribute = attributes[name] else { continue }
                parts.append((attribute.evidence, attribute.receivedAt))
            }
        case .readProfile, .readConsentEvents:
            for state in fields.values {
                if let verification = state.verification {
                    parts += verification.changes.map { ($0.entry, verification.announcedAt) }
                }
                if let doubt = state.doubt { parts.append((doubt.change.entry, doubt.announcedAt)) }
                if state.needsLateCheck, let entry = state.register {
                    parts.append((entry.evidence, now))
                }
            }
            parts += unresolved.map { ($0.change.entry, $0.receivedAt) }
        case .readUsers:
            parts += deletions.map { ($0.change.entry, $0.receivedAt) }
            parts += fieldsToCheck.compactMap { fields[$0]?.register }
                .map { ($0.evidence, now) }
        }
        return (Set(parts.map(\.0)).sorted(), parts.map(\.1).min() ?? now)
    }
}
