/// How many calls a platform bears; 0 is unlimited.
struct CallLimits: Sendable, Equatable {
    /// Calls at the same time; beyond, 429.
    var concurrentMax = 0
    /// Calls in a minute; beyond, each one is slower than the one before.
    var perMinuteMax = 0
    var slowdownMilliseconds = 0
    /// How long a call takes that nothing slows down.
    var latencyMilliseconds = 0
}

/// Counts a platform's calls and says how each is slowed down.
///
/// Contract: `actito.md`, section 7: over 5 concurrent requests 429; over 100 a minute "response
/// time will increase every time the limit is exceeded".
struct CallMeter: Sendable {
    /// The longest that a call is slowed down, so that a client's time-out decides, not we.
    static let slowdownMillisecondsMax: Int64 = 60_000

    private let limits: CallLimits
    private var inFlight = 0
    /// The calls of the last minute, the oldest first.
    private var calls: [Moment] = []

    init(_ limits: CallLimits) { self.limits = limits }

    /// Counts a call and returns its pause in milliseconds; nil if it is one too many at once.
    mutating func begin(at now: Moment) -> Int? {
        guard limits.concurrentMax == 0 || inFlight < limits.concurrentMax else { return nil }
        inFlight += 1
        guard limits.perMinuteMax > 0 else { return limits.latencyMilliseconds }
        let minuteAgo = now + -60_000
        calls.removeAll { $0 <= minuteAgo }
        calls.append(now)
        let excess = max(0, calls.count - limits.perMinuteMax)
        let slowdown = Int64(excess) * Int64(limits.slowdownMilliseconds)
        return limits.latencyMilliseconds + Int(min(slowdown, Self.slowdownMillisecondsMax))
    }

    /// A call is answered, or never will be.
    mutating func end() { inFlight -= 1 }
}
