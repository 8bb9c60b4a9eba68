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

    func answer(_ probe: Probe) -> OutboundResponse {
        let condition = loop.condition
        let storage = condition.isStorageWorking ? "pass" : "fail"
        let isReady = condition.isStorageWorking && !condition.isDraining
        var checks: [(String, JSONValue)] = [("storage", check(storage))]
        let accepting =
            condition.isDraining ? "fail" : condition.intakeTrouble == nil ? "pass" : "warn"
        checks.append(("accepting", check(accepting, condition.intakeTrouble?.rawValue)))
        for (platform, isWorking) in condition.platforms.sorted(by: { $0.key < $1.key }) {
            checks.append((platform.rawValue, check(isWorking ? "pass" : "warn")))
        }
        let hasWarning =
            condition.platforms.values.contains(false) || condition.intakeTrouble != nil
        let status = !isReady ? "fail" : hasWarning ? "warn" : "pass"
        let body: JSONValue = [
            "status": .string(probe == .live ? "pass" : status),
            "checks": .object(
                JSONObject(uniqueMembers: checks.map { .init(name: $0.0, value: $0.1) })
            ),
        ]
        return .json(
            probe == .ready && !isReady ? 503 : 200,
            body,
            type: "application/health+json"
        )
    }

    private func check(_ status: String, _ output: String? = nil) -> JSONValue {
        guard let output else { return [["status": .string(status)]] }
        return [["status": .string(status), "output": .string(output)]]
    }
}
