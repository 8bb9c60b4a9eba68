import JSON

extension ConfigurationReader {
    /// Sections whose features are not built yet: only their defaults are accepted.
    func later(_ root: JSONNode) {
        for (section, keys) in Self.laterSections {
            check(root[section], knows: keys.map(\.name))
            for key in keys { refuseLater(root[section], key.name, unless: key.standard) }
        }
    }

    private typealias Key = (name: String, standard: JSONValue)
    private static let laterSections: [(name: String, keys: [Key])] = [
        ("retention", [("payload_days", 30)])
    ]
}
