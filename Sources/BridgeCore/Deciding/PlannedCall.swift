package import JSON

/// The consent event that the bridge makes at Didomi: identity and time are stored before the first
/// attempt and repeated unchanged (design section 4, Identity).
package struct OwnEvent: Hashable, Sendable {
    /// A random UUID.
    package var id: String
    package var createdAt: Timestamp

    package init(id: String, createdAt: Timestamp) {
        self.id = id
        self.createdAt = createdAt
    }
}

/// What one platform is to be told about one person.
package struct PlannedWrite: Hashable, Sendable {
    package var choices: [Field: Choice]
    /// Profile attributes by name; always empty towards Didomi.
    package var attributes: [String: JSONValue]
    /// Of several Didomi users with the person's key: the one that is written to; nil: the key.
    package var userID: String?

    package init(choices: [Field: Choice], attributes: [String: JSONValue] = [:]) {
        self.choices = choices
        self.attributes = attributes
    }

    package var isEmpty: Bool { choices.isEmpty && attributes.isEmpty }
    package var hasGrant: Bool { choices.values.contains(.granted) }
    package var partCount: Int { choices.count + attributes.count }

    /// What of it is written next when the platform refused the whole: the withdrawals, then one
    /// part after the other, withdrawals first.
    func part(_ split: Snapshot.Split?) -> PlannedWrite {
        guard let split, partCount > 1 else { return self }
        let withdrawals = choices.filter { $0.value == .denied }
        if split == .withdrawals, !withdrawals.isEmpty { return PlannedWrite(choices: withdrawals) }
        let first = choices.min {
            ($0.value == .denied ? 0 : 1, $0.key) < ($1.value == .denied ? 0 : 1, $1.key)
        }
        if let first { return PlannedWrite(choices: [first.key: first.value]) }
        guard let name = attributes.keys.min() else { return self }
        return PlannedWrite(choices: [:], attributes: attributes.filter { $0.key == name })
    }
}

/// The one call that a lane needs next.
package enum PlannedCall: Hashable, Sendable {
    case write(PlannedWrite)
    /// Actito: the profile, by unique key or by its number.
    case readProfile
    /// Didomi: the person's consent events.
    case readConsentEvents
    /// Didomi: the person's users, with the state that they hold now.
    case readUsers

    /// The most urgent part of the call (`interface.md` section 5).
    package var kind: DeliveryKind {
        switch self {
        case .readProfile, .readConsentEvents, .readUsers: .read
        case .write(let write):
            if write.choices.values.contains(.denied) {
                .withdrawal
            } else if write.hasGrant {
                .grant
            } else {
                .attributes
            }
        }
    }
}

/// A call that waits or is in flight.
package struct OpenDelivery: Hashable, Sendable {
    package var id: DeliveryID
    package var call: PlannedCall
    /// Only for a write to Didomi.
    package var event: OwnEvent?
    /// Receipt of the oldest evidence in it: how long somebody has been waiting.
    package var waitingSince: Timestamp
    package var createdAt: Timestamp
    package var evidence: [InboxID]
    /// The profile is to be created, not updated (`upsert_mode`, after a 404).
    package var createsProfile: Bool
    /// Didomi called the event a duplicate: it is asked for the event instead of being sent it.
    package var asksForEvent = false
    /// Whether the running attempt may reach the platform; what a crash leaves in doubt.
    package var isInFlight: Bool
    /// A withdrawal that is tried at the longest delay only (S11).
    package var isOverdue: Bool
    /// A read that may end in a withdrawal (rule S10).
    package var isUrgent: Bool

    package init(
        id: DeliveryID,
        call: PlannedCall,
        event: OwnEvent? = nil,
        waitingSince: Timestamp,
        createdAt: Timestamp,
        evidence: [InboxID]
    ) {
        self.id = id
        self.call = call
        self.event = event
        self.waitingSince = waitingSince
        self.createdAt = createdAt
        self.evidence = evidence
        createsProfile = false
        isInFlight = false
        isOverdue = false
        isUrgent = false
    }
}
