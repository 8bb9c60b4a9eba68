/// What became of one call.
package enum Verdict: Hashable, Sendable {
    /// 2xx.
    case accepted
    /// The platform has no such profile.
    case missing
    /// The platform will never take this: 400, 422.
    case refused(status: Int)
    /// The token is no longer good: 401.
    case unauthorized
    /// Rights, addresses or methods are wrong, not this person's data: 403, 404, 405, redirects.
    case misconfigured(status: Int)
    /// Certainly not taken, later perhaps: no connection, 425, 429. A 429 is no attempt.
    case unavailable(retryAfter: Interval?, countsAsAttempt: Bool)
    /// It may have taken effect: time-outs, broken connections, 408, 5xx.
    case unknown(retryAfter: Interval?)
    /// Didomi says that it has an event of that id; whether it is ours is asked next.
    case duplicate
    /// There was nothing that the platform has a place for; no call was made.
    case nothingToSend

    /// Whether the platform has, or may have, or may still take what was sent.
    package var mayHaveTakenEffect: Bool {
        switch self {
        case .accepted, .unknown, .duplicate: true
        case .missing, .refused, .unauthorized, .misconfigured, .unavailable, .nothingToSend: false
        }
    }

    /// A bounded name for metrics and logs.
    package var label: String {
        switch self {
        case .accepted: "accepted"
        case .missing: "missing"
        case .refused: "refused"
        case .unauthorized: "unauthorized"
        case .misconfigured: "misconfigured"
        case .unavailable: "unavailable"
        case .unknown: "unknown"
        case .duplicate: "duplicate"
        case .nothingToSend: "nothing_to_send"
        }
    }
}
