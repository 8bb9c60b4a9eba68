/// What an operator does to open calls.
extension Engine {
    /// Tries a waiting call at once, with all its attempts before it again; an open breaker probes.
    ///
    /// A call in flight is left alone.
    mutating func hasten(_ key: LaneKey, at now: Timestamp) {
        probeSoon(key.access, at: now)
        guard var lane = lanes[key], case .waiting(let until) = lane.progress else { return }
        // What may begin already keeps its place in an open breaker.
        let soon = min(until, now)
        lane.progress = .waiting(until: soon)
        lane.attempts = 0
        lanes[key] = lane
        enqueue(key, notBefore: soon, now: now)
        let state: DeliveryState =
            lane.isOverdue ? .overdue(until: now) : .waiting(until: now)
        effects.append(.record(key, lane.delivery, state, attempts: 0))
    }

    /// Drops a waiting call; one in flight is left alone.
    mutating func discard(_ key: LaneKey, at now: Timestamp) {
        guard let lane = lanes[key], lane.progress != .inFlight else { return }
        lanes[key] = nil
        sessions[key.access]?.breaker.endProbe(of: key, at: now, policy.breaker)
        effects.append(.record(key, lane.delivery, .discarded, attempts: lane.attempts))
    }

    /// A fault is said to be mended: an open breaker and a failed log-in are tried now.
    package mutating func probeSoon(_ key: AccessKey, at now: Timestamp) {
        sessions[key]?.breaker.probeSoon(at: now)
        sessions[key]?.notBefore = nil
    }
}
