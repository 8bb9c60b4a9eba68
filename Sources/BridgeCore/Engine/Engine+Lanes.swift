extension Engine {
    /// Takes what a lane needs now.
    ///
    /// A call in flight is left alone: the lane is planned again when its answer is there.
    mutating func plan(_ key: LaneKey, _ draft: Draft?, at now: Timestamp) {
        if let open = lanes[key] {
            guard open.progress != .inFlight else { return }
            effects.append(
                .record(key, open.delivery, .superseded, attempts: open.attempts)
            )
            lanes[key] = nil
        }
        guard let draft else {
            // A probe that is not needed any more must not hold the others for ever.
            sessions[key.access]?.breaker.endProbe(of: key, at: now, policy.breaker)
            return
        }
        let firstAttemptAt = draft.isOverdue ? now + policy.retry.delayMax : now
        lanes[key] = LaneState(
            delivery: draft.delivery,
            kind: draft.kind,
            waitingSince: draft.waitingSince,
            attempts: 0,
            progress: .waiting(until: firstAttemptAt),
            isUrgent: draft.isUrgent,
            isOverdue: draft.isOverdue
        )
        enqueue(key, notBefore: firstAttemptAt, now: now)
        let state: DeliveryState =
            draft.isOverdue ? .overdue(until: firstAttemptAt) : .waiting(until: firstAttemptAt)
        effects.append(.record(key, draft.delivery, state, attempts: 0))
    }

    mutating func recover(_ deliveries: [Recovered], at now: Timestamp) {
        for recovered in deliveries {
            lanes[recovered.lane] = LaneState(
                delivery: recovered.draft.delivery,
                kind: recovered.draft.kind,
                waitingSince: recovered.draft.waitingSince,
                attempts: recovered.attempts,
                progress: .waiting(until: recovered.nextAttemptAt),
                isUrgent: recovered.draft.isUrgent,
                isOverdue: recovered.isOverdue
            )
            enqueue(recovered.lane, notBefore: recovered.nextAttemptAt, now: now)
        }
    }

    mutating func enqueue(_ key: LaneKey, notBefore: Timestamp, now: Timestamp) {
        guard let lane = lanes[key], let session = sessions[key.access] else { return }
        let entry = ReadyQueue.Entry(
            order: lane.waitingSince,
            delivery: lane.delivery,
            lane: key,
            notBefore: notBefore,
            priority: lane.isUrgent ? .withdrawal : PriorityClass(lane.kind)
        )
        licences[session.licence]?.queue.insert(entry, notBefore: notBefore, now: now)
    }

    /// Begins as many calls as the limits allow, the most urgent first.
    mutating func startCalls(at now: Timestamp) {
        guard !isHolding else { return }
        for name in licences.keys.sorted() {
            guard var licence = licences.removeValue(forKey: name) else { continue }
            startCalls(of: &licence, named: name, at: now)
            licences[name] = licence
        }
    }

    private mutating func startCalls(
        of licence: inout Licence,
        named name: String,
        at now: Timestamp
    ) {
        licence.queue.advance(to: now)
        licence.askAgainAt = nil
        if let pausedUntil = licence.pausedUntil, pausedUntil > now {
            licence.askAgainAt = pausedUntil
            return
        }
        startProbes(&licence, named: name, at: now)
        let turns = withdrawalTurns
        while mayStart(&licence, at: now) {
            let (mayStartOthers, askAgainAt) = licence.governor.mayStartPaced(at: now)
            if !mayStartOthers { licence.askAgain(at: askAgainAt) }
            let next = licence.queue.next(
                withdrawalTurns: turns,
                mayStartOthers: mayStartOthers
            ) { [lanes] entry in
                lanes[entry.lane].isWaiting(for: entry)
            }
            guard let next else { break }
            if sessions[next.lane.access]?.breaker.hold(next) == true {
                licence.askAgain(at: sessions[next.lane.access]?.breaker.nextProbeAt)
                continue
            }
            start(next, &licence, at: now)
        }
        // What came up only now may be a probe that is due.
        startProbes(&licence, named: name, at: now)
    }

    private func mayStart(_ licence: inout Licence, at now: Timestamp) -> Bool {
        let (isAllowed, askAgainAt) = licence.governor.mayStart(at: now)
        if !isAllowed { licence.askAgain(at: askAgainAt) }
        return isAllowed
    }

    /// Open breakers let one call through when it is time.
    private mutating func startProbes(
        _ licence: inout Licence,
        named name: String,
        at now: Timestamp
    ) {
        for (key, session) in sessions
        where session.licence == name && session.breaker.reason != nil {
            if mayStart(&licence, at: now) {
                let probe = sessions[key]?.breaker.takeProbe(at: now) { [lanes] entry in
                    lanes[entry.lane].isWaiting(for: entry)
                }
                if let probe { start(probe, &licence, at: now) }
            }
            licence.askAgain(at: sessions[key]?.breaker.nextProbeAt)
        }
    }

    /// Begins a call, or the preparation that its session needs first.
    private mutating func start(
        _ entry: ReadyQueue.Entry,
        _ licence: inout Licence,
        at now: Timestamp
    ) {
        let key = entry.lane
        guard let isReady = sessions[key.access]?.isReady(at: now), var lane = lanes[key] else {
            return
        }
        if isReady {
            licence.governor.started(at: now, isPaced: entry.priority != .withdrawal)
            lane.progress = .inFlight
            lanes[key] = lane
            effects.append(.record(key, lane.delivery, .inFlight, attempts: lane.attempts))
            effects.append(.send(key, lane.delivery, createsProfile: lane.createsProfile))
            return
        }
        if let notBefore = sessions[key.access]?.notBefore, notBefore > now {
            licence.queue.insert(entry, notBefore: notBefore, now: now)
            return
        }
        // In place: a copy of the session would copy all that waits for it.
        sessions[key.access]?.blocked.append(entry)
        if sessions[key.access]?.isPreparing == false {
            sessions[key.access]?.isPreparing = true
            licence.governor.started(at: now, isPaced: entry.priority != .withdrawal)
            effects.append(.prepare(key.access))
        }
    }

    /// Withdrawals before one other call: 0.8 of the calls are 4 of 5.
    private var withdrawalTurns: Int {
        let share = min(max(policy.withdrawalShare, 0), 0.99)
        return max(1, Int((share / (1 - share)).rounded()))
    }
}

extension LaneState? {
    /// Whether an entry of a queue is still what the lane waits for, and not for a later attempt.
    fileprivate func isWaiting(for entry: ReadyQueue.Entry) -> Bool {
        guard let lane = self, lane.delivery == entry.delivery else { return false }
        return lane.progress == .waiting(until: entry.notBefore)
    }
}

extension Licence {
    /// Has the engine look again, at the earliest of all such moments.
    fileprivate mutating func askAgain(at moment: Timestamp?) {
        askAgainAt = [askAgainAt, moment].compactMap(\.self).min()
    }
}
