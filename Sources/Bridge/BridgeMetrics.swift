package import BridgeCore
package import Metrics
import Synchronization

/// The bridge's own metrics (`interface.md` section 6).
///
/// Labels come from bounded sets.
package final class BridgeMetrics: Sendable {
    private let factory: any MetricsFactory
    /// Counters are made once for each set of labels.
    private let counters = Mutex<[String: Counter]>([:])
    private let timers = Mutex<[String: Timer]>([:])
    private let batchSize: Recorder
    private let lastRepairAlarm = Mutex<Timestamp?>(nil)

    package init(factory: any MetricsFactory) {
        self.factory = factory
        batchSize = Recorder(
            label: "consent_bridge_commit_batch_size",
            dimensions: [],
            aggregate: true,
            factory: factory
        )
        beginSeries()
    }

    /// What became of a webhook at its receipt.
    package enum Reception: String, CaseIterable, Sendable {
        case accepted
        case duplicate
        case refused
    }

    /// Counted once for each integration that it is for; none: nobody knows for which.
    func webhookReceived(
        _ platform: PlatformName,
        for integrations: [IntegrationName],
        _ reception: Reception
    ) {
        for name in integrations.isEmpty ? [""] : integrations.map(\.text) {
            count(Self.webhooksReceived, Self.labels(platform, name, reception))
        }
    }

    /// Has the webhooks' series begin at 0 for integrations, so that their first increase is seen.
    package func expect(_ integrations: [IntegrationName]) {
        for platform in PlatformName.allCases {
            for reception in Reception.allCases {
                for name in integrations.map(\.text) {
                    count(Self.webhooksReceived, Self.labels(platform, name, reception), by: 0)
                }
            }
        }
    }

    private static func labels(
        _ platform: PlatformName,
        _ integration: String,
        _ reception: Reception
    ) -> [(String, String)] {
        [
            ("platform", platform.rawValue), ("integration", integration),
            ("status", reception.rawValue),
        ]
    }

    func changeDecided(_ platform: PlatformName, _ outcome: Outcome) {
        count(
            "consent_bridge_changes_total",
            [
                ("platform", platform.rawValue), ("outcome", outcome.label),
                ("reason", outcome.reason ?? ""),
            ]
        )
    }

    func repairedTooOften(at now: Timestamp) {
        count(Self.repairAlarms, [])
        lastRepairAlarm.withLock { $0 = now }
    }

    /// The last alarm of rule S7 since the start.
    package var repairedTooOftenAt: Timestamp? { lastRepairAlarm.withLock(\.self) }

    func deliveryEnded(_ platform: PlatformName, _ state: DeliveryState) {
        count(
            Self.deliveriesEnded,
            [("platform", platform.rawValue), ("state", state.label)]
        )
    }

    /// A metadata value that the profile table has no place for.
    func attributeLeftOut(_ fault: AttributeFault) {
        count("consent_bridge_attributes_left_out_total", [("reason", fault.rawValue)])
    }

    /// `status`: the HTTP status, or 0 without an answer.
    func platformAnswered(
        _ platform: PlatformName,
        _ method: String,
        status: Int,
        after duration: Interval
    ) {
        count(
            "consent_bridge_platform_requests_total",
            [("platform", platform.rawValue), ("method", method), ("status", String(status))]
        )
        time(Self.requestDuration, [("platform", platform.rawValue)], duration)
    }

    /// From the commit of the webhook to the platform's acknowledgement.
    func propagated(to platform: PlatformName, _ kind: DeliveryKind, after duration: Interval) {
        time(Self.propagation, Self.labels(platform, kind), duration)
    }

    private static func labels(
        _ platform: PlatformName,
        _ kind: DeliveryKind
    ) -> [(String, String)] {
        [
            ("direction", "\(platform.other.rawValue)_to_\(platform.rawValue)"),
            ("kind", kind.rawValue),
        ]
    }

    func committed(batchOf size: Int) {
        batchSize.record(size)
    }

    func accepted(after duration: Interval) {
        time(Self.acceptDuration, [], duration)
    }

    /// Series whose labels are known beforehand exist with 0 from the start, so that the first
    /// increase is one and a query without an answer means that the bridge is not asked.
    private func beginSeries() {
        count(Self.repairAlarms, [], by: 0)
        time(Self.acceptDuration, [], nil)
        for platform in PlatformName.allCases {
            time(Self.requestDuration, [("platform", platform.rawValue)], nil)
            for state in Self.finalStates {
                count(
                    Self.deliveriesEnded,
                    [("platform", platform.rawValue), ("state", state.label)],
                    by: 0
                )
            }
            for kind in DeliveryKind.allCases where kind != .read {
                time(Self.propagation, Self.labels(platform, kind), nil)
            }
        }
    }

    private func count(_ name: String, _ labels: [(String, String)], by amount: Int = 1) {
        counters.withLock { counters in
            let key = Self.key(name, labels)
            let counter =
                counters[key] ?? Counter(label: name, dimensions: labels, factory: factory)
            counters[key] = counter
            counter.increment(by: amount)
        }
    }

    /// `duration`: nil only makes the series.
    private func time(_ name: String, _ labels: [(String, String)], _ duration: Interval?) {
        timers.withLock { timers in
            let key = Self.key(name, labels)
            let timer = timers[key] ?? Timer(label: name, dimensions: labels, factory: factory)
            timers[key] = timer
            guard let duration else { return }
            timer.recordNanoseconds(max(0, duration.milliseconds) * 1_000_000)
        }
    }

    private static func key(_ name: String, _ labels: [(String, String)]) -> String {
        labels.reduce(into: name) { $0 += "\u{1F}" + $1.1 }
    }

    private static let webhooksReceived = "consent_bridge_webhooks_received_total"
    private static let acceptDuration = "consent_bridge_accept_duration_seconds"
    private static let deliveriesEnded = "consent_bridge_deliveries_total"
    private static let propagation = "consent_bridge_propagation_seconds"
    private static let requestDuration = "consent_bridge_platform_request_duration_seconds"
    private static let repairAlarms = "consent_bridge_repair_alarms_total"
    private static let finalStates: [DeliveryState] = [
        .delivered, .skipped(.profileNotFound), .superseded, .dead(.refused), .discarded,
    ]
}
