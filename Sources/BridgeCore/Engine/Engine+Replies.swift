/// What an answer makes of a delivery (design section 5).
extension Engine {
    mutating func take(
        _ reply: Reply,
        to delivery: DeliveryID,
        _ key: LaneKey,
        at now: Timestamp,
        using randomness: inout some RandomNumberGenerator
    ) {
        guard var lane = lanes[key], lane.delivery == delivery, lane.progress == .inFlight else {
            preconditionFailure("an answer to a call that is not in flight")
        }
        if let licence = sessions[key.access]?.licence { licences[licence]?.governor.ended() }
        let state = state(
            of: &lane,
            key,
            after: reply,
            at: now,
            using: &randomness
        )
        tellBreaker(reply.verdict, of: key, hasRenewedToken: lane.hasRenewedToken, at: now)
        effects.append(.record(key, delivery, state, attempts: lane.attempts))
        guard let nextAttemptAt = state.nextAttemptAt else {
            lanes[key] = nil
            return
        }
        lane.progress = .waiting(until: nextAttemptAt)
        lanes[key] = lane
        enqueue(key, notBefore: nextAttemptAt, now: now)
    }

    private mutating func state(
        of lane: inout LaneState,
        _ key: LaneKey,
        after reply: Reply,
        at now: Timestamp,
        using randomness: inout some RandomNumberGenerator
    ) -> DeliveryState {
        let verdict = reply.verdict
        switch verdict {
        case .accepted:
            lane.attempts += 1
            return .delivered
        case .duplicate:
            return .waiting(until: now)
        case .nothingToSend:
            return .skipped(.noMatchingAttribute)
        case .missing:
            return stateWithoutProfile(of: &lane, key, mayCreate: reply.mayCreateProfile, at: now)
        case .unauthorized where !lane.hasRenewedToken:
            lane.hasRenewedToken = true
            expire(.token, of: key.access)
            return .waiting(until: now)
        case .refused where reply.isDivisible && !lane.createsProfile:
            // Planned again in parts; only the part that is refused alone is given up.
            return .superseded
        case .refused:
            lane.attempts += 1
            lane.isOverdue = lane.kind == .withdrawal
            return lane.isOverdue
                ? .overdue(until: now + policy.retry.delayMax) : .dead(.refused)
        case .unauthorized, .misconfigured:
            // Nobody's data is at fault: nothing dies of it and no attempt is counted. The breaker
            // keeps the call.
            lane.hasRenewedToken = false
            return pause(lane, until: now)
        case .unavailable(_, countsAsAttempt: false):
            let pause = policy.retry.delay(
                afterAttempt: max(1, lane.attempts),
                retryAfter: verdict.retryAfter,
                using: &randomness
            )
            return self.pause(lane, until: now + pause)
        case .unavailable, .unknown:
            return stateAfterFailure(of: &lane, verdict, at: now, using: &randomness)
        }
    }

    /// What a verdict says of the platform as a whole.
    private mutating func tellBreaker(
        _ verdict: Verdict,
        of key: LaneKey,
        hasRenewedToken: Bool,
        at now: Timestamp
    ) {
        guard let licence = sessions[key.access]?.licence else { return }
        switch verdict {
        case .accepted, .missing, .refused, .duplicate, .nothingToSend:
            for entry in sessions[key.access]?.breaker.succeed() ?? [] {
                licences[licence]?.queue.insert(entry, notBefore: now, now: now)
            }
        case .unauthorized where hasRenewedToken:
            break  // A new token may be all that it takes.
        case .unavailable(let retryAfter, countsAsAttempt: false):
            let pause = min(retryAfter ?? policy.retry.delayBase, Self.pauseMax)
            licences[licence]?.pausedUntil = now + pause
            sessions[key.access]?.breaker.endProbe(of: key, at: now, policy.breaker)
        case .unauthorized, .misconfigured, .unavailable, .unknown:
            sessions[key.access]?.breaker
                .fail(key, verdict.breakerReason, at: now, policy.breaker)
        }
    }

    /// The longest pause that a platform can ask for, as for a single call.
    private static let pauseMax = Interval.seconds(3600)

    /// 404 of a profile: create it, believe it, or first make sure that the table is readable.
    private mutating func stateWithoutProfile(
        of lane: inout LaneState,
        _ key: LaneKey,
        mayCreate: Bool,
        at now: Timestamp
    ) -> DeliveryState {
        guard isTableProven(key.access, at: now) else {
            expire(.table, of: key.access)
            return .waiting(until: now)
        }
        if mayCreate, !lane.createsProfile {
            lane.createsProfile = true
            return .waiting(until: now)
        }
        lane.attempts += 1
        return lane.kind == .read ? .delivered : .skipped(.profileNotFound)
    }

    private func stateAfterFailure(
        of lane: inout LaneState,
        _ verdict: Verdict,
        at now: Timestamp,
        using randomness: inout some RandomNumberGenerator
    ) -> DeliveryState {
        lane.attempts += 1
        lane.hasRenewedToken = false
        let delay = policy.retry.delay(
            afterAttempt: lane.attempts,
            retryAfter: verdict.retryAfter,
            using: &randomness
        )
        guard lane.attempts >= policy.retry.attemptsMax else {
            return pause(lane, until: now + delay)
        }
        switch lane.kind {
        case .withdrawal:
            // A withdrawal never expires (S11).
            lane.isOverdue = true
            return .overdue(until: now + max(delay, policy.retry.delayMax))
        case .read:
            // A read that fails for now is repeated; what waits for it waits.
            return .waiting(until: now + max(delay, policy.retry.delayMax))
        case .grant, .attributes:
            return .dead(.attemptsExhausted)
        }
    }

    private func pause(_ lane: LaneState, until: Timestamp) -> DeliveryState {
        lane.isOverdue ? .overdue(until: until) : .waiting(until: until)
    }
}
