import HTTPTypes
import JSON

/// What the addresses under `/sandbox` do at Didomi (`interface.md`, section 4).
extension DidomiPlatform {
    mutating func act(
        _ act: PersonalAct,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> [OutgoingWebhook] {
        var choice = JSONObject()
        var input = DidomiEventInput()
        guard let (kind, name) = act.fieldParts, ["channel", "purpose"].contains(kind) else {
            throw Refusal(.badRequest, "Didomi has no field '\(act.field)'")
        }
        choice["id"] = .string(name)
        choice["enabled"] = act.value.map(JSONValue.bool) ?? .null
        if kind == "channel" {
            input.consents.channels = [choice]
        } else {
            input.consents.purposes = [choice]
        }
        try check(input.consents)
        input.organizationUserID = act.key
        input.organizationUserIDType = act.key.contains("@") ? "email" : nil
        input.userMetadata = act.metadata
        input.regulation = regulation
        input.lastSeenCountry = "FR"
        input.domain = "preferences.acme.example"
        return store(input, at: now, by: &chance).webhooks
    }

    var people: JSONValue {
        // Of several users with one key, the latest one's choices count.
        let byKey = Dictionary(grouping: users.values, by: \.key)
        let members = byKey.sorted { $0.key < $1.key }.map { key, users in
            var known = JSONObject()
            var attributes = JSONObject()
            for user in users.sorted(by: { $0.updatedAt < $1.updatedAt }) {
                known = known.merging(fields(of: user))
                attributes = attributes.merging(user.metadata)
            }
            return JSONObject.Member(
                name: key,
                value: ["fields": .object(known), "attributes": .object(attributes)]
            )
        }
        return ["people": .object(JSONObject(uniqueMembers: members))]
    }

    private func fields(of user: DidomiUser) -> JSONObject {
        let status = user.status[regulation] ?? DidomiConsents()
        var fields = JSONObject()
        for channel in status.channels {
            guard let id = channel["id"]?.string else { continue }
            fields["channel:\(id)"] = channel["enabled"] ?? .null
        }
        for purpose in status.purposes {
            guard let id = purpose["id"]?.string else { continue }
            fields["purpose:\(id)"] = purpose["enabled"] ?? .null
        }
        return fields
    }
}
