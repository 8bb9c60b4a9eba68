package import BridgeCore

/// Tells what begins and what ends, of looks that only show what is.
package struct AlertBook: Sendable {
    private struct Entry {
        var alert: Alert
        /// When it was first seen.
        var since: Timestamp
        var isTold = false
    }

    private var entries: [Alert.Name: Entry] = [:]

    package init() {}

    /// Takes a look and says what there is to tell: each alert once when it has lasted long enough,
    /// and once when it has ended; `unjudged`, which the look could not see, stays as it was.
    package mutating func take(
        _ alerts: [Alert],
        unjudged: Set<AlertKind>,
        at now: Timestamp
    ) -> [AlertNotice] {
        var notices: [AlertNotice] = []
        let names = Set(alerts.map(\.name))
        for (name, entry) in entries where !names.contains(name) && !unjudged.contains(name.kind) {
            entries[name] = nil
            guard entry.isTold else { continue }
            notices.append(AlertNotice(entry.alert, .resolved, since: entry.since, at: now))
        }
        for alert in alerts {
            var entry = entries[alert.name] ?? Entry(alert: alert, since: now)
            entry.alert.summary = entry.isTold ? entry.alert.summary : alert.summary
            if !entry.isTold, now + Self.slack - entry.since >= alert.name.kind.patience {
                entry.isTold = true
                notices.append(AlertNotice(alert, .firing, since: entry.since, at: now))
            }
            entries[alert.name] = entry
        }
        return notices.sorted { $0.order < $1.order }
    }

    /// Two looks that are to be 15 seconds apart may be a little less.
    private static let slack = Interval.seconds(5)
}

/// A message about an alert: it has begun, or ended.
package struct AlertNotice: Hashable, Sendable {
    package enum Status: String, Sendable {
        case firing
        case resolved
    }

    package var alert: Alert
    package var status: Status
    package var since: Timestamp
    package var at: Timestamp

    package init(_ alert: Alert, _ status: Status, since: Timestamp, at: Timestamp) {
        self.alert = alert
        self.status = status
        self.since = since
        self.at = at
    }

    /// What ended first, so that the latest message is about what is.
    fileprivate var order: (Int, Int, String) {
        let kind = AlertKind.allCases.firstIndex(of: alert.name.kind) ?? 0
        return (status == .resolved ? 0 : 1, kind, alert.name.about ?? "")
    }
}

/// Messages that wait to be taken, oldest first.
///
/// At most two of each alert: while nobody takes them, one that ended and begins again has not
/// ended.
package struct NoticeQueue: Sendable {
    package private(set) var notices: [AlertNotice] = []
    private var failures = 0
    private var nextTryAt: Timestamp?

    package init() {}

    package mutating func append(_ new: [AlertNotice]) {
        for notice in new {
            let name = notice.alert.name
            let last = notices.lastIndex { $0.alert.name == name }
            if let last, notices[last].status == .resolved, notice.status == .firing {
                notices.remove(at: last)
            } else {
                notices.append(notice)
            }
        }
    }

    /// The message to send now; nil: there is none, or the pause after a failure is not over.
    package func next(at now: Timestamp) -> AlertNotice? {
        if let nextTryAt, now < nextTryAt, nextTryAt - now <= Self.pauseMax { return nil }
        return notices.first
    }

    /// The message was taken.
    package mutating func succeed() {
        notices.removeFirst()
        failures = 0
        nextTryAt = nil
    }

    /// It was not: it is sent again after a pause, which doubles; true: the first time in a row.
    package mutating func fail(at now: Timestamp) -> Bool {
        let doublings = min(failures, Self.doublingsMax)
        failures += 1
        let pause = Self.pauseMin.milliseconds << Int64(doublings)
        nextTryAt = now + min(Interval(milliseconds: pause), Self.pauseMax)
        return failures == 1
    }

    private static let pauseMin = Interval.seconds(10)
    private static let pauseMax = Interval.seconds(300)
    private static let doublingsMax = 5
}
