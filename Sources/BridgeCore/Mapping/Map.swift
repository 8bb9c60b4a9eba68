import JSON

extension IntegrationSettings {
    /// Keeps of a decoded statement what this integration is about: mapped fields, and metadata
    /// under its attribute's name.
    ///
    /// A statement of which nothing remains is `ignored/no_mapped_field`. Too much metadata is
    /// rejected as a whole and takes no choice with it. The one function through which both
    /// directions pass; pure; never empty.
    package func map(_ statement: Statement) -> [Statement] {
        guard case .changes(let changes) = statement.content else { return [statement] }
        let metadataKeys = changes.count { if case .attribute = $0.content { true } else { false } }
        let isTooMuch = metadataKeys > Self.metadataKeysMax
        let mapped = changes.compactMap { change -> Change? in
            if isTooMuch, case .attribute = change.content { return nil }
            return map(change)
        }
        var statements: [Statement] = []
        if !mapped.isEmpty || !isTooMuch {
            var kept = statement
            kept.content = mapped.isEmpty ? .nothing(.ignored(.noMappedField)) : .changes(mapped)
            statements.append(kept)
        }
        if isTooMuch {
            let rejected = Outcome.rejected(.tooManyMetadataKeys)
            statements.append(
                Statement(
                    subject: statement.subject,
                    content: .nothing(rejected),
                    preferences: mapped.isEmpty ? statement.preferences : []
                )
            )
        }
        return statements
    }

    private func map(_ change: Change) -> Change? {
        switch change.content {
        case .choice(let field, _), .unreadable(let field):
            return mapping.contains(field) ? change : nil
        case .attribute(let key, let value):
            // Null and empty text say nothing about the attribute (design section 7).
            guard !value.isNull, value != "", value != [],
                let name = metadata.attribute(for: key)
            else { return nil }
            var renamed = change
            renamed.content = .attribute(name: name, value: value)
            return renamed
        case .profileCreated, .profileDeleted, .eventDeleted, .userDeleted:
            return change
        }
    }

    /// How much metadata one person may have (`interface.md` section 7).
    static let metadataKeysMax = 100
}
