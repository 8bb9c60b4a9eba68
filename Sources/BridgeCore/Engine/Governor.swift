import DequeModule

/// What a platform's licence allows at a time: calls in flight, and calls in any 60 seconds.
///
/// Token requests and reads count like writes. Shared by all integrations of the licence.
///
/// Beside the limit of any minute, calls that are no withdrawals draw from a token bucket of a
/// quarter of it, at least 20: a backlog of them would otherwise use a whole minute's calls at once, and a
/// withdrawal that comes then would have to wait for the next minute.
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
    /// For people; the limits go by ``starts``.
    package private(set) var recentCalls = RecentCalls()
    /// Starts of the last minute, kept only if there is a limit.
    private var starts: Deque<Start> = []
    private var pacedCount = 0
    /// When the bucket would be full again, as the moment at which a paced call is on time.
    private var bucketFullAt: Timestamp?

    private struct Start {
        var at: Timestamp
        var isPaced: Bool
    }

    package init(_ limits: Limits) {
        self.limits = limits
    }

    /// Whether a call may begin now; if not because of the minute, when to ask again.
    package mutating func mayStart(at now: Timestamp) -> (allowed: Bool, askAgainAt: Timestamp?) {
        if limits.concurrent > 0, inFlight >= limits.concurrent { return (false, nil) }
        guard limits.perMinute > 0 else { return (true, nil) }
        while let first = starts.first, now - first.at >= Self.minute {
            starts.removeFirst()
            if first.isPaced { pacedCount -= 1 }
        }
        guard starts.count >= limits.perMinute, let first = starts.first else { return (true, nil) }
        return (false, first.at + Self.minute)
    }

    /// Whether a call that is no withdrawal may begin now too; if not, when to ask again.
    ///
    /// Asked after ``mayStart(at:)``.
    package func mayStartPaced(at now: Timestamp) -> (allowed: Bool, askAgainAt: Timestamp?) {
        guard limits.perMinute > Self.bucketMin, let bucketFullAt else { return (true, nil) }
        if pacedCount >= pacedPerMinute, let first = starts.first(where: \.isPaced) {
            return (false, first.at + Self.minute)
        }
        // A clock that was set back must not stop everything.
        if bucketFullAt - now > Self.minute { return (true, nil) }
        let drawnMax = Interval(milliseconds: Int64(bucketSize - 1) * pace.milliseconds)
        return bucketFullAt - now <= drawnMax ? (true, nil) : (false, bucketFullAt - drawnMax)
    }

    private var bucketSize: Int { max(Self.bucketMin, limits.perMinute / 4) }
    /// One call in twenty is left to withdrawals that come just after a burst.
    private var pacedPerMinute: Int { limits.perMinute - max(1, limits.perMinute / 20) }
    /// The time between two paced calls once the bucket is empty.
    private var pace: Interval {
        Interval(milliseconds: Self.minute.milliseconds / Int64(pacedPerMinute))
    }

    /// The same calls under other limits, for an engine that takes this one's place.
    package func limited(by limits: Limits) -> Governor {
        var governor = Governor(limits)
        governor.recentCalls = recentCalls
        if limits.perMinute > 0 {
            governor.starts = starts
            governor.pacedCount = pacedCount
            governor.bucketFullAt = bucketFullAt
        }
        return governor
    }

    package mutating func started(at now: Timestamp, isPaced: Bool) {
        inFlight += 1
        recentCalls.note(at: now)
        guard limits.perMinute > 0 else { return }
        starts.append(Start(at: now, isPaced: isPaced))
        guard isPaced else { return }
        pacedCount += 1
        if limits.perMinute > Self.bucketMin {
            bucketFullAt = max(bucketFullAt ?? now, now) + pace
        }
    }

    /// A call of an earlier process began then; none is under way.
    mutating func recall(_ moment: Timestamp) {
        started(at: moment, isPaced: true)
        ended()
    }

    package mutating func ended() {
        precondition(inFlight > 0, "a call ended that had not started")
        inFlight -= 1
    }

    /// So that a few calls never wait, and small limits are not paced at all.
    private static let bucketMin = 20
    private static let minute = Interval.seconds(60)
}
