package import BridgeCore

/// A webhook or read result that is to be stored.
package struct NewInboxEntry: Hashable, Sendable {
    package var platform: PlatformName
    /// The integrations that it is for: those whose credential matched.
    package var integrations: [IntegrationName]
    /// The sender's event type, `read` for a stored read; for people who look at the inbox.
    package var type: String
    /// The event type that the receiving path named, which the payload may lack.
    package var event: String?
    /// What the sender gave to recognise a repetition; nil: nothing.
    package var identity: String?
    /// The bytes as received.
    package var payload: [UInt8]
    package var receivedAt: Timestamp
    /// Request id and trace of the webhook; of a stored read, those of the request that read it.
    package var correlation: Correlation?

    package init(
        platform: PlatformName,
        integrations: [IntegrationName],
        type: String,
        event: String? = nil,
        identity: String? = nil,
        payload: [UInt8],
        receivedAt: Timestamp,
        correlation: Correlation? = nil
    ) {
        self.platform = platform
        self.integrations = integrations
        self.type = type
        self.event = event
        self.identity = identity
        self.payload = payload
        self.receivedAt = receivedAt
        self.correlation = correlation
    }

    /// Two integrations may receive the same webhook; each of them once.
    package var scopedIdentity: String? {
        identity.map { identity in
            ([identity] + integrations.map(\.text)).joined(separator: "\u{1F}")
        }
    }
}

/// A stored webhook or read result.
package struct InboxEntry: Hashable, Sendable {
    package var id: InboxID
    package var content: NewInboxEntry

    package init(id: InboxID, content: NewInboxEntry) {
        self.id = id
        self.content = content
    }
}

/// What became of one entry on its way into the inbox.
package enum AppendResult: Hashable, Sendable {
    case accepted(InboxID)
    /// The sender had sent it before; `first` is the entry of that time.
    case duplicate(first: InboxID)
}

/// One change of an entry with its outcome; nil while a read that it needs is pending.
package struct ChangeRecord: Hashable, Sendable {
    package var integration: IntegrationName?
    package var subject: Subject?
    package var field: String?
    package var choice: Choice?
    package var chosenAt: Timestamp?
    package var outcome: Outcome?

    package init(
        integration: IntegrationName?,
        subject: Subject?,
        field: String?,
        choice: Choice?,
        chosenAt: Timestamp?,
        outcome: Outcome?
    ) {
        self.integration = integration
        self.subject = subject
        self.field = field
        self.choice = choice
        self.chosenAt = chosenAt
        self.outcome = outcome
    }
}

/// An entry that was decided, with all its changes in order.
package struct DecidedEntry: Hashable, Sendable {
    package var id: InboxID
    package var changes: [ChangeRecord]

    package init(id: InboxID, changes: [ChangeRecord]) {
        self.id = id
        self.changes = changes
    }
}

/// A delivery as it is stored: every field is written each time.
package struct DeliveryRecord: Hashable, Sendable {
    package var id: DeliveryID
    package var lane: LaneKey
    package var kind: DeliveryKind
    package var state: DeliveryState
    package var attempts: Int
    package var createdAt: Timestamp
    package var waitingSince: Timestamp
    package var finishedAt: Timestamp?
    /// The platform's last HTTP status, if it answered.
    package var lastStatus: Int?
    package var evidence: [InboxID]
    /// A read that may end in a withdrawal (rule S10).
    package var isUrgent = false

    package init(
        id: DeliveryID,
        lane: LaneKey,
        kind: DeliveryKind,
        state: DeliveryState,
        attempts: Int,
        createdAt: Timestamp,
        waitingSince: Timestamp,
        finishedAt: Timestamp? = nil,
        lastStatus: Int? = nil,
        evidence: [InboxID]
    ) {
        self.id = id
        self.lane = lane
        self.kind = kind
        self.state = state
        self.attempts = attempts
        self.createdAt = createdAt
        self.waitingSince = waitingSince
        self.finishedAt = finishedAt
        self.lastStatus = lastStatus
        self.evidence = evidence
    }
}

