/// Actito-born changes: they have neither time nor order, and some are echoes (rules A1 to A4).
extension Decider {
    mutating func decideActito(
        _ field: Field,
        _ choice: Choice,
        _ receipt: Receipt,
        _ state: inout FieldState
    ) -> Outcome? {
        guard settings.isBidirectional else { return .ignored(.bidirectionalOff) }
        snapshot.profileMissingSince = nil
        switch choice {
        case .denied: return decideAnnouncedWithdrawal(field, receipt, &state)
        case .granted: return decideAnnouncedGrant(receipt, &state)
        }
    }

    private mutating func decideAnnouncedWithdrawal(
        _ field: Field,
        _ receipt: Receipt,
        _ state: inout FieldState
    ) -> Outcome {
        state.verification?.isDisturbed = true
        state.actitoDeniedAt = receipt.at
        let isEcho = isAwaited(state.actito.withdrawal, at: receipt.at)
        state.actito.withdrawal?.isSeenBack = true
        if isEcho, isHarmlessEcho(state) { return .ignored(.echo) }

        // Either nothing of ours is above the person's choice, or Actito is written again.
        let isOverwritten = mayHoldLaterGrant(state, at: receipt.at)
        state.actitoWithdrawalAt = receipt.at
        state.actito.choice = isOverwritten ? nil : .denied
        if state.register?.choice == .denied { return .ignored(.unchanged) }  // A3
        endVerification(grantOvertaken(state), &state)
        dropHeldGrant(&state)
        register(.denied, chosenAt: receipt.at, of: field, receipt, &state)  // A1
        return .applied
    }

    /// Whether an announcement that may be the echo of our own withdrawal can be nothing else: the
    /// register agrees (A3), or there was nothing to withdraw since (A2).
    private func isHarmlessEcho(_ state: FieldState) -> Bool {
        guard state.register?.choice == .granted else { return state.register != nil }
        // In flight it may still end unknown, and then the withdrawal must stand.
        guard let withdrawal = state.actito.withdrawal, withdrawal.verdict == .accepted else {
            return false
        }
        let grants = [state.actito.grant?.sentAt, state.actitoGrantAt].compactMap(\.self)
        return grants.allSatisfy { $0 < withdrawal.sentAt }
    }

    /// A4: a grant is verified before it counts.
    private mutating func decideAnnouncedGrant(
        _ receipt: Receipt,
        _ state: inout FieldState
    ) -> Outcome? {
        state.verification?.isDisturbed = true
        if state.register?.choice == .granted {
            let isEcho = isAwaited(state.actito.grant, at: receipt.at)
            state.actito.grant?.isSeenBack = true
            if !isEcho { state.actitoGrantAt = receipt.at }
            // A denial there is not known any more (D2).
            if state.actito.choice == .denied { state.actito.choice = nil }
            return .ignored(isEcho ? .echo : .unchanged)
        }
        state.actitoGrantAt = receipt.at
        state.actito.choice = nil
        if state.verification == nil {
            state.verification = Verification(
                cause: .announcedByActito,
                change: receipt.change,
                announcedAt: receipt.at,
                chosenAt: receipt.at
            )
        } else {
            // One read for several notifications.
            state.verification?.cause = .announcedByActito
            state.verification?.changes.append(receipt.change)
            state.verification?.announcedAt = receipt.at
        }
        return nil
    }

    /// Whether a write of ours is still expected to come back as a webhook.
    private func isAwaited(_ write: FieldWrite?, at now: Timestamp) -> Bool {
        guard let write, !write.isSeenBack else { return false }
        return now - write.sentAt <= settings.window
    }
}
