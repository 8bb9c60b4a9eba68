import HTTPTypes
import JSON

/// Reads a part of a request as `didomi.openapi.yml` describes it; anything else gets 400.
///
/// A member that the description lacks is refused too: a misspelt one would be lost silently.
struct DidomiReader {
    /// The part's name in messages.
    let name: String

    /// An object with at most these members.
    func object(_ json: JSONValue?, members: [String]) throws(Refusal) -> JSONObject {
        guard let object = json?.object else {
            throw Refusal(.badRequest, "\(name) must be an object")
        }
        if let unknown = object.members.first(where: { !members.contains($0.name) }) {
            throw Refusal(.badRequest, "\(name) has an unknown member: \(unknown.name)")
        }
        return object
    }

    /// A member that must be a text; nil if it is not there or null.
    func nullableText(_ object: JSONObject, _ member: String) throws(Refusal) -> String? {
        guard let value = object[member], !value.isNull else { return nil }
        guard let text = value.string else {
            throw Refusal(.badRequest, "\(member) of \(name) must be a string")
        }
        return text
    }

    /// A member that must be an object; empty if it is not there.
    func nested(_ object: JSONObject, _ member: String) throws(Refusal) -> JSONObject {
        guard let value = object[member] else { return JSONObject() }
        guard let nested = value.object else {
            throw Refusal(.badRequest, "\(member) of \(name) must be an object")
        }
        return nested
    }

    /// A member that must be an array of texts; empty if it is not there.
    func texts(_ object: JSONObject, _ member: String) throws(Refusal) -> [String] {
        guard let value = object[member] else { return [] }
        let texts = value.array?.compactMap(\.string)
        guard let texts, texts.count == value.array?.count else {
            throw Refusal(.badRequest, "\(member) of \(name) must be an array of strings")
        }
        return texts
    }

    /// Channels: `{id, enabled, metadata}`.
    func channels(_ json: JSONValue?) throws(Refusal) -> [JSONObject] {
        try choices(json, "channels", members: ["id", "enabled", "metadata"])
    }

    /// Purposes of API v2, and with `channels` and `preferences` those of v1.
    func purposes(_ json: JSONValue?) throws(Refusal) -> [JSONObject] {
        let members = [
            "id", "enabled", "enabled_li", "propagation", "metadata", "values", "channels",
            "preferences",
        ]
        let purposes = try choices(json, "purposes", members: members)
        for purpose in purposes {
            _ = try channels(purpose["channels"])
            let preferences = try choices(
                purpose["preferences"],
                "preferences",
                members: ["id", "enabled", "metadata", "channels"]
            )
            for preference in preferences { _ = try channels(preference["channels"]) }
            for value in try nested(purpose, "values").members { try check(value) }
        }
        return purposes
    }

    private func check(_ value: JSONObject.Member) throws(Refusal) {
        let reader = DidomiReader(name: "values.\(value.name)")
        let object = try reader.object(value.value, members: ["value", "from_propagation"])
        _ = try reader.nullableText(object, "value")
        try reader.boolean(object, "from_propagation", isNullFine: false)
    }

    private func choices(
        _ json: JSONValue?,
        _ list: String,
        members: [String]
    ) throws(Refusal) -> [JSONObject] {
        guard let json else { return [] }
        guard let elements = json.array else {
            throw Refusal(.badRequest, "\(name).\(list) must be an array")
        }
        var choices: [JSONObject] = []
        for element in elements {
            guard let id = element["id"]?.string, !id.isEmpty else {
                throw Refusal(.badRequest, "Each of \(name).\(list) needs an id")
            }
            let reader = DidomiReader(name: id)
            let choice = try reader.object(element, members: members)
            try reader.boolean(choice, "enabled")
            try reader.boolean(choice, "enabled_li")
            try reader.boolean(choice, "propagation", isNullFine: false)
            _ = try reader.nested(choice, "metadata")
            choices.append(choice)
        }
        return choices
    }

    private func boolean(
        _ object: JSONObject,
        _ member: String,
        isNullFine: Bool = true
    ) throws(Refusal) {
        guard let value = object[member], value.bool == nil, !(isNullFine && value.isNull) else {
            return
        }
        let kinds = isNullFine ? "true, false or null" : "true or false"
        throw Refusal(.badRequest, "\(member) of \(name) must be \(kinds)")
    }
}
