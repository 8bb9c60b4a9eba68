import BridgeCore
import HTTPTypes
import JSON

/// `/health/live`, `/health/ready` and `/health`, as `application/health+json`.
///
/// Contract: <https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06>.
package struct HealthEndpoint: Sendable {
    enum Probe {
        case live
        case ready

        init?(path: String?) {
            switch path {
            case nil, "ready": self = .ready
            case "live": self = .live
            default: return nil
            }
        }
    }

    /// One thing that was looked at.
    struct Check {
        enum Status: String {
            case pass
            case warn
            case fail
        }

        var name: String
        var status: Status
        /// Why it is so, for people.
        var output: String?
        var observed: (value: JSONNumber, unit: String)?
    }

    let loop: BridgeLoop

    package init(loop: BridgeLoop) {
        self.loop = loop
    }

    /// `pass`, `warn` or `fail`.
    package var status: String {
        let condition = loop.condition
        return status(condition, checks(condition)).rawValue
    }

    private func status(_ condition: BridgeLoop.Condition, _ checks: [Check]) -> Check.Status {
        if !condition.isStorageWorking || condition.isDraining { return .fail }
        return checks.allSatisfy { $0.status == .pass } ? .pass : .warn
    }

    func answer(_ probe: Probe) -> OutboundResponse {
        let condition = loop.condition
        let checks = checks(condition)
        let status = status(condition, checks)
        let members = checks.map { JSONObject.Member(name: $0.name, value: [$0.json]) }
        let body: JSONValue = [
            "status": .string(probe == .live ? "pass" : status.rawValue),
            "checks": .object(JSONObject(uniqueMembers: members)),
        ]
        return .json(
            probe == .ready && status == .fail ? 503 : 200,
            body,
            type: "application/health+json"
        )
    }

    private func checks(_ condition: BridgeLoop.Condition) -> [Check] {
        let trouble = condition.intakeTrouble
        var checks = [
            Check(name: "storage", status: condition.isStorageWorking ? .pass : .fail),
            Check(
                name: "accepting",
                status: condition.isDraining ? .fail : trouble == nil ? .pass : .warn,
                output: trouble?.rawValue
            ),
        ]
        if let space = freeSpace(condition.limits) { checks.append(space) }
        for (platform, known) in condition.platforms.sorted(by: { $0.key < $1.key }) {
            checks.append(Check(name: platform.rawValue, status: known.isWell ? .pass : .warn))
        }
        return checks + clocks()
    }

    /// Warns before webhooks are refused.
    private func freeSpace(_ limits: IntakeLimits) -> Check? {
        guard let bytes = limits.freeBytes() else { return nil }
        return Check(
            name: "storage:free_bytes",
            status: bytes < limits.freeBytesLow ? .warn : .pass,
            observed: (JSONNumber(Int(bytes)), "bytes")
        )
    }

    private func clocks() -> [Check] {
        loop.clockSkews.current.sorted { $0.key < $1.key }.map { platform, skew in
            let isFar = abs(skew.milliseconds) > ClockSkews.warningAbove.milliseconds
            return Check(
                name: "\(platform.rawValue):clock_skew",
                status: isFar ? .warn : .pass,
                observed: (JSONNumber(verbatim: String(skew.seconds)), "s")
            )
        }
    }
}

extension HealthEndpoint.Check {
    fileprivate var json: JSONValue {
        var object = JSONObject()
        object["status"] = .string(status.rawValue)
        if let output { object["output"] = .string(output) }
        if let observed {
            object["observedValue"] = .number(observed.value)
            object["observedUnit"] = .string(observed.unit)
        }
        return .object(object)
    }
}
