package import JSON

/// One decoded, platform-neutral statement about one person.
package struct Change: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// What was chosen for a mapped field.
        case choice(Field, Choice)
        /// Actito announced a value of the field's target that is neither yes nor no: the profile
        /// has to be read.
        case unreadable(Field)
        /// What became of a piece of Didomi's `user.metadata`.
        case attribute(name: String, value: JSONValue)
        /// The profile came into being at Actito: no choice, but what waits for it may go (A6).
        case profileCreated
        /// The profile is gone at Actito (`on_profile_deleted`).
        case profileDeleted
        /// A consent event is gone at Didomi: what the person's state is now has to be read.
        case eventDeleted
        /// A Didomi user is gone (`on_user_deleted`).
        case userDeleted
    }

    /// How much the payload says about the moment of a choice (rule S4).
    package enum Basis: Hashable, Sendable {
        /// It is known to be a choice of the given time.
        case choice
        /// It fills a field without a choice and never replaces one: a grant of `user.created`.
        case fill
        /// A state in which nothing tells what changed: flattened payloads have no `old_entity`.
        case state
        /// What a read showed after a deletion: no webhook, so never an echo.
        case shown
    }

    package var content: Content
    /// When the person chose, as the platform says; Actito never says (`contracts/actito.md` 5).
    package var chosenAt: Timestamp?
    /// The time by which Didomi orders the choice, if that is later: its event was changed since.
    package var heldAt: Timestamp?
    /// The Didomi consent event that carried the choice.
    package var eventID: String?
    /// The bridge itself made the consent event: an echo (S7).
    package var isOwn: Bool
    package var basis: Basis
    /// The profile that Actito named beside the choice.
    package var profileID: String?
    /// Of an announced `any` or `all` target: the field that this change is shown as; all changes of
    /// one announcement are decided together.
    package var reverseField: Field?

    package init(
        _ content: Content,
        chosenAt: Timestamp? = nil,
        eventID: String? = nil,
        isOwn: Bool = false,
        basis: Basis = .choice,
        profileID: String? = nil
    ) {
        self.content = content
        self.chosenAt = chosenAt
        self.eventID = eventID
        self.isOwn = isOwn
        self.basis = basis
        self.profileID = profileID
    }

    /// The field's name as people see it: `channel:email`, `attribute:language`; nil for none.
    package var fieldName: String? {
        switch content {
        case .choice(.target, _): reverseField?.name
        case .unreadable(.target): nil
        case .choice(let field, _), .unreadable(let field): field.name
        case .attribute(let name, _): "attribute:\(name)"
        case .profileCreated, .profileDeleted, .eventDeleted, .userDeleted: nil
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
    /// The consent event by which the person can be found where `subject` is nil.
    package var eventID: String?
    package var content: Content
    /// Which of Didomi's users it is about: several may have one key.
    package var userID: String?
    /// The lists of mapped preferences as Didomi now holds them, also where no choice changed.
    package var preferences: [PreferenceList]

    /// The profile that Actito named beside the person's key, also where nothing mapped changed.
    package var profileID: String?

    package init(
        subject: Subject?,
        eventID: String? = nil,
        content: Content,
        profileID: String? = nil,
        preferences: [PreferenceList] = []
    ) {
        self.subject = subject
        self.eventID = eventID
        self.content = content
        self.profileID = profileID
        self.preferences = preferences
    }
}
