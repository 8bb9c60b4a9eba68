extension IntegrationSettings {
    /// Compares the mapping with Actito's profile table (design section 2, `contracts/actito.md`
    /// section 4).
    ///
    /// What the platform did not tell is not compared.
    package func drift(from schema: Access.LiveSchema) -> [Drift] {
        var drift = keyDrift(from: schema)
        for rule in mapping.rules { drift += targetDrift(rule.target, schema) }
        // Of a table that is another one, what is mandatory says nothing.
        if createsProfiles, schema.hasAttribute(uniqueKeyAttribute) {
            drift += creationDrift(from: schema)
        }
        return drift
    }

    /// Compares the mapping with Didomi's purposes, each with the regulations that it is for.
    package func drift(from purposes: [LivePurpose]) -> [Drift] {
        mappedPurposes.compactMap { id in
            let found = purposes.filter { $0.names.contains(id) }
            guard !found.isEmpty else {
                return .noPurpose(id, known: purposes.map(\.id).sorted())
            }
            let regulations = found.flatMap(\.regulations)
            guard !regulations.isEmpty, !regulations.contains(regulation) else { return nil }
            return .purposeOfOtherRegulation(id, regulations.sorted())
        }
    }

    /// Every purpose that a mapping names, once, in the configuration's order.
    private var mappedPurposes: [String] {
        var purposes: [String] = []
        for rule in mapping.rules {
            for field in rule.fields + rule.reverse.withdrawal + rule.reverse.grant {
                guard let purpose = mapping.purpose(of: field), !purposes.contains(purpose) else {
                    continue
                }
                purposes.append(purpose)
            }
        }
        return purposes
    }

    private func keyDrift(from schema: Access.LiveSchema) -> [Drift] {
        guard let attributes = schema.attributes else { return [] }
        let unique = schema.uniqueAttributes.map { $0.subtracting(Self.technicalAttributes) }
        guard attributes.contains(uniqueKeyAttribute) else {
            return [.noUniqueKey(uniqueKeyAttribute, known: (unique ?? attributes).sorted())]
        }
        guard let unique, !unique.contains(uniqueKeyAttribute) else { return [] }
        return [.keyNotUnique(uniqueKeyAttribute, unique: unique.sorted())]
    }

    private func targetDrift(_ target: MappingTarget, _ schema: Access.LiveSchema) -> [Drift] {
        let known =
            switch target {
            case .subscription: schema.subscriptions
            case .attribute: schema.attributes
            }
        guard let known else { return [] }
        guard known.contains(target.name) else {
            return [.noTarget(target, known: known.sorted())]
        }
        guard case .attribute(let name) = target, let definition = schema.definitions[name],
            !definition.format.holdsChoices
        else { return [] }
        return [.targetHoldsNoChoice(target, definition.format)]
    }

    private func creationDrift(from schema: Access.LiveSchema) -> [Drift] {
        schema.mandatoryAttributes.subtracting(Self.filledByActito).subtracting([
            uniqueKeyAttribute
        ])
        .sorted()
        .map { name in
            if mapping.rule(for: .attribute(name)) != nil { return .mandatoryFilledSometimes(name) }
            let isFilled = !isProtected(attribute: name) && metadata.feeds(attribute: name)
            return isFilled ? .mandatoryFilledSometimes(name) : .mandatoryNotFilled(name)
        }
    }

    /// What Actito sets itself (`contracts/actito.md` section 8).
    private static let filledByActito: Set<String> = [
        "profileId", "creationMoment", "updateMoment",
    ]
}

/// A purpose as Didomi lists it (`GET /metadata/purposes`, `contracts/didomi.md` section 2).
package struct LivePurpose: Hashable, Sendable {
    package var id: String
    /// Its id and what it is called in other namespaces, by which consents may name it.
    package var names: Set<String>
    /// Empty: Didomi does not say.
    package var regulations: [String]

    package init(id: String, names: Set<String> = [], regulations: [String] = []) {
        self.id = id
        self.names = names.union([id])
        self.regulations = regulations
    }
}

extension MetadataRule {
    /// Whether some metadata key may fill the attribute.
    fileprivate func feeds(attribute name: String) -> Bool {
        let keys =
            rename.filter { $0.value == name }.map(\.key) + (rename[name] == nil ? [name] : [])
        return keys.contains { attribute(for: $0) == name }
    }
}

extension MappingTable {
    /// The purpose that a field is, or is in, if the configuration says so.
    package func purpose(of field: Field) -> String? {
        switch field {
        case .purpose(let id), .purposeChannel(let id, _): id
        case .preference(let id, _): purpose(ofPreference: id)
        case .channel, .target: nil
        }
    }
}

extension AttributeDefinition.Format {
    /// Whether a yes or no can be written in it.
    fileprivate var holdsChoices: Bool {
        switch self {
        case .boolean, .integer, .decimal, .text: true
        case .emailAddress, .date, .dateTime, .language, .country, .phoneNumber, .sex, .title: false
        }
    }
}

extension Access.LiveSchema {
    fileprivate func hasAttribute(_ name: String) -> Bool { attributes?.contains(name) ?? true }
}
