import HTTPTypes
import JSON

/// The choices of one consent event, or the status that several of them add up to.
///
/// Contract: `didomi.md`, section 2.
struct DidomiConsents: Hashable, Sendable {
    /// Objects with an `id`, in the order in which they first came.
    var channels: [JSONObject] = []
    var purposes: [JSONObject] = []
    var vendors = DidomiVendors()
    var tcfcs: JSONValue = .null

    init() {}

    /// Reads the `consents` of a request; refuses what is not shaped like choices with 400.
    init(_ json: JSONValue?) throws(Refusal) {
        let reader = DidomiReader(name: "consents")
        let object = try reader.object(
            json,
            members: ["channels", "purposes", "vendors", "tcfcs"]
        )
        channels = try reader.channels(object["channels"])
        purposes = try reader.purposes(object["purposes"])
        vendors = try DidomiVendors(checking: object["vendors"])
        tcfcs = try reader.nullableText(object, "tcfcs").map(JSONValue.string) ?? .null
    }

    var json: JSONValue {
        [
            "channels": .array(channels.map(JSONValue.object)),
            "purposes": .array(purposes.map(JSONValue.object)),
            "vendors": vendors.json,
            "tcfcs": tcfcs,
        ]
    }

    /// Merges partial choices into a status: by id, level by level; null sets nothing.
    mutating func merge(_ choices: DidomiConsents) {
        Self.merge(choices.channels, into: &channels)
        Self.merge(choices.purposes, into: &purposes)
        vendors.merge(choices.vendors)
        if !choices.tcfcs.isNull { tcfcs = choices.tcfcs }
    }

    /// Every purpose id, and every channel id at any level.
    var identifiers: (purposes: [String], channels: [String]) {
        let nested = purposes.flatMap { purpose in
            Self.objects(purpose["channels"])
                + Self.objects(purpose["preferences"]).flatMap { Self.objects($0["channels"]) }
        }
        return (purposes.compactMap(Self.id), (channels + nested).compactMap(Self.id))
    }

    /// Every preference id with the value ids that are chosen.
    var preferences: [(id: String, values: [String])] {
        purposes.flatMap { purpose in
            let valued = (purpose["values"]?.object?.members ?? []).map { member in
                let text = member.value["value"]?.string ?? ""
                let values = text.split(separator: ",", omittingEmptySubsequences: false)
                return (id: member.name, values: values.map(String.init))
            }
            let switched = Self.objects(purpose["preferences"]).compactMap(Self.id)
            return valued + switched.map { (id: $0, values: []) }
        }
    }

    private static func id(_ choice: JSONObject) -> String? { choice["id"]?.string }

    private static func objects(_ json: JSONValue?) -> [JSONObject] {
        (json?.array ?? []).compactMap(\.object)
    }

    private static func merge(_ choices: [JSONObject], into known: inout [JSONObject]) {
        for choice in choices {
            if let index = known.firstIndex(where: { id($0) == id(choice) }) {
                merge(choice, into: &known[index])
            } else {
                known.append(choice)
            }
        }
    }

    private static func merge(_ choice: JSONObject, into known: inout JSONObject) {
        for member in choice.members {
            switch (member.name, known[member.name], member.value) {
            case (_, .some, .null):
                continue
            case ("channels", .some(let old), .array), ("preferences", .some(let old), .array):
                var merged = objects(old)
                merge(objects(member.value), into: &merged)
                known[member.name] = .array(merged.map(JSONValue.object))
            case ("metadata", .object(let old), .object(let new)),
                ("values", .object(let old), .object(let new)):
                known[member.name] = .object(old.merging(new))
            default:
                known[member.name] = member.value
            }
        }
    }
}

/// The vendors of a consent, as four lists; an id is in at most one list of a pair.
struct DidomiVendors: Hashable, Sendable {
    private var lists: [String: [String]] = [:]
    static let opposites = [
        ("enabled", "disabled"), ("disabled", "enabled"),
        ("enabled_li", "disabled_li"), ("disabled_li", "enabled_li"),
    ]

    init() {}

    /// Reads the `vendors` of a request; four lists of texts at most, else 400.
    init(checking json: JSONValue?) throws(Refusal) {
        guard let json, !json.isNull else { return }
        let reader = DidomiReader(name: "consents.vendors")
        let object = try reader.object(json, members: Self.opposites.map(\.0))
        for member in object.members { lists[member.name] = try reader.texts(object, member.name) }
    }

    var json: JSONValue {
        let names = ["enabled", "disabled", "enabled_li", "disabled_li"]
        return .object(
            JSONObject(
                uniqueMembers: names.map { name in
                    let ids = lists[name] ?? []
                    return JSONObject.Member(
                        name: name,
                        value: .array(ids.map(JSONValue.string))
                    )
                }
            )
        )
    }

    mutating func merge(_ newer: DidomiVendors) {
        for (name, opposite) in Self.opposites {
            for id in newer.lists[name] ?? [] {
                lists[opposite]?.removeAll { $0 == id }
                if lists[name]?.contains(id) != true { lists[name, default: []].append(id) }
            }
        }
    }
}

extension JSONObject {
    /// The members of both; where both have one, the newer object's counts.
    func merging(_ newer: JSONObject) -> JSONObject {
        var merged = self
        for member in newer.members { merged[member.name] = member.value }
        return merged
    }
}
