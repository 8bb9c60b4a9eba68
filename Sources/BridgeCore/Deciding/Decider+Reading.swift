/// What a finished read decides (A4, and the late grant of D3).
extension Decider {
    /// Takes a stored read.
    ///
    /// `receipt`: the read as inbox entry: it is evidence like a webhook (rule S1).
    package mutating func conclude(_ reading: Reading, _ receipt: Receipt) {
        snapshot.readingStored.remove(receipt.origin)
        for field in snapshot.fields.keys.sorted() {
            guard var state = snapshot.fields[field], let verification = state.verification else {
                continue
            }
            if verification.isDisturbed {
                state.verification?.isDisturbed = false
                state.verification?.step = .profile
            } else {
                switch (reading, verification.step) {
                case (.profile(let profile), .profile):
                    conclude(profile.choices[field] ?? .denied, field, receipt, &state)
                case (.profileMissing, .profile):
                    concludeMissing(field, receipt, &state)
                case (.consentEvents(let events), .consentEvents):
                    conclude(events, field, receipt, &state)
                case (.unusable, _):
                    endVerification(.ignored(.grantNotConfirmed), &state)
                case (.profile, .consentEvents), (.profileMissing, .consentEvents),
                    (.consentEvents, .profile):
                    break
                }
            }
            snapshot.fields[field] = state
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
            endVerification(.ignored(.grantNotConfirmed), &state)
        case (.announcedByActito, .granted):
            // It could be a write of ours that took effect late.
            let mayBeOurs =
                state.actito.grant.map {
                    $0.verdict == .unknown && receipt.at - $0.sentAt <= settings.window
                } ?? false
            if mayBeOurs {
                endVerification(.ignored(.grantNotConfirmed), &state)
            } else {
                state.verification?.step = .consentEvents
            }
        case (.lateFromDidomi, .granted):
            grantVerified(verification, .didomi, field, receipt, &state)
        case (.lateFromDidomi, .denied):
            endVerification(.applied, &state)
            fieldsToHold[field] = verification
        }
    }

    private mutating func concludeMissing(
        _ field: Field,
        _ receipt: Receipt,
        _ state: inout FieldState
    ) {
        guard let verification = state.verification else { return }
        switch verification.cause {
        case .announcedByActito:
            endVerification(.ignored(.unknownSubject), &state)
        case .lateFromDidomi:
            // Nobody at Actito contradicts it.
            grantVerified(verification, .didomi, field, receipt, &state)
        }
    }

    /// What Didomi's events of the person say of a grant that Actito announced and shows.
    private mutating func conclude(
        _ events: [ConsentEventReading],
        _ field: Field,
        _ receipt: Receipt,
        _ state: inout FieldState
    ) {
        guard let verification = state.verification else { return }
        let own = [state.didomi.grant?.eventID, state.didomi.withdrawal?.eventID]
        let withdrawals = events.filter { event in
            event.choices[field] == .denied && !event.isOwn
                && !own.contains { $0 != nil && $0 == event.id }
        }
        let winning = withdrawals.map(\.chosenAt).filter { chosenAt in
            let isNews =
                chosenAt > firstStart
                && state.newestDidomiChoiceAt.map { chosenAt > $0 } ?? true
            let isAfterDenial = state.actitoDeniedAt.map { chosenAt > $0 } ?? true
            return isNews
                || (isAfterDenial && chosenAt >= verification.announcedAt - settings.window)
        }
        guard let withdrawnAt = winning.max() else {
            return grantVerified(verification, .actito, field, receipt, &state)
        }
        endVerification(.ignored(.grantNotConfirmed), &state)
        if state.newestDidomiChoiceAt.map({ withdrawnAt > $0 }) ?? true {
            state.newestDidomiChoice = .denied
            state.newestDidomiChoiceAt = withdrawnAt
            state.newestTimeAtDidomi = max(state.newestTimeAtDidomi ?? withdrawnAt, withdrawnAt)
            state.didomi.choice = .denied
        }
        if state.register?.choice != .denied {
            register(
                .denied,
                chosenAt: withdrawnAt,
                of: field,
                Receipt(change: receipt.change, origin: .didomi, at: receipt.at),
                &state
            )
        }
    }

    private mutating func grantVerified(
        _ verification: Verification,
        _ origin: PlatformName,
        _ field: Field,
        _ receipt: Receipt,
        _ state: inout FieldState
    ) {
        endVerification(.applied, &state)
        register(
            .granted,
            chosenAt: verification.chosenAt,
            of: field,
            Receipt(
                change: verification.changes.first ?? receipt.change,
                origin: origin,
                at: verification.announcedAt
            ),
            &state
        )
    }
}
