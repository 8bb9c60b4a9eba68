package import BridgeCore
package import Storage

/// Everything that alerts are judged by, at one moment.
package struct AlertConditions: Sendable {
    /// nil: the storage cannot be read.
    package var counts: StoreCounts?
    package var bridge: BridgeLoop.Condition
    package var drift = DriftReport()
    /// Free space where the storage is; nil: it cannot be told.
    package var freeBytes: Int64?
    /// Less than this is nearly none.
    package var freeBytesLow: Int64 = 0
    /// How far this machine's clock is ahead of each platform's.
    package var clockSkew: [PlatformName: Interval] = [:]
    /// The last alarm of rule S7.
    package var repairedTooOftenAt: Timestamp?

    package init(counts: StoreCounts?, bridge: BridgeLoop.Condition) {
        self.counts = counts
        self.bridge = bridge
    }

    /// What is wrong; `withdrawalAfter`: how long a withdrawal may wait.
    package func alerts(at now: Timestamp, withdrawalAfter: Interval) -> [Alert] {
        var alerts = counts.map { self.alerts(of: $0, at: now, withdrawalAfter) } ?? []
        for (platform, condition) in bridge.platforms.sorted(by: { $0.key < $1.key })
        where condition.breaker != .closed {
            let why = condition.reason == .configuration ? "it refuses them" : "they fail"
            let summary = "Calls to \(platform.rawValue) are held back, because \(why)."
            alerts.append(Alert(.breakerOpen, about: platform.rawValue, summary))
        }
        if let summary = driftSummary { alerts.append(Alert(.drift, summary)) }
        if let freeBytes, freeBytes < freeBytesLow {
            let megabytes = freeBytes / 1_048_576
            let summary = "Only \(megabytes) MiB are free where the storage is."
            alerts.append(Alert(.storageNearlyFull, summary))
        }
        if let trouble = bridge.intakeTrouble {
            alerts.append(Alert(.notAccepting, "Webhooks get 503: \(trouble.rawValue)."))
        }
        for (platform, skew) in clockSkew.sorted(by: { $0.key < $1.key })
        where skew > Self.skewMax || skew < .zero - Self.skewMax {
            let summary =
                "The clocks of this machine and of \(platform.rawValue) are "
                + "\(max(skew, .zero - skew).forPeople) apart."
            alerts.append(Alert(.clockSkew, about: platform.rawValue, summary))
        }
        if let repairedTooOftenAt, now - repairedTooOftenAt < Self.repairMemory {
            let summary = "A person's field had to be repaired more than 4 times within an hour."
            alerts.append(Alert(.repairedTooOften, summary))
        }
        return alerts
    }

    /// What was not judged, and so neither begins nor ends.
    package var unjudged: Set<AlertKind> {
        counts == nil ? Set(AlertKind.allCases.filter(\.needsCounts)) : []
    }

    private func alerts(
        of counts: StoreCounts,
        at now: Timestamp,
        _ withdrawalAfter: Interval
    ) -> [Alert] {
        var alerts: [Alert] = []
        if let since = counts.oldestUndecided, now - since > withdrawalAfter {
            let summary =
                "A webhook was stored \((now - since).forPeople) ago and is not decided "
                + "yet; it may be a withdrawal."
            alerts.append(Alert(.webhookUndecided, summary))
        }
        let ledgers = [
            ("inbox", counts.inboxDifference), ("deliveries", counts.deliveriesDifference),
        ]
        for (ledger, difference) in ledgers where difference != 0 {
            let summary =
                "The sums of the \(ledger) ledger differ by \(difference): something was "
                + "lost or doubled."
            alerts.append(Alert(.conservationBroken, about: ledger, summary))
        }
        for platform in PlatformName.allCases {
            let name = platform.rawValue
            if let since = counts.oldestWaiting(.withdrawal, at: platform),
                now - since > withdrawalAfter
            {
                let summary =
                    "A withdrawal has been waiting for \(name) for "
                    + "\((now - since).forPeople)."
                alerts.append(Alert(.withdrawalLate, about: name, summary))
            }
            let dead = counts.deliveries(of: platform, in: ["dead", "overdue"])
            if dead > 0 {
                let summary = "\(dead) deliveries to \(name) were refused or tried too often."
                alerts.append(Alert(.deadLetters, about: name, summary))
            }
            let held = counts.deliveries(of: platform, in: ["held"])
            if held > 0 {
                let summary = "\(held) grants for \(name) wait until somebody decides."
                alerts.append(Alert(.heldGrants, about: name, summary))
            }
        }
        return alerts
    }

    private var driftSummary: String? {
        guard !drift.findings.isEmpty else { return nil }
        let named = drift.findings.prefix(Self.findingsNamedMax)
            .map { "\($0.integration) at \($0.platform.rawValue): \($0.what)" }
        let rest = drift.findings.count - named.count
        return (named + (rest > 0 ? ["and \(rest) more"] : [])).joined(separator: "; ") + "."
    }

    /// A platform's `Date` is a whole second and travels; this much is a clock that is wrong.
    private static let skewMax = ClockSkews.warningAbove
    private static let repairMemory = Interval.seconds(3600)
    private static let findingsNamedMax = 3
}

extension Interval {
    fileprivate static func - (left: Self, right: Self) -> Self {
        Interval(milliseconds: left.milliseconds - right.milliseconds)
    }

    /// `42 s`, `6 min`, `3 h`: whole, rounded down.
    var forPeople: String {
        let seconds = milliseconds / 1000
        return switch seconds {
        case ..<60: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }
}
