import DequeModule

/// What a platform's licence allows at a time: calls in flight, and calls in any 60 seconds.
///
/// Token requests and reads count like writes. Shared by all integrations of the licence.
package struct Governor: Sendable {
    package struct Limits: Hashable, Sendable {
        /// 0: unlimited.
        package var perMinute: Int
        /// 0: unlimited.
        package var concurrent: Int

        package init(perMinute: Int, concurrent: Int) {
            self.perMinute = perMinute
            self.concurrent = concurrent
        }
    }

    package let limits: Limits
    package private(set) var inFlight = 0
    /// Starts of the last minute, kept only if there is a limit.
    private var starts: Deque<Timestamp> = []

    package init(_ limits: Limits) {
        self.limits = limits
    }

    /// Whether a call may begin now; if not because of the minute, when to ask again.
    package mutating func mayStart(at now: Timestamp) -> (allowed: Bool, askAgainAt: Timestamp?) {
        if limits.concurrent > 0, inFlight >= limits.concurrent { return (false, nil) }
        guard limits.perMinute > 0 else { return (true, nil) }
        while let first = starts.first, now - first >= Self.minute { starts.removeFirst() }
        guard starts.count >= limits.perMinute, let first = starts.first else { return (true, nil) }
        return (false, first + Self.minute)
    }

    /// The same calls under other limits, for an engine that takes this one's place.
    package func limited(by limits: Limits) -> Governor {
        var governor = Governor(limits)
        if limits.perMinute > 0 { governor.starts = starts }
        return governor
    }

    package mutating func started(at now: Timestamp) {
        inFlight += 1
        if limits.perMinute > 0 { starts.append(now) }
    }

    package mutating func ended() {
        precondition(inFlight > 0, "a call ended that had not started")
        inFlight -= 1
    }

    private static let minute = Interval.seconds(60)
}
