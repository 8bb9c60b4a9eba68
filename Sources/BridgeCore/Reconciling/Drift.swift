/// One thing in which an integration's mapping and a live platform no longer fit together.
package enum Drift: Hashable, Sendable {
    /// The profile table has no attribute of the unique key's name.
    case noUniqueKey(String, known: [String])
    /// Several profiles may share the unique key, so it finds nobody for sure.
    case keyNotUnique(String, unique: [String])
    /// A mapped subscription or attribute that the table does not have.
    case noTarget(MappingTarget, known: [String])
    /// A mapped attribute that cannot hold a yes or no.
    case targetHoldsNoChoice(MappingTarget, AttributeDefinition.Format)
    /// A profile cannot be created without the attribute, and nothing fills it.
    case mandatoryNotFilled(String)
    /// A profile can be created only for people whose metadata, or choice, fills the attribute.
    case mandatoryFilledSometimes(String)
    /// Didomi does not know the purpose of a mapped field.
    case noPurpose(String, known: [String])
    /// Didomi has the purpose only for other regulations than the integration's.
    case purposeOfOtherRegulation(String, [String])
}
