/// All mappings of an integration, to be asked in both directions.
package struct MappingTable: Hashable, Sendable {
    package let rules: [MappingRule]
    private let subscriptionsByField: [Field: [String]]
    private let fieldBySubscription: [String: Field]

    /// Takes rules in which each subscription appears once; the configuration has checked it.
    package init(_ rules: [MappingRule]) {
        self.rules = rules
        subscriptionsByField = Dictionary(grouping: rules, by: \.field)
            .mapValues { $0.map(\.subscription) }
        fieldBySubscription = Dictionary(
            rules.map { ($0.subscription, $0.field) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Didomi to Actito: the subscriptions that a field feeds; none if it is not mapped.
    package func subscriptions(fedBy field: Field) -> [String] {
        subscriptionsByField[field] ?? []
    }

    /// Actito to Didomi: the field of a subscription, if it is mapped.
    package func field(ofSubscription name: String) -> Field? {
        fieldBySubscription[name]
    }

    package func contains(_ field: Field) -> Bool {
        subscriptionsByField[field] != nil
    }

    /// Every subscription of the table, in the configuration's order.
    package var subscriptions: [String] { rules.map(\.subscription) }
}
