import HTTPTypes
import JSON

/// The profiles themselves, whichever version of the API asks.
extension ActitoPlatform {
    /// Stores a new profile; it must have what the table demands.
    mutating func create(
        _ change: ActitoChange,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> (id: Int64, webhooks: [OutgoingWebhook]) {
        let given = change.attributes.filter { !$0.value.isNull }
        for attribute in table.mandatory where given[attribute.name] == nil {
            throw Refusal(.badRequest, "Attribute '\(attribute.name)' is mandatory")
        }
        try checkUnique(given, except: nil)
        var profile = ActitoProfile(id: nextProfileID, createdAt: now, updatedAt: now)
        nextProfileID += 1
        profile.attributes = given
        profile.subscriptions = change.subscriptions
        store(profile)
        var news = [ActitoNews(.create, profile, attributes: given)]
        if !change.subscriptions.isEmpty {
            news.append(ActitoNews(.updatedSubscription, profile, change.subscriptions))
        }
        return (profile.id, webhooks(news, by: &chance))
    }

    /// Changes a profile; what is the same already is not told.
    mutating func update(
        _ id: Int64,
        with change: ActitoChange,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> [OutgoingWebhook] {
        guard var profile = profiles[id] else { return [] }
        let attributes = change.attributes.filter {
            (profile.attributes[$0.key] ?? .null) != $0.value
        }
        let subscriptions = change.subscriptions.filter {
            profile.subscriptions[$0.key] != $0.value
        }
        guard !attributes.isEmpty || !subscriptions.isEmpty else { return [] }
        for attribute in table.mandatory where attributes[attribute.name]?.isNull == true {
            throw Refusal(.badRequest, "Attribute '\(attribute.name)' is mandatory")
        }
        try checkUnique(attributes, except: id)
        forget(profile)
        for (name, value) in attributes {
            // `nil` alone would be JSON's null here.
            profile.attributes[name] = value.isNull ? JSONValue?.none : value
        }
        for (name, value) in subscriptions { profile.subscriptions[name] = value }
        profile.updatedAt = now
        store(profile)
        var news: [ActitoNews] = []
        if !attributes.isEmpty { news.append(ActitoNews(.update, profile, attributes: attributes)) }
        if !subscriptions.isEmpty {
            news.append(ActitoNews(.updatedSubscription, profile, subscriptions))
        }
        return webhooks(news, by: &chance)
    }

    /// Deletes a profile.
    mutating func remove(
        _ profile: ActitoProfile,
        by chance: inout Chance
    ) -> [OutgoingWebhook] {
        forget(profile)
        profiles[profile.id] = nil
        return webhooks([ActitoNews(.delete, profile)], by: &chance)
    }

    private func checkUnique(
        _ values: [String: JSONValue],
        except id: Int64?
    ) throws(Refusal) {
        for name in table.uniqueNames {
            guard let value = values[name], let owner = index[name]?[value.actitoText] else {
                continue
            }
            guard owner == id else {
                throw Refusal(.badRequest, "Another profile has this '\(name)'")
            }
        }
    }

    private mutating func store(_ profile: ActitoProfile) {
        profiles[profile.id] = profile
        for name in table.uniqueNames {
            guard let value = profile.attributes[name] else { continue }
            index[name, default: [:]][value.actitoText] = profile.id
        }
    }

    private mutating func forget(_ profile: ActitoProfile) {
        for name in table.uniqueNames {
            guard let value = profile.attributes[name] else { continue }
            index[name]?[value.actitoText] = nil
        }
    }
}
