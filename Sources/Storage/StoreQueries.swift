package import BridgeCore

/// What people ask of a storage: the admin API and the commands.
///
/// Each answer is bounded. Everything here may be called from any thread at any time.
package protocol StoreQueries: AnyObject, Sendable {
    /// Entries that match, the newest first, below a given one.
    func inbox(
        _ filter: InboxFilter,
        before: InboxID?,
        limit: Int
    ) throws(StoreError) -> [InboxListing]

    /// One entry with its payload; nil: there is none.
    func listing(of entry: InboxID) throws(StoreError) -> InboxListing?

    /// Deliveries that match, the newest first, below a given one.
    func deliveries(
        _ filter: DeliveryFilter,
        before: DeliveryID?,
        limit: Int
    ) throws(StoreError) -> [DeliveryRecord]

    /// What was said of a person, the newest first, with the entry that said it.
    func changes(
        of key: SnapshotKey,
        limit: Int
    ) throws(StoreError) -> [ToldChange]

    /// What operators did, the newest first, below a given one.
    func operatorActions(
        before: Int64?,
        limit: Int
    ) throws(StoreError) -> [(id: Int64, action: OperatorAction)]

    /// The keys that were joined with others.
    func keyLinks() throws(StoreError) -> [KeyLink]
}

/// Which inbox entries; nil: any.
package struct InboxFilter: Hashable, Sendable {
    package var state: InboxState?
    /// The reason of any of its changes.
    package var reason: String?
    package var platform: PlatformName?
    package var integration: IntegrationName?

    package init(
        state: InboxState? = nil,
        reason: String? = nil,
        platform: PlatformName? = nil,
        integration: IntegrationName? = nil
    ) {
        self.state = state
        self.reason = reason
        self.platform = platform
        self.integration = integration
    }
}

/// Which deliveries; nil or empty: any.
package struct DeliveryFilter: Hashable, Sendable {
    /// Labels of `DeliveryState`.
    package var states: [String] = []
    package var platform: PlatformName?
    package var integration: IntegrationName?
    package var reason: String?
    /// Planned at this moment or later.
    package var since: Timestamp?
    package var subject: Subject?

    package init() {}
}

/// One change with the entry that told it.
package struct ToldChange: Hashable, Sendable {
    package var entry: InboxID
    package var platform: PlatformName
    /// The sender's event type, `read` for a stored read.
    package var type: String
    package var receivedAt: Timestamp
    package var change: ChangeRecord

    package init(
        entry: InboxID,
        platform: PlatformName,
        type: String,
        receivedAt: Timestamp,
        change: ChangeRecord
    ) {
        self.entry = entry
        self.platform = platform
        self.type = type
        self.receivedAt = receivedAt
        self.change = change
    }
}

/// An entry as people see it.
package struct InboxListing: Hashable, Sendable {
    /// In a list without its payload.
    package var entry: InboxEntry
    package var state: InboxState
    package var changes: [ChangeRecord]
    /// Those of which it is evidence.
    package var deliveries: [DeliveryID]

    package init(
        entry: InboxEntry,
        state: InboxState,
        changes: [ChangeRecord],
        deliveries: [DeliveryID]
    ) {
        self.entry = entry
        self.state = state
        self.changes = changes
        self.deliveries = deliveries
    }
}

/// Something that an operator changed, and who it was.
package struct OperatorAction: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case retry
        case discard
        case link
    }

    package var kind: Kind
    /// `operator` with a token, `loopback` without, `storage` by a command on the storage alone;
    /// the name that the person gave stands behind it in parentheses.
    package var actor: String
    package var at: Timestamp
    package var delivery: DeliveryID?
    package var integration: IntegrationName?
    package var subject: Subject?
    package var reason: String?

    package init(
        _ kind: Kind,
        by actor: String,
        at: Timestamp,
        delivery: DeliveryID? = nil,
        of key: SnapshotKey? = nil,
        reason: String? = nil
    ) {
        self.kind = kind
        self.actor = actor
        self.at = at
        self.delivery = delivery
        integration = key?.integration
        subject = key?.subject
        self.reason = reason
    }
}

/// An operator said that two keys are one person: what comes under the old one counts for the new.
package struct KeyLink: Hashable, Sendable {
    package var integration: IntegrationName
    package var old: SubjectKey
    package var new: SubjectKey

    package init(integration: IntegrationName, old: SubjectKey, new: SubjectKey) {
        self.integration = integration
        self.old = old
        self.new = new
    }
}
