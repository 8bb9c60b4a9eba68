/// Exchanges that wait for a connection, and how many run on each origin.
///
/// libcurl could queue them itself, but in 7.88 its time-outs do not fire for what it queues, and
/// the connect time-out runs while an exchange waits. So it never gets more than it can connect.
struct WaitingLine {
    struct Entry {
        let submission: Submission
        let request: CheckedRequest
        let deadline: ContinuousClock.Instant
    }

    /// The exchanges of one scheme, host and port.
    private struct Lane {
        var runningCount = 0
        /// In the order of arrival; those that have left are skipped when their turn comes, which
        /// is soon enough, since each that waits before them has a deadline.
        var queue: ArraySlice<UInt64> = []
    }

    private let runningMax: Int
    private let runningPerOriginMax: Int
    private var runningCount = 0
    private var lanes: [String: Lane] = [:]
    private var entries: [UInt64: Entry] = [:]
    /// The earliest deadline, or an earlier one that no longer waits.
    private var earliestDeadline: ContinuousClock.Instant?

    init(runningMax: Int, runningPerOriginMax: Int) {
        self.runningMax = max(runningMax, 1)
        self.runningPerOriginMax = max(runningPerOriginMax, 1)
    }

    /// When ``removeExpired(at:)`` is worth calling; `nil` if nothing waits.
    var nextDeadline: ContinuousClock.Instant? { entries.isEmpty ? nil : earliestDeadline }

    /// Puts an exchange at the end of its origin's queue.
    mutating func append(_ entry: Entry) {
        let number = entry.submission.exchange.number
        entries[number] = entry
        lanes[entry.request.origin, default: Lane()].queue.append(number)
        earliestDeadline = min(earliestDeadline ?? entry.deadline, entry.deadline)
    }

    /// Takes the oldest exchange that may run now, and counts it as running until ``release(_:)``.
    mutating func popNext() -> Entry? {
        guard runningCount < runningMax, !entries.isEmpty else { return nil }
        var oldest: (number: UInt64, origin: String)?
        for origin in Array(lanes.keys) {
            dropGone(from: origin)
            guard let lane = lanes[origin], let number = lane.queue.first,
                lane.runningCount < runningPerOriginMax, number < oldest?.number ?? .max
            else { continue }
            oldest = (number, origin)
        }
        guard let oldest, let entry = entries.removeValue(forKey: oldest.number) else { return nil }
        lanes[oldest.origin]?.queue.removeFirst()
        lanes[oldest.origin]?.runningCount += 1
        runningCount += 1
        return entry
    }

    /// Says that an exchange on this origin runs no more.
    mutating func release(_ origin: String) {
        runningCount -= 1
        lanes[origin]?.runningCount -= 1
        dropGone(from: origin)
    }

    /// Takes out an exchange that was cancelled, if it waits.
    mutating func remove(_ exchange: ClientExchange) -> Entry? {
        entries.removeValue(forKey: exchange.number)
    }

    /// Takes out everything that waits.
    mutating func removeAll() -> [Entry] {
        defer { entries = [:] }
        return Array(entries.values)
    }

    /// Takes out the exchanges whose deadline has passed.
    mutating func removeExpired(at now: ContinuousClock.Instant) -> [Entry] {
        guard let earliestDeadline, earliestDeadline <= now else { return [] }
        let expired = entries.filter { $0.value.deadline <= now }
        for number in expired.keys { entries[number] = nil }
        self.earliestDeadline = entries.values.map(\.deadline).min()
        return Array(expired.values)
    }

    /// Drops from the front of a queue what has left the line, and the lane when it is empty.
    private mutating func dropGone(from origin: String) {
        while let number = lanes[origin]?.queue.first, entries[number] == nil {
            lanes[origin]?.queue.removeFirst()
        }
        if let lane = lanes[origin], lane.queue.isEmpty, lane.runningCount == 0 {
            lanes[origin] = nil
        }
    }
}
