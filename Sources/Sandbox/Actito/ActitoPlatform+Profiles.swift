import HTTPTypes
import JSON

/// Profiles: `actito.md`, sections 2, 3 and 5.2.
extension ActitoPlatform {
    /// `…/profiles`: `PUT` creates or updates, `POST` only creates.
    mutating func collection(
        _ request: PlatformRequest,
        at now: Moment
    ) throws(Refusal) -> PlatformAnswer {
        guard [.put, .post].contains(request.method) else { throw .method(allowed: [.post, .put]) }
        let body = try request.object()
        var change = try ActitoChange(body, table: table)
        var known: Int64?
        if let key = body["key"], !key.isNull {
            guard let member = key.object?.members.first, key.object?.members.count == 1,
                table.uniqueNames.contains(member.name), !member.value.actitoText.isEmpty
            else { throw Refusal(.badRequest, "'key' must name one unique attribute") }
            known = index[member.name]?[member.value.actitoText]
            if change.attributes[member.name] == nil {
                change.attributes[member.name] = member.value
            }
        } else if request.method == .put {
            throw Refusal(.badRequest, "'key' is missing")
        }
        guard let known else {
            let (profile, webhooks) = try create(change, at: now)
            return Self.written(profile, status: .created, webhooks, at: request)
        }
        guard request.method == .put else { throw Refusal(.conflict, "The profile exists") }
        let webhooks = try update(known, with: replacing(known, change), at: now)
        return Self.written(known, status: .ok, webhooks, at: request)
    }

    /// `…/profiles/{key}`: `GET`, `PATCH` (partial), `PUT`, `DELETE`.
    mutating func profile(
        _ key: String,
        _ request: PlatformRequest,
        at now: Moment
    ) throws(Refusal) -> PlatformAnswer {
        let methods: [HTTPRequest.Method] = [.get, .patch, .put, .delete]
        guard methods.contains(request.method) else { throw .method(allowed: methods) }
        guard let id = try profileID(key), let profile = profiles[id] else {
            throw Refusal(.notFound, "Profile not found")
        }
        switch request.method {
        case .get:
            return Self.ok(json(profile, request))
        case .delete:
            return PlatformAnswer(
                response: PlatformResponse(status: .noContent),
                webhooks: remove(profile)
            )
        default:
            var change = try ActitoChange(try request.object(), table: table)
            if request.method == .put { change = replacing(id, change) }
            let webhooks = try update(id, with: change, at: now)
            return Self.written(id, status: .ok, webhooks, at: request)
        }
    }

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
        var change = try ActitoChange(body, table: table)
        try change.set(attributes: act.metadata, table: table)
        if let id = index[table.uniqueKey]?[act.key] {
            return try update(id, with: change, at: now)
        }
        change.attributes[table.uniqueKey] = .string(act.key)
        return try create(change, at: now).webhooks
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

    /// The profile that a URL's key means: a number, or `attribute=value` of a unique attribute.
    private func profileID(_ key: String) throws(Refusal) -> Int64? {
        let parts = key.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return Int64(key) }
        let name = String(parts[0])
        if name == "profileId" { return Int64(parts[1]) }
        guard table.uniqueNames.contains(name) else {
            throw Refusal(.badRequest, "'\(name)' is not a unique attribute")
        }
        return index[name]?[String(parts[1])]
    }

    /// Adds to a `PUT` what it clears, if this Actito replaces.
    private func replacing(_ id: Int64, _ change: ActitoChange) -> ActitoChange {
        guard putSemantics == .replace, let profile = profiles[id] else { return change }
        var whole = change
        for name in profile.attributes.keys where whole.attributes[name] == nil {
            whole.attributes[name] = .null
        }
        for name in profile.subscriptions.keys where whole.subscriptions[name] == nil {
            whole.subscriptions[name] = false
        }
        return whole
    }

    private mutating func create(
        _ change: ActitoChange,
        at now: Moment
    ) throws(Refusal) -> (id: Int64, webhooks: [OutgoingWebhook]) {
        let given = change.attributes.filter { !$0.value.isNull }
        for attribute in table.attributes
        where attribute.mandatory && !ActitoTable.technicalNames.contains(attribute.name) {
            guard given[attribute.name] != nil else {
                throw Refusal(.badRequest, "Attribute '\(attribute.name)' is mandatory")
            }
        }
        try checkUnique(given, except: nil)
        var profile = ActitoProfile(id: nextProfileID, createdAt: now, updatedAt: now)
        nextProfileID += 1
        profile.attributes = given
        profile.subscriptions = change.subscriptions
        store(profile)
        var webhooks = [webhook("CREATE", profile, fields: nil, values: given)]
        if !change.subscriptions.isEmpty {
            webhooks.append(subscriptionWebhook(profile, change.subscriptions))
        }
        return (profile.id, webhooks)
    }

    private mutating func update(
        _ id: Int64,
        with change: ActitoChange,
        at now: Moment
    ) throws(Refusal) -> [OutgoingWebhook] {
        guard var profile = profiles[id] else { return [] }
        let attributes = change.attributes.filter {
            (profile.attributes[$0.key] ?? .null) != $0.value
        }
        let subscriptions = change.subscriptions.filter {
            profile.subscriptions[$0.key] != $0.value
        }
        guard !attributes.isEmpty || !subscriptions.isEmpty else { return [] }
        for attribute in table.attributes
        where attribute.mandatory && attributes[attribute.name]?.isNull == true {
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
        var webhooks: [OutgoingWebhook] = []
        if !attributes.isEmpty {
            webhooks.append(webhook("UPDATE", profile, fields: nil, values: attributes))
        }
        if !subscriptions.isEmpty { webhooks.append(subscriptionWebhook(profile, subscriptions)) }
        return webhooks
    }

    private mutating func remove(_ profile: ActitoProfile) -> [OutgoingWebhook] {
        forget(profile)
        profiles[profile.id] = nil
        return [webhook("DELETE", profile, fields: nil, values: [:])]
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

    private func json(_ profile: ActitoProfile, _ request: PlatformRequest) -> JSONValue {
        let includeNulls = request.flag("includeNulls")
        var attributes = JSONObject()
        attributes["profileId"] = .number(JSONNumber(profile.id))
        attributes["creationMoment"] = .string(profile.createdAt.iso8601Seconds)
        attributes["updateMoment"] = .string(profile.updatedAt.iso8601Seconds)
        for name in table.attributes.map(\.name)
        where !ActitoTable.technicalNames.contains(name) {
            attributes[name] = profile.attributes[name]
            if includeNulls, attributes[name] == nil { attributes[name] = .some(.null) }
        }
        let wanted = request.parameter("subscriptions")?.split(separator: ",").map(String.init)
        var subscriptions = JSONObject()
        for name in table.subscriptions where wanted?.contains(name) != false {
            subscriptions[name] = .bool(profile.subscriptions[name] ?? false)
        }
        return [
            "attributes": .object(attributes), "subscriptions": .object(subscriptions),
            "segmentations": [:],
        ]
    }

    private static func written(
        _ id: Int64,
        status: HTTPResponse.Status,
        _ webhooks: [OutgoingWebhook],
        at request: PlatformRequest
    ) -> PlatformAnswer {
        var response = PlatformResponse(
            status: status,
            body: ["profileId": .number(JSONNumber(id))]
        )
        if status == .created {
            response.headers[.location] = "/\(request.path.joined(separator: "/"))/\(id)"
        }
        return PlatformAnswer(response: response, webhooks: webhooks)
    }
}
