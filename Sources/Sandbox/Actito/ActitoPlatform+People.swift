import HTTPTypes
import JSON

/// What the addresses under `/sandbox` do at Actito (`interface.md`, section 4).
extension ActitoPlatform {
    mutating func act(
        _ act: PersonalAct,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> [OutgoingWebhook] {
        guard let (kind, name) = act.fieldParts, let value = act.value else {
            throw Refusal(.badRequest, "Actito needs a field and true or false")
        }
        var body = JSONObject()
        let member = JSONObject(uniqueMembers: [.init(name: name, value: .bool(value))])
        switch kind {
        case "subscription": body["subscriptions"] = .object(member)
        case "attribute": body["attributes"] = .object(member)
        default: throw Refusal(.badRequest, "Actito has no field '\(act.field)'")
        }
        var change = try ActitoChange(v5: body, table: table)
        try change.set(attributes: act.metadata, table: table, isTextFine: true)
        if let id = index[table.uniqueKey]?[act.key] {
            return try update(id, with: change, at: now, by: &chance)
        }
        change.attributes[table.uniqueKey] = .string(act.key)
        // By hand a form asks for the rest, so that a test need not name it.
        for attribute in table.mandatory where change.attributes[attribute.name] == nil {
            change.attributes[attribute.name] = ActitoForm(attribute).sample
        }
        return try create(change, at: now, by: &chance).webhooks
    }

    var people: JSONValue {
        let members = profiles.values.sorted { $0.id < $1.id }.map { profile in
            let key = profile.attributes[table.uniqueKey]?.actitoText ?? "profileId=\(profile.id)"
            var fields = JSONObject()
            for name in table.subscriptions {
                fields["subscription:\(name)"] = profile.subscriptions[name].map(JSONValue.bool)
            }
            var attributes = JSONObject()
            for attribute in table.attributes {
                attributes[attribute.name] = profile.attributes[attribute.name]
            }
            return JSONObject.Member(
                name: key,
                value: ["fields": .object(fields), "attributes": .object(attributes)]
            )
        }
        return ["people": .object(JSONObject(uniqueMembers: members))]
    }
}
