/// Register minus replica: what a platform still has to be told about one person, if anything.
///
/// At most one call for each platform. A field whose grant is being verified is left alone, except
/// that a withdrawal which was owed before goes first, and the reads of a verification wait until
/// no write for the person is open on either platform (rule A4). Pure: the same snapshot gives the
/// same call.
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
    let write = missingWrite(for: platform, snapshot, settings.mapping)
        .map { $0.part(snapshot.splitting[platform]) }
    if let write, write.choices.values.contains(.denied) { return .write(write) }
    if let read = urgentRead(from: platform, snapshot, owed: write) { return read }
    if platform == .didomi, let withdrawal = laggingUserWrite(snapshot) { return withdrawal }
    if let write, !write.isEmpty { return .write(write) }
    return neededRead(from: platform, snapshot, settings.mapping)
        ?? overdueWrite(for: platform, snapshot, settings.mapping)
}

/// What a platform lacks and has not refused; nil: it has no such person.
func missingWrite(
    for platform: PlatformName,
    _ snapshot: Snapshot,
    _ mapping: MappingTable
) -> PlannedWrite? {
    var write = PlannedWrite(choices: [:])
    for (field, state) in snapshot.fields where mapping.isHeld(field, at: platform) {
        guard let choice = state.register?.choice else { continue }
        if let verification = state.verification,
            !(platform == .actito && verification.withdrawsFirst),
            !snapshot.isWithdrawalOpen(of: field, at: platform)
        {
            continue
        }
        // Where a held grant was given, nothing is written over it.
        if state.heldGrant?.origin == platform { continue }
        // Until an announced withdrawal is judged, no grant goes over it (A2).
        if platform == .actito, state.doubt != nil, choice.isGranted { continue }
        let replica = state[platform]
        if replica.choice != choice, !replica.isRefused { write.choices[field] = choice }
    }
    guard platform == .actito else { return write }
    if snapshot.profileMissingSince != nil {
        guard snapshot.isProfileRetryDue else { return nil }
        // Only a withdrawal is worth asking again for somebody who was not there.
        write.choices = write.choices.filter { $0.value == .denied }
        return write
    }
    if snapshot.isKeyChanged {
        // What is chosen under the other key is not joined with this person: nothing but a no goes
        // there (A6).
        write.choices = write.choices.filter { $0.value == .denied }
        return write
    }
    for (name, attribute) in snapshot.attributes where attribute.value != attribute.sent {
        write.attributes[name] = attribute.value
    }
    return write
}

/// Withdrawals that were refused: they are tried on, after everything else (S11).
private func overdueWrite(
    for platform: PlatformName,
    _ snapshot: Snapshot,
    _ mapping: MappingTable
) -> PlannedCall? {
    if platform == .actito, snapshot.profileMissingSince != nil { return nil }
    var write = PlannedWrite(choices: [:])
    for (field, state) in snapshot.fields
    where state.isOverdue(at: platform) && mapping.isHeld(field, at: platform) {
        write.choices[field] = .denied
    }
    return write.isEmpty ? nil : .write(write)
}

extension FieldState {
    /// The register's withdrawal was refused, nobody dropped it, and the platform does not hold it
    /// yet.
    package func isOverdue(at platform: PlatformName) -> Bool {
        register?.choice == .denied && self[platform].isRefused && !self[platform].isDiscarded
            && self[platform].choice != .denied
    }
}

/// Reads that may end in a withdrawal: they wait for nothing but their lane.
private func urgentRead(
    from platform: PlatformName,
    _ snapshot: Snapshot,
    owed write: PlannedWrite?
) -> PlannedCall? {
    guard !snapshot.readingStored.contains(platform) else { return nil }
    switch platform {
    case .actito:
        return snapshot.needsUrgentProfile ? .readProfile : nil
    case .didomi:
        // After a deletion a no counts, so that what a grant of ours has not changed yet must not.
        let isDeletionReadable = !snapshot.deletions.isEmpty && write?.isEmpty ?? true
        return isDeletionReadable || !snapshot.fieldsToCheck.isEmpty ? .readUsers : nil
    }
}

private func neededRead(
    from platform: PlatformName,
    _ snapshot: Snapshot,
    _ mapping: MappingTable
) -> PlannedCall? {
    guard !snapshot.readingStored.contains(platform) else { return nil }
    // The other platform's write comes first, unless it is overdue; its read is no obstacle.
    let other = snapshot.open[platform.other]
    if let other, other.isInFlight, case .write = other.call { return nil }
    if other?.isOverdue != true {
        let owed = missingWrite(for: platform.other, snapshot, mapping)
        guard owed?.isEmpty ?? true else { return nil }
    }
    let step: Verification.Step = platform == .actito ? .profile : .consentEvents
    let isNeeded = snapshot.fields.values.contains { $0.verification?.step == step }
    guard isNeeded else { return nil }
    return platform == .actito ? .readProfile : .readConsentEvents
}

extension Snapshot {
    /// A doubt (A2), a late check (A5) or a person without a key asks for the profile.
    package var needsUrgentProfile: Bool {
        !unresolved.isEmpty
            || fields.values.contains { $0.doubt?.needsRead == true || $0.needsLateCheck }
    }

    /// Whether a call that waits or runs carries a withdrawal of the field.
    fileprivate func isWithdrawalOpen(of field: Field, at platform: PlatformName) -> Bool {
        guard case .write(let write) = open[platform]?.call, write.userID == nil else {
            return false
        }
        return write.choices[field] == .denied
    }

    /// A write of nothing but withdrawals that the platform refused before.
    package func isOverdue(_ call: PlannedCall, at platform: PlatformName) -> Bool {
        guard case .write(let write) = call, write.attributes.isEmpty, write.userID == nil else {
            return false
        }
        return write.choices.keys.allSatisfy { fields[$0]?.isOverdue(at: platform) == true }
    }

    /// Everything that is known of the person: what a new profile is given.
    package var completeWrite: PlannedWrite {
        PlannedWrite(
            choices: fields.compactMapValues { $0.register?.choice },
            attributes: attributes.mapValues(\.value)
        )
    }
}
