import HTTPTypes
import JSON

/// Profiles and their subscriptions by V4: `actito.md`, sections 2.2 and 3.
extension ActitoPlatform {
    /// `…/profile`: `POST` creates, and with `allowUpdate=true` also updates.
    mutating func collectionV4(
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        guard request.method == .post else { throw .method(allowed: [.post]) }
        let change = try ActitoChange(v4: try request.object(), table: table)
        let known = table.uniqueNames.compactMap { name in
            change.attributes[name].flatMap { index[name]?[$0.actitoText] }
        }.first
        guard let known else {
            let (id, webhooks) = try create(change, at: now, by: &chance)
            return Self.writtenV4(id, webhooks)
        }
        guard try request.boolean("allowUpdate") == true else {
            throw Refusal(.conflict, "The profile exists")
        }
        return Self.writtenV4(known, try update(known, with: change, at: now, by: &chance))
    }

    /// `…/profile/{key}`: `GET`, `PUT` (what it leaves out stays), `DELETE`.
    mutating func profileV4(
        _ key: String,
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        let methods: [HTTPRequest.Method] = [.get, .put, .delete]
        guard methods.contains(request.method) else { throw .method(allowed: methods) }
        let profile = try profile(at: key)
        switch request.method {
        case .get:
            return Self.ok(jsonV4(profile))
        case .delete:
            return PlatformAnswer(
                response: PlatformResponse(status: .noContent),
                webhooks: remove(profile, by: &chance)
            )
        default:
            let change = try ActitoChange(v4: try request.object(), table: table)
            let webhooks = try update(profile.id, with: change, at: now, by: &chance)
            return Self.writtenV4(profile.id, webhooks)
        }
    }

    /// `…/profile/{key}/subscription`: `GET` lists them.
    func subscriptionsV4(
        _ key: String,
        _ request: PlatformRequest
    ) throws(Refusal) -> PlatformAnswer {
        guard request.method == .get else { throw .method(allowed: [.get]) }
        return Self.ok(["subscriptions": subscriptionsV4(try profile(at: key))])
    }

    /// `…/profile/{key}/subscription/{name}`: `POST` subscribes, `DELETE` unsubscribes.
    mutating func subscriptionV4(
        _ segments: (key: String, name: String),
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        let methods: [HTTPRequest.Method] = [.post, .delete]
        guard methods.contains(request.method) else { throw .method(allowed: methods) }
        let profile = try profile(at: segments.key)
        let name = segments.name
        guard table.subscriptions.contains(name) else {
            throw Refusal(.notFound, "Unknown subscription '\(name)'")
        }
        var change = ActitoChange()
        change.subscriptions[name] = request.method == .post
        return PlatformAnswer(
            response: PlatformResponse(status: .noContent),
            webhooks: try update(profile.id, with: change, at: now, by: &chance)
        )
    }

    /// The profile that a URL's key means; 404 if there is none.
    func profile(at key: String) throws(Refusal) -> ActitoProfile {
        guard let id = try profileID(key), let profile = profiles[id] else {
            throw Refusal(.notFound, "Profile not found")
        }
        return profile
    }

    private func jsonV4(_ profile: ActitoProfile) -> JSONValue {
        var attributes: [JSONValue] = [
            ["name": "profileId", "value": .string(String(profile.id))],
            ["name": "creationMoment", "value": .string(profile.createdAt.iso8601Seconds)],
            ["name": "updateMoment", "value": .string(profile.updatedAt.iso8601Seconds)],
        ]
        for attribute in table.attributes {
            guard let value = profile.attributes[attribute.name] else { continue }
            attributes.append([
                "name": .string(attribute.name), "value": .string(value.actitoText),
            ])
        }
        return [
            "attributes": .array(attributes), "subscriptions": subscriptionsV4(profile),
            "segmentations": [],
        ]
    }

    private func subscriptionsV4(_ profile: ActitoProfile) -> JSONValue {
        .array(
            table.subscriptions.map { name in
                [
                    "name": .string(name),
                    "subscribe": .bool(profile.subscriptions[name] ?? false),
                ]
            }
        )
    }

    private static func writtenV4(_ id: Int64, _ webhooks: [OutgoingWebhook]) -> PlatformAnswer {
        PlatformAnswer(
            response: PlatformResponse(
                status: .ok,
                body: ["profileId": .number(JSONNumber(id))]
            ),
            webhooks: webhooks
        )
    }
}
