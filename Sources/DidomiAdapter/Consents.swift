import BridgeCore
import JSON

extension DidomiPlatform {
    /// The choices in a `consents` object.
    ///
    /// `enabled: null` and what is absent are no choice (S3); `enabled_li` is legitimate interest
    /// and no consent.
    func choices(in consents: JSONValue?) -> [Field: Choice] {
        var choices: [Field: Choice] = [:]
        func note(_ field: Field, _ enabled: JSONValue?) {
            guard let isGranted = enabled?.bool else { return }
            // The same id twice: a no is a no.
            if choices[field] != .denied { choices[field] = Choice(isGranted: isGranted) }
        }
        for channel in consents?["channels"]?.array ?? [] {
            guard let id = channel["id"]?.string else { continue }
            note(.channel(id), channel["enabled"])
        }
        for purpose in consents?["purposes"]?.array ?? [] {
            guard let id = purpose["id"]?.string else { continue }
            note(.purpose(id), purpose["enabled"])
            // API version 1 keeps channels inside purposes.
            for channel in purpose["channels"]?.array ?? [] {
                guard let channelID = channel["id"]?.string else { continue }
                note(.purposeChannel(purpose: id, channel: channelID), channel["enabled"])
            }
        }
        return choices
    }

    /// A `consents` object with exactly these choices.
    func consents(with choices: [Field: Choice]) -> JSONValue {
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
                var purpose = purposes[id] ?? JSONObject(id: id)
                let inner: JSONValue = ["id": .string(channel), "enabled": enabled]
                purpose["channels"] = .array((purpose["channels"]?.array ?? []) + [inner])
                purposes[id] = purpose
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
}
