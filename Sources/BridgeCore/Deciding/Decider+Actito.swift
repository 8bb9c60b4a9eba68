/// Actito-born changes: they have neither time nor order, and some are echoes (rules A1 to A4).
extension Decider {
    mutating func decideActito(
        _ field: Field,
        _ choice: Choice,
        _ receipt: Receipt,
        _ state: inout FieldState
    ) -> Outcome? {
        guard settings.isBidirectional else { return .ignored(.bidirectionalOff) }
        snapshot.expectProfile()
        switch choice {
        case .denied: return decideAnnouncedWithdrawal(field, receipt, &state)
        case .granted: return decideAnnouncedGrant(receipt, &state)
        }
    }

    private mutating func decideAnnouncedWithdrawal(
        _ field: Field,
        _ receipt: Receipt,
        _ state: inout FieldState
    ) -> Outcome? {
        state.verification?.isDisturbed = true
        // Of two announcements only one can be the echo: the later one is judged by itself.
        endDoubt(.ignored(.echo), &state)
        let mayBeEcho = isAwaited(state.actito.withdrawal, at: receipt.at)
        state.actito.withdrawal?.isSeenBack = true
        guard mayBeEcho, let known = state.register else {
            return withdrawalStands(field, receipt, &state)
        }
        if known.choice == .denied {
            // With a grant since, there was something that the person could withdraw (A3).
            if mayHoldLaterGrant(state, at: receipt.at) {
                return withdrawalStands(field, receipt, &state)
            }
            noteMaskedWithdrawal(receipt.at, &state)
            return .ignored(.echo)
        }
        state.doubt = WithdrawalDoubt(change: receipt.change, announcedAt: receipt.at)
        guard let outcome = judgeDoubt(field, &state) else { return nil }
        state.doubt = nil
        return outcome
    }

    /// The announced withdrawal is the person's.
    mutating func withdrawalStands(
        _ field: Field,
        _ receipt: Receipt,
        _ state: inout FieldState
    ) -> Outcome {
        // Either nothing of ours is above the person's choice, or Actito is written again.
        let isOverwritten = mayHoldLaterGrant(state, at: receipt.at)
        state.actitoWithdrawalAt = max(state.actitoWithdrawalAt ?? receipt.at, receipt.at)
        state.actito.choice = isOverwritten || isOwed(state, at: receipt.at) ? nil : .denied
        if isOverwritten { noteRepair(of: field, at: receipt.at, &state) }
        state.oweDiscarded()
        dropHeldGrant(&state)
        if state.register?.choice == .denied { return .ignored(.unchanged) }  // A3
        endVerification(grantOvertaken(state), &state)
        register(RegisterEntry(.denied, chosenAt: receipt.at, receipt), of: field, &state)  // A1
        return .applied
    }

    /// A withdrawal of ours may not have arrived: what is announced may be older than the grant that
    /// it was to end, so it is still owed.
    private func isOwed(_ state: FieldState, at now: Timestamp) -> Bool {
        guard let write = state.actito.withdrawal, write.verdict != .accepted else { return false }
        return now - write.sentAt <= settings.window
    }

    /// Our write changes nothing for somebody who withdrew before it, so that what is announced may
    /// be the person's: for D3 it counts as one made when our write was acknowledged, less what two
    /// platforms' choices are told apart by.
    private func noteMaskedWithdrawal(_ receivedAt: Timestamp, _ state: inout FieldState) {
        let acceptedAt = state.actito.withdrawal?.acceptedAt ?? receivedAt
        let latest = min(acceptedAt, receivedAt) - Self.toldApart
        state.actitoWithdrawalAt = max(state.actitoWithdrawalAt ?? latest, latest)
    }

    /// Choices of one person on both platforms that are closer have no certain order (design
    /// section 4).
    static let toldApart = Interval.seconds(120)

    /// A4: a grant is verified before it counts.
    private mutating func decideAnnouncedGrant(
        _ receipt: Receipt,
        _ state: inout FieldState
    ) -> Outcome? {
        state.verification?.isDisturbed = true
        state.doubt?.isDisturbed = true
        if state.register?.choice == .granted {
            let isEcho = isAwaited(state.actito.grant, at: receipt.at)
            state.actito.grant?.isSeenBack = true
            if !isEcho { state.actitoGrantAt = receipt.at }
            // A denial there is not known any more (D2).
            if state.actito.choice == .denied { state.actito.choice = nil }
            return .ignored(isEcho ? .echo : .unchanged)
        }
        // A grant of ours in flight may be what was announced.
        let owesWithdrawal =
            state.register != nil
            && (state.actito.choice != .denied || state.actito.grant?.verdict == .inFlight)
        state.actitoGrantAt = receipt.at
        state.actito.choice = nil
        if state.verification == nil {
            state.verification = Verification(
                cause: .announcedByActito,
                change: receipt.change,
                announcedAt: receipt.at,
                chosenAt: receipt.at
            )
            state.verification?.withdrawsFirst = owesWithdrawal
            // A read that began before does not show what was announced now.
            state.verification?.isDisturbed = isProfileBeingRead
        } else {
            // One read for several notifications.
            state.verification?.cause = .announcedByActito
            state.verification?.changes.append(receipt.change)
            state.verification?.announcedAt = receipt.at
        }
        return nil
    }

    var isProfileBeingRead: Bool {
        let open = snapshot.open[.actito]
        return open?.isInFlight == true && open?.call == .readProfile
            || snapshot.readingStored.contains(.actito)
    }

    /// Whether a write of ours is still expected to come back as a webhook.
    private func isAwaited(_ write: FieldWrite?, at now: Timestamp) -> Bool {
        guard let write, !write.isSeenBack else { return false }
        return now - write.sentAt <= settings.window
    }
}
