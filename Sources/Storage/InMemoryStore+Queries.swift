package import BridgeCore
import Synchronization

extension InMemoryStore {
    package func inbox(
        _ filter: InboxFilter,
        before: InboxID?,
        limit: Int
    ) throws(StoreError) -> [InboxListing] {
        state.withLock { state in
            state.entries.reversed()
                .filter { entry in before.map { entry.id < $0 } ?? true }
                .map { state.listing(of: $0) }
                .filter { filter.matches($0) }
                .prefix(limit)
                .map { listing in
                    var listing = listing
                    listing.entry.content.payload = []
                    return listing
                }
        }
    }

    package func listing(of entry: InboxID) throws(StoreError) -> InboxListing? {
        state.withLock { state in
            state.entries.first { $0.id == entry }.map { state.listing(of: $0) }
        }
    }

    package func deliveries(
        _ filter: DeliveryFilter,
        before: DeliveryID?,
        limit: Int
    ) throws(StoreError) -> [DeliveryRecord] {
        state.withLock { state in
            state.deliveries.values
                .filter { delivery in
                    filter.matches(delivery) && before.map { delivery.id < $0 } ?? true
                }
                .sorted { $0.id > $1.id }.prefix(limit).map(\.self)
        }
    }

    package func changes(
        of key: SnapshotKey,
        limit: Int
    ) throws(StoreError) -> [ToldChange] {
        state.withLock { state in
            state.changes.sorted { $0.key > $1.key }.flatMap { entry, changes in
                changes.filter { $0.integration == key.integration && $0.subject == key.subject }
                    .map { change in
                        let entry = state.entries[Int(entry.number) - 1]
                        return ToldChange(
                            entry: entry.id,
                            platform: entry.content.platform,
                            type: entry.content.type,
                            receivedAt: entry.content.receivedAt,
                            change: change
                        )
                    }
            }.prefix(limit).map(\.self)
        }
    }

    package func operatorActions(
        before: Int64?,
        limit: Int
    ) throws(StoreError) -> [(id: Int64, action: OperatorAction)] {
        state.withLock { state in
            state.actions.enumerated().reversed().map { (Int64($0.offset + 1), $0.element) }
                .filter { action in before.map { action.0 < $0 } ?? true }
                .prefix(limit).map(\.self)
        }
    }

    package func keyLinks() throws(StoreError) -> [KeyLink] { state.withLock(\.links) }
}

extension InMemoryStore.State {
    fileprivate func listing(of entry: InboxEntry) -> InboxListing {
        let changes = changes[entry.id] ?? []
        return InboxListing(
            entry: entry,
            state: undecided.contains(entry.id) ? .waiting : InboxState(changes.map(\.outcome)),
            changes: changes,
            deliveries: deliveries.values.filter { $0.evidence.contains(entry.id) }.map(\.id)
                .sorted()
        )
    }
}

extension InboxFilter {
    fileprivate func matches(_ listing: InboxListing) -> Bool {
        (state.map { listing.state == $0 } ?? true)
            && (platform.map { listing.entry.content.platform == $0 } ?? true)
            && (integration.map { listing.entry.content.integrations.contains($0) } ?? true)
            && (reason.map { reason in listing.changes.contains { $0.outcome?.reason == reason } }
                ?? true)
    }
}

extension DeliveryFilter {
    fileprivate func matches(_ delivery: DeliveryRecord) -> Bool {
        (states.isEmpty || states.contains(delivery.state.label))
            && (platform.map { delivery.lane.platform == $0 } ?? true)
            && (integration.map { delivery.lane.integration == $0 } ?? true)
            && (reason.map { delivery.state.reason == $0 } ?? true)
            && (since.map { delivery.createdAt >= $0 } ?? true)
            && (subject.map { delivery.lane.subject == $0 } ?? true)
    }
}
