package import BridgeCore
package import Storage
import JSON

/// The second half of a webhook's way: decode, map, decide, plan, and hand over what is to be sent.
///
/// Synchronous and owned by one thread. A turn takes what has happened, works on snapshots, commits
/// everything in one transaction and only then gives out the requests to send. A simulation drives
/// this very type.
package final class Processor {
    /// A request that may be sent now, since its attempt is recorded.
    package struct Send {
        package enum Purpose: Sendable {
            case call(LaneKey, DeliveryID)
            case preparation(AccessKey)

            package var platform: PlatformName {
                switch self {
                case .call(let lane, _): lane.platform
                case .preparation(let key): key.platform
                }
            }
        }

        package var purpose: Purpose
        package var request: PlatformRequest
        /// What the request carries besides, see ``PlatformRequest/carrying(_:)``.
        package var correlation: Correlation
    }

    /// What has happened outside since the last turn.
    package enum Event: Sendable {
        case replied(LaneKey, DeliveryID, TransportResult)
        case prepared(AccessKey, TransportResult)
    }

    let store: any Store
    let integrations: [IntegrationName: Integration]
    let metrics: BridgeMetrics
    let journal: Journal
    var engine: Engine
    var accesses: [AccessKey: Access] = [:]
    /// What was stored last, since an answer comes a moment after its call.
    ///
    /// Nobody else writes snapshots.
    var recent: [SnapshotKey: Snapshot] = [:]
    var randomness: AnyRandomness
    var firstStarts: [IntegrationName: Timestamp] = [:]
    var requestIDs: RequestIDSource
    /// What is in flight.
    var inFlight: [DeliveryID: (delivery: OpenDelivery, attempt: Attempt)] = [:]
    /// Requests of sessions that are in flight.
    var preparing: [AccessKey: Attempt] = [:]
    /// When something about a person becomes due; nil: nothing is known to.
    package internal(set) var nextDueAt: Timestamp?
    var reception = Reception()
    var brakes: [IntegrationName: Brake] = [:]
    var links = KeyLinks()
    /// Another processor's engine told what the licences have used.
    var isSuccessor = false
    /// A batch that the storage has not taken yet: nothing else is done before it has.
    private(set) var unstored: Work?
    /// The storage may hold undecided entries.
    package var mayHaveUndecided = true
    /// Reads whose answer is in the inbox.
    var storedReads: Set<DeliveryID> = []
    /// Platforms whose last call failed.
    package internal(set) var failingPlatforms: Set<PlatformName> = []
    /// The process is about to end: no new call begins.
    package var isDraining = false

    package init(
        store: any Store,
        integrations: [Integration],
        policy: Engine.Policy,
        randomness: any RandomNumberGenerator & Sendable,
        metrics: BridgeMetrics,
        journal: Journal
    ) {
        self.store = store
        self.integrations = Dictionary(uniqueKeysWithValues: integrations.map { ($0.name, $0) })
        self.metrics = metrics
        self.journal = journal
        self.randomness = AnyRandomness(source: randomness)
        // From a copy: how many ids there are must not change anything else that is random.
        var randomnessOfIDs = self.randomness
        requestIDs = RequestIDSource(using: &randomnessOfIDs)
        var licences: [AccessKey: (name: String, limits: Governor.Limits)] = [:]
        for integration in integrations {
            for (platform, licence) in integration.licences {
                licences[AccessKey(integration: integration.name, platform: platform)] = (
                    "\(platform.rawValue)/\(licence.name)", licence.limits
                )
            }
        }
        engine = Engine(policy: policy, licences: licences)
    }

    /// Takes what happened, decides up to a bounded number of waiting entries, and plans what to
    /// send.
    ///
    /// Nothing is stored yet: ``finish()`` does that.
    ///
    /// An error here leaves the engine half-way: the process has to end and recover.
    ///
    /// Returns what the operations came to, true once the turn is stored.
    @discardableResult
    package func turn(
        _ events: [Event],
        _ operations: [Operation] = [],
        at now: Timestamp
    ) throws(StoreError) -> [OperationResult] {
        precondition(unstored == nil, "a turn before the last one is stored")
        var work = Work(at: now)
        // In one read: one for each answer costs several times as much.
        try load(events.compactMap(\.snapshotKey), &work)
        for event in events { try take(event, &work) }
        try decideWaiting(&work)
        var results: [OperationResult] = []
        for operation in operations { results.append(try operate(operation, &work)) }
        try wakeDue(&work)
        try plan(&work)
        try carryOutEffects(&work)
        unstored = work
        return results
    }

    /// Stores the last turn and gives out its requests.
    ///
    /// When it throws, it can be repeated.
    package func finish() throws(StoreError) -> [Send] {
        guard let work = unstored else { return [] }
        try store.commit(work.batch)
        unstored = nil
        if recent.count > Self.recentMax { recent = [:] }
        for snapshot in work.batch.snapshots { recent[snapshot.storageKey] = snapshot }
        let dueTimes = work.batch.snapshots.compactMap(\.wakeAt)
        nextDueAt = (dueTimes + [nextDueAt].compactMap(\.self)).min()
        work.count(in: metrics)
        journal.decided(work.batch.decided, work.correlations)
        return work.sends
    }

    /// Decodes, maps and decides the oldest entries that wait.
    private func decideWaiting(_ work: inout Work) throws(StoreError) {
        guard mayHaveUndecided else { return }
        let entries = try store.undecided(limit: Self.entriesPerTurnMax)
        mayHaveUndecided = entries.count == Self.entriesPerTurnMax
        var decoded: [(InboxEntry, [Part])] = []
        for entry in entries { decoded.append((entry, try decode(entry))) }
        let keys = decoded.flatMap { $0.1.flatMap(snapshotKeys) }
        try load(keys, &work)
        for (entry, parts) in decoded {
            work.correlations[entry.id] = entry.content.correlation
            var records: [ChangeRecord] = []
            for part in parts { try decide(part, of: entry, &records, &work) }
            if records.isEmpty {
                records = [.nothing(.ignored(.noMappedField), integration: nil)]
            }
            work.batch.decided.append(DecidedEntry(id: entry.id, changes: records))
            for record in records {
                guard let outcome = record.outcome else { continue }
                work.outcomes.append((entry.content.platform, outcome))
            }
        }
        if !mayHaveUndecided, engine.isHolding { engine.isHolding = false }
    }

    /// What was put off until now is looked at (`Snapshot.wakeAt`).
    private func wakeDue(_ work: inout Work) throws(StoreError) {
        guard let due = nextDueAt, due <= work.now, !engine.isHolding else { return }
        let keys = try store.dueSnapshots(until: work.now, limit: Self.entriesPerTurnMax)
        try load(keys, &work)
        for key in keys where work.deciders[key] != nil {
            work.deciders[key]?.wake(at: work.now)
            work.touched.insert(key)
        }
        // Those of this turn are not stored yet; the next look tells whether more are due.
        nextDueAt = keys.isEmpty ? try store.nextDueAt() : work.now + Self.duePause
    }

    /// Between two batches of due people: long enough for the first to be stored.
    private static let duePause = Interval(milliseconds: 10)

    /// A turn is not stored yet.
    package var hasUnstored: Bool { unstored != nil }

    /// Some megabytes; with more people at once a read is cheaper than the memory.
    private static let recentMax = 1024
    /// Bounds the time between two accepted batches of webhooks.
    private static let entriesPerTurnMax = 128
}

/// A random source that may be stored.
struct AnyRandomness: RandomNumberGenerator {
    var source: any RandomNumberGenerator & Sendable

    mutating func next() -> UInt64 { source.next() }
}

extension Processor.Event {
    /// Whose call was answered.
    fileprivate var snapshotKey: SnapshotKey? {
        guard case .replied(let lane, _, _) = self else { return nil }
        return SnapshotKey(integration: lane.integration, subject: lane.subject)
    }
}
