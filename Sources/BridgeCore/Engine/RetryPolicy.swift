/// How often and how fast a failed call is tried again (`delivery` in the configuration).
package struct RetryPolicy: Hashable, Sendable {
    package var attemptsMax: Int
    package var delayBase: Interval
    package var delayMax: Interval

    package init(
        attemptsMax: Int = 100,
        delayBase: Interval = .seconds(1),
        delayMax: Interval = .seconds(900)
    ) {
        self.attemptsMax = attemptsMax
        self.delayBase = delayBase
        self.delayMax = delayMax
    }

    /// The pause after the n-th failed attempt: exponential with full jitter; a longer
    /// `Retry-After` wins, up to an hour, since a wrong header must not stop a withdrawal for days.
    ///
    /// `attempt`: 1 for the first.
    package func delay(
        afterAttempt attempt: Int,
        retryAfter: Interval?,
        using randomness: inout some RandomNumberGenerator
    ) -> Interval {
        let doublings = min(max(attempt - 1, 0), 40)
        let ceiling = min(
            Double(delayBase.milliseconds) * Double(UInt64(1) << UInt64(doublings)),
            Double(delayMax.milliseconds)
        )
        let jittered = Int64.random(in: 0...max(Int64(ceiling), 0), using: &randomness)
        let asked = min(retryAfter?.milliseconds ?? 0, Self.retryAfterMax.milliseconds)
        return Interval(milliseconds: max(jittered, asked))
    }

    private static let retryAfterMax = Interval.seconds(3600)
}
