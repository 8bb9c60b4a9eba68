package import BridgeCore
package import JSON

/// The answer of `GET …/profiles/{key}` to a reading.
extension ActitoPlatform {
    package func reading(of body: JSONValue, for call: PlannedCall) -> Reading {
        guard body.object != nil else { return .unusable }
        let attributes = named(body["attributes"], valueName: "value")
        let subscriptions = named(body["subscriptions"], valueName: "subscribe")
        let targets =
            attributes.map { (MappingTarget.attribute($0.0), $0.1) }
            + subscriptions.map { (.subscription($0.0), $0.1) }
        var choices: [Field: Choice] = [:]
        for (target, value) in targets {
            guard let rule = settings.integration.mapping.rule(for: target),
                let isOn = Choice(actitoValue: value)?.isGranted
            else { continue }
            // Several targets of one field: one no is a no.
            if choices[rule.heldField] != .denied {
                choices[rule.heldField] = rule.choice(ofValue: isOn)
            }
        }
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
