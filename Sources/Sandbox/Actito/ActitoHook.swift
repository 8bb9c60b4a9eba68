import HTTPTypes
import JSON

/// What an operation did to one profile, before it is put into an envelope.
struct ActitoNews: Sendable {
    /// The webhook's type, one hook each (`actito.md`, section 5.1).
    enum Kind: String, Sendable, CaseIterable {
        case create = "CREATE"
        case update = "UPDATE"
        case updatedSubscription = "UPDATED_SUBSCRIPTION"
        case updatedSegment = "UPDATED_SEGMENT"
        case delete = "DELETE"
    }

    let kind: Kind
    let profile: ActitoProfile
    let attributes: [String: JSONValue]
    let subscriptions: [String: Bool]

    init(_ kind: Kind, _ profile: ActitoProfile, attributes: [String: JSONValue] = [:]) {
        self.kind = kind
        self.profile = profile
        self.attributes = attributes
        subscriptions = [:]
    }

    init(_ kind: Kind, _ profile: ActitoProfile, _ subscriptions: [String: Bool]) {
        self.kind = kind
        self.profile = profile
        self.subscriptions = subscriptions
        attributes = [:]
    }
}

/// A hook: Actito's `webhookSubscription`, one per type of webhook.
///
/// Contract: `actito.md`, section 5.1. What the contract does not list is refused with 400.
struct ActitoHook: Sendable {
    let id: Int64
    let kind: ActitoNews.Kind
    let fields: [String]?
    let targetURL: String
    let headers: HTTPFields
    let push: SandboxConfiguration.ActitoPush
    let blockCountMax: Int
    let isActive: Bool
    /// The body as it was given, with the id.
    let json: JSONValue

    private static let members = [
        "id", "on", "onElementId", "eventType", "onFields", "targetUrl", "headers",
        "webhookPushType", "maxBlockSize", "isActive",
    ]

    init(id: Int64, _ body: JSONObject, table: ActitoTable) throws(Refusal) {
        if let unknown = body.members.first(where: { !Self.members.contains($0.name) }) {
            throw Refusal(.badRequest, "Unknown member '\(unknown.name)'")
        }
        guard body["on"] == "PROFILE_TABLE", body["onElementId"] == .string(table.id) else {
            throw Refusal(.badRequest, "'on' and 'onElementId' must name a table by its id")
        }
        guard let kind = body["eventType"]?.string.flatMap(ActitoNews.Kind.init) else {
            throw Refusal(.badRequest, "Invalid 'eventType'")
        }
        guard let target = body["targetUrl"]?.string, Self.isReachable(target) else {
            throw Refusal(.badRequest, "'targetUrl' must be a public https address")
        }
        self.id = id
        self.kind = kind
        targetURL = target
        fields = try Self.fields(body["onFields"], table: table)
        headers = try Self.headers(body["headers"])
        switch body["webhookPushType"] {
        case nil, "ONE_BY_ONE": push = .oneByOne
        case "BULK": push = .bulk
        default: throw Refusal(.badRequest, "Invalid 'webhookPushType'")
        }
        blockCountMax = try Self.blockCountMax(body["maxBlockSize"])
        guard let isActive = (body["isActive"] ?? true).bool else {
            throw Refusal(.badRequest, "'isActive' must be a boolean")
        }
        self.isActive = isActive
        var json = JSONObject(uniqueMembers: [.init(name: "id", value: .number(JSONNumber(id)))])
        for member in body.members where member.name != "id" { json[member.name] = member.value }
        json["isActive"] = .bool(isActive)
        self.json = .object(json)
    }

    /// Whether the hook is for this: its type, and at least one of its fields if it names any.
    func takes(_ news: ActitoNews) -> Bool {
        guard isActive, news.kind == kind else { return false }
        guard let fields else { return true }
        return fields.contains { news.attributes[$0] != nil || news.subscriptions[$0] != nil }
    }

    /// A real Actito wants https; this one also takes this machine's own addresses.
    private static func isReachable(_ address: String) -> Bool {
        guard !address.contains(where: \.isWhitespace) else { return false }
        if address.hasPrefix("https://"), address.utf8.count > 8 { return true }
        return ["http://127.0.0.1", "http://localhost", "http://[::1]"].contains { origin in
            guard address.hasPrefix(origin) else { return false }
            let rest = address.dropFirst(origin.count)
            return rest.isEmpty || rest.first == ":" || rest.first == "/"
        }
    }

    private static func fields(
        _ json: JSONValue?,
        table: ActitoTable
    ) throws(Refusal) -> [String]? {
        guard let json, !json.isNull else { return nil }
        let known = table.attributes.map(\.name) + table.subscriptions
        let names = json.array?.compactMap(\.string) ?? []
        guard !names.isEmpty, names.count == json.array?.count, names.allSatisfy(known.contains)
        else { throw Refusal(.badRequest, "'onFields' must name fields of the table") }
        return names
    }

    private static func headers(_ json: JSONValue?) throws(Refusal) -> HTTPFields {
        var fields = HTTPFields()
        guard let json, !json.isNull else { return fields }
        guard let object = json.object else {
            throw Refusal(.badRequest, "'headers' must be an object")
        }
        for member in object.members {
            guard let name = HTTPField.Name(member.name), let value = member.value.string else {
                throw Refusal(.badRequest, "'headers' must have texts as values")
            }
            // Reserved: Actito sets it itself.
            if name != .contentType { fields[name] = value }
        }
        return fields
    }

    private static func blockCountMax(_ json: JSONValue?) throws(Refusal) -> Int {
        guard let json, !json.isNull else { return 100 }
        guard let count = json.number?.integer, 1...10_000 ~= count else {
            throw Refusal(.badRequest, "'maxBlockSize' must be a whole number from 1 to 10000")
        }
        return Int(count)
    }
}
