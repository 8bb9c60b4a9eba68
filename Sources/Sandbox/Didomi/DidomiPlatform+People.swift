import HTTPTypes
import JSON

/// What the addresses under `/sandbox` do at Didomi (`interface.md`, section 4).
extension DidomiPlatform {
    mutating func act(
        _ act: PersonalAct,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> [OutgoingWebhook] {
        var input = DidomiEventInput()
        input.consents = try choices(of: act)
        input.organizationUserID = act.key
        input.organizationUserIDType = act.key.contains("@") ? "email" : nil
        input.userMetadata = act.metadata
        input.regulation = regulation
        input.lastSeenCountry = "FR"
        input.domain = "preferences.acme.example"
        return store(input, at: now, by: &chance).webhooks
    }

    /// The choices of an act on `channel:ID`, `purpose:ID`, `purpose:ID/channel:ID` or
    /// `preference:ID=VALUE`.
    private func choices(of act: PersonalAct) throws(Refusal) -> DidomiConsents {
        var consents = DidomiConsents()
        let enabled = act.value.map(JSONValue.bool) ?? .null
        guard let (kind, name) = act.fieldParts else { throw Self.noField(act) }
        switch kind {
        case "channel":
            consents.channels = [Self.choice(name, "enabled", enabled)]
        case "purpose":
            let parts = name.split(separator: "/channel:", maxSplits: 1).map(String.init)
            if parts.count == 2 {
                let channel = Self.choice(parts[1], "enabled", enabled)
                consents.purposes = [Self.choice(parts[0], "channels", [.object(channel)])]
            } else {
                consents.purposes = [Self.choice(name, "enabled", enabled)]
            }
        case "preference":
            let parts = name.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let isListed = act.value,
                preferences[parts[0]]?.contains(parts[1]) == true
            else { throw Self.noField(act) }
            return preference(parts[0], parts[1], isListed: isListed, of: act.key)
        default:
            throw Self.noField(act)
        }
        try check(consents)
        return consents
    }

    /// The whole list of a preference with one value more or less, as a preference centre sends it.
    private func preference(
        _ id: String,
        _ value: String,
        isListed: Bool,
        of key: String
    ) -> DidomiConsents {
        let known = users.values.filter { $0.key == key }
            .max { $0.updatedAt < $1.updatedAt }?.status[regulation]
        let holder = known?.purposes.first { $0["values"]?[id] != nil }
        let listed = holder?["values"]?[id]?["value"]?.string ?? ""
        var values = listed.split(separator: ",").map(String.init).filter { $0 != value }
        if isListed { values.append(value) }
        let purpose = holder?["id"]?.string ?? preferencePurposes[id] ?? purposes.first ?? ""
        let text = JSONValue.string(values.joined(separator: ","))
        let member = JSONObject.Member(name: id, value: ["value": text])
        var consents = DidomiConsents()
        consents.purposes = [
            Self.choice(purpose, "values", .object(JSONObject(uniqueMembers: [member])))
        ]
        return consents
    }

    private static func choice(_ id: String, _ name: String, _ value: JSONValue) -> JSONObject {
        JSONObject(uniqueMembers: [
            .init(name: "id", value: .string(id)), .init(name: name, value: value),
        ])
    }

    private static func noField(_ act: PersonalAct) -> Refusal {
        Refusal(.badRequest, "Didomi has no field '\(act.field)' with this value")
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
            if let enabled = purpose["enabled"] { fields["purpose:\(id)"] = enabled }
            for channel in purpose["channels"]?.array ?? [] {
                guard let name = channel["id"]?.string else { continue }
                fields["purpose:\(id)/channel:\(name)"] = channel["enabled"] ?? .null
            }
            for member in purpose["values"]?.object?.members ?? [] {
                let listed = member.value["value"]?.string?.split(separator: ",") ?? []
                for value in preferences[member.name] ?? [] {
                    let isListed = listed.contains { $0 == value }
                    fields["preference:\(member.name)=\(value)"] = .bool(isListed)
                }
            }
        }
        return fields
    }
}
