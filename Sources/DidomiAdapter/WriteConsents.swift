import BridgeCore
import JSON

extension DidomiPlatform {
    /// A `consents` object with exactly the choices of a write; nil if it cannot say one of them.
    ///
    /// A preference is written as its whole list: without the list and its purpose, or if the list
    /// would be empty, it cannot be said.
    func consents(
        with choices: [Field: Choice],
        _ lists: [String: PreferenceList]
    ) -> JSONValue? {
        var channels: [JSONValue] = []
        var purposes: [String: JSONObject] = [:]
        for (field, choice) in choices.sorted(by: { $0.key < $1.key }) {
            let enabled = JSONValue.bool(choice.isGranted)
            switch field {
            case .channel(let id):
                channels.append(["id": .string(id), "enabled": enabled])
            case .purpose(let id):
                purposes[id, default: JSONObject(id: id)]["enabled"] = enabled
            case .purposeChannel(let id, let channel):
                purposes[id, default: JSONObject(id: id)]
                    .append(["id": .string(channel), "enabled": enabled], to: "channels")
            case .preference(let id, let value):
                guard let list = lists[id], list.canHold(value) else { return nil }
                purposes[list.purpose, default: JSONObject(id: list.purpose)]
                    .set(list, value, enabled)
            case .target:
                preconditionFailure("a target is nothing that Didomi knows")
            }
        }
        var consents = JSONObject()
        if !channels.isEmpty { consents["channels"] = .array(channels) }
        if !purposes.isEmpty {
            consents["purposes"] = .array(
                purposes.sorted { $0.key < $1.key }.map { .object($0.value) }
            )
        }
        // Didomi's OpenAPI asks for vendors although its examples omit them.
        consents["vendors"] = ["enabled": [], "disabled": []]
        return .object(consents)
    }
}

extension JSONObject {
    fileprivate init(id: String) {
        self.init(uniqueMembers: [Member(name: "id", value: .string(id))])
    }

    fileprivate mutating func append(_ element: JSONValue, to name: String) {
        self[name] = .array((self[name]?.array ?? []) + [element])
    }

    /// Writes a preference into its purpose: on or off in version 1, else the list as a whole.
    fileprivate mutating func set(
        _ list: PreferenceList,
        _ value: String,
        _ enabled: JSONValue
    ) {
        if value == Field.switchValue {
            append(["id": .string(list.id), "enabled": enabled], to: "preferences")
        } else {
            var values = self["values"]?.object ?? JSONObject()
            values[list.id] = ["value": .string(list.values.joined(separator: ","))]
            self["values"] = .object(values)
        }
    }
}
