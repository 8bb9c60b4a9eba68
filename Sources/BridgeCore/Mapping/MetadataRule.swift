/// Which of Didomi's `user.metadata` become profile attributes, and under which name
/// (`metadata` in the configuration).
package struct MetadataRule: Hashable, Sendable {
    /// Keys to take; `*` stands for all.
    package var include: Set<String>
    package var exclude: Set<String>
    /// Didomi's key to Actito's attribute name.
    package var rename: [String: String]

    package init(
        include: Set<String> = ["*"],
        exclude: Set<String> = [],
        rename: [String: String] = [:]
    ) {
        self.include = include
        self.exclude = exclude
        self.rename = rename
    }

    /// The attribute that a metadata key feeds; nil if the operator left the key out.
    package func attribute(for key: String) -> String? {
        guard !exclude.contains(key), include.contains("*") || include.contains(key) else {
            return nil
        }
        return rename[key] ?? key
    }
}

extension IntegrationSettings {
    /// Attributes that metadata must never overwrite (design section 7): the unique key, mapping
    /// targets, the marketing consent and Actito's own technical attributes.
    package func isProtected(attribute name: String) -> Bool {
        name == uniqueKeyAttribute || mapping.rule(for: .attribute(name)) != nil
            || mapping.rule(for: .subscription(name)) != nil
            || Self.technicalAttributes.contains(name)
    }

    static let technicalAttributes: Set<String> = [
        "marketingConsent", "profileId", "creationMoment", "updateMoment",
    ]
}
