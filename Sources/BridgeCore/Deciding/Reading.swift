/// What an Actito profile showed when it was read.
package struct ProfileReading: Hashable, Sendable {
    package var profileID: String?
    /// The value of the unique key attribute.
    package var key: SubjectKey?
    /// The mapped subscriptions; one that the answer does not name was never given, which Actito
    /// cannot tell from a no.
    package var choices: [Field: Choice]

    package init(profileID: String?, key: SubjectKey?, choices: [Field: Choice]) {
        self.profileID = profileID
        self.key = key
        self.choices = choices
    }
}

/// A consent event among those that Didomi gave for a person.
package struct ConsentEventReading: Hashable, Sendable {
    package var id: String?
    /// Made by the bridge's delegate.
    package var isOwn: Bool
    package var chosenAt: Timestamp
    /// The time by which Didomi orders it: its confirmation, if that was later.
    package var heldAt: Timestamp
    package var choices: [Field: Choice]
    /// The lists of mapped preferences as of the event.
    package var preferences: [PreferenceList]

    package init(
        id: String?,
        isOwn: Bool,
        chosenAt: Timestamp,
        heldAt: Timestamp? = nil,
        choices: [Field: Choice],
        preferences: [PreferenceList] = []
    ) {
        self.id = id
        self.isOwn = isOwn
        self.chosenAt = chosenAt
        self.heldAt = max(heldAt ?? chosenAt, chosenAt)
        self.choices = choices
        self.preferences = preferences
    }
}

/// One of Didomi's users with the person's key.
package struct UserReading: Hashable, Sendable {
    package var id: String?
    package var updatedAt: Timestamp
    package var choices: [Field: Choice]

    package init(id: String? = nil, updatedAt: Timestamp, choices: [Field: Choice]) {
        self.id = id
        self.updatedAt = updatedAt
        self.choices = choices
    }
}

/// The result of a read that reached the platform.
package enum Reading: Hashable, Sendable {
    case profile(ProfileReading)
    /// The table is readable and has no such profile.
    case profileMissing
    case consentEvents([ConsentEventReading])
    /// What Didomi's users of the person hold now; none: nobody has that key any more.
    case users([UserReading])
    /// The answer cannot be understood, or the platform will never give one.
    case unusable
}
