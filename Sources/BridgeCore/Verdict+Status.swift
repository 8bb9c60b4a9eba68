import HTTPTypes

extension Verdict {
    /// The verdict that both platforms' documentation gives to a status, apart from what only one
    /// of them means by 404 and 409 (design section 5).
    package init(reply: PlatformReply) {
        switch reply.status {
        case 200..<300: self = .accepted
        case 400, 409, 422: self = .refused(status: reply.status)
        case 401: self = .unauthorized
        case 408: self = .unknown(retryAfter: reply.retryAfter)
        case 425: self = .unavailable(retryAfter: reply.retryAfter, countsAsAttempt: true)
        case 429: self = .unavailable(retryAfter: reply.retryAfter, countsAsAttempt: false)
        case 500...: self = .unknown(retryAfter: reply.retryAfter)
        default: self = .misconfigured(status: reply.status)
        }
    }
}

extension PlatformReply {
    /// `Retry-After` in seconds; a date is left to our own backoff.
    package var retryAfter: Interval? {
        guard let text = headers[.retryAfter], let seconds = Double(text), seconds >= 0,
            seconds.isFinite
        else { return nil }
        return .seconds(min(seconds, 86_400))
    }
}
