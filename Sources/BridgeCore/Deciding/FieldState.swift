/// The register's entry: what both platforms are to hold for one field of one person.
package struct RegisterEntry: Hashable, Sendable {
    package var choice: Choice
    /// When the person chose, as far as it is known.
    package var chosenAt: Timestamp
    /// Where the choice was made.
    package var origin: PlatformName
    /// The inbox entry that shows it.
    package var evidence: InboxID
    /// When that entry was received.
    package var receivedAt: Timestamp

    package init(
        choice: Choice,
        chosenAt: Timestamp,
        origin: PlatformName,
        evidence: InboxID,
        receivedAt: Timestamp
    ) {
        self.choice = choice
        self.chosenAt = chosenAt
        self.origin = origin
        self.evidence = evidence
        self.receivedAt = receivedAt
    }
}

/// The last write of one value of one field to one platform.
package struct FieldWrite: Hashable, Sendable {
    package enum Verdict: String, Hashable, Sendable {
        case inFlight = "in_flight"
        case accepted
        /// It may have taken effect, or may still.
        case unknown
    }

    /// When the write was planned; a consent event is made then.
    package var madeAt: Timestamp
    /// When its newest attempt was sent.
    package var sentAt: Timestamp
    package var verdict: Verdict
    /// When it was acknowledged.
    package var acceptedAt: Timestamp?
    /// Whether the platform's webhook has shown it to us since (rule S7).
    package var isSeenBack: Bool
    /// The consent event that carried it, if it went to Didomi.
    package var eventID: String?
    /// That event's `created_at`.
    package var eventCreatedAt: Timestamp?
    /// When the newest attempt before this one was sent whose verdict was unknown: it may still take
    /// effect, whatever became of later ones.
    package var earlierUnknownAt: Timestamp?

    package init(
        madeAt: Timestamp,
        sentAt: Timestamp,
        verdict: Verdict = .inFlight,
        isSeenBack: Bool = false,
        eventID: String? = nil,
        eventCreatedAt: Timestamp? = nil,
        earlierUnknownAt: Timestamp? = nil
    ) {
        self.madeAt = madeAt
        self.sentAt = sentAt
        self.verdict = verdict
        self.isSeenBack = isSeenBack
        self.eventID = eventID
        self.eventCreatedAt = eventCreatedAt
        self.earlierUnknownAt = earlierUnknownAt
    }

    /// When the newest attempt was sent whose verdict is unknown.
    package var unknownAt: Timestamp? { verdict == .unknown ? sentAt : earlierUnknownAt }
}

/// What one platform is known to hold for one field, and what the bridge wrote there.
package struct Replica: Hashable, Sendable {
    /// nil: not known.
    package var choice: Choice?
    package var grant: FieldWrite?
    package var withdrawal: FieldWrite?
    /// What the attempt in flight took the place of: it counts again if the attempt certainly had no
    /// effect.
    package var replacedWrite: FieldWrite?
    /// The platform refused the register's value: not tried again before a newer choice.
    package var isRefused: Bool {
        didSet { if !isRefused { isDiscarded = false } }
    }
    /// An operator dropped the register's value, a withdrawal too: only with ``isRefused``.
    package var isDiscarded = false

    package init(
        choice: Choice? = nil,
        grant: FieldWrite? = nil,
        withdrawal: FieldWrite? = nil,
        isRefused: Bool = false
    ) {
        self.choice = choice
        self.grant = grant
        self.withdrawal = withdrawal
        self.isRefused = isRefused
    }

    package func write(of choice: Choice) -> FieldWrite? {
        choice.isGranted ? grant : withdrawal
    }

    package mutating func setWrite(of choice: Choice, _ write: FieldWrite?) {
        if choice.isGranted { grant = write } else { withdrawal = write }
    }

    /// The newest `created_at` of the bridge's own consent events for this field.
    package var newestEventCreatedAt: Timestamp? {
        [grant?.eventCreatedAt, withdrawal?.eventCreatedAt].compactMap(\.self).max()
    }
}

/// Everything that the rules of design section 4 ask of one field of one person.
package struct FieldState: Hashable, Sendable {
    /// nil: no choice is known.
    package var register: RegisterEntry?
    /// The newest Didomi-born choice and its time, capped against the receipt (D1).
    package var newestDidomiChoice: Choice?
    package var newestDidomiChoiceAt: Timestamp?
    /// The newest time of any choice of the field as Didomi holds it, uncapped.
    package var newestTimeAtDidomi: Timestamp?
    /// When Actito last announced a withdrawal, and a grant: the receipts.
    package var actitoWithdrawalAt: Timestamp?
    package var actitoGrantAt: Timestamp?
    /// When Actito was last known to hold a denial (A4): by a read or an acknowledged write; what is
    /// announced has no time.
    package var actitoDeniedAt: Timestamp?
    package var actito = Replica()
    package var didomi = Replica()
    /// A grant that is being verified by reads.
    package var verification: Verification?
    /// A grant that an operator has to release (D3, the brake).
    package var heldGrant: HeldGrant?
    /// An announced withdrawal that may be the late echo of our own write (A2).
    package var doubt: WithdrawalDoubt?
    /// When Actito is read once more, since a grant write of ours may take effect late (A5).
    package var lateCheckAt: Timestamp?
    /// That moment has come.
    package var needsLateCheck = false
    /// The field's repairs of the last hour (S7).
    package var repairs: [Timestamp] = []

    package init() {}

    /// The person chose anew what an operator had dropped: it is owed again.
    mutating func oweDiscarded() {
        for platform in PlatformName.allCases where self[platform].isDiscarded {
            self[platform].isRefused = false
        }
    }

    package subscript(platform: PlatformName) -> Replica {
        get { platform == .didomi ? didomi : actito }
        set {
            if platform == .didomi { didomi = newValue } else { actito = newValue }
        }
    }
}
