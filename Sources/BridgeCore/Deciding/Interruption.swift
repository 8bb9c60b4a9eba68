/// A time in which nothing was received: the process did not run, or the storage took nothing.
package struct Interruption: Hashable, Sendable {
    package var from: Timestamp
    package var until: Timestamp

    /// How long one is kept: no window is longer (`delivery.echo_window_seconds`).
    package static let keptFor = Interval.seconds(86_400)

    package init(from: Timestamp, until: Timestamp) {
        self.from = from
        self.until = until
    }
}

extension [Interruption] {
    /// The earliest moment of which an announcement may tell: a window before it, and longer by the
    /// interruptions that ended within that (rule A4), since what waited for us is older than it
    /// seems.
    func earliestMoment(announcedAt: Timestamp, _ window: Interval) -> Timestamp {
        var earliest = announcedAt - window
        for interruption in sorted(by: { $0.until > $1.until })
        where interruption.until >= earliest && interruption.until <= announcedAt {
            earliest = earliest - (interruption.until - interruption.from)
        }
        return earliest
    }
}
