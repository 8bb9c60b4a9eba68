package import BridgeCore
import Synchronization

/// The storage contract in memory: for tests and the simulation, and the shortest description of
/// what a backend does.
package final class InMemoryStore: Store {
    struct State {
        var entries: [InboxEntry] = []
        var identities: [String: InboxID] = [:]
        var undecided: Set<InboxID> = []
        var changes: [InboxID: [ChangeRecord]] = [:]
        var snapshots: [SnapshotKey: Snapshot] = [:]
        var history: [RegisterChange] = []
        var deliveries: [DeliveryID: DeliveryRecord] = [:]
        var attempts: [AttemptRecord] = []
        var lastDelivery: Int64 = 0
        var firstStarts: [IntegrationName: Timestamp] = [:]
        var receivingAt: Timestamp?
        var interruptions: [Interruption] = []
        var kept: [String: [UInt8]] = [:]
        var ledger = Ledger()
        var actions: [OperatorAction] = []
        var links: [KeyLink] = []

        func stage(of entry: InboxID) -> Ledger.Stage {
            undecided.contains(entry)
                ? .undecided : Ledger.Stage(decided: (changes[entry] ?? []).map(\.outcome))
        }
    }

    let state = Mutex(State())

    package init() {}

    package func append(_ entries: [NewInboxEntry]) throws(StoreError) -> [AppendResult] {
        state.withLock { state in
            entries.map { entry in
                let id = InboxID(Int64(state.entries.count + 1))
                var stored = entry
                if let identity = entry.scopedIdentity, let first = state.identities[identity] {
                    stored.payload = []
                    stored.identity = nil
                    state.entries.append(InboxEntry(id: id, content: stored))
                    state.changes[id] = [ChangeRecord.duplicate]
                    state.ledger.accept(as: .ignored)
                    return .duplicate(first: first)
                }
                if let identity = entry.scopedIdentity { state.identities[identity] = id }
                state.entries.append(InboxEntry(id: id, content: stored))
                state.undecided.insert(id)
                state.ledger.accept(as: .undecided)
                return .accepted(id)
            }
        }
    }

    package func undecided(limit: Int) throws(StoreError) -> [InboxEntry] {
        state.withLock { state in
            state.undecided.sorted().prefix(limit).map { state.entries[Int($0.number) - 1] }
        }
    }

    package func correlations(
        of entries: [InboxID]
    ) throws(StoreError) -> [InboxID: Correlation] {
        state.withLock { state in
            var correlations: [InboxID: Correlation] = [:]
            for id in entries where id.number >= 1 && id.number <= Int64(state.entries.count) {
                correlations[id] = state.entries[Int(id.number) - 1].content.correlation
            }
            return correlations
        }
    }

    package func snapshots(of keys: [SnapshotKey]) throws(StoreError) -> [SnapshotKey: Snapshot] {
        state.withLock { state in
            Dictionary(
                uniqueKeysWithValues: Set(keys).compactMap { key in
                    state.snapshots[key].map { (key, $0) }
                }
            )
        }
    }

    package func subject(
        ofProfile id: String,
        in integration: IntegrationName
    ) throws(StoreError) -> SubjectKey? {
        state.withLock { state in
            state.snapshots.values.first {
                $0.integration == integration && $0.profileID == id && $0.subject.key != nil
            }?.subject.key
        }
    }

    package func subject(
        ofConsentEvent id: String,
        in integration: IntegrationName
    ) throws(StoreError) -> Subject? {
        state.withLock { state in
            for prefix in ConsentEventIdentity.prefixes(of: id) {
                let entries = state.identities.filter { $0.key.hasPrefix(prefix) }.values.sorted()
                let changes = entries.flatMap { state.changes[$0] ?? [] }
                if let change = changes.first(where: {
                    $0.integration == integration && $0.subject != nil
                }) {
                    return change.subject
                }
            }
            return nil
        }
    }

    package func dueSnapshots(
        until moment: Timestamp,
        limit: Int
    ) throws(StoreError) -> [SnapshotKey] {
        state.withLock { state in
            state.snapshots.values.compactMap { snapshot in snapshot.wakeAt.map { ($0, snapshot) } }
                .filter { $0.0 <= moment }.sorted { $0.0 < $1.0 }.prefix(limit)
                .map(\.1.storageKey)
        }
    }

    package func nextDueAt() throws(StoreError) -> Timestamp? {
        state.withLock { $0.snapshots.values.compactMap(\.wakeAt).min() }
    }

    package func peopleGranted(
        byActitoSince moment: Timestamp,
        in integration: IntegrationName
    ) throws(StoreError) -> [Subject: Timestamp] {
        state.withLock { state in
            var people: [Subject: Timestamp] = [:]
            for change in state.history
            where change.integration == integration && change.entry.origin == .actito
                && change.entry.choice.isGranted && change.entry.receivedAt >= moment
            {
                people[change.subject] = change.entry.receivedAt
            }
            return people
        }
    }

    package func commit(_ batch: StoreBatch) throws(StoreError) {
        state.withLock { state in
            for entry in batch.decided {
                let old = state.stage(of: entry.id)
                state.undecided.remove(entry.id)
                state.changes[entry.id] = entry.changes
                state.ledger.move(from: old, to: state.stage(of: entry.id))
            }
            for resolution in batch.resolutions {
                let id = resolution.change.entry
                let old = state.stage(of: id)
                state.changes[id]?[resolution.change.index].outcome = resolution.outcome
                state.ledger.move(from: old, to: state.stage(of: id))
            }
            for snapshot in batch.snapshots {
                state.snapshots[snapshot.storageKey] = snapshot.isEmpty ? nil : snapshot
            }
            state.history += batch.history
            for delivery in batch.deliveries {
                let old = state.deliveries.updateValue(delivery, forKey: delivery.id)
                state.ledger.move(from: old?.group, to: delivery.group)
            }
            state.attempts += batch.attempts
            state.actions += batch.actions
            for link in batch.links {
                state.links.removeAll {
                    $0.integration == link.integration && [link.old, link.new].contains($0.old)
                }
                state.links.append(link)
            }
        }
    }

    package func openDeliveries(
        after: DeliveryID?,
        limit: Int
    ) throws(StoreError) -> [DeliveryRecord] {
        state.withLock { state in
            state.deliveries.values
                .filter { $0.state.isOpen && $0.id.number > after?.number ?? 0 }
                .sorted { $0.id < $1.id }.prefix(limit).map(\.self)
        }
    }

    package func callsBegun(
        since moment: Timestamp
    ) throws(StoreError) -> [AccessKey: [Timestamp]] {
        state.withLock { state in
            var calls: [AccessKey: [Timestamp]] = [:]
            for attempt in state.attempts.suffix(1000) where attempt.sentAt >= moment {
                guard let lane = state.deliveries[attempt.delivery]?.lane else { continue }
                calls[lane.access, default: []].append(attempt.sentAt)
            }
            return calls
        }
    }

    package func makeDeliveryID() throws(StoreError) -> DeliveryID {
        state.withLock { state in
            state.lastDelivery += 1
            return DeliveryID(state.lastDelivery)
        }
    }

    package func firstStart(
        of integration: IntegrationName,
        now: Timestamp
    ) throws(StoreError) -> Timestamp {
        state.withLock { state in
            if let known = state.firstStarts[integration] { return known }
            state.firstStarts[integration] = now
            return now
        }
    }

    package func noteReception(at now: Timestamp) throws(StoreError) {
        state.withLock { $0.receivingAt = now }
    }

    package func resumeReception(at now: Timestamp) throws(StoreError) -> [Interruption] {
        state.withLock { state in
            if let last = state.receivingAt, last < now {
                state.interruptions.append(Interruption(from: last, until: now))
            }
            state.receivingAt = now
            state.interruptions.removeAll { $0.until < now - Interruption.keptFor }
            return state.interruptions
        }
    }

    package func keep(_ bytes: [UInt8], as name: String) throws(StoreError) -> [UInt8] {
        state.withLock { state in
            if let known = state.kept[name] { return known }
            state.kept[name] = bytes
            return bytes
        }
    }

    package func counts() throws(StoreError) -> StoreCounts {
        state.withLock { state in
            var counts = state.ledger.counts
            for delivery in state.deliveries.values where !delivery.state.isFinal {
                counts.oldestWaiting[delivery.group] = min(
                    counts.oldestWaiting[delivery.group] ?? delivery.waitingSince,
                    delivery.waitingSince
                )
                if delivery.isUrgent {
                    let platform = delivery.lane.platform
                    counts.oldestUrgentRead[platform] = min(
                        counts.oldestUrgentRead[platform] ?? delivery.waitingSince,
                        delivery.waitingSince
                    )
                }
            }
            counts.oldestUndecided = state.undecided.min().map {
                state.entries[Int($0.number) - 1].content.receivedAt
            }
            return counts
        }
    }

    package func ledger() throws(StoreError) -> Ledger { state.withLock(\.ledger) }

    package func proveWritable() throws(StoreError) {}

    package func changes(of entry: InboxID) throws(StoreError) -> [ChangeRecord] {
        state.withLock { $0.changes[entry] ?? [] }
    }

    package func state(of entry: InboxID) throws(StoreError) -> InboxState? {
        state.withLock { state in
            guard entry.number >= 1, entry.number <= Int64(state.entries.count) else { return nil }
            if state.undecided.contains(entry) { return .waiting }
            return InboxState((state.changes[entry] ?? []).map(\.outcome))
        }
    }

    package func history(of key: SnapshotKey) throws(StoreError) -> [RegisterChange] {
        state.withLock { state in
            state.history.filter { $0.integration == key.integration && $0.subject == key.subject }
        }
    }

    package func delivery(_ id: DeliveryID) throws(StoreError) -> DeliveryRecord? {
        state.withLock { $0.deliveries[id] }
    }

    package func attempts(of delivery: DeliveryID) throws(StoreError) -> [AttemptRecord] {
        state.withLock { state in state.attempts.filter { $0.delivery == delivery } }
    }

    package func close() {}
}

extension ChangeRecord {
    /// The one change of an entry that its sender had sent before.
    package static let duplicate = ChangeRecord(
        integration: nil,
        subject: nil,
        field: nil,
        choice: nil,
        chosenAt: nil,
        outcome: .ignored(.duplicate)
    )
}

extension DeliveryState {
    /// The engine has it in a lane: waiting, in flight or overdue.
    package var isOpen: Bool {
        switch self {
        case .waiting, .inFlight, .overdue: true
        case .held, .delivered, .skipped, .superseded, .dead, .discarded: false
        }
    }
}
