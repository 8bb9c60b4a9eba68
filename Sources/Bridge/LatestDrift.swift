package import BridgeCore
package import JSON
import Synchronization

/// The latest ``DriftReport``, for everybody who shows it.
package final class LatestDrift: Sendable {
    private let state = Mutex(DriftReport())

    package init() {}

    package var report: DriftReport { state.withLock(\.self) }

    package func change<Answer: Sendable>(
        _ change: (inout DriftReport) -> Answer
    ) -> Answer {
        state.withLock { change(&$0) }
    }
}

extension DriftFinding {
    /// As `GET drift` and `status` show it.
    package var json: JSONValue {
        [
            "integration": .string(integration.text), "platform": .string(platform.rawValue),
            "what": .string(what), "hint": hint.map(JSONValue.string) ?? .null,
            "since": .string(since.iso8601),
        ]
    }
}
