import BridgeCore
import HTTPTypes
import JSON

/// Actito as `contracts/actito.md` describes it: profiles with subscriptions, tokens of 15 minutes,
/// a webhook for each change whoever made it.
struct ModelActito {
    struct Profile {
        var id: String
        var key: String
        var subscriptions: [String: Bool] = [:]
        var attributes: [String: JSONValue] = [:]
    }

    /// What is to be announced: the body of one webhook.
    typealias Announcement = JSONValue

    /// By unique key.
    private(set) var profiles: [String: Profile] = [:]
    var tokens: [String: Timestamp] = [:]
    private var count = 0
    let style: Style

    static let subscriptionByField: [Field: String] = [
        .channel("email"): "EmailOptin", .purpose("newsletter"): "Newsletter",
    ]

    init(style: Style) {
        self.style = style
    }

    func holdsGrant(_ field: Field, _ key: String) -> Bool {
        guard let name = Self.subscriptionByField[field] else { return false }
        return profiles[key]?.subscriptions[name] ?? false
    }

    /// Somebody, or a program, changes subscriptions of a profile that exists.
    mutating func set(_ subscriptions: [String: Bool], of key: String) -> [Announcement] {
        guard var profile = profiles[key] else { return [] }
        let told = subscriptions.filter { name, value in
            style.announcesUnchanged || profile.subscriptions[name] ?? false != value
        }
        profile.subscriptions.merge(subscriptions) { $1 }
        profiles[key] = profile
        guard !told.isEmpty else { return [] }
        if !style.splitsSubscriptions {
            return [announcement("UPDATED_SUBSCRIPTION", profile, told)]
        }
        return told.sorted { $0.key < $1.key }.map {
            announcement("UPDATED_SUBSCRIPTION", profile, [$0.key: $0.value])
        }
    }

    mutating func create(_ key: String) -> [Announcement] {
        guard profiles[key] == nil else { return [] }
        count += 1
        let profile = Profile(id: String(1000 + count), key: key)
        profiles[key] = profile
        return [announcement("CREATE", profile, [:])]
    }

    /// The person's key becomes another one; the number stays.
    mutating func changeKey(of key: String, to newKey: String) -> [Announcement] {
        guard var profile = profiles[key], profiles[newKey] == nil else { return [] }
        profiles[key] = nil
        profile.key = newKey
        profiles[newKey] = profile
        return [announcement("UPDATE", profile, [:])]
    }

    mutating func delete(_ key: String) -> [Announcement] {
        guard let profile = profiles.removeValue(forKey: key) else { return [] }
        return [announcement("DELETE", profile, [:])]
    }

    private mutating func announcement(
        _ type: String,
        _ profile: Profile,
        _ subscriptions: [String: Bool]
    ) -> Announcement {
        count += 1
        var data = JSONObject()
        data["profileId"] = .string(profile.id)
        // What is new, or changed, is always there.
        if type == "CREATE" || type == "UPDATE" || !style.namesOnlyProfile {
            data["emailAddress"] = .string(profile.key)
        }
        for (name, value) in subscriptions.sorted(by: { $0.key < $1.key }) {
            data[name] = .string(value ? "true" : "false")
        }
        var envelope = JSONObject()
        if style.hasEnvelopeID { envelope["id"] = .string("hook-\(count)") }
        envelope["tableType"] = "PROFILE_TABLE"
        envelope["eventType"] = .string(type)
        envelope["data"] = .object(data)
        return .object(envelope)
    }

    // MARK: - Calls

    mutating func answer(
        _ request: PlatformRequest,
        at now: Timestamp
    ) -> (reply: PlatformReply, announced: [Announcement]) {
        let path = Address(request.url).path
        if path == ["auth", "token"] {
            guard request.headers[.authorization] == "secret" else { return (.json(401, [:]), []) }
            count += 1
            let token = "actito-\(count)"
            tokens[token] = now + .seconds(900)
            return (.json(200, ["accessToken": .string(token), "expiresIn": "900s"]), [])
        }
        guard let token = request.bearerToken, let end = tokens[token], now < end else {
            return (.json(401, [:]), [])
        }
        if path.starts(with: ["profile-table-structure", "v5", "entities", "acme"]) {
            return (.json(200, Self.structure), [])
        }
        let profilesPath = [
            "profiles", "v5", "entities", "acme", "profile-tables", "16", "profiles",
        ]
        guard path.starts(with: profilesPath) else { return (.json(404, [:]), []) }
        if request.method == .put, path.count == profilesPath.count { return put(request) }
        guard path.count == profilesPath.count + 1, let profile = find(path[profilesPath.count])
        else { return (.json(404, [:]), []) }
        switch request.method {
        case .get: return (.json(200, json(profile)), [])
        case .patch: return patch(profile, request)
        default: return (.json(405, [:]), [])
        }
    }

    private func find(_ reference: String) -> Profile? {
        if let key = reference.removingPrefix("emailAddress=") { return profiles[key] }
        return profiles.values.first { $0.id == reference }
    }

    private mutating func put(
        _ request: PlatformRequest
    ) -> (reply: PlatformReply, announced: [Announcement]) {
        guard let body = try? JSONValue(parsing: request.body),
            let key = body["key"]?["emailAddress"]?.string
        else { return (.json(400, [:]), []) }
        let created = create(key)
        guard let profile = profiles[key] else { return (.json(500, [:]), []) }
        let patched = patch(profile, request)
        return (patched.reply, created + patched.announced)
    }

    private mutating func patch(
        _ profile: Profile,
        _ request: PlatformRequest
    ) -> (reply: PlatformReply, announced: [Announcement]) {
        guard let body = try? JSONValue(parsing: request.body) else {
            return (.json(400, [:]), [])
        }
        for member in body["attributes"]?.object?.members ?? [] {
            profiles[profile.key]?.attributes[member.name] = member.value
        }
        var subscriptions: [String: Bool] = [:]
        for member in body["subscriptions"]?.object?.members ?? [] {
            guard let value = member.value.bool else { return (.json(400, [:]), []) }
            subscriptions[member.name] = value
        }
        let announced = set(subscriptions, of: profile.key)
        return (PlatformReply(status: 204), announced)
    }

    private func json(_ profile: Profile) -> JSONValue {
        let subscriptions = profile.subscriptions.sorted { $0.key < $1.key }
            .map { JSONObject.Member(name: $0.key, value: .bool($0.value)) }
        return [
            "attributes": [
                "profileId": .string(profile.id), "emailAddress": .string(profile.key),
            ],
            "subscriptions": .object(JSONObject(uniqueMembers: subscriptions)),
        ]
    }

    private static let structure: JSONValue = [
        [
            "id": "16", "name": "Clients",
            "attributes": [["name": "emailAddress"], ["name": "language"], ["name": "profileId"]],
            "subscriptions": [["name": "EmailOptin"], ["name": "Newsletter"]],
        ]
    ]
}
