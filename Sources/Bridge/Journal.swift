import BridgeCore
import HTTPTypes
package import Logging
import Storage

/// The bridge's log: static messages, facts as metadata, never a person or a secret.
package struct Journal: Sendable {
    let logger: Logger

    package init(logger: Logger) {
        self.logger = logger
    }

    /// The canonical line of a webhook; there may be tens of thousands a second.
    func received(
        _ arrival: Arrival,
        _ ending: Arrival.Ending,
        _ status: Int,
        at now: Timestamp
    ) {
        let level: Logger.Level = ending.entry == nil ? .warning : .info
        guard logger.logLevel <= level else { return }
        var facts = facts(of: arrival.correlation)
        facts["platform"] = .string(arrival.platform.rawValue)
        facts["status"] = .string(ending.label)
        facts["http_status"] = .stringConvertible(status)
        facts["bytes"] = .stringConvertible(arrival.bytesCount)
        facts["milliseconds"] = .stringConvertible((now - arrival.receivedAt).milliseconds)
        facts["integrations"] = .array(arrival.integrations.map { .string($0.text) })
        if let type = arrival.type { facts["type"] = .string(loggable(type)) }
        if let entry = ending.entry { facts["entry"] = .stringConvertible(entry.number) }
        logger.log(level: level, "webhook received", metadata: facts)
    }

    /// What entries came to; one line for each.
    func decided(_ entries: [DecidedEntry], _ correlations: [InboxID: Correlation]) {
        guard logger.logLevel <= .debug else { return }
        for entry in entries {
            var facts = facts(of: correlations[entry.id])
            let outcomes = Set(entry.changes.map { $0.outcome.name })
            facts["entry"] = .stringConvertible(entry.id.number)
            facts["changes"] = .stringConvertible(entry.changes.count)
            facts["outcomes"] = .array(outcomes.sorted().map { .string($0) })
            logger.debug("entry decided", metadata: facts)
        }
    }

    /// The canonical line of a call to a platform.
    func attempted(
        _ delivery: OpenDelivery,
        in lane: LaneKey,
        _ attempt: Attempt,
        _ ending: Attempt.Ending
    ) {
        let level: Logger.Level = ending.verdict == .accepted ? .info : .warning
        guard logger.logLevel <= level else { return }
        var facts = facts(of: attempt, ending)
        facts["integration"] = .string(lane.integration.text)
        facts["platform"] = .string(lane.platform.rawValue)
        facts["delivery"] = .stringConvertible(delivery.id.number)
        facts["kind"] = .string(delivery.call.kind.rawValue)
        facts["entries"] = .array(
            delivery.evidence.suffix(Self.entriesMax).map { .stringConvertible($0.number) }
        )
        logger.log(level: level, "delivery attempted", metadata: facts)
    }

    /// The canonical line of a request for a token, or for what a table looks like.
    func prepared(_ key: AccessKey, _ attempt: Attempt, _ ending: Attempt.Ending) {
        let level: Logger.Level = ending.verdict == .accepted ? .info : .warning
        guard logger.logLevel <= level else { return }
        var facts = facts(of: attempt, ending)
        facts["integration"] = .string(key.integration.text)
        facts["platform"] = .string(key.platform.rawValue)
        logger.log(level: level, "session prepared", metadata: facts)
    }

    private func facts(of attempt: Attempt, _ ending: Attempt.Ending) -> Logger.Metadata {
        var facts = facts(of: attempt.correlation)
        facts["method"] = .string(attempt.request.method.rawValue)
        facts["verdict"] = .string(ending.verdict.label)
        let duration = ending.at - attempt.sentAt
        facts["milliseconds"] = .stringConvertible(duration.milliseconds)
        if let status = ending.status { facts["http_status"] = .stringConvertible(status) }
        return facts
    }

    private func facts(of correlation: Correlation?) -> Logger.Metadata {
        var facts: Logger.Metadata = [:]
        facts.reserveCapacity(Self.factsMax)
        guard let correlation else { return facts }
        facts["request_id"] = .string(correlation.requestID.text)
        if let trace = correlation.trace { facts["trace_id"] = .string(trace.traceID) }
        return facts
    }

    /// A type is the sender's own text: what does not look like one may say something of a person.
    private func loggable(_ type: String) -> String { RequestID(type)?.text ?? "other" }

    /// Of the longest line.
    private static let factsMax = 12
    /// A burst of a person's webhooks may lead to one call; its newest entries are named.
    private static let entriesMax = 8

    /// Which attributes, a log must not say: their names come with the person's data.
    func leftOut(_ faults: [AttributeFault], _ lane: LaneKey, _ delivery: DeliveryID) {
        logger.warning(
            "attributes left out",
            metadata: [
                "integration": "\(lane.integration)",
                "delivery": .stringConvertible(delivery.number),
                "count": .stringConvertible(faults.count),
                "reasons": "\(Set(faults.map(\.rawValue)).sorted().joined(separator: " "))",
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
        logger.info("stopped", metadata: ["in_flight": .stringConvertible(remaining)])
    }
}

extension Outcome? {
    /// Such as `applied` or `ignored/stale`; `waiting` while a read is needed.
    fileprivate var name: String {
        guard let outcome = self else { return "waiting" }
        return [outcome.label, outcome.reason].compactMap(\.self).joined(separator: "/")
    }
}
