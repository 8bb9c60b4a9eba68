/// A grant that waits until reads have shown that it may count (A4, the last part of D3).
package struct Verification: Hashable, Sendable {
    package enum Cause: String, Hashable, Sendable {
        /// Actito announced it.
        case announcedByActito = "actito"
        /// Didomi told us of it long after it was made, and nothing is known of Actito.
        case lateFromDidomi = "didomi"

        /// Where the grant was given.
        package var origin: PlatformName { self == .announcedByActito ? .actito : .didomi }
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
    /// A withdrawal was owed to Actito before the grant was announced: it goes first (A4).
    package var withdrawsFirst = false

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

/// A withdrawal that Actito announced while the register is granted and a withdrawal write of ours
/// had not been seen back: the person's, or our echo (A2).
package struct WithdrawalDoubt: Hashable, Sendable {
    package var change: ChangeReference
    /// The other changes of the same announcement, if it was of a target of several fields.
    package var otherChanges: [ChangeReference] = []
    package var announcedAt: Timestamp
    /// Only the profile can tell.
    package var needsRead: Bool
    /// Something was announced for the field since the running read began.
    package var isDisturbed: Bool

    package init(change: ChangeReference, announcedAt: Timestamp) {
        self.change = change
        self.announcedAt = announcedAt
        needsRead = false
        isDisturbed = false
    }

    var allChanges: [ChangeReference] { [change] + otherChanges }
}

/// A grant that waits for an operator, with the delivery that shows it.
package struct HeldGrant: Hashable, Sendable {
    package var delivery: DeliveryID
    package var chosenAt: Timestamp
    package var evidence: InboxID
    /// Where the person gave it.
    package var origin: PlatformName

    package init(
        delivery: DeliveryID,
        chosenAt: Timestamp,
        evidence: InboxID,
        origin: PlatformName
    ) {
        self.delivery = delivery
        self.chosenAt = chosenAt
        self.evidence = evidence
        self.origin = origin
    }
}
