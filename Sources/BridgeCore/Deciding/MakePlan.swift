/// Register minus replica: what a platform still has to be told about one person, if anything.
///
/// At most one call for each platform. A field whose grant is being verified is left alone, except
/// that a withdrawal which was owed before goes first, and the reads of a verification wait until
/// no write for the person is open on either platform (rule A4). Pure: the same snapshot gives the same call.
package func makePlan(
    for platform: PlatformName,
    _ snapshot: Snapshot,
    _ settings: IntegrationSettings
) -> PlannedCall? {
    if case .profile = snapshot.subject {
        let isNeeded =
            platform == .actito && !snapshot.unresolved.isEmpty
            && !snapshot.readingStored.contains(.actito)
        return isNeeded ? .readProfile : nil
    }
    if platform == .didomi, !settings.isBidirectional { return nil }
    let write = missingWrite(for: platform, snapshot)
    if let write, !write.isEmpty { return .write(write) }
    return neededRead(from: platform, snapshot)
}

private func missingWrite(for platform: PlatformName, _ snapshot: Snapshot) -> PlannedWrite? {
    if platform == .actito, snapshot.profileMissingSince != nil { return nil }
    var write = PlannedWrite(choices: [:])
    for (field, state) in snapshot.fields {
        guard let choice = state.register?.choice else { continue }
        if state.verification != nil, !snapshot.isWithdrawalOpen(of: field, at: platform) {
            continue
        }
        let replica = state[platform]
        if replica.choice != choice, !replica.isRefused { write.choices[field] = choice }
    }
    if platform == .actito {
        for (name, attribute) in snapshot.attributes where attribute.value != attribute.sent {
            write.attributes[name] = attribute.value
        }
    }
    return write
}

private func neededRead(from platform: PlatformName, _ snapshot: Snapshot) -> PlannedCall? {
    guard !snapshot.readingStored.contains(platform) else { return nil }
    // The other platform's write comes first; its own read is no obstacle.
    if let other = snapshot.open[platform.other], other.isInFlight, case .write = other.call {
        return nil
    }
    guard missingWrite(for: platform.other, snapshot)?.isEmpty ?? true else { return nil }
    let step: Verification.Step = platform == .actito ? .profile : .consentEvents
    let isNeeded = snapshot.fields.values.contains { $0.verification?.step == step }
    guard isNeeded else { return nil }
    return platform == .actito ? .readProfile : .readConsentEvents
}

extension Snapshot {
    /// Whether a call that waits or runs carries a withdrawal of the field.
    fileprivate func isWithdrawalOpen(of field: Field, at platform: PlatformName) -> Bool {
        guard case .write(let write) = open[platform]?.call else { return false }
        return write.choices[field] == .denied
    }

    /// Everything that is known of the person: what a new profile is given.
    package var completeWrite: PlannedWrite {
        PlannedWrite(
            choices: fields.compactMapValues { $0.register?.choice },
            attributes: attributes.mapValues(\.value)
        )
    }

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
            for case let verification? in fields.values.map(\.verification) {
                parts += verification.changes.map { ($0.entry, verification.announcedAt) }
            }
            parts += unresolved.map { ($0.change.entry, $0.receivedAt) }
        }
        return (Set(parts.map(\.0)).sorted(), parts.map(\.1).min() ?? now)
    }
}
