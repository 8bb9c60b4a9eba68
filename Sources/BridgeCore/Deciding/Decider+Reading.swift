/// What a finished read decides (A2, A4, A5, and the late grant of D3).
extension Decider {
    /// Takes a stored read.
    ///
    /// `receipt`: the read as inbox entry: it is evidence like a webhook (rule S1).
    package mutating func conclude(_ reading: Reading, _ receipt: Receipt) {
        snapshot.readingStored.remove(receipt.origin)
        let before = registersFeedingTargets
        defer { followRegisters(changedSince: before) }
        switch reading {
        case .users(let users):
            conclude(users)
            findLaggingUsers(among: users)
        case .consentEvents(let events): for list in events.flatMap(\.preferences) { note(list) }
        case .unusable where receipt.origin == .didomi:
            abandonDeletions()
            snapshot.fieldsToCheck = []
            snapshot.fieldsToCheckAgain = []
        case .profile, .profileMissing, .unusable: break
        }
        if receipt.origin == .actito { concludeUnreadable(reading) }
        for field in snapshot.fields.keys.sorted() {
            guard var state = snapshot.fields[field] else { continue }
            if receipt.origin == .actito {
                conclude(reading, ofDoubt: field, &state)
                concludeLateCheck(reading, field, at: receipt.at, &state)
            }
            concludeVerification(reading, field, receipt, &state)
            snapshot.fields[field] = state
        }
    }

    /// A5: a grant of ours that took effect after the withdrawal is withdrawn again.
    private mutating func concludeLateCheck(
        _ reading: Reading,
        _ field: Field,
        at now: Timestamp,
        _ state: inout FieldState
    ) {
        guard state.needsLateCheck else { return }
        state.needsLateCheck = false
        guard case .profile(let profile) = reading, profile.choices[field] == .granted,
            state.register?.choice == .denied, state.verification == nil
        else { return }
        state.actito.choice = .granted
        noteRepair(of: field, at: now, &state)
    }

    private mutating func concludeVerification(
        _ reading: Reading,
        _ field: Field,
        _ receipt: Receipt,
        _ state: inout FieldState
    ) {
        guard let verification = state.verification else { return }
        if verification.isDisturbed {
            state.verification?.isDisturbed = false
            state.verification?.step = .profile
            return
        }
        switch (reading, verification.step) {
        case (.profile(let profile), .profile):
            conclude(profile.choices[field] ?? .denied, field, receipt, &state)
        case (.profileMissing, .profile):
            concludeMissing(field, &state)
        case (.consentEvents(let events), .consentEvents):
            conclude(events, field, receipt, &state)
        case (.unusable, _):
            endVerification(.ignored(.grantNotConfirmed), &state)
        case (.profile, .consentEvents), (.profileMissing, .consentEvents),
            (.consentEvents, .profile), (.users, _):
            break
        }
    }

    /// What Actito's profile shows now.
    private mutating func conclude(
        _ shown: Choice,
        _ field: Field,
        _ receipt: Receipt,
        _ state: inout FieldState
    ) {
        guard let verification = state.verification else { return }
        state.actito.choice = shown
        if shown == .denied { state.actitoDeniedAt = receipt.at }
        switch (verification.cause, shown) {
        case (.announcedByActito, .denied):
            // Somebody withdrew after it; that announcement may have passed for our echo (D3).
            let latest = verification.announcedAt
            state.actitoWithdrawalAt = max(state.actitoWithdrawalAt ?? latest, latest)
            endVerification(.ignored(.grantNotConfirmed), &state)
        case (.announcedByActito, .granted):
            // It could be a write of ours that took effect late.
            if hasUnknownGrant(state, at: verification.announcedAt) {
                rejectGrant(field, at: receipt.at, &state)
            } else {
                state.verification?.step = .consentEvents
            }
        case (.lateFromDidomi, .granted):
            grantVerified(verification, field, &state)
        case (.lateFromDidomi, .denied):
            endVerification(.applied, &state)
            fieldsToHold[field] = Hold(verification: verification, reason: .conflict)
        }
    }

    private mutating func concludeMissing(_ field: Field, _ state: inout FieldState) {
        guard let verification = state.verification else { return }
        switch verification.cause {
        case .announcedByActito:
            endVerification(.ignored(.unknownSubject), &state)
        case .lateFromDidomi:
            // Nobody at Actito contradicts it.
            grantVerified(verification, field, &state)
        }
    }

