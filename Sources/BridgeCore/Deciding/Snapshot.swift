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

/// An Actito-born choice of a person whose key is not known yet.
package struct UnresolvedChoice: Hashable, Sendable {
    package var field: Field
    package var choice: Choice
    package var change: ChangeReference
    package var receivedAt: Timestamp

    package init(
        field: Field,
        choice: Choice,
        change: ChangeReference,
        receivedAt: Timestamp
    ) {
        self.field = field
        self.choice = choice
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
    /// The profile's number at Actito, once seen.
    package var profileID: String?
    /// Since when Actito is known to have no such profile; nil: it may have one.
    package var profileMissingSince: Timestamp?
    /// What is owed to each platform now: at most one call (design section 2, Plan).
    package var open: [PlatformName: OpenDelivery] = [:]
    /// Only under a profile id: what waits for the key.
    package var unresolved: [UnresolvedChoice] = []
    /// Platforms whose read is stored in the inbox and not decided yet: it is not repeated.
    package var readingStored: Set<PlatformName> = []

    package init(integration: IntegrationName, subject: Subject) {
        self.integration = integration
        self.subject = subject
    }

    /// Nothing is known that would be worth a row.
    package var isEmpty: Bool {
        fields.isEmpty && attributes.isEmpty && profileID == nil && open.isEmpty
            && unresolved.isEmpty && readingStored.isEmpty
    }
}
