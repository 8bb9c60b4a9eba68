import HeapModule

/// The waiting calls of one licence that may begin now, by class and age, and those that may
/// begin later.
///
/// Entries are never searched for: one that was superseded meanwhile is recognised and dropped when
/// it comes up.
struct ReadyQueue: Sendable {
    struct Entry: Comparable, Sendable {
        var order: Timestamp
        var delivery: DeliveryID
        var lane: LaneKey
        /// The moment that the lane waits for; a clock that is set back does not change it.
        var notBefore: Timestamp
        var priority: PriorityClass

        static func < (left: Entry, right: Entry) -> Bool {
            (left.order, left.delivery) < (right.order, right.delivery)
        }

        static func == (left: Entry, right: Entry) -> Bool {
            (left.order, left.delivery) == (right.order, right.delivery)
        }
    }

    private var ready: [PriorityClass: Heap<Entry>] = [:]
    /// Ordered by the time of the next attempt; the age comes back when it is ready.
    private var delayed = Heap<Entry>()
    private var ages: [DeliveryID: Timestamp] = [:]
    /// Withdrawals taken since a call of another class had its turn.
    private var withdrawalsInARow = 0

    /// The next moment at which a delayed call becomes ready.
    var nextReadyAt: Timestamp? { delayed.min?.order }

    mutating func insert(_ entry: Entry, notBefore: Timestamp, now: Timestamp) {
        if notBefore <= now {
            ready[entry.priority, default: Heap()].insert(entry)
        } else {
            ages[entry.delivery] = entry.order
            var later = entry
            later.order = notBefore
            delayed.insert(later)
        }
    }

    /// Moves what has become ready.
    mutating func advance(to now: Timestamp) {
        while let next = delayed.min, next.order <= now {
            delayed.removeMin()
            var entry = next
            entry.order = ages.removeValue(forKey: next.delivery) ?? next.order
            ready[entry.priority, default: Heap()].insert(entry)
        }
    }

    /// Takes the most urgent call for which `isWaiting` still holds.
    ///
    /// `withdrawalTurns`: how many withdrawals go before one call of another class, while
    ///   both wait.
    /// `mayStartOthers`: whether anything but a withdrawal may be taken.
    mutating func next(
        withdrawalTurns: Int,
        mayStartOthers: Bool,
        isWaiting: (Entry) -> Bool
    ) -> Entry? {
        let classes = mayStartOthers ? PriorityClass.allCases : [.withdrawal]
        let isOthersTurn = withdrawalsInARow >= withdrawalTurns
        for candidate in isOthersTurn ? classes.dropFirst() + [.withdrawal] : classes[...] {
            while let entry = ready[candidate]?.popMin() {
                guard isWaiting(entry) else { continue }
                withdrawalsInARow = candidate == .withdrawal ? withdrawalsInARow + 1 : 0
                return entry
            }
        }
        return nil
    }
}
