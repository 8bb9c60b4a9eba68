/// The values of one preference of one person, as Didomi was last seen to hold them.
///
/// Didomi takes and gives the list as a whole, so that writing one value needs the others.
package struct PreferenceList: Hashable, Sendable {
    package var id: String
    /// The purpose to which the preference belongs.
    package var purpose: String
    /// Value ids in Didomi's order; always empty for an on-off preference of API version 1.
    package var values: [String]
    /// Didomi's time of what was seen.
    package var seenAt: Timestamp

    package init(id: String, purpose: String, values: [String], seenAt: Timestamp) {
        self.id = id
        self.purpose = purpose
        self.values = values
        self.seenAt = seenAt
    }

    /// Whether the list, as it would be written, says something of a value: never by being empty.
    package func canHold(_ value: String) -> Bool {
        value == Field.switchValue || !values.isEmpty
    }
}
