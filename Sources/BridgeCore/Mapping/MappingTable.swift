/// All mappings of an integration, to be asked in both directions.
package struct MappingTable: Hashable, Sendable {
    /// In the configuration's order.
    package let rules: [MappingRule]
    private let ruleByTarget: [MappingTarget: MappingRule]
    /// The `any` and `all` rules that a field feeds.
    private let compoundRules: [Field: [MappingRule]]
    private let heldFields: Set<Field>
    /// What is mapped of Didomi's fields.
    package let fieldsAtDidomi: Set<Field>
    private let valuesByPreference: [String: Set<String>]
    /// Where the configuration says to which purpose a preference belongs.
    private let purposeByPreference: [String: String]

    /// Takes rules in which each target appears once; the configuration has checked it.
    package init(_ rules: [MappingRule], purposes: [String: String] = [:]) {
        self.rules = rules
        purposeByPreference = purposes
        ruleByTarget = Dictionary(
            rules.map { ($0.target, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var compoundRules: [Field: [MappingRule]] = [:]
        for rule in rules where rule.heldField == .target(rule.target) {
            for field in Set(rule.fields) { compoundRules[field, default: []].append(rule) }
        }
        self.compoundRules = compoundRules
        heldFields = Set(rules.map(\.heldField))
        fieldsAtDidomi = Set(rules.flatMap { $0.fields + $0.reverse.withdrawal + $0.reverse.grant })
        var values: [String: Set<String>] = [:]
        for case .preference(let id, let value) in fieldsAtDidomi {
            values[id, default: []].insert(value)
        }
        valuesByPreference = values
    }

    /// The rule of a target, if it is mapped.
    package func rule(for target: MappingTarget) -> MappingRule? { ruleByTarget[target] }

    /// The `any` and `all` rules that a field feeds.
    package func compoundRules(fedBy field: Field) -> [MappingRule] {
        compoundRules[field] ?? []
    }

    package var hasCompoundRules: Bool { !compoundRules.isEmpty }

    /// Whether a choice of the field concerns this integration.
    package func contains(_ field: Field) -> Bool {
        fieldsAtDidomi.contains(field) || heldFields.contains(field)
    }

    /// Whether a platform has a place of its own for the field: Didomi for everything but targets,
    /// Actito for targets and for fields that feed a target alone.
    package func isHeld(_ field: Field, at platform: PlatformName) -> Bool {
        switch (platform, field) {
        case (.didomi, .target): false
        case (.didomi, _): true
        case (.actito, _): heldFields.contains(field)
        }
    }

    /// The values of a preference that are mapped; nil: none is.
    package func values(ofPreference id: String) -> Set<String>? { valuesByPreference[id] }

    /// The purpose that the configuration names for a preference.
    package func purpose(ofPreference id: String) -> String? { purposeByPreference[id] }

    /// Actito to Didomi: what a target's value says, one change for each field that it reverses to.
    ///
    /// None if the target is not mapped.
    package func changes(
        announced isOn: Bool,
        at target: MappingTarget,
        profileID: String?
    ) -> [Change] {
        guard let rule = ruleByTarget[target] else { return [] }
        let choice = rule.choice(ofValue: isOn)
        let change = Change(.choice(rule.heldField, choice), profileID: profileID)
        guard case .target = rule.heldField, !rule.reverse[choice].isEmpty else { return [change] }
        return rule.reverse[choice].map { field in
            var reversed = change
            reversed.reverseField = field
            return reversed
        }
    }

    /// Actito to Didomi: a target's value that says neither yes nor no.
    package func change(unreadableAt target: MappingTarget, profileID: String?) -> Change? {
        ruleByTarget[target].map { Change(.unreadable($0.heldField), profileID: profileID) }
    }

    /// The names of all subscriptions of the table, in the configuration's order.
    package var subscriptions: [String] {
        rules.compactMap { rule in
            if case .subscription(let name) = rule.target { name } else { nil }
        }
    }
}
