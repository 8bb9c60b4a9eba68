import BridgeCore
import JSON
import Storage

/// `GET status`: what waits, since when, and for how long at the present rate.
struct StatusReport {
    var health: String
    var version: String
    /// How long the process has run; nil: none runs, and the storage is read alone.
    var uptime: Interval?
    var counts: StoreCounts
    var platforms: [PlatformName: PlatformCondition]
    var drift: [JSONValue]
    var now: Timestamp

    var json: JSONValue {
        let states = ["waiting", "in_flight", "held", "overdue", "dead"].map { state in
            JSONObject.Member(name: state, value: .number(JSONNumber(count { $0.state == state })))
        }
        let platforms = PlatformName.allCases.map { name in
            JSONObject.Member(name: name.rawValue, value: platform(name))
        }
        return [
            "health": .string(health), "version": .string(version),
            "uptime_seconds": uptime.map { .rounded($0.seconds) } ?? .null,
            "inbox": [
                "waiting": .number(JSONNumber(counts.inboxUndecided + counts.inboxPending))
            ],
            "deliveries": .object(JSONObject(uniqueMembers: states)),
            "platforms": .object(JSONObject(uniqueMembers: platforms)),
            "conservation_difference": .number(
                JSONNumber(abs(counts.inboxDifference) + abs(counts.deliveriesDifference))
            ),
            "drift": .array(drift),
        ]
    }

    private func platform(_ name: PlatformName) -> JSONValue {
        let condition = platforms[name] ?? PlatformCondition()
        let waiting = count {
            $0.platform == name && ["waiting", "in_flight", "overdue"].contains($0.state)
        }
        return [
            "breaker": .string(condition.breaker.rawValue),
            "reason": .text(condition.reason?.rawValue),
            "per_minute": .number(JSONNumber(condition.perMinute)),
            "used_last_minute": .number(JSONNumber(condition.callsInLastMinute(at: now))),
            "waiting": .number(JSONNumber(waiting)),
            "oldest_waiting_seconds": age(
                DeliveryKind.allCases.compactMap { counts.oldestWaiting($0, at: name) }.min()
            ),
            "oldest_withdrawal_seconds": age(counts.oldestWaiting(.withdrawal, at: name)),
            "drain_seconds": .number(JSONNumber(drainSeconds(waiting, condition.perMinute))),
        ]
    }

    /// The limit is what counts; without one a backlog drains as fast as the platform answers.
    private func drainSeconds(_ waiting: Int, _ perMinute: Int) -> Int {
        perMinute == 0 ? 0 : (waiting * 60 + perMinute - 1) / perMinute
    }

    private func count(_ isMeant: (StoreCounts.DeliveryGroup) -> Bool) -> Int {
        counts.deliveries.reduce(0) { isMeant($1.key) ? $0 + $1.value : $0 }
    }

    private func age(_ since: Timestamp?) -> JSONValue {
        .rounded(since.map { max(0, (now - $0).seconds) } ?? 0)
    }
}

extension PlatformCondition {
    /// A platform that was not called yet.
    init(of platform: PlatformName, _ integrations: [Integration]) {
        self.init()
        let licences = integrations.compactMap { $0.licences[platform] }
        let limits = Dictionary(licences.map { ($0.name, $0.limits.perMinute) }) { first, _ in first
        }
        perMinute = limits.values.contains(0) ? 0 : limits.values.reduce(0, +)
    }
}

extension JSONValue {
    /// Seconds to the millisecond.
    fileprivate static func rounded(_ seconds: Double) -> JSONValue {
        .number(JSONNumber(verbatim: String((seconds * 1000).rounded() / 1000)))
    }
}
