import HTTPTypes
import JSON

/// What one operation wants of a profile, checked against the table.
///
/// Contract: `actito.md`, section 2.3. Whatever the table lacks, whatever has another type and
/// every unknown member is refused with 400; texts name members, never values.
struct ActitoChange: Sendable, Equatable {
    /// Null clears an attribute.
    var attributes: [String: JSONValue] = [:]
    var subscriptions: [String: Bool] = [:]

    init() {}

    /// Reads a V5 body: sections are objects.
    init(v5 body: JSONObject, table: ActitoTable) throws(Refusal) {
        try Self.checkMembers(of: body, known: ["key"])
        try set(attributes: try Self.section("attributes", of: body), table: table)
        for member in try Self.section("subscriptions", of: body).members {
            try set(subscription: member.name, to: member.value, table: table)
        }
        try Self.checkSource(body)
    }

    /// Reads a V4 body: sections are arrays of objects with a `name`.
    init(v4 body: JSONObject, table: ActitoTable) throws(Refusal) {
        try Self.checkMembers(of: body, known: [])
        for (name, value) in try Self.pairs("attributes", of: body, valueName: "value") {
            guard attributes[name] == nil else {
                throw Refusal(.badRequest, "Attribute '\(name)' is given twice")
            }
            try set(attribute: name, to: value, table: table, isTextFine: true)
        }
        for (name, value) in try Self.pairs("subscriptions", of: body, valueName: "subscribe") {
            guard subscriptions[name] == nil else {
                throw Refusal(.badRequest, "Subscription '\(name)' is given twice")
            }
            try set(subscription: name, to: value, table: table)
        }
        try Self.checkSource(body)
    }

    /// Adds attributes as V5 writes them.
    mutating func set(
        attributes values: JSONObject,
        table: ActitoTable,
        isTextFine: Bool = false
    ) throws(Refusal) {
        for member in values.members {
            try set(
                attribute: member.name,
                to: member.value,
                table: table,
                isTextFine: isTextFine
            )
        }
    }

    private mutating func set(
        attribute name: String,
        to value: JSONValue,
        table: ActitoTable,
        isTextFine: Bool
    ) throws(Refusal) {
        guard let attribute = table.attribute(named: name) else {
            throw Refusal(.badRequest, "Attribute '\(name)' is unknown or may not be set")
        }
        guard !value.isNull || !attribute.mandatory else {
            throw Refusal(.badRequest, "Attribute '\(name)' is mandatory")
        }
        attributes[name] =
            value.isNull ? .some(.null) : try attribute.stored(value, isTextFine: isTextFine)
    }

    private mutating func set(
        subscription name: String,
        to value: JSONValue,
        table: ActitoTable
    ) throws(Refusal) {
        guard table.subscriptions.contains(name) else {
            throw Refusal(.badRequest, "Unknown subscription '\(name)'")
        }
        guard let value = value.bool else {
            throw Refusal(.badRequest, "Subscription '\(name)' must be a boolean")
        }
        subscriptions[name] = value
    }

    private static func checkMembers(
        of body: JSONObject,
        known more: [String]
    ) throws(Refusal) {
        let known =
            ["attributes", "subscriptions", "segmentations", "dataCollectionInformation"] + more
        if let unknown = body.members.first(where: { !known.contains($0.name) }) {
            throw Refusal(.badRequest, "Unknown member '\(unknown.name)'")
        }
    }

    /// Where the data comes from: source, way and date, each a text.
    private static func checkSource(_ body: JSONObject) throws(Refusal) {
        let name = "dataCollectionInformation"
        for member in try section(name, of: body).members {
            guard ["source", "way", "date"].contains(member.name), member.value.string != nil
            else { throw Refusal(.badRequest, "'\(name)' has an invalid '\(member.name)'") }
        }
    }

    private static func section(
        _ name: String,
        of body: JSONObject
    ) throws(Refusal) -> JSONObject {
        guard let section = body[name], !section.isNull else { return JSONObject() }
        guard let object = section.object else {
            throw Refusal(.badRequest, "'\(name)' must be an object")
        }
        return object
    }

    private static func pairs(
        _ name: String,
        of body: JSONObject,
        valueName: String
    ) throws(Refusal) -> [(name: String, value: JSONValue)] {
        guard let section = body[name], !section.isNull else { return [] }
        guard let elements = section.array else {
            throw Refusal(.badRequest, "'\(name)' must be an array")
        }
        var pairs: [(String, JSONValue)] = []
        for element in elements {
            guard let key = element["name"]?.string, let value = element[valueName] else {
                throw Refusal(
                    .badRequest,
                    "Each of '\(name)' must have a 'name' and a '\(valueName)'"
                )
            }
            pairs.append((key, value))
        }
        return pairs
    }
}
