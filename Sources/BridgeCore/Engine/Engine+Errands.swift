/// Calls that are no deliveries, such as a look at a platform's schema: they count under the
/// licence's limits, with the calls that are no withdrawals.
extension Engine {
    /// Begins one if the limits allow it; else says when to ask again, or nil: when a call ended.
    package mutating func beginErrand(
        _ key: AccessKey,
        at now: Timestamp
    ) -> (allowed: Bool, askAgainAt: Timestamp?) {
        guard let name = sessions[key]?.licence, var licence = licences[name] else {
            return (false, nil)
        }
        defer { licences[name] = licence }
        if let pausedUntil = licence.pausedUntil, pausedUntil > now { return (false, pausedUntil) }
        var answer = licence.governor.mayStart(at: now)
        if answer.allowed { answer = licence.governor.mayStartPaced(at: now) }
        if answer.allowed { licence.governor.started(at: now, isPaced: true) }
        return answer
    }

    /// Ends one that was begun; what waits for its place may begin at the next step.
    package mutating func endErrand(_ key: AccessKey, at now: Timestamp) {
        guard let name = sessions[key]?.licence, var licence = licences[name] else { return }
        licence.governor.ended()
        licence.askAgainAt = min(licence.askAgainAt ?? now, now)
        licences[name] = licence
    }

    /// Whether calls for this session can be made at all.
    package func knows(_ key: AccessKey) -> Bool { sessions[key] != nil }
}
