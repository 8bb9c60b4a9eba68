import JSON

extension IntegrationSettings {
    /// Keeps of a decoded statement what this integration is about: mapped fields, and metadata
    /// under its attribute's name.
    ///
    /// A statement of which nothing remains is `ignored/no_mapped_field`. The one function through
    /// which both directions pass; pure.
    package func map(_ statement: Statement) -> Statement {
        guard case .changes(let changes) = statement.content else { return statement }
        let metadataKeys = changes.count { if case .attribute = $0.content { true } else { false } }
        guard metadataKeys <= Self.metadataKeysMax else {
            return Statement(
                subject: statement.subject,
                content: .nothing(.rejected(.tooManyMetadataKeys))
            )
        }
        let mapped = changes.compactMap(map)
        return Statement(
            subject: statement.subject,
            eventID: statement.eventID,
            content: mapped.isEmpty ? .nothing(.ignored(.noMappedField)) : .changes(mapped)
        )
    }

    private func map(_ change: Change) -> Change? {
        switch change.content {
        case .choice(let field, _):
            return mapping.contains(field) ? change : nil
        case .attribute(let key, let value):
            // Null says nothing about the attribute (design section 7).
            guard !value.isNull, let name = metadata.attribute(for: key) else { return nil }
            var renamed = change
            renamed.content = .attribute(name: name, value: value)
            return renamed
        case .profileCreated, .profileDeleted, .eventDeleted, .userDeleted:
            return change
        }
    }

    /// `interface.md` section 7.
    private static let metadataKeysMax = 100
}
