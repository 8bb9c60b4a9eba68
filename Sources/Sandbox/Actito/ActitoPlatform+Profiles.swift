import HTTPTypes
import JSON

/// Profiles by V5: `actito.md`, section 2.1.
extension ActitoPlatform {
    /// `…/profiles`: `PUT` creates or updates, `POST` only creates.
    mutating func collection(
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        guard [.put, .post].contains(request.method) else { throw .method(allowed: [.post, .put]) }
        let body = try request.object()
        var change = try ActitoChange(v5: body, table: table)
        var known: Int64?
        if let key = body["key"], !key.isNull {
            guard let member = key.object?.members.first, key.object?.members.count == 1,
                table.uniqueNames.contains(member.name), !member.value.actitoText.isEmpty
            else { throw Refusal(.badRequest, "'key' must name one unique attribute") }
            known = index[member.name]?[member.value.actitoText]
            if change.attributes[member.name] == nil {
                let attribute = JSONObject(uniqueMembers: [member])
                try change.set(attributes: attribute, table: table)
            }
        } else if request.method == .put {
            throw Refusal(.badRequest, "'key' is missing")
        }
        guard let known else {
            let (profile, webhooks) = try create(change, at: now, by: &chance)
            return Self.written(profile, status: .created, webhooks, at: request)
        }
        guard request.method == .put else { throw Refusal(.conflict, "The profile exists") }
        let webhooks = try update(known, with: replacing(known, change), at: now, by: &chance)
        return Self.written(known, status: .ok, webhooks, at: request)
    }

    /// `…/profiles/{key}`: `GET`, `PATCH` (partial), `PUT`, `DELETE`.
    mutating func profile(
        _ key: String,
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        let methods: [HTTPRequest.Method] = [.get, .patch, .put, .delete]
        guard methods.contains(request.method) else { throw .method(allowed: methods) }
        guard let id = try profileID(key), let profile = profiles[id] else {
            throw Refusal(.notFound, "Profile not found")
        }
        switch request.method {
        case .get:
            return Self.ok(try json(profile, request))
        case .delete:
            return PlatformAnswer(
                response: PlatformResponse(status: .noContent),
                webhooks: remove(profile, by: &chance)
            )
        default:
            var change = try ActitoChange(v5: try request.object(), table: table)
            if request.method == .put { change = replacing(id, change) }
            let webhooks = try update(id, with: change, at: now, by: &chance)
            return Self.written(id, status: .ok, webhooks, at: request)
        }
    }

    /// The profile that a URL's key means: a number, or `attribute=value` of a unique attribute.
    func profileID(_ key: String) throws(Refusal) -> Int64? {
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

    private func json(
        _ profile: ActitoProfile,
        _ request: PlatformRequest
    ) throws(Refusal) -> JSONValue {
        let includeNulls = try request.boolean("includeNulls") == true
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

    static func written(
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
