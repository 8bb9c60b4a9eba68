/// Didomi-born choices: they have times (rules D1 to D3).
extension Decider {
    /// A choice on its way to a decision: what was said, and what it was received with.
    struct Arrival {
        var change: Change
        var receipt: Receipt

        init(_ change: Change, _ receipt: Receipt) {
            self.change = change
            self.receipt = receipt
        }

        var chosenAt: Timestamp { change.chosenAt ?? receipt.at }
        /// The time of the choice as Didomi holds it.
        var timeAtDidomi: Timestamp { change.heldAt ?? chosenAt }
    }

    mutating func decideDidomi(
        _ choice: Choice,
        of field: Field,
        _ arrival: Arrival,
        _ state: inout FieldState
    ) -> Outcome? {
        if arrival.change.basis != .shown, recognizeOwnEvent(choice, arrival.change, &state) {
            return .ignored(.echo)
        }
        switch arrival.change.basis {
        case .choice, .shown: break
        case .fill: if state.register != nil { return .ignored(.unchanged) }
        case .state: if let outcome = outcome(ofState: choice, state) { return outcome }
        }
        state.verification?.isDisturbed = true

        let timeAtDidomi = arrival.timeAtDidomi
        // The second webhook of one choice, whatever the receipts make of its time.
        let isRepeated =
            timeAtDidomi == state.newestTimeAtDidomi && choice == state.newestDidomiChoice
        let isHidden = isHidden(timeAtDidomi, state)
        state.newestTimeAtDidomi = max(state.newestTimeAtDidomi ?? timeAtDidomi, timeAtDidomi)
        let chosenAt = capped(arrival.chosenAt, choice, receivedAt: arrival.receipt.at)
        if let newest = state.newestDidomiChoice, let newestAt = state.newestDidomiChoiceAt {
            // D1: at equal times the withdrawal wins.
            let isOlder =
                isRepeated || chosenAt < newestAt
                || (chosenAt == newestAt && (choice == newest || choice.isGranted))
            if isOlder {
                // It is only taken for older: Didomi shows it, and is told what counts.
                if !isHidden { state.didomi.choice = choice }
                return .ignored(choice == newest ? .unchanged : .stale)
            }
        }
        state.newestDidomiChoice = choice
        state.newestDidomiChoiceAt = chosenAt
        if isHidden { noteRepair(of: field, at: arrival.receipt.at, &state) }
        let isHeld = choice.isGranted && isRepairedTooOften(state, at: arrival.receipt.at)
        state.didomi.choice = isHidden && !isHeld ? nil : choice
        switch choice {
        case .denied: return decideWithdrawal(chosenAt, field, arrival.receipt, &state)
        case .granted: return decideGrant(chosenAt, field, arrival.receipt, &state)
        }
    }

    /// A choice or an event of ours that Didomi holds as newer hides a choice there.
    private func isHidden(_ timeAtDidomi: Timestamp, _ state: FieldState) -> Bool {
        let newest = [state.newestTimeAtDidomi, state.didomi.newestEventCreatedAt]
        return newest.compactMap(\.self).contains { timeAtDidomi <= $0 }
    }

    /// A payload that does not tell what changed: a yes is no evidence, and only a no that Didomi
    /// is not known to hold is news (S4).
    private func outcome(ofState choice: Choice, _ state: FieldState) -> Outcome? {
        switch choice {
        case .granted:
            .ignored(state.register?.choice == .granted ? .unchanged : .grantNotConfirmed)
        case .denied:
            state.didomi.choice == .denied ? .ignored(.unchanged) : nil
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
        // What the profile holds by now under its other key was not taken for this person's (A6).
        if snapshot.isKeyChanged { state.actito.choice = nil }
        if let doubt = state.doubt {
            // Nothing depends on it any more; for D3 it may have been the person's.
            state.actitoWithdrawalAt = doubt.announcedAt
            endDoubt(.ignored(.unchanged), &state)
        }
        if state.register?.choice == .denied {
            state.register?.chosenAt = chosenAt
            state.oweDiscarded()
            snapshot.expectProfile()
            return .ignored(.unchanged)
        }
        register(RegisterEntry(.denied, chosenAt: chosenAt, receipt), of: field, &state)
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
            if state.register?.choice == .denied {
                // One that is hidden there has been counted.
                if state.didomi.choice != nil { noteRepair(of: field, at: receipt.at, &state) }
                state.didomi.choice = nil
            }
            return .ignored(.stale)
        }
        if let doubt = state.doubt, chosenAt > doubt.announcedAt {
            // Whoever made the announced withdrawal, the person chose again since.
            state.actitoWithdrawalAt = doubt.announcedAt
            state.actito.choice = nil
            endDoubt(.ignored(.stale), &state)
        }
        if state.register?.choice == .granted {
            state.register?.chosenAt = chosenAt
            state.oweDiscarded()
            snapshot.expectProfile()
            return .ignored(.unchanged)
        }
        dropHeldGrant(&state)
        let doubted = Verification(
            cause: .lateFromDidomi,
            change: receipt.change,
            announcedAt: receipt.at,
            chosenAt: chosenAt
        )
        if isRepairedTooOften(state, at: receipt.at) {
            endVerification(.ignored(.stale), &state)
            fieldsToHold[field] = Hold(verification: doubted, reason: .conflict)
            return .applied
        }
        if state.actito.choice == nil, receipt.at - chosenAt > settings.window,
            settings.mapping.isHeld(field, at: .actito)
        {
            endVerification(.ignored(.stale), &state)
            state.verification = doubted
            return nil
        }
        register(RegisterEntry(.granted, chosenAt: chosenAt, receipt), of: field, &state)
        endVerification(.ignored(.unchanged), &state)
        return .applied
    }

    /// What a withdrawal makes of a grant that was being verified.
    func grantOvertaken(_ state: FieldState) -> Outcome {
        state.verification?.cause == .lateFromDidomi
            ? .ignored(.stale) : .ignored(.grantNotConfirmed)
    }

    /// A grant is never later than its receipt, a withdrawal at most as much as clocks may differ.
    func capped(_ time: Timestamp, _ choice: Choice, receivedAt: Timestamp) -> Timestamp {
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
