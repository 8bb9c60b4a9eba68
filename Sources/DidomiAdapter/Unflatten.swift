import BridgeCore
import JSON

/// Didomi's "Flatten" option: one object whose names are paths joined by `__`.
///
/// Where the keys stand is not documented, so all three layouts that were thought of are read:
/// inside `parameters.entity` or `entity`, at the root behind `entity__`, and with arrays by index
/// (`contracts/didomi.md` section 1). Ids may hold underscores, so known beginnings and ends are
/// taken off and the rest is the id.
struct Unflatten {
    private var plain = JSONObject()
    private var user = JSONObject()
    private var metadata = JSONObject()
    private var userMetadata = JSONObject()
    private var delegate = JSONObject()
    private var channels = FlatList()
    private var purposes = FlatList()
    private var isFlat = false

    /// The entity as Didomi nests it; nil if the payload is not flattened.
    static func entity(of payload: JSONValue) -> JSONValue? {
        var flat = Unflatten()
        for member in payload.object?.members ?? [] {
            guard let name = rootPrefixes.lazy.compactMap(member.name.removingPrefix).first else {
                continue
            }
            flat.isFlat = true
            flat.take(name, member.value)
        }
        let parameters = payload["parameters"]
        let holders = [
            parameters?["entity"], parameters?["new_entity"], payload["entity"],
            payload["new_entity"],
        ]
        guard flat.isFlat || holders.contains(where: isFlat) || payload["entity"]?.object != nil
        else { return nil }
        for holder in holders {
            for member in holder?.object?.members ?? [] { flat.take(member.name, member.value) }
        }
        return flat.entity
    }

    private static func isFlat(_ holder: JSONValue?) -> Bool {
        holder?.object?.members.contains { member in
            entityPrefixes.contains { member.name.utf8.starts(with: $0.utf8) }
        } ?? false
    }

    private mutating func take(_ name: String, _ value: JSONValue) {
        if let key = name.removingPrefix("user__metadata__") {
            userMetadata[key] = value
        } else if let key = name.removingPrefix("user__") {
            user[key] = value
        } else if let key = name.removingPrefix("metadata__") {
            metadata[key] = value
        } else if let key = name.removingPrefix("delegate__") {
            delegate[key] = value
        } else if let path = name.removingPrefix("consents__channels__") {
            channels.take(path, value)
        } else if let path = name.removingPrefix("consents__purposes__") {
            purposes.take(path, value)
        } else {
            plain[name] = value
        }
    }

    private var entity: JSONValue {
        var entity = plain
        func add(_ name: String, _ object: JSONObject) {
            if !object.members.isEmpty { entity[name] = .object(object) }
        }
        var user = user
        if !userMetadata.members.isEmpty { user["metadata"] = .object(userMetadata) }
        add("user", user)
        add("metadata", metadata)
        add("delegate", delegate)
        var consents = JSONObject()
        if let list = channels.json { consents["channels"] = list }
        if let list = purposes.json { consents["purposes"] = list }
        add("consents", consents)
        return .object(entity)
    }

    private static let rootPrefixes = [
        "parameters__entity__", "parameters__new_entity__", "new_entity__", "entity__",
    ]
    private static let entityPrefixes = ["user__", "consents__", "metadata__", "delegate__"]
}

/// The flattened elements of a list, each named by its id or its index.
private struct FlatList {
    private var elements: [(name: String, object: JSONObject)] = []

    /// Takes `newsletter__enabled`, `0__id`, `p__values__topics__value`, `p__channels__sms__enabled`.
    mutating func take(_ path: String, _ value: JSONValue) {
        guard let (owner, leaf) = path.splitAtLast("__") else { return }
        for inner in Self.innerLists {
            guard let (element, item) = owner.splitAtLast("__\(inner)__") else { continue }
            return change(element) { object in
                if inner == "values" {
                    var values = object[inner]?.object ?? JSONObject()
                    var preference = values[item]?.object ?? JSONObject()
                    preference[leaf] = value
                    values[item] = .object(preference)
                    object[inner] = .object(values)
                } else {
                    let known = object[inner]?.array ?? []
                    let new: JSONValue = .object(
                        JSONObject(uniqueMembers: [
                            .init(name: "id", value: .string(item)),
                            .init(name: leaf, value: value),
                        ])
                    )
                    if leaf != "id" { object[inner] = .array(known + [new]) }
                }
            }
        }
        change(owner) { $0[leaf] = value }
    }

    private mutating func change(_ name: String, _ change: (inout JSONObject) -> Void) {
        let index = elements.firstIndex { $0.name == name } ?? elements.count
        if index == elements.count { elements.append((name, JSONObject())) }
        change(&elements[index].object)
    }

    /// nil: no element.
    var json: JSONValue? {
        guard !elements.isEmpty else { return nil }
        return .array(
            elements.map { name, object in
                var object = object
                if object["id"] == nil { object["id"] = .string(name) }
                return .object(object)
            }
        )
    }

    private static let innerLists = ["values", "channels", "preferences"]
}
