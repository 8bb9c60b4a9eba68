import BridgeCore
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

    package init(factory: any MetricsFactory) {
        self.factory = factory
        batchSize = Recorder(
            label: "consent_bridge_commit_batch_size",
            dimensions: [],
            aggregate: true,
            factory: factory
        )
    }

    func webhookReceived(_ platform: PlatformName, _ status: String) {
        count(
            "consent_bridge_webhooks_received_total",
            [("platform", platform.rawValue), ("status", status)]
        )
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

    func repairedTooOften() {
        count("consent_bridge_repair_alarms_total", [])
    }

    func deliveryEnded(_ platform: PlatformName, _ state: DeliveryState) {
        count(
            "consent_bridge_deliveries_total",
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
        time(
            "consent_bridge_platform_request_duration_seconds",
            [("platform", platform.rawValue)],
            duration
        )
    }

    /// From the commit of the webhook to the platform's acknowledgement.
    func propagated(to platform: PlatformName, _ kind: DeliveryKind, after duration: Interval) {
        time(
            "consent_bridge_propagation_seconds",
            [
                ("direction", "\(platform.other.rawValue)_to_\(platform.rawValue)"),
                ("kind", kind.rawValue),
            ],
            duration
        )
    }

    func committed(batchOf size: Int) {
        batchSize.record(size)
    }

    func accepted(after duration: Interval) {
        time("consent_bridge_accept_duration_seconds", [], duration)
    }

    private func count(_ name: String, _ labels: [(String, String)]) {
        counters.withLock { counters in
            let key = labels.reduce(into: name) { $0 += "\u{1F}" + $1.1 }
            if let known = counters[key] { return known.increment() }
            let counter = Counter(label: name, dimensions: labels, factory: factory)
            counters[key] = counter
            counter.increment()
        }
    }

    private func time(_ name: String, _ labels: [(String, String)], _ duration: Interval) {
        let nanoseconds = max(0, duration.milliseconds) * 1_000_000
        timers.withLock { timers in
            let key = labels.reduce(into: name) { $0 += "\u{1F}" + $1.1 }
            if let known = timers[key] { return known.recordNanoseconds(nanoseconds) }
            let timer = Timer(label: name, dimensions: labels, factory: factory)
            timers[key] = timer
            timer.recordNanoseconds(nanoseconds)
        }
    }
}
