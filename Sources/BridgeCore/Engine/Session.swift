/// What the engine knows of a session: whether calls can be made, not with which token.
package struct Readiness: Hashable, Sendable {
    /// When the token has to be renewed; nil: no preparation is needed or it is not complete.
    package var readyUntil: Timestamp?
    /// When the platform's table was last read.
    package var tableReadAt: Timestamp?

    package init(readyUntil: Timestamp?, tableReadAt: Timestamp?) {
        self.readyUntil = readyUntil
        self.tableReadAt = tableReadAt
    }
}

struct SessionState: Sendable {
    let licence: String
    var readiness = Readiness(readyUntil: nil, tableReadAt: nil)
    var isPreparing = false
    var failures = 0
    var notBefore: Timestamp?
    var breaker = Breaker()
    /// Calls that came up while the session was not ready.
    var blocked: [ReadyQueue.Entry] = []

    func isReady(at now: Timestamp) -> Bool {
        readiness.readyUntil.map { now < $0 } ?? false
    }
}

/// The calls of all sessions that share a platform's limits.
struct Licence: Sendable {
    var governor: Governor
    var queue = ReadyQueue()
    /// When a limit or a failed preparation lets something begin again.
    var askAgainAt: Timestamp?
    /// The platform asked for a pause (429).
    var pausedUntil: Timestamp?
}

extension Engine {
    mutating func prepared(
        _ key: AccessKey,
        _ verdict: Verdict,
        _ readiness: Readiness,
        at now: Timestamp,
        using randomness: inout some RandomNumberGenerator
    ) {
        guard var session = sessions[key] else { return }
        licences[session.licence]?.governor.ended()
        session.isPreparing = false
        session.readiness = readiness
        var released: [ReadyQueue.Entry] = []
        if case .accepted = verdict {
            session.failures = 0
            session.notBefore = nil
            released = session.breaker.succeedPreparing()
        } else {
            session.failures += 1
            let delay = policy.retry.delay(
                afterAttempt: session.failures,
                retryAfter: verdict.retryAfter,
                using: &randomness
            )
            // A platform that is back is to be noticed soon; the breaker's probes are few.
            let longest = max(policy.breaker.probePause, verdict.retryAfter ?? .seconds(0))
            session.notBefore = now + min(delay, longest)
            session.breaker.fail(nil, verdict.breakerReason, at: now, policy.breaker)
        }
        let unblocked = session.blocked + released
        session.blocked = []
        sessions[key] = session
        for entry in unblocked {
            licences[session.licence]?.queue.insert(
                entry,
                notBefore: session.notBefore ?? now,
                now: now
            )
        }
    }

    /// A part of the session is no longer good: the next call prepares it again.
    mutating func expire(_ part: SessionPart, of key: AccessKey) {
        sessions[key]?.readiness.readyUntil = nil
        effects.append(.expire(key, part))
    }

    /// The table was read within the last minute, so a 404 means that nobody is there.
    package func isTableProven(_ key: AccessKey, at now: Timestamp) -> Bool {
        sessions[key]?.readiness.tableReadAt.map { now - $0 <= .seconds(60) } ?? false
    }
}

extension Verdict {
    /// What a failure says of the platform as a whole.
    var breakerReason: Breaker.Reason {
        switch self {
        case .unauthorized, .misconfigured, .refused: .configuration
        case .accepted, .missing, .unavailable, .unknown, .duplicate, .nothingToSend: .failing
        }
    }

    var retryAfter: Interval? {
        switch self {
        case .unavailable(let retryAfter, _), .unknown(let retryAfter): retryAfter
        case .accepted, .missing, .refused, .unauthorized, .misconfigured, .duplicate,
            .nothingToSend:
            nil
        }
    }
}
