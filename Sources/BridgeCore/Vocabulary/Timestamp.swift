/// A length of time in milliseconds, the resolution of both platforms' times.
package struct Interval: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Rounds to whole milliseconds; configuration gives seconds, and they may be fractions.
    package static func seconds(_ seconds: Double) -> Interval {
        Interval(milliseconds: Int64((seconds * 1000).rounded()))
    }

    package static let zero = Interval(milliseconds: 0)

    package var seconds: Double { Double(milliseconds) / 1000 }

    package static func < (left: Interval, right: Interval) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

/// A moment in milliseconds since 1970-01-01T00:00:00Z.
///
/// The core never asks for the time: it comes in as an argument.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    package static func + (moment: Timestamp, interval: Interval) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds + interval.milliseconds)
    }

    package static func - (moment: Timestamp, interval: Interval) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds - interval.milliseconds)
    }

    /// The time that passed from `right` to `left`; negative if `right` is later.
    package static func - (left: Timestamp, right: Timestamp) -> Interval {
        Interval(milliseconds: left.milliseconds - right.milliseconds)
    }
}