/// One request that was sent for a delivery, and its answer: what proves a write.
package struct AttemptRecord: Hashable, Sendable {
    package var delivery: DeliveryID
    package var sentAt: Timestamp
    package var endedAt: Timestamp
    package var method: String
    package var url: String
    package var body: [UInt8]
    package var status: Int?
    package var verdict: String

    package init(
        delivery: DeliveryID,
        sentAt: Timestamp,
        endedAt: Timestamp,
        method: String,
        url: String,
        body: [UInt8],
        status: Int?,
        verdict: String
    ) {
        self.delivery = delivery
        self.sentAt = sentAt
        self.endedAt = endedAt
        self.method = method
        self.url = url
        self.body = body
        self.status = status
        self.verdict = verdict
    }
}

/// Which snapshot: one person of one integration.
package struct SnapshotKey: Hashable, Sendable {
    package var integration: IntegrationName
    package var subject: Subject

    package init(integration: IntegrationName, subject: Subject) {
        self.integration = integration
        self.subject = subject
    }
}

extension Snapshot {
    package var storageKey: SnapshotKey { SnapshotKey(integration: integration, subject: subject) }
}

/// What was decided and sent together and is stored together, or not at all.
package struct StoreBatch: Hashable, Sendable {
    package var decided: [DecidedEntry] = []
    package var resolutions: [Resolution] = []
    package var snapshots: [Snapshot] = []
    package var history: [RegisterChange] = []
    package var deliveries: [DeliveryRecord] = []
    package var attempts: [AttemptRecord] = []
    package var actions: [OperatorAction] = []
    /// The new key of each has no link of its own any more.
    package var links: [KeyLink] = []
    /// When all of it happened.
    package var at: Timestamp

    package init(at: Timestamp) {
        self.at = at
    }

    package var isEmpty: Bool {
        decided.isEmpty && resolutions.isEmpty && snapshots.isEmpty && history.isEmpty
            && deliveries.isEmpty && attempts.isEmpty && actions.isEmpty && links.isEmpty
    }
}

/// Figures of what waits, for health and metrics.
package struct StoreCounts: Hashable, Sendable {
    /// Entries that are not decided yet, and those that wait for a read.
    package var inboxUndecided = 0
    package var inboxPending = 0
    package var deliveries: [DeliveryGroup: Int] = [:]
    /// The oldest `waitingSince` of deliveries that are not final.
    package var oldestWaiting: [DeliveryGroup: Timestamp] = [:]
    /// The oldest `waitingSince` of open reads that may end in a withdrawal.
    package var oldestUrgentRead: [PlatformName: Timestamp] = [:]
    /// Receipt of the oldest entry that is not decided yet.
    package var oldestUndecided: Timestamp?
    /// Rule S12; 0 unless an entry or a delivery was lost or doubled.
    package var inboxDifference = 0
    package var deliveriesDifference = 0

    package struct DeliveryGroup: Hashable, Sendable {
        package var platform: PlatformName
        package var kind: DeliveryKind
        /// The state's label.
        package var state: String

        package init(platform: PlatformName, kind: DeliveryKind, state: String) {
            self.platform = platform
            self.kind = kind
            self.state = state
        }
    }

    package init() {}

    /// Since when the oldest call of a kind has been waiting, whatever it waits for: its time, a
    /// limit, a breaker, an operator; nil: none waits.
    ///
    /// A read that may end in a withdrawal waits with the withdrawals too.
    package func oldestWaiting(_ kind: DeliveryKind, at platform: PlatformName) -> Timestamp? {
        let calls = oldestWaiting.filter { $0.key.platform == platform && $0.key.kind == kind }
        let reads = kind == .withdrawal ? oldestUrgentRead[platform] : nil
        return (calls.values + [reads].compactMap(\.self)).min()
    }

    /// Deliveries of a platform that stand in one of some states, by their labels.
    package func deliveries(of platform: PlatformName, in states: Set<String>) -> Int {
        deliveries.reduce(0) { sum, group in
            group.key.platform == platform && states.contains(group.key.state)
                ? sum + group.value : sum
        }
    }
}
