/// A grant that waits until reads have shown that it may count (A4, the last part of D3).
package struct Verification: Hashable, Sendable {
    package enum Cause: String, Hashable, Sendable {
        /// Actito announced it.
        case announcedByActito = "actito"
        /// Didomi told us of it long after it was made, and nothing is known of Actito.
        case lateFromDidomi = "didomi"
    }

    /// What has to be read next.
    package enum Step: String, Hashable, Sendable {
        case profile
        case consentEvents = "events"
    }

    package var cause: Cause
    package var step: Step
    /// The change that waits, and further announcements of the same grant.
    package var changes: [ChangeReference]
    /// Receipt of the newest announcement.
    package var announcedAt: Timestamp
    /// When the person chose.
    package var chosenAt: Timestamp
    /// Something happened to the field since the running read began: it starts again.
    package var isDisturbed: Bool

    package init(
        cause: Cause,
        change: ChangeReference,
        announcedAt: Timestamp,
        chosenAt: Timestamp
    ) {
        self.cause = cause
        step = .profile
        changes = [change]
        self.announcedAt = announcedAt
        self.chosenAt = chosenAt
        isDisturbed = false
    }
}

/// An old grant from Didomi that Actito's profile contradicts: an operator decides.
package struct HeldGrant: Hashable, Sendable {
    package var delivery: DeliveryID
    package var chosenAt: Timestamp
    package var evidence: InboxID

    package init(delivery: DeliveryID, chosenAt: Timestamp, evidence: InboxID) {
        self.delivery = delivery
        self.chosenAt = chosenAt
        self.evidence = evidence
    }
}
