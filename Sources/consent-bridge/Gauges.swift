import Bridge
import BridgeCore
import Storage

/// What the metrics are made of that are read when somebody asks (`interface.md` section 6).
struct Gauges {
    typealias Gauge = (name: String, labels: [(String, String)], value: Double)

    /// nil: the storage cannot be read, which health shows; the rest is still worth having.
    var counts: StoreCounts?
    var condition: BridgeLoop.Condition
    var space: StorageSpace
    var drift: DriftReport
    var now: Timestamp

    var list: [Gauge] {
        var list: [Gauge] = [
            ("consent_bridge_accepting", [], condition.isAccepting ? 1 : 0),
            ("consent_bridge_drift_fields", [], Double(drift.findings.count)),
            ("consent_bridge_store_free_low_bytes", [], Double(space.lowBytes)),
            ("consent_bridge_build_info", [("version", ConsentBridge.version)], 1),
        ]
        if let bytes = space.usedBytes {
            list.append(("consent_bridge_store_bytes", [], Double(bytes)))
        }
        if let bytes = space.freeBytes {
            list.append(("consent_bridge_store_free_bytes", [], Double(bytes)))
        }
        for platform in PlatformName.allCases {
            let breaker = condition.platforms[platform]?.breaker ?? .closed
            list.append(
                ("consent_bridge_breaker_open", label(platform), breaker == .closed ? 0 : 1)
            )
        }
        if let counts { list += gauges(of: counts) }
        return list
    }

    private func gauges(of counts: StoreCounts) -> [Gauge] {
        let entries = counts.inboxUndecided + counts.inboxPending
        var list: [Gauge] = [
            ("consent_bridge_backlog", [("queue", "inbox")], Double(entries)),
            ("consent_bridge_oldest_undecided_seconds", [], age(counts.oldestUndecided)),
            (
                "consent_bridge_conservation_difference", [("ledger", "inbox")],
                Double(counts.inboxDifference)
            ),
            (
                "consent_bridge_conservation_difference", [("ledger", "deliveries")],
                Double(counts.deliveriesDifference)
            ),
        ]
        for platform in PlatformName.allCases {
            func count(_ states: Set<String>) -> Double {
                Double(counts.deliveries(of: platform, in: states))
            }
            list += [
                (
                    "consent_bridge_backlog", [("queue", platform.rawValue)],
                    count(["waiting", "overdue"])
                ),
                ("consent_bridge_dead_letters", label(platform), count(["dead", "overdue"])),
                ("consent_bridge_held_deliveries", label(platform), count(["held"])),
            ]
            for kind in DeliveryKind.allCases {
                list.append(
                    (
                        "consent_bridge_oldest_waiting_seconds",
                        label(platform) + [("kind", kind.rawValue)],
                        age(counts.oldestWaiting(kind, at: platform))
                    )
                )
            }
        }
        return list
    }

    private func label(_ platform: PlatformName) -> [(String, String)] {
        [("platform", platform.rawValue)]
    }

    /// 0 if nothing waits, or a clock was set back.
    private func age(_ since: Timestamp?) -> Double {
        since.map { max(0, (now - $0).seconds) } ?? 0
    }
}

/// What the `# HELP` lines say.
enum MetricHelp {
    static let texts = [
        "consent_bridge_webhooks_received_total":
            "Webhooks by platform, integration and answer; one for several counts for each.",
        "consent_bridge_changes_total": "Decided changes by platform, outcome and reason.",
        "consent_bridge_accept_duration_seconds": "Receipt of a webhook to its durable commit.",
        "consent_bridge_propagation_seconds": "Receipt to the other platform's acknowledgement.",
        "consent_bridge_attributes_left_out_total": "Metadata values that the profile cannot hold.",
        "consent_bridge_deliveries_total": "Deliveries by platform and final state.",
        "consent_bridge_repair_alarms_total": "Fields repaired more than 4 times within an hour.",
        "consent_bridge_platform_requests_total": "Requests to a platform by method and status.",
        "consent_bridge_platform_request_duration_seconds": "Duration of requests to a platform.",
        "consent_bridge_accepting": "Whether webhooks are taken: 1, or 0 while they get 503.",
        "consent_bridge_backlog": "What waits: inbox entries, and deliveries by platform.",
        "consent_bridge_oldest_waiting_seconds": "Age of the oldest delivery that is not finished.",
        "consent_bridge_oldest_undecided_seconds": "Age of the oldest webhook not decided yet.",
        "consent_bridge_breaker_open": "Whether calls to a platform are held back: 1, else 0.",
        "consent_bridge_conservation_difference": "Lost or doubled entries and deliveries: 0.",
        "consent_bridge_dead_letters": "Deliveries that need an operator.",
        "consent_bridge_held_deliveries": "Grants that wait until an operator releases them.",
        "consent_bridge_drift_fields": "Mapped names that do not fit the platforms any more.",
        "consent_bridge_store_bytes": "Size of the storage's files.",
        "consent_bridge_store_free_bytes": "Free space where the storage is.",
        "consent_bridge_store_free_low_bytes": "Free space below which the storage is nearly full.",
        "consent_bridge_commit_batch_size": "Webhooks in one commit of the inbox.",
        "consent_bridge_clock_skew_seconds": "How far our clock is ahead of the platform's.",
        "consent_bridge_build_info": "The running version.",
    ]
}
