package import JSON

/// A metadata value on its way to a profile attribute.
package struct AttributeState: Hashable, Sendable {
    package var value: JSONValue
    package var chosenAt: Timestamp
    package var evidence: InboxID
    package var receivedAt: Timestamp
    /// The value that the profile was last given; nil: none yet.
    package var sent: JSONValue?

    package init(
        value: JSONValue,
        chosenAt: Timestamp,
        evidence: InboxID,
        receivedAt: Timestamp,
        sent: JSONValue? = nil
    ) {
        self.value = value
        self.chosenAt = chosenAt
        self.evidence = evidence
        self.receivedAt = receivedAt
        self.sent = sent
    }
}

/// Something that Actito announced and that only the profile explains: of a person whose key is not
/// known yet, or a value that cannot be read.
package struct UnresolvedChange: Hashable, Sendable {
    package var content: Change.Content
    package var change: ChangeReference
    package var receivedAt: Timestamp
    /// It came while the profile was being read: that read does not show it.
    package var isDisturbed = false

    package init(content: Change.Content, change: ChangeReference, receivedAt: Timestamp) {
        self.content = content
        self.change = change
        self.receivedAt = receivedAt
    }
}

/// What Didomi told to be gone: the person's state there has to be read.
package struct Deletion: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case event
        case user
    }

    package var kind: Kind
    package var change: ChangeReference
    package var receivedAt: Timestamp
    /// It came while the users were being read: that read does not show it.
    package var isDisturbed = false

    package init(kind: Kind, change: ChangeReference, receivedAt: Timestamp) {
        self.kind = kind
        self.change = change
        self.receivedAt = receivedAt
    }
}

/// One person's register and replicas: what is read together to decide and to plan.
package struct Snapshot: Hashable, Sendable {
    package let integration: IntegrationName
    package let subject: Subject
    package var fields: [Field: FieldState] = [:]
    package var attributes: [String: AttributeState] = [:]
    /// By preference id: what Didomi was last seen to list.
    package var preferences: [String: PreferenceList] = [:]
    /// The profile's number at Actito, once seen.
    package var profileID: String?
    /// Since when Actito is known to have no such profile; nil: it may have one.
    package var profileMissingSince: Timestamp?
    /// When a withdrawal that found no profile is tried again.
    package var profileRetryAt: Timestamp?
    /// That moment has come.
    package var isProfileRetryDue = false
    /// Actito announced the profile under another key: what is owed there goes to its number.
    package var isKeyChanged = false
    /// What is owed to each platform now: at most one call (design section 2, Plan).
    package var open: [PlatformName: OpenDelivery] = [:]
    /// What waits for the profile: under a profile id everything, under a key what is unreadable.
    package var unresolved: [UnresolvedChange] = []
    /// Deletions at Didomi that are not looked into yet.
    package var deletions: [Deletion] = []
    /// Didomi's users of the key, as far as webhooks named them.
    package var users: Set<String> = []
    /// Fields of which a withdrawal was acknowledged at Didomi, which has several users of the key:
    /// they have to be read.
    package var fieldsToCheck: Set<Field> = []
    /// Those that came up while the users were being read: they have to be read again.
    package var fieldsToCheckAgain: Set<Field> = []
    /// Users that still show a grant which the person withdrew, with what they are to be told.
    package var laggingUsers: [String: Set<Field>] = [:]
    /// What dead deliveries would have written, as far as nothing newer overtook it.
    package var deadWrites: [DeliveryID: DeadWrite] = [:]
    /// Platforms whose read is stored in the inbox and not decided yet: it is not repeated.
    package var readingStored: Set<PlatformName> = []

    package init(integration: IntegrationName, subject: Subject) {
        self.integration = integration
        self.subject = subject
    }

    /// Platforms that refused a write of several parts: what is missing there is written in parts.
    package var splitting: [PlatformName: Split] = [:]

    package enum Split: String, Hashable, Sendable {
        /// The withdrawals alone.
        case withdrawals
        /// One part at a time.
        case parts
    }

    /// Nothing is known that would be worth a row.
    package var isEmpty: Bool {
        fields.isEmpty && attributes.isEmpty && preferences.isEmpty && profileID == nil
            && open.isEmpty
            && unresolved.isEmpty && readingStored.isEmpty && deletions.isEmpty
            && fieldsToCheck.isEmpty && laggingUsers.isEmpty && deadWrites.isEmpty
    }

    /// When something becomes due without any news of the person; nil: never.
    package var wakeAt: Timestamp? {
        (fields.values.map(\.lateCheckAt) + [profileRetryAt]).compactMap(\.self).min()
    }

    /// Forgets that Actito had nobody: something new is known of the person.
    package mutating func expectProfile() {
        profileMissingSince = nil
        profileRetryAt = nil
        isProfileRetryDue = false
    }
}
