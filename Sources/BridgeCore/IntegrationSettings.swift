/// What the core has to know of one integration's configuration.
package struct IntegrationSettings: Hashable, Sendable {
    package var name: IntegrationName
    package var mapping: MappingTable
    package var metadata: MetadataRule
    /// The profile attribute that holds the subject key (`user_unique_key`).
    package var uniqueKeyAttribute: String
    package var subjectKey: SubjectKeyRule
    /// Only this regulation's choices count (rule S6).
    package var regulation: String
    /// Whether a grant may create the profile that nobody has yet.
    package var createsProfiles: Bool
    /// Whether Actito's changes go to Didomi: a `didomi` block and `enable_webhooks`.
    package var isBidirectional: Bool
    /// How long a write may come back as an echo or take effect late (`echo_window_seconds`).
    package var window: Interval
    /// A person whose last Didomi user is deleted is unsubscribed (`on_user_deleted`).
    package var withdrawsDeletedUsers = false
    /// A profile that is deleted at Actito withdraws at Didomi (`on_profile_deleted`).
    package var withdrawsDeletedProfiles = false
    package var brake = Brake.Limits()

    package init(
        name: IntegrationName,
        mapping: MappingTable,
        metadata: MetadataRule = MetadataRule(),
        uniqueKeyAttribute: String,
        subjectKey: SubjectKeyRule = SubjectKeyRule(),
        regulation: String = "gdpr",
        createsProfiles: Bool = false,
        isBidirectional: Bool = true,
        window: Interval = .seconds(900)
    ) {
        self.name = name
        self.mapping = mapping
        self.metadata = metadata
        self.uniqueKeyAttribute = uniqueKeyAttribute
        self.subjectKey = subjectKey
        self.regulation = regulation
        self.createsProfiles = createsProfiles
        self.isBidirectional = isBidirectional
        self.window = window
    }
}