    /// What Didomi's events of the person say of a grant that Actito announced and shows: of the
    /// field, or of each field that the target's grant would grant.
    private mutating func conclude(
        _ events: [ConsentEventReading],
        _ field: Field,
        _ receipt: Receipt,
        _ state: inout FieldState
    ) {
        guard let verification = state.verification else { return }
        let earliest = interruptions.earliestMoment(
            announcedAt: verification.announcedAt,
            settings.window
        )
        var winning: [(field: Field, time: Timestamp)] = []
        for asked in fieldsGranted(by: field) {
            let known = asked == field ? state : snapshot.fields[asked] ?? FieldState()
            let read = events.filter { $0.withdraws(asked, known) }
                .map { capped($0.chosenAt, .denied, receivedAt: receipt.at) }
            // What a deletion withdrew has no event.
            let told = known.newestDidomiChoice == .denied ? known.newestDidomiChoiceAt : nil
            let times = (read + [told].compactMap(\.self)).filter { chosenAt in
                let isNews =
                    chosenAt > firstStart
                    && known.newestDidomiChoiceAt.map { chosenAt > $0 } ?? true
                let isAfterDenial = state.actitoDeniedAt.map { chosenAt > $0 } ?? true
                return isNews || (isAfterDenial && chosenAt >= earliest)
            }
            if let time = times.max() { winning.append((asked, time)) }
        }
        guard !winning.isEmpty else { return grantVerified(verification, field, &state) }
        rejectGrant(field, at: receipt.at, &state)
        for (asked, time) in winning {
            var other = asked == field ? state : snapshot.fields[asked] ?? FieldState()
            take(events, withdrawnAt: time, asked, receipt, &other)
            if asked == field { state = other } else { snapshot.fields[asked] = other }
        }
    }

    /// Takes a withdrawal at Didomi that a read has found.
    private mutating func take(
        _ events: [ConsentEventReading],
        withdrawnAt: Timestamp,
        _ field: Field,
        _ receipt: Receipt,
        _ state: inout FieldState
    ) {
        if state.newestDidomiChoiceAt.map({ withdrawnAt > $0 }) ?? true {
            state.newestDidomiChoice = .denied
            state.newestDidomiChoiceAt = withdrawnAt
        }
        // A grant that Didomi holds as newer is overwritten there.
        if let newest = events.filter({ $0.choices[field] != nil }).max(by: {
            $0.heldAt < $1.heldAt
        }) {
            state.newestTimeAtDidomi = max(state.newestTimeAtDidomi ?? newest.heldAt, newest.heldAt)
            state.didomi.choice = newest.choices[field]
        }
        if state.register?.choice != .denied {
            let read = Receipt(change: receipt.change, origin: .didomi, at: receipt.at)
            register(RegisterEntry(.denied, chosenAt: withdrawnAt, read), of: field, &state)
        }
    }

    /// Actito shows a grant that does not count: the withdrawal is written there again (A4).
    private mutating func rejectGrant(
        _ field: Field,
        at now: Timestamp,
        _ state: inout FieldState
    ) {
        endVerification(.ignored(.grantNotConfirmed), &state)
        if state.register?.choice == .denied { noteRepair(of: field, at: now, &state) }
    }

    private mutating func grantVerified(
        _ verification: Verification,
        _ field: Field,
        _ state: inout FieldState
    ) {
        endVerification(.applied, &state)
        if isBraking, verification.cause == .announcedByActito {
            fieldsToHold[field] = Hold(verification: verification, reason: .brake)
            return
        }
        if isRepairedTooOften(state, at: verification.announcedAt) {
            fieldsToHold[field] = Hold(verification: verification, reason: .conflict)
            return
        }
        guard let change = verification.changes.first else { return }
        dropHeldGrant(&state)
        let announced = Receipt(
            change: change,
            origin: verification.cause.origin,
            at: verification.announcedAt
        )
        register(
            RegisterEntry(.granted, chosenAt: verification.chosenAt, announced),
            of: field,
            &state
        )
    }
}

extension ConsentEventReading {
    /// Whether the person, and not the bridge, withdrew a field with the event.
    fileprivate func withdraws(_ field: Field, _ state: FieldState) -> Bool {
        guard choices[field] == .denied, !isOwn else { return false }
        let own = [state.didomi.grant?.eventID, state.didomi.withdrawal?.eventID]
        return !own.contains { $0 != nil && $0 == id }
    }
}
