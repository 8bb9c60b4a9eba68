package import JSON

/// One decoded, platform-neutral statement about one person.
package struct Change: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// What was chosen for a mapped field.
        case choice(Field, Choice)
        /// What became of a piece of Didomi's `user.metadata`.
        case attribute(name: String, value: JSONValue)
        /// The profile came into being at Actito: no choice, but what waits for it may go (A6).
        case profileCreated
    }

    package var content: Content
    /// When the person chose, as the platform says; Actito never says (`contracts/actito.md` 5).
    package var chosenAt: Timestamp?
    /// The Didomi consent event that carried the choice.
    package var eventID: String?
    /// The bridge itself made the consent event: an echo (S7).
    package var isOwn: Bool
    /// Fills a field without a choice and never replaces one: a grant of `user.created`.
    package var onlyFills: Bool
    /// The profile that Actito named beside the choice.
    package var profileID: String?

    package init(
        _ content: Content,
        chosenAt: Timestamp? = nil,
        eventID: String? = nil,
        isOwn: Bool = false,
        onlyFills: Bool = false,
        profileID: String? = nil
    ) {
        self.content = content
        self.chosenAt = chosenAt
        self.eventID = eventID
        self.isOwn = isOwn
        self.onlyFills = onlyFills
        self.profileID = profileID
    }

    /// The field's name as people see it: `channel:email`, `attribute:language`; nil for none.
    package var fieldName: String? {
        switch content {
        case .choice(let field, _): field.name
        case .attribute(let name, _): "attribute:\(name)"
        case .profileCreated: nil
        }
    }

    package var choice: Choice? {
        if case .choice(_, let choice) = content { choice } else { nil }
    }
}

/// What one element of a webhook says about one person.
package struct Statement: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case changes([Change])
        /// Nothing to decide, with the reason that is recorded.
        case nothing(Outcome)
    }

    /// Nobody for what names no person.
    package var subject: Subject?
    package var content: Content

    package init(subject: Subject?, content: Content) {
        self.subject = subject
        self.content = content
    }
}
