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
    private let running: Running

    init(_ store: any Store, _ loop: BridgeLoop, _ registry: MetricsRegistry, _ running: Running) {
        self.store = store
        self.loop = loop
        self.registry = registry
        self.running = running
    }

    /// Makes the text of `/metrics` and hands it over on the queue.
    func writeMetrics(_ answer: @escaping @Sendable (String) -> Void) {
        queue.async { [self] in
            let gauges = Gauges(
                counts: try? store.counts(),
                condition: loop.condition,
                space: running.configuration.storageSpace,
                now: .now()
            )
            answer(registry.exposition(adding: gauges.list))
        }
    }
}
