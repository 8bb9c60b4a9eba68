package import BridgeCore

/// The storage contract: inbox, register, deliveries and their evidence.
///
/// One caller at a time, on a thread that may block. Every method that writes is one transaction,
/// durable when it returns; when it throws, nothing was written. ``counts()`` may be called from
/// any thread at any time. The shared suite in `StorageTests` says what each backend must do.
package protocol Store: StoreQueries {
    /// Stores entries in order. A repeated identity gets an entry of its own without payload,
    /// decided as `ignored/duplicate`.
    func append(_ entries: [NewInboxEntry]) throws(StoreError) -> [AppendResult]

    /// The oldest entries that are not decided yet, oldest first.
    func undecided(limit: Int) throws(StoreError) -> [InboxEntry]

    /// Request id and trace of the asked entries, of those that have them.
    func correlations(of entries: [InboxID]) throws(StoreError) -> [InboxID: Correlation]

    /// The snapshots that exist among the asked ones.
    func snapshots(of keys: [SnapshotKey]) throws(StoreError) -> [SnapshotKey: Snapshot]

    /// The person whose snapshot names this profile id, if one is known.
    func subject(
        ofProfile id: String,
        in integration: IntegrationName
    ) throws(StoreError) -> SubjectKey?

    /// The person whom a Didomi webhook about this consent event named, if one was received.
    func subject(
        ofConsentEvent id: String,
        in integration: IntegrationName
    ) throws(StoreError) -> Subject?

    /// People of whom something becomes due (`Snapshot.wakeAt`) up to a moment, the earliest first.
    func dueSnapshots(until moment: Timestamp, limit: Int) throws(StoreError) -> [SnapshotKey]

    /// When the next one becomes due; nil: nobody.
    func nextDueAt() throws(StoreError) -> Timestamp?

    /// People whose register gained a grant from Actito since a moment (the brake).
    func peopleGranted(
        byActitoSince moment: Timestamp,
        in integration: IntegrationName
    ) throws(StoreError) -> [Subject: Timestamp]

    /// Stores everything of a batch.
    func commit(_ batch: StoreBatch) throws(StoreError)

    /// Deliveries that are waiting, in flight or overdue, oldest first, after a given one.
    func openDeliveries(after: DeliveryID?, limit: Int) throws(StoreError) -> [DeliveryRecord]

    /// When the answered calls of each session began, from a moment on: a new process goes on with
    /// what its licences have used. The newest thousand of all.
    func callsBegun(since moment: Timestamp) throws(StoreError) -> [AccessKey: [Timestamp]]

    /// A number that no delivery of this storage has had.
    func makeDeliveryID() throws(StoreError) -> DeliveryID

    /// When the bridge first started with this integration: `now` if it is the first time.
    func firstStart(
        of integration: IntegrationName,
        now: Timestamp
    ) throws(StoreError) -> Timestamp

    /// Notes that webhooks could be received up to a moment.
    func noteReception(at now: Timestamp) throws(StoreError)

    /// Webhooks are received again: since the last ``noteReception(at:)`` they were not, if there
    /// was one. The interruptions that ended within the last day.
    func resumeReception(at now: Timestamp) throws(StoreError) -> [Interruption]

    /// The bytes that are kept under a name: those given here if there were none yet.
    ///
    /// For the few secrets that the bridge makes for itself; whoever comes first decides.
    func keep(_ bytes: [UInt8], as name: String) throws(StoreError) -> [UInt8]

    /// What is undecided or pending, and the deliveries that are open, held or given up.
    func counts() throws(StoreError) -> StoreCounts

    /// The sums of rule S12.
    func ledger() throws(StoreError) -> Ledger

    /// Commits something that means nothing, to see whether the storage takes commits again.
    func proveWritable() throws(StoreError)

    /// Everything that an entry's changes came to; for the tests and, later, the admin API.
    func changes(of entry: InboxID) throws(StoreError) -> [ChangeRecord]

    /// `waiting`, `applied`, `rejected`, `ignored`; nil: no such entry.
    func state(of entry: InboxID) throws(StoreError) -> InboxState?

    /// The register's changes of one person, oldest first.
    func history(of key: SnapshotKey) throws(StoreError) -> [RegisterChange]

    func delivery(_ id: DeliveryID) throws(StoreError) -> DeliveryRecord?

    func attempts(of delivery: DeliveryID) throws(StoreError) -> [AttemptRecord]

    func close()
}

/// The state of an inbox entry (`interface.md` section 5).
package enum InboxState: String, Hashable, Sendable, CaseIterable {
    case waiting
    case applied
    case rejected
    case ignored

    /// The state that an entry's outcomes add up to; `nil` stands for a change that waits.
    package init(_ outcomes: some Sequence<Outcome?>) {
        var state = InboxState.ignored
        for outcome in outcomes {
            switch outcome {
            case nil:
                self = .waiting
                return
            case .applied: state = .applied
            case .rejected: if state != .applied { state = .rejected }
            case .ignored: break
            }
        }
        self = state
    }
}
