/// Whether an announced withdrawal is the late echo of our own (A2).
extension Decider {
    /// Judges a doubt as far as it can be judged without a read; nil: it waits for the lane or for
    /// the profile.
    mutating func judgeDoubt(_ field: Field, _ state: inout FieldState) -> Outcome? {
        guard let doubt = state.doubt else { return nil }
        // An answer that is under way may still be unknown, and then the withdrawal must stand.
        if snapshot.open[.actito]?.isInFlight == true { return nil }
        guard let withdrawal = state.actito.withdrawal, withdrawal.verdict == .accepted else {
            return withdrawalStands(field, receipt(of: doubt), &state)
        }
        if let grantedAt = state.register?.chosenAt, let acceptedAt = withdrawal.acceptedAt,
            grantedAt <= acceptedAt - Self.toldApart
        {
            // The person may have withdrawn before our write, which then changed nothing, and after
            // this grant.
            return withdrawalStands(field, receipt(of: doubt), &state)
        }
        if let grantedAt = state.register?.chosenAt, let sentAt = state.actito.grant?.sentAt,
            sentAt > withdrawal.sentAt, sentAt > grantedAt + Self.toldApart
        {
            // Our late grant may have covered what the person withdrew after choosing it, so that a
            // read would tell nothing.
            return withdrawalStands(field, receipt(of: doubt), &state)
        }
        let grants = [state.actito.grant?.sentAt, state.actitoGrantAt].compactMap(\.self)
        if grants.allSatisfy({ $0 < withdrawal.sentAt }) { return .ignored(.echo) }
        state.doubt?.needsRead = true
        state.doubt?.isDisturbed = snapshot.readingStored.contains(.actito)
        return nil
    }

    /// The lane is idle again: what waited for that is judged.
    mutating func judgeDoubts() {
        let before = registersFeedingTargets
        defer { followRegisters(changedSince: before) }
        for field in snapshot.fields.keys.sorted() {
            guard var state = snapshot.fields[field], state.doubt?.needsRead == false else {
                continue
            }
            if let outcome = judgeDoubt(field, &state) { endDoubt(outcome, &state) }
            snapshot.fields[field] = state
        }
    }

    /// What the profile, or that it cannot be read, says of a doubt.
    mutating func conclude(
        _ reading: Reading,
        ofDoubt field: Field,
        _ state: inout FieldState
    ) {
        guard let doubt = state.doubt, doubt.needsRead else { return }
        if doubt.isDisturbed {
            // Announced since the read began: read again.
            state.doubt?.isDisturbed = false
            return
        }
        // The read may come long after: what counts is what could still happen at the announcement.
        let hasUnknownGrant = hasUnknownGrant(state, at: doubt.announcedAt)
        switch reading {
        case .profile(let profile) where profile.choices[field] == .granted && !hasUnknownGrant:
            state.actito.choice = .granted
            endDoubt(.ignored(.echo), &state)
        case .profile, .profileMissing, .unusable:
            let outcome = withdrawalStands(field, receipt(of: doubt), &state)
            if case .profile(let profile) = reading, !hasUnknownGrant,
                profile.choices[field] != .granted
            {
                state.actito.choice = .denied
            }
            endDoubt(outcome, &state)
        case .consentEvents, .users:
            break
        }
    }

    mutating func endDoubt(_ outcome: Outcome, _ state: inout FieldState) {
        guard let doubt = state.doubt else { return }
        state.doubt = nil
        resolutions += doubt.allChanges.map { Resolution(change: $0, outcome: outcome) }
    }

    /// A grant write of ours may still take effect.
    func hasUnknownGrant(_ state: FieldState, at now: Timestamp) -> Bool {
        state.actito.grant?.unknownAt.map { now - $0 <= settings.window } ?? false
    }

    private func receipt(of doubt: WithdrawalDoubt) -> Receipt {
        Receipt(change: doubt.change, origin: .actito, at: doubt.announcedAt)
    }
}
