package import BridgeCore
package import JSON

/// The answer of `GET …/profiles/{key}` to a reading.
extension ActitoPlatform {
    package func reading(of body: JSONValue, for call: PlannedCall) -> Reading {
        guard body.object != nil else { return .unusable }
        var choices: [Field: Choice] = [:]
        for (name, value) in named(body["subscriptions"], valueName: "subscribe") {
            guard let field = settings.integration.mapping.field(ofSubscription: name),
                let choice = Choice(actitoValue: value)
            else { continue }
            // Several subscriptions of one field: one no is a no.
            if choices[field] != .denied { choices[field] = choice }
        }
        let attributes = named(body["attributes"], valueName: "value")
        func text(_ attribute: String) -> String? {
            attributes.first { $0.0 == attribute }.flatMap { $0.1.string ?? $0.1.number?.text }
        }
        return .profile(
            ProfileReading(
                profileID: text("profileId"),
                key: text(settings.integration.uniqueKeyAttribute)
                    .flatMap(settings.integration.subjectKey.key),
                choices: choices
            )
        )
    }

    /// Actito writes names and values as an object, or as an array of objects with a name (V4).
    private func named(_ list: JSONValue?, valueName: String) -> [(String, JSONValue)] {
        if let object = list?.object { return object.members.map { ($0.name, $0.value) } }
        return (list?.array ?? []).compactMap { element in
            guard let name = element["name"]?.string, let value = element[valueName] else {
                return nil
            }
            return (name, value)
        }
    }
}
