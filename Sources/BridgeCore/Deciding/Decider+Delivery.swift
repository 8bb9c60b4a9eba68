import JSON

/// What the bridge's own calls make of the replicas.
extension Decider {
    /// An attempt begins: from now on it may take effect.
    package mutating func begin(_ delivery: OpenDelivery, at platform: PlatformName, now: Timestamp)
    {
        snapshot.open[platform]?.isInFlight = true
        if delivery.call == .readProfile { undisturb() }
        if delivery.call == .readUsers { undisturbUsers() }
        guard case .write(let write) = delivery.call, write.userID == nil, !delivery.asksForEvent
        else { return }
        for (field, choice) in write.choices {
            let known = snapshot.fields[field]?[platform].write(of: choice)
            snapshot.fields[field]?[platform].replacedWrite = known
            snapshot.fields[field]?[platform].setWrite(
                of: choice,
                FieldWrite(
                    madeAt: delivery.createdAt,
                    sentAt: now,
                    eventID: delivery.event?.id,
                    eventCreatedAt: delivery.event?.createdAt,
                    earlierUnknownAt: known?.unknownAt
                )
            )
            // A write of the field came in between (A4).
            snapshot.fields[field]?.verification?.isDisturbed = true
        }
    }

    /// A profile read that begins now sees everything that was announced before it (A2, A4).
    private mutating func undisturb() {
        for index in snapshot.unresolved.indices { snapshot.unresolved[index].isDisturbed = false }
        for field in snapshot.fields.keys {
            snapshot.fields[field]?.doubt?.isDisturbed = false
            if snapshot.fields[field]?.verification?.step == .profile {
                snapshot.fields[field]?.verification?.isDisturbed = false
            }
        }
    }

    /// A read of the users that begins now shows everything that was told before it.
    private mutating func undisturbUsers() {
        snapshot.fieldsToCheckAgain = []
        for index in snapshot.deletions.indices { snapshot.deletions[index].isDisturbed = false }
    }

    /// An attempt ended with a verdict, `.unknown` after a crash.
    package mutating func end(
        _ delivery: OpenDelivery,
        at platform: PlatformName,
        _ verdict: Verdict,
        now: Timestamp
    ) {
        snapshot.open[platform]?.isInFlight = false
        snapshot.open[platform]?.asksForEvent = verdict == .duplicate
        defer {
            if platform == .actito { judgeDoubts() }
            if missingWrite(for: platform, snapshot, settings.mapping)?.isEmpty ?? true {
                snapshot.splitting[platform] = nil
            }
        }
        guard case .write(let write) = delivery.call else { return }
        if let user = write.userID {
            if verdict.mayHaveTakenEffect, let event = delivery.event {
                noteWritten(toUser: write, at: event.createdAt)
            }
            if case .accepted = verdict { finish(write, ofUser: user) }
            return
        }
        // The question itself changes nothing; only its answer may.
        if delivery.asksForEvent, verdict != .accepted { return }
        for (field, choice) in write.choices {
            guard var state = snapshot.fields[field] else { continue }
            end(choice, verdict, &state[platform], at: now)
            if case .accepted = verdict, platform == .didomi, isHidden(delivery.event, state) {
                state.didomi.choice = nil
            }
            if case .accepted = verdict, platform == .actito, choice == .denied {
                state.actitoDeniedAt = now
                state.verification?.withdrawsFirst = false
                if let grantAt = state.actitoGrantAt, let sentAt = state.actito.withdrawal?.sentAt,
                    grantAt >= sentAt
                {
                    // Announced while the write was under way, so perhaps given after it (D2).
                    state.actito.choice = nil
                }
                // A5: our grant before it may take effect as long as the window lasts.
                if hasUnknownGrant(state, at: now), let sentAt = state.actito.grant?.unknownAt {
                    state.lateCheckAt = sentAt + settings.window
                }
            }
            snapshot.fields[field] = state
        }
        if case .accepted = verdict, platform == .didomi {
            noteWritten(write, delivery.event)
            checkUsers(of: write.choices.keys)
        }
        switch verdict {
        case .accepted:
            snapshot.expectProfile()
            markSent(write.attributes)
        case .nothingToSend:
            markSent(write.attributes)
        case .refused where !delivery.createsProfile:
            refuse(write, platform)
        case .missing, .refused, .unauthorized, .misconfigured, .unavailable, .unknown, .duplicate:
            break
        }
    }

    /// Of several parts only the one that is refused alone is given up; a withdrawal goes on.
    private mutating func refuse(_ write: PlannedWrite, _ platform: PlatformName) {
        if write.partCount > 1 {
            let withdrawals = write.choices.values.count { $0 == .denied }
            let isFirst = snapshot.splitting[platform] == nil
            snapshot.splitting[platform] =
                isFirst && withdrawals > 0 && withdrawals < write.partCount ? .withdrawals : .parts
        } else {
            markRefused(write, platform)
        }
    }

    /// What was refused is given up, not what the person chose while it was on its way.
    mutating func markRefused(_ write: PlannedWrite, _ platform: PlatformName) {
        for (field, choice) in write.choices
        where snapshot.fields[field]?.register?.choice == choice {
            snapshot.fields[field]?[platform].isRefused = true
        }
        markSent(write.attributes)
    }

    /// A choice came while the event was on its way, and Didomi holds it as newer: the event is made
    /// again with a newer time.
    private func isHidden(_ event: OwnEvent?, _ state: FieldState) -> Bool {
        guard let event, let newest = state.newestTimeAtDidomi else { return false }
        return event.createdAt <= newest
    }

    /// A delivery is dead: nothing of it is tried again before the person says something new.
    package mutating func giveUp(_ delivery: OpenDelivery, at platform: PlatformName) {
        guard case .write(let write) = delivery.call else { return }
        if let user = write.userID { return finish(write, ofUser: user) }
        markRefused(write, platform)
        noteDead(delivery, at: platform)
    }

    /// Keeps what a dead delivery would have written, for an operator's retry.
    package mutating func noteDead(_ delivery: OpenDelivery, at platform: PlatformName) {
        guard case .write(let write) = delivery.call, write.userID == nil else { return }
        snapshot.deadWrites[delivery.id] = DeadWrite(
            platform: platform,
            fields: Set(write.choices.keys),
            attributes: Set(write.attributes.keys)
        )
    }

    private mutating func markSent(_ attributes: [String: JSONValue]) {
        for (name, value) in attributes { snapshot.attributes[name]?.sent = value }
    }

    private func end(
        _ choice: Choice,
        _ verdict: Verdict,
        _ replica: inout Replica,
        at now: Timestamp
    ) {
        var attempt = replica.write(of: choice)
        switch verdict {
        case .accepted:
            replica.choice = choice
            replica.isRefused = false
            attempt?.verdict = .accepted
            attempt?.acceptedAt = now
        case .unknown, .duplicate:
            replica.choice = nil
            attempt?.verdict = .unknown
        case .missing, .refused, .unauthorized, .misconfigured, .unavailable, .nothingToSend:
            // Certainly without effect: as if it had not been sent.
            attempt = replica.replacedWrite
        }
        replica.replacedWrite = nil
        replica.setWrite(of: choice, attempt)
    }
}
