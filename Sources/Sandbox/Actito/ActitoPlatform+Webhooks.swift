import JSON

/// The webhooks of `actito.md`, section 5.2, in the V1 envelope.
extension ActitoPlatform {
    /// What an operation did to subscriptions, in one webhook.
    func subscriptionWebhook(
        _ profile: ActitoProfile,
        _ subscriptions: [String: Bool]
    ) -> OutgoingWebhook {
        webhook(
            "UPDATED_SUBSCRIPTION",
            profile,
            fields: table.subscriptions.filter { subscriptions[$0] != nil },
            values: subscriptions.mapValues(JSONValue.bool)
        )
    }

    /// An envelope with the profile's unique identifiers and what the operation changed, as text.
    func webhook(
        _ type: JSONValue,
        _ profile: ActitoProfile,
        fields: [String]?,
        values: [String: JSONValue]
    ) -> OutgoingWebhook {
        var data = JSONObject()
        data["profileId"] = .string(String(profile.id))
        for name in table.uniqueNames {
            data[name] = profile.attributes[name].map { .string($0.actitoText) }
        }
        for name in table.attributes.map(\.name) + table.subscriptions {
            guard let value = values[name] else { continue }
            data[name] = value.isNull ? .null : .string(value.actitoText)
        }
        let key = profile.attributes[table.uniqueKey]?.actitoText
        return OutgoingWebhook(
            person: key ?? String(profile.id),
            body: [
                // The record's id, not the event's: two webhooks of a profile share it.
                "id": .number(JSONNumber(profile.id)),
                "tableType": "PROFILE_TABLE",
                "tableId": .string(table.id),
                "fields": fields.map { .array($0.map(JSONValue.string)) } ?? .null,
                "eventType": type,
                "data": .object(data),
            ]
        )
    }
}
