import BridgeCore
import Storage

/// What one turn works on: loaded snapshots, and the batch and requests that come of it.
struct Work {
    let now: Timestamp
    var batch: StoreBatch
    var drafts: [RequestDraft] = []
    var sends: [Processor.Send] = []
    /// Of the entries that were decided or asked for in this turn.
    var correlations: [InboxID: Correlation] = [:]
    /// Snapshots as decided so far.
    var deciders: [SnapshotKey: Decider] = [:]
    /// Those that have to be stored and planned.
    var touched: Set<SnapshotKey> = []
    /// Open calls by id, also those that were superseded in this turn.
    var calls: [DeliveryID: OpenDelivery] = [:]
    var effects: [Engine.Effect] = []
    /// The newest state of each delivery, in the order of their first record.
    var records: [DeliveryID: DeliveryRecord] = [:]
    var recordOrder: [DeliveryID] = []
    /// The HTTP status of what was answered in this turn.
    var statuses: [DeliveryID: Int] = [:]
    /// For the metrics, counted once the batch is stored.
    var outcomes: [(PlatformName, Outcome)] = []
    var attributesLeftOut: [AttributeFault] = []
    /// What an operator retried: the next call of the lane goes under the same number.
    var revived: [LaneKey: [DeliveryRecord]] = [:]

    init(at now: Timestamp) {
        self.now = now
        batch = StoreBatch(at: now)
    }

    /// An operator retried it in this turn.
    func isRevived(_ delivery: DeliveryRecord) -> Bool {
        revived[delivery.lane]?.contains { $0.id == delivery.id } ?? false
    }

    mutating func record(_ delivery: DeliveryRecord) {
        if records.updateValue(delivery, forKey: delivery.id) == nil {
            recordOrder.append(delivery.id)
        }
    }

    /// Puts everything that was decided into the batch.
    mutating func close() {
        for key in deciders.keys where touched.contains(key) {
            guard let decider = deciders[key] else { continue }
            batch.snapshots.append(decider.snapshot)
            batch.history += decider.history
            batch.resolutions += decider.resolutions
        }
        batch.deliveries = recordOrder.compactMap { records[$0] }
    }

    /// Counts what the stored batch says.
    func count(in metrics: BridgeMetrics) {
        for (platform, outcome) in outcomes { metrics.changeDecided(platform, outcome) }
        for fault in attributesLeftOut { metrics.attributeLeftOut(fault) }
        for delivery in batch.deliveries where delivery.state.isFinal {
            metrics.deliveryEnded(delivery.lane.platform, delivery.state)
            if case .delivered = delivery.state, delivery.kind != .read {
                metrics.propagated(
                    to: delivery.lane.platform,
                    delivery.kind,
                    after: now - delivery.waitingSince
                )
            }
        }
    }
}

extension ChangeRecord {
    /// The record of something that decides nothing.
    static func nothing(
        _ outcome: Outcome,
        integration: IntegrationName?,
        subject: Subject? = nil
    ) -> ChangeRecord {
        ChangeRecord(
            integration: integration,
            subject: subject,
            field: nil,
            choice: nil,
            chosenAt: nil,
            outcome: outcome
        )
    }
}
