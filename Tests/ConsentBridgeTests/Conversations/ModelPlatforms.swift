import BridgeCore
import Foundation
import HTTPTypes
import JSON

/// What Didomi and Actito hold of one person in a conversation, as simply as the rules need it.
struct ModelPlatforms {
    struct Event {
        var id: String
        var createdAt: Timestamp
        var consents: JSONValue
        var isOwn = false
        var isDeleted = false
    }

    let key: String
    /// Actito's subscriptions and mapped attributes; nil: nobody has a profile.
    var profile: JSONObject?
    var events: [Event] = []
    /// Further Didomi users of the key: consents and `updated_at`.
    var otherUsers: [JSONValue] = []

    init(key: String) {
        self.key = key
    }

    /// What Didomi's events make of a field, by the name of its list.
    func didomiValue(of field: String) -> JSONValue? {
        events.filter { !$0.isDeleted }.enumerated()
            .sorted { ($0.element.createdAt, $0.offset) < ($1.element.createdAt, $1.offset) }
            .compactMap { Self.value(of: field, in: $0.element.consents) }.last
    }

    private static func value(of field: String, in consents: JSONValue) -> JSONValue? {
        let parts = field.split(separator: ":", maxSplits: 1).map(String.init)
        let list = parts[0] == "channel" ? "channels" : "purposes"
        return consents[list]?.array?.first { $0["id"]?.string == parts[1] }?["enabled"]
    }

    /// Consents from fields: `{"channel:email": true}`.
    static func consents(_ fields: JSONObject) -> JSONValue {
        var channels: [JSONValue] = []
        var purposes: [JSONValue] = []
        for member in fields.members {
            let parts = member.name.split(separator: ":", maxSplits: 1).map(String.init)
            let choice: JSONValue = ["id": .string(parts[1]), "enabled": member.value]
            if parts[0] == "channel" { channels.append(choice) } else { purposes.append(choice) }
        }
        return ["channels": .array(channels), "purposes": .array(purposes)]
    }

    /// An answer to a request, and what the request changes.
    mutating func answer(_ request: PlatformRequest) -> PlatformReply {
        let body = try? JSONValue(parsing: request.body)
        switch (request.method.rawValue, request.url) {
        case ("GET", let url) where url.contains("/profiles/"):
            guard let profile else { return PlatformReply(status: 404) }
            return reply(["attributes": attributes, "subscriptions": .object(profile)])
        case ("PATCH", _):
            guard profile != nil else { return PlatformReply(status: 404) }
            write(body)
            return PlatformReply(status: 204)
        case ("PUT", _):
            if profile == nil { profile = JSONObject() }
            write(body)
            return PlatformReply(status: 201)
        case ("POST", _):
            guard let body, let id = body["id"]?.string,
                let at = body["created_at"]?.string.flatMap(Timestamp.init(iso8601:))
            else { return PlatformReply(status: 400) }
            if let user = body["user"]?["id"]?.string {
                write(body["consents"] ?? .null, toUser: user, at: at)
            } else if !events.contains(where: { $0.id == id }) {
                let consents = body["consents"] ?? .null
                events.append(Event(id: id, createdAt: at, consents: consents, isOwn: true))
            }
            return PlatformReply(status: 201, body: body.serialized())
        case ("GET", let url) where url.contains("/consents/users"):
            return reply(["data": .array(users), "cursor": nil])
        case ("GET", let url) where url.contains("/consents/events/"):
            guard let known = events.first(where: { url.contains("/events/\($0.id)?") }) else {
                return PlatformReply(status: 404)
            }
            return reply(json(known))
        default:
            return reply(["data": .array(events.filter { !$0.isDeleted }.map(json))])
        }
    }

    private mutating func write(_ consents: JSONValue, toUser id: String, at time: Timestamp) {
        for index in otherUsers.indices where otherUsers[index]["id"]?.string == id {
            otherUsers[index] = [
                "id": .string(id), "organization_user_id": .string(key),
                "updated_at": .string(time.iso8601), "consents": consents,
            ]
        }
    }

    private mutating func write(_ body: JSONValue?) {
        for list in ["subscriptions", "attributes"] {
            for member in body?[list]?.object?.members ?? [] where member.name != "emailAddress" {
                profile?[member.name] = member.value
            }
        }
    }

    private var attributes: JSONValue {
        var attributes = profile ?? JSONObject()
        attributes["profileId"] = 7
        attributes["emailAddress"] = .string(key)
        return .object(attributes)
    }

    private var users: [JSONValue] {
        let live = events.filter { !$0.isDeleted }
        var fields = JSONObject()
        for event in live {
            for (list, kind) in [("channels", "channel"), ("purposes", "purpose")] {
                for choice in event.consents[list]?.array ?? [] {
                    let name = "\(kind):\(choice["id"]?.string ?? "")"
                    fields[name] = didomiValue(of: name)
                }
            }
        }
        let updatedAt = live.map(\.createdAt).max() ?? Timestamp(milliseconds: 0)
        let user: JSONValue = [
            "id": "user", "organization_user_id": .string(key),
            "updated_at": .string(updatedAt.iso8601), "consents": Self.consents(fields),
        ]
        return (live.isEmpty ? [] : [user]) + otherUsers
    }

    func json(_ event: Event) -> JSONValue {
        var object = JSONObject()
        object["id"] = .string(event.id)
        object["organization_id"] = "meadow"
        object["created_at"] = .string(event.createdAt.iso8601)
        object["status"] = "confirmed"
        object["regulation"] = "gdpr"
        object["user"] = ["id": "user", "organization_user_id": .string(key)]
        object["consents"] = event.consents
        if event.isOwn { object["delegate"] = ["id": "consent-bridge", "name": "Actito"] }
        return .object(object)
    }

    private func reply(_ body: JSONValue) -> PlatformReply {
        PlatformReply(status: 200, body: body.serialized())
    }
}
