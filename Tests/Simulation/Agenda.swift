import BridgeCore
import HeapModule

/// What will happen, in the order of virtual time; things of the same moment in the order in which
/// they were planned.
struct Agenda {
    private struct Entry: Comparable {
        let at: Timestamp
        let number: Int
        let happening: Happening

        static func < (left: Entry, right: Entry) -> Bool {
            (left.at, left.number) < (right.at, right.number)
        }

        static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
    }

    private var entries = Heap<Entry>()
    private var count = 0

    mutating func plan(_ happening: Happening, at: Timestamp) {
        count += 1
        entries.insert(Entry(at: at, number: count, happening: happening))
    }

    mutating func next() -> (at: Timestamp, happening: Happening)? {
        entries.popMin().map { ($0.at, $0.happening) }
    }
}
