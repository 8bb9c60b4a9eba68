import BridgeCore
import Storage

/// The metrics that are read from the storage when somebody asks (`interface.md` section 6).
func gauges(
    of store: any Store,
    at now: Timestamp
) -> [(name: String, labels: [(String, String)], value: Double)] {
    // A storage that cannot be read shows in health; the other metrics are still worth having.
    guard let counts = try? store.counts() else { return [] }
    var gauges: [(name: String, labels: [(String, String)], value: Double)] = [
        (
            "consent_bridge_backlog", [("queue", "inbox")],
            Double(counts.inboxUndecided + counts.inboxPending)
        )
    ]
    let differences = [
        ("inbox", counts.inboxDifference), ("deliveries", counts.deliveriesDifference),
    ]
    for (ledger, difference) in differences {
        gauges.append(
            (
                "consent_bridge_conservation_difference", [("ledger", ledger)],
                Double(difference)
            )
        )
    }
    for platform in PlatformName.allCases {
        let ofPlatform = counts.deliveries.filter { $0.key.platform == platform }
        let waiting = ofPlatform.filter { $0.key.state == "waiting" || $0.key.state == "overdue" }
        let dead = ofPlatform.filter { $0.key.state == "dead" || $0.key.state == "overdue" }
        gauges.append(
            (
                "consent_bridge_backlog", [("queue", platform.rawValue)],
                Double(waiting.values.reduce(0, +))
            )
        )
        gauges.append(
            (
                "consent_bridge_dead_letters", [("platform", platform.rawValue)],
                Double(dead.values.reduce(0, +))
            )
        )
        for kind in DeliveryKind.allCases {
            let oldest = counts.oldestWaiting
                .filter { $0.key.platform == platform && $0.key.kind == kind }.values.min()
            gauges.append(
                (
                    "consent_bridge_oldest_waiting_seconds",
                    [("platform", platform.rawValue), ("kind", kind.rawValue)],
                    oldest.map { (now - $0).seconds } ?? 0
                )
            )
        }
    }
    gauges.append(("consent_bridge_build_info", [("version", ConsentBridge.version)], 1))
    return gauges
}

/// What the `# HELP` lines say.
enum MetricHelp {
    static let texts = [
        "consent_bridge_webhooks_received_total": "Webhooks by platform and answer.",
        "consent_bridge_changes_total": "Decided changes by platform, outcome and reason.",
        "consent_bridge_accept_duration_seconds": "Receipt of a webhook to its durable commit.",
        "consent_bridge_propagation_seconds": "Receipt to the other platform's acknowledgement.",
        "consent_bridge_attributes_left_out_total": "Metadata values that the profile cannot hold.",
        "consent_bridge_deliveries_total": "Deliveries by platform and final state.",
        "consent_bridge_platform_requests_total": "Requests to a platform by method and status.",
        "consent_bridge_platform_request_duration_seconds": "Duration of requests to a platform.",
        "consent_bridge_backlog": "What waits: inbox entries, and deliveries by platform.",
        "consent_bridge_oldest_waiting_seconds": "Age of the oldest delivery that is not finished.",
        "consent_bridge_conservation_difference": "Lost or doubled entries and deliveries: 0.",
        "consent_bridge_dead_letters": "Deliveries that need an operator.",
        "consent_bridge_commit_batch_size": "Webhooks in one commit of the inbox.",
        "consent_bridge_clock_skew_seconds": "How far our clock is ahead of the platform's.",
        "consent_bridge_build_info": "The running version.",
    ]
}
