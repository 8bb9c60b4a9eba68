/// Didomi-born choices: they have times (rules D1 to D3).
extension Decider {
    mutating func decideDidomi(
        _ field: Field,
        _ choice: Choice,
        _ change: Change,
        _ receipt: Receipt,
        _ state: inout FieldState
    ) -> Outcome? {
        if recognizeOwnEvent(choice, change, &state) { return .ignored(.echo) }
        state.verification?.isDisturbed = true
        if change.onlyFills, state.register != nil { return .ignored(.unchanged) }

        let timeAtDidomi = change.chosenAt ?? receipt.at
        state.newestTimeAtDidomi = max(state.newestTimeAtDidomi ?? timeAtDidomi, timeAtDidomi)
        let chosenAt = capped(timeAtDidomi, choice, receivedAt: receipt.at)
        if let newest = state.newestDidomiChoice, let newestAt = state.newestDidomiChoiceAt {
            // D1: at equal times the withdrawal wins.
            let isOlder =
                chosenAt < newestAt
                || (chosenAt == newestAt && (choice == newest || choice.isGranted))
            if isOlder { return .ignored(choice == newest ? .unchanged : .stale) }
        }
        state.newestDidomiChoice = choice
        state.newestDidomiChoiceAt = chosenAt
        // An event of ours that Didomi holds as newer still hides this choice there.
        let isHidden = state.didomi.newestEventCreatedAt.map { timeAtDidomi <= $0 } ?? false
        state.didomi.choice = isHidden ? nil : choice
        switch choice {
        case .denied: return decideWithdrawal(chosenAt, field, receipt, &state)
        case .granted: return decideGrant(chosenAt, field, receipt, &state)
        }
    }

    /// D2: a withdrawal acts at once.
    private mutating func decideWithdrawal(
        _ chosenAt: Timestamp,
        _ field: Field,
        _ receipt: Receipt,
        _ state: inout FieldState
    ) -> Outcome {
        endVerification(grantOvertaken(state), &state)
        dropHeldGrant(&state)
        if state.register?.choice == .denied {
            state.register?.chosenAt = chosenAt
            snapshot.profileMissingSince = nil
            return .ignored(.unchanged)
        }
        register(.denied, chosenAt: chosenAt, of: field, receipt, &state)
        return .applied
    }

    /// D3: a grant counts only if no withdrawal is known that may be later.
    private mutating func decideGrant(
        _ chosenAt: Timestamp,
        _ field: Field,
        _ receipt: Receipt,
        _ state: inout FieldState
    ) -> Outcome? {
        let withdrawals = [state.actitoWithdrawalAt, state.didomi.withdrawal?.madeAt]
        if let newest = withdrawals.compactMap(\.self).max(), chosenAt <= newest {
            // Didomi now shows a grant that was overtaken: it gets the withdrawal again.
            if state.register?.choice == .denied { state.didomi.choice = nil }
            return .ignored(.stale)
        }
        if state.register?.choice == .granted {
            state.register?.chosenAt = chosenAt
            snapshot.profileMissingSince = nil
            return .ignored(.unchanged)
        }
        dropHeldGrant(&state)
        if state.actito.choice == nil, receipt.at - chosenAt > settings.window {
            endVerification(.ignored(.stale), &state)
            state.verification = Verification(
                cause: .lateFromDidomi,
                change: receipt.change,
                announcedAt: receipt.at,
                chosenAt: chosenAt
            )
            return nil
        }
        register(.granted, chosenAt: chosenAt, of: field, receipt, &state)
        endVerification(.ignored(.unchanged), &state)
        return .applied
    }

    /// What a withdrawal makes of a grant that was being verified.
    func grantOvertaken(_ state: FieldState) -> Outcome {
        state.verification?.cause == .lateFromDidomi
            ? .ignored(.stale) : .ignored(.grantNotConfirmed)
    }

    /// A grant is never later than its receipt, a withdrawal at most as much as clocks may differ.
    private func capped(
        _ time: Timestamp,
        _ choice: Choice,
        receivedAt: Timestamp
    ) -> Timestamp {
        min(time, choice.isGranted ? receivedAt : receivedAt + Self.clockDifferenceMax)
    }

    /// Clocks of servers that are kept right at all differ by less (design section 4).
    private static let clockDifferenceMax = Interval.seconds(600)

    /// Recognises our own consent event: by its delegate, by its id, or, where a payload names no
    /// event, by the value that we wrote last and have not seen back (rule S7).
    private func recognizeOwnEvent(
        _ choice: Choice,
        _ change: Change,
        _ state: inout FieldState
    ) -> Bool {
        let write = state.didomi.write(of: choice)
        let isOurs =
            if let eventID = change.eventID {
                change.isOwn
                    || [state.didomi.grant, state.didomi.withdrawal]
                        .contains { $0?.eventID == eventID }
            } else {
                change.isOwn || isAwaitedEcho(write, after: state.didomi.write(of: choice.opposite))
            }
        guard isOurs else { return false }
        if var write, change.eventID == nil || write.eventID == change.eventID {
            write.isSeenBack = true
            state.didomi.setWrite(of: choice, write)
        }
        return true
    }

    private func isAwaitedEcho(_ write: FieldWrite?, after other: FieldWrite?) -> Bool {
        guard let write, !write.isSeenBack else { return false }
        return other.map { $0.sentAt < write.sentAt } ?? true
    }
}

extension Choice {
    package var opposite: Choice { isGranted ? .denied : .granted }
}
