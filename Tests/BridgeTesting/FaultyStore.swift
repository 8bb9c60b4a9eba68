package import BridgeCore
package import Storage
import Synchronization

/// A storage whose n-th call fails, before or after its effect.
///
/// A call that failed after its effect is what a process sees that dies before the answer: it has
/// to end and recover, since the contract says that nothing was written when a method throws.
package final class FaultyStore: Store {
    package enum Moment: String, Sendable, CaseIterable {
        case beforeEffect
        case afterEffect
    }

    private let inner: any Store
    private let failing: Int
    private let moment: Moment
    private let calls = Mutex(0)

    /// `failing`: the call that fails, 1 for the first; 0: none.
    package init(_ inner: any Store, failing: Int, _ moment: Moment) {
        self.inner = inner
        self.failing = failing
        self.moment = moment
    }

    /// Calls so far.
    package var callCount: Int { calls.withLock(\.self) }

    /// The fault has happened and the effect too: only a restart may follow.
    package var hasFailedAfterEffect: Bool {
        moment == .afterEffect && failing > 0 && callCount >= failing
    }

    private func call<Result>(
        _ body: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let number = calls.withLock { count in
            count += 1
            return count
        }
        guard number == failing else { return try body() }
        if moment == .afterEffect { _ = try body() }
        throw .unavailable("the fault of call \(number), \(moment.rawValue)")
    }

    package func append(_ entries: [NewInboxEntry]) throws(StoreError) -> [AppendResult] {
        try call { () throws(StoreError) in try inner.append(entries) }
    }

    package func undecided(limit: Int) throws(StoreError) -> [InboxEntry] {
        try call { () throws(StoreError) in try inner.undecided(limit: limit) }
    }

    package func correlations(
        of entries: [InboxID]
    ) throws(StoreError) -> [InboxID: Correlation] {
        try call { () throws(StoreError) in try inner.correlations(of: entries) }
    }

    package func snapshots(of keys: [SnapshotKey]) throws(StoreError) -> [SnapshotKey: Snapshot] {
        try call { () throws(StoreError) in try inner.snapshots(of: keys) }
    }

    package func subject(
        ofProfile id: String,
        in integration: IntegrationName
    ) throws(StoreError) -> SubjectKey? {
        try call { () throws(StoreError) in try inner.subject(ofProfile: id, in: integration) }
    }

    package func subject(
        ofConsentEvent id: String,
        in integration: IntegrationName
    ) throws(StoreError) -> Subject? {
        try call { () throws(StoreError) in
            try inner.subject(ofConsentEvent: id, in: integration)
        }
    }

    package func dueSnapshots(
        until moment: Timestamp,
        limit: Int
    ) throws(StoreError) -> [SnapshotKey] {
        try call { () throws(StoreError) in try inner.dueSnapshots(until: moment, limit: limit) }
    }

    package func nextDueAt() throws(StoreError) -> Timestamp? {
        try call { () throws(StoreError) in try inner.nextDueAt() }
    }

    package func peopleGranted(
        byActitoSince moment: Timestamp,
        in integration: IntegrationName
    ) throws(StoreError) -> [Subject: Timestamp] {
        try call { () throws(StoreError) in
            try inner.peopleGranted(byActitoSince: moment, in: integration)
        }
    }

    package func commit(_ batch: StoreBatch) throws(StoreError) {
        try call { () throws(StoreError) in try inner.commit(batch) }
    }

    package func openDeliveries(
        after: DeliveryID?,
        limit: Int
    ) throws(StoreError) -> [DeliveryRecord] {
        try call { () throws(StoreError) in try inner.openDeliveries(after: after, limit: limit) }
    }

    package func callsBegun(
        since moment: Timestamp
    ) throws(StoreError) -> [AccessKey: [Timestamp]] {
        try call { () throws(StoreError) in try inner.callsBegun(since: moment) }
    }

    package func makeDeliveryID() throws(StoreError) -> DeliveryID {
        try call { () throws(StoreError) in try inner.makeDeliveryID() }
    }

    package func firstStart(
        of integration: IntegrationName,
        now: Timestamp
    ) throws(StoreError) -> Timestamp {
        try call { () throws(StoreError) in try inner.firstStart(of: integration, now: now) }
    }

    package func noteReception(at now: Timestamp) throws(StoreError) {
        try call { () throws(StoreError) in try inner.noteReception(at: now) }
    }

    package func resumeReception(at now: Timestamp) throws(StoreError) -> [Interruption] {
        try call { () throws(StoreError) in try inner.resumeReception(at: now) }
    }

    package func keep(_ bytes: [UInt8], as name: String) throws(StoreError) -> [UInt8] {
        try call { () throws(StoreError) in try inner.keep(bytes, as: name) }
    }

    package func counts() throws(StoreError) -> StoreCounts {
        try call { () throws(StoreError) in try inner.counts() }
    }

    package func ledger() throws(StoreError) -> Ledger {
        try call { () throws(StoreError) in try inner.ledger() }
    }

    package func proveWritable() throws(StoreError) {
        try call { () throws(StoreError) in try inner.proveWritable() }
    }

    package func changes(of entry: InboxID) throws(StoreError) -> [ChangeRecord] {
        try call { () throws(StoreError) in try inner.changes(of: entry) }
    }

    package func state(of entry: InboxID) throws(StoreError) -> InboxState? {
        try call { () throws(StoreError) in try inner.state(of: entry) }
    }

    package func history(of key: SnapshotKey) throws(StoreError) -> [RegisterChange] {
        try call { () throws(StoreError) in try inner.history(of: key) }
    }

    package func delivery(_ id: DeliveryID) throws(StoreError) -> DeliveryRecord? {
        try call { () throws(StoreError) in try inner.delivery(id) }
    }

    package func attempts(of delivery: DeliveryID) throws(StoreError) -> [AttemptRecord] {
        try call { () throws(StoreError) in try inner.attempts(of: delivery) }
    }

    package func inbox(
        _ filter: InboxFilter,
        before: InboxID?,
        limit: Int
    ) throws(StoreError) -> [InboxListing] {
        try inner.inbox(filter, before: before, limit: limit)
    }

    package func listing(of entry: InboxID) throws(StoreError) -> InboxListing? {
        try inner.listing(of: entry)
    }

    package func deliveries(
        _ filter: DeliveryFilter,
        before: DeliveryID?,
        limit: Int
    ) throws(StoreError) -> [DeliveryRecord] {
        try inner.deliveries(filter, before: before, limit: limit)
    }

    package func changes(
        of key: SnapshotKey,
        limit: Int
    ) throws(StoreError) -> [ToldChange] {
        try inner.changes(of: key, limit: limit)
    }

    package func operatorActions(
        before: Int64?,
        limit: Int
    ) throws(StoreError) -> [(id: Int64, action: OperatorAction)] {
        try inner.operatorActions(before: before, limit: limit)
    }

    package func keyLinks() throws(StoreError) -> [KeyLink] {
        try call { () throws(StoreError) in try inner.keyLinks() }
    }

    package func close() { inner.close() }
}
