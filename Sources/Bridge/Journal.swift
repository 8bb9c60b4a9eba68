import BridgeCore
package import Logging

/// The bridge's log: static messages, facts as metadata, never a person or a secret.
package struct Journal: Sendable {
    let logger: Logger

    package init(logger: Logger) {
        self.logger = logger
    }

    func attempted(
        _ lane: LaneKey,
        _ delivery: DeliveryID,
        _ verdict: Verdict,
        status: Int?,
        after duration: Interval
    ) {
        logger.log(
            level: verdict == .accepted ? .info : .warning,
            "delivery attempted",
            metadata: [
                "integration": "\(lane.integration)", "platform": "\(lane.platform.rawValue)",
                "delivery": "\(delivery.number)", "verdict": "\(verdict.label)",
                "status": "\(status ?? 0)", "milliseconds": "\(duration.milliseconds)",
            ]
        )
    }

    /// Which attributes, a log must not say: their names come with the person's data.
    func leftOut(_ faults: [AttributeFault], _ lane: LaneKey, _ delivery: DeliveryID) {
        logger.warning(
            "attributes left out",
            metadata: [
                "integration": "\(lane.integration)", "delivery": "\(delivery.number)",
                "count": "\(faults.count)",
                "reasons": "\(Set(faults.map(\.rawValue)).sorted().joined(separator: " "))",
            ]
        )
    }

    func prepared(_ key: AccessKey, _ verdict: Verdict) {
        logger.log(
            level: verdict == .accepted ? .info : .warning,
            "session prepared",
            metadata: [
                "integration": "\(key.integration)", "platform": "\(key.platform.rawValue)",
                "verdict": "\(verdict.label)",
            ]
        )
    }

    func repairedTooOften(_ integration: IntegrationName) {
        logger.error(
            "a person's field had to be repaired more than 4 times within an hour",
            metadata: ["integration": "\(integration)"]
        )
    }

    func keyChanged(_ integration: IntegrationName) {
        logger.error(
            "a known profile came under another key; join them with `subject link`",
            metadata: ["integration": "\(integration)"]
        )
    }

    func storageFailed(_ error: any Error) {
        logger.error("the storage failed; trying again", metadata: ["error": "\(error)"])
    }

    func intakeChanged(_ trouble: IntakeTrouble?) {
        if let trouble {
            logger.error("webhooks get 503", metadata: ["reason": "\(trouble.rawValue)"])
        } else {
            logger.notice("webhooks are taken again")
        }
    }

    func drained(_ remaining: Int) {
        logger.info("stopped", metadata: ["in_flight": "\(remaining)"])
    }
}
