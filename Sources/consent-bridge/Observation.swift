import Bridge
import BridgeCore
import Dispatch
import MetricsExposition
import Storage

/// What those who only look are shown: reads of the storage and of what the bridge knows.
///
/// Reads run one after the other on a queue of their own: a slow disk then holds up neither the
/// server's thread nor Swift's pool.
final class Observation: Sendable {
    private let queue = DispatchQueue(label: "observation", qos: .utility)
    private let store: any Store
    private let loop: BridgeLoop
    private let registry: MetricsRegistry
    private let metrics: BridgeMetrics
    private let running: Running
    private let drift: LatestDrift

    init(
        _ registry: MetricsRegistry,
        _ running: Running,
        of loop: BridgeLoop,
        _ drift: LatestDrift
    ) {
        store = loop.store
        self.loop = loop
        metrics = loop.metrics
        self.registry = registry
        self.running = running
        self.drift = drift
    }

    /// Makes the text of `/metrics` and hands it over on the queue.
    func writeMetrics(_ answer: @escaping @Sendable (String) -> Void) {
        queue.async { [self] in
            let gauges = Gauges(
                counts: try? store.counts(),
                condition: loop.condition,
                space: running.configuration.storageSpace,
                drift: drift.report,
                now: .now()
            )
            answer(registry.exposition(adding: gauges.list + loop.clockSkews.gauges))
        }
    }

    /// Everything that alerts are judged by, now.
    func alertConditions() async -> AlertConditions {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                let space = running.configuration.storageSpace
                var conditions = AlertConditions(
                    counts: try? store.counts(),
                    bridge: loop.condition
                )
                conditions.drift = drift.report
                conditions.clockSkew = loop.clockSkews.current
                conditions.freeBytes = space.freeBytes
                conditions.freeBytesLow = space.lowBytes
                conditions.repairedTooOftenAt = metrics.repairedTooOftenAt
                continuation.resume(returning: conditions)
            }
        }
    }
}
