import HeapModule

/// Holds the calls of a session whose platform fails, and lets one probe through at a time.
///
/// It opens after repeated failures of at least two different people in a row, and at once when
/// rights or addresses are wrong: then nobody's data is at fault (design section 5).
package struct Breaker: Sendable {
    package enum Reason: String, Hashable, Sendable {
        /// Time-outs, broken connections, 5xx.
        case failing
        /// 401 with a new token, 403, 404 of the table, 405: the configuration or the rights.
        case configuration
    }

    package struct Policy: Hashable, Sendable {
        /// Failures in a row that open it.
        package var failures: Int
        /// Between two probes of a failing platform.
        package var probePause: Interval
        /// Between two probes when the configuration is at fault.
        package var configurationPause: Interval

        package init(
            failures: Int = 5,
            probePause: Interval = .seconds(15),
            configurationPause: Interval = .seconds(900)
        ) {
            self.failures = failures
            self.probePause = probePause
            self.configurationPause = configurationPause
        }
    }

    private enum State: Sendable {
        case closed
        case open(Reason, until: Timestamp)
        /// One person's call finds out.
        case probing(Reason, LaneKey)
    }

    private var state = State.closed
    private var failuresInARow = 0
    /// Whose call failed first in the row.
    private var firstFailed: LaneKey?
    private var hasSeveralFailed = false
    /// The session could not be prepared: a preparation that works is proof enough.
    private var isAboutPreparation = false
    /// The next probe is somebody else's.
    private var lastProbe: LaneKey?
    private var held = Heap<Held>()

    /// A held call: the most urgent class first, then the oldest.
    private struct Held: Comparable, Sendable {
        var entry: ReadyQueue.Entry

        static func < (left: Held, right: Held) -> Bool {
            (left.entry.priority, left.entry.order, left.entry.delivery)
                < (right.entry.priority, right.entry.order, right.entry.delivery)
        }

        static func == (left: Held, right: Held) -> Bool { left.entry == right.entry }
    }

    package init() {}

    /// Why it is open; nil: it is closed.
    package var reason: Reason? {
        switch state {
        case .closed: nil
        case .open(let reason, _), .probing(let reason, _): reason
        }
    }

    /// One probe is on its way.
    package var isProbing: Bool { if case .probing = state { true } else { false } }

    /// When the next probe may begin; nil: none will, or nothing waits.
    var nextProbeAt: Timestamp? {
        guard case .open(_, let until) = state, !held.isEmpty else { return nil }
        return until
    }

    /// Keeps a call while it is open; false: it is closed, or this is the probe, and it may go.
    mutating func hold(_ entry: ReadyQueue.Entry) -> Bool {
        switch state {
        case .closed: return false
        case .probing(_, let probe) where probe == entry.lane: return false
        case .open, .probing:
            held.insert(Held(entry: entry))
            return true
        }
    }

    /// The call that finds out, if it is time: the oldest withdrawal, not of the person whose probe
    /// failed last unless there is nobody else.
    mutating func takeProbe(
        at now: Timestamp,
        isWaiting: (ReadyQueue.Entry) -> Bool
    ) -> ReadyQueue.Entry? {
        guard case .open(let reason, let until) = state, until <= now else { return nil }
        var passedOver: ReadyQueue.Entry?
        while let entry = held.popMin()?.entry {
            guard isWaiting(entry) else { continue }
            if entry.lane == lastProbe, passedOver == nil {
                passedOver = entry
                continue
            }
            if let passedOver { held.insert(Held(entry: passedOver)) }
            state = .probing(reason, entry.lane)
            return entry
        }
        guard let passedOver else { return nil }
        state = .probing(reason, passedOver.lane)
        return passedOver
    }

    /// The platform answered about somebody's data: everything that was held may go.
    mutating func succeed() -> [ReadyQueue.Entry] {
        failuresInARow = 0
        firstFailed = nil
        hasSeveralFailed = false
        lastProbe = nil
        isAboutPreparation = false
        state = .closed
        defer { held = Heap() }
        return held.unordered.map(\.entry)
    }

    /// The session's preparation works; it opens what its failures closed.
    mutating func succeedPreparing() -> [ReadyQueue.Entry] {
        isAboutPreparation || reason == nil ? succeed() : []
    }

    /// A call failed, or the session's preparation (nil).
    mutating func fail(_ lane: LaneKey?, _ reason: Reason, at now: Timestamp, _ policy: Policy) {
        if case .probing(_, let probe) = state, lane == nil || probe == lane {
            lastProbe = probe
            isAboutPreparation = isAboutPreparation && lane == nil
            return open(reason, at: now, policy)
        }
        guard case .closed = state else { return }
        isAboutPreparation = lane == nil
        if reason == .configuration {
            lastProbe = lane
            return open(reason, at: now, policy)
        }
        failuresInARow += 1
        if let firstFailed, let lane, firstFailed != lane { hasSeveralFailed = true }
        if firstFailed == nil { firstFailed = lane }
        if failuresInARow >= policy.failures, hasSeveralFailed || lane == nil {
            lastProbe = lane
            open(reason, at: now, policy)
        }
    }

    /// The probe ended without telling anything, such as a 429: it is made again.
    mutating func endProbe(of lane: LaneKey, at now: Timestamp, _ policy: Policy) {
        guard case .probing(let reason, let probe) = state, probe == lane else { return }
        open(reason, at: now, policy)
    }

    /// An operator says that the fault is mended: the next probe need not wait.
    mutating func probeSoon(at now: Timestamp) {
        if case .open(let reason, _) = state { state = .open(reason, until: now) }
    }

    private mutating func open(_ reason: Reason, at now: Timestamp, _ policy: Policy) {
        let pause = reason == .failing ? policy.probePause : policy.configurationPause
        state = .open(reason, until: now + pause)
    }
}
