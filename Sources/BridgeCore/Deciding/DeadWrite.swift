/// What a dead delivery was to write: its parts that no newer choice has overtaken yet.
package struct DeadWrite: Hashable, Sendable {
    package var platform: PlatformName
    package var fields: Set<Field>
    /// Names of profile attributes.
    package var attributes: Set<String>

    package init(platform: PlatformName, fields: Set<Field>, attributes: Set<String>) {
        self.platform = platform
        self.fields = fields
        self.attributes = attributes
    }
}

extension Snapshot {
    /// Forgets the parts of dead writes that a newer choice or value overtook.
    ///
    /// Returns the deliveries of which nothing is left: they are superseded.
    package mutating func dropOvertakenDeadWrites() -> [DeliveryID] {
        var overtaken: [DeliveryID] = []
        for (id, var dead) in deadWrites {
            dead.fields = dead.fields.filter { fields[$0]?[dead.platform].isRefused == true }
            dead.attributes = dead.attributes.filter { name in
                attributes[name].map { $0.sent == $0.value } ?? false
            }
            if dead.fields.isEmpty, dead.attributes.isEmpty {
                deadWrites[id] = nil
                overtaken.append(id)
            } else {
                deadWrites[id] = dead
            }
        }
        return overtaken.sorted()
    }
}
