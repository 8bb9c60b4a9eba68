import BridgeCore
import HTTPTypes
import JSON

/// `/health/live`, `/health/ready` and `/health`, as `application/health+json`.
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

    let loop: BridgeLoop

    package init(loop: BridgeLoop) {
        self.loop = loop
    }

    /// `pass`, `warn` or `fail`.
    package var status: String { status(loop.condition) }

    private func status(_ condition: BridgeLoop.Condition) -> String {
        if !condition.isStorageWorking || condition.isDraining { return "fail" }
        let hasWarning =
            condition.platforms.values.contains { !$0.isWell }
            || condition.intakeTrouble != nil
        return hasWarning ? "warn" : "pass"
    }

    func answer(_ probe: Probe) -> OutboundResponse {
        let condition = loop.condition
        let storage = condition.isStorageWorking ? "pass" : "fail"
        var checks: [(String, JSONValue)] = [("storage", check(storage))]
        let accepting =
            condition.isDraining ? "fail" : condition.intakeTrouble == nil ? "pass" : "warn"
        checks.append(("accepting", check(accepting, condition.intakeTrouble?.rawValue)))
        for (platform, known) in condition.platforms.sorted(by: { $0.key < $1.key }) {
            checks.append((platform.rawValue, check(known.isWell ? "pass" : "warn")))
        }
        let status = status(condition)
        let body: JSONValue = [
            "status": .string(probe == .live ? "pass" : status),
            "checks": .object(
                JSONObject(uniqueMembers: checks.map { .init(name: $0.0, value: $0.1) })
            ),
        ]
        return .json(
            probe == .ready && status == "fail" ? 503 : 200,
            body,
            type: "application/health+json"
        )
    }

    private func check(_ status: String, _ output: String? = nil) -> JSONValue {
        guard let output else { return [["status": .string(status)]] }
        return [["status": .string(status), "output": .string(output)]]
    }
}
