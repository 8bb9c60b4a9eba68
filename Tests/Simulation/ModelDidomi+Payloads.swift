import BridgeCore
import JSON

/// Didomi's webhook bodies and entities.
extension ModelDidomi {
    func user(_ event: Event, at now: Timestamp) -> JSONValue {
        user(event.userID, event.key, event.regulation, at: now)
    }

    func user(_ id: String, _ key: String, _ regulation: String, at now: Timestamp) -> JSONValue {
        [
            "id": .string(id), "organization_id": "acme",
            "organization_user_id": .string(key),
            "version": .number(JSONNumber(users[id]?.version ?? 0)),
            "created_at": .string(now.iso8601), "updated_at": .string(now.iso8601),
            "metadata": Self.json(metadata[id] ?? [:]),
            "consents": Self.consents(choices(ofUser: id, regulation: regulation)),
        ]
    }

    func envelope(
        _ type: String,
        _ regulation: String,
        _ parameters: JSONValue
    ) -> JSONValue {
        let nested: JSONValue = [
            "type": .string(type), "regulation": .string(regulation), "parameters": parameters,
        ]
        guard let flattening = style.flattening else { return nested }
        return flattening.flattened(nested)
    }

    static func json(_ texts: [String: String]) -> JSONValue {
        .object(
            JSONObject(
                uniqueMembers: texts.sorted { $0.key < $1.key }
                    .map { JSONObject.Member(name: $0.key, value: .string($0.value)) }
            )
        )
    }

    static func consents(_ choices: [Field: Choice]) -> JSONValue {
        var channels: [JSONValue] = []
        // Purposes that nobody chose are there with `enabled: null` (S3).
        var purposes: [JSONValue] = [["id": "surveys", "enabled": nil]]
        for (field, choice) in choices.sorted(by: { $0.key < $1.key }) {
            switch field {
            case .channel(let id):
                channels.append(["id": .string(id), "enabled": .bool(choice.isGranted)])
            case .purpose(let id), .purposeChannel(let id, _):
                purposes.append(["id": .string(id), "enabled": .bool(choice.isGranted)])
            case .preference, .target:
                preconditionFailure("the model's people choose channels and purposes only")
            }
        }
        return ["channels": .array(channels), "purposes": .array(purposes)]
    }
}

extension ModelDidomi.Event {
    /// Didomi: "Events will be re-applied according to their update or creation date".
    var mergeTime: Timestamp { max(createdAt, updatedAt) }

    var json: JSONValue {
        var user = JSONObject()
        user["id"] = .string(userID)
        user["organization_user_id"] = .string(key)
        user["metadata"] = ModelDidomi.json(metadata)
        var event = JSONObject()
        event["id"] = .string(id)
        event["organization_id"] = "acme"
        event["created_at"] = .string(createdAt.iso8601)
        event["updated_at"] = .string(updatedAt.iso8601)
        event["status"] = isPending ? "pending_approval" : "confirmed"
        event["regulation"] = .string(regulation)
        event["user"] = .object(user)
        event["consents"] = ModelDidomi.consents(choices)
        if let delegate { event["delegate"] = ["id": .string(delegate), "name": "Actito"] }
        return .object(event)
    }
}
