import HTTPTypes
import JSON

/// The one profile table of the sandbox: its names, attributes and subscriptions.
///
/// Contract: `actito.md`, section 4.
struct ActitoTable: Sendable {
    let entity: String
    let id: String
    let name: String
    /// The attribute by which the sandbox names people.
    let uniqueKey: String
    let subscriptions: [String]
    /// The technical attributes, then the configured ones.
    let attributes: [SandboxAttribute]

    /// What Actito fills in itself; a client must not send it.
    static let technicalNames = ["profileId", "creationMoment", "updateMoment"]

    init(_ configuration: SandboxConfiguration) {
        entity = configuration.entity
        id = configuration.tableID
        name = configuration.tableName
        uniqueKey = configuration.uniqueKey
        subscriptions = configuration.subscriptions
        let technical = [
            SandboxAttribute(
                name: "profileId",
                valueType: "INTEGER",
                unique: true,
                mandatory: true
            ),
            SandboxAttribute(name: "creationMoment", valueType: "TIMESTAMP", mandatory: true),
            SandboxAttribute(name: "updateMoment", valueType: "TIMESTAMP", mandatory: true),
        ]
        var configured = configuration.attributes
        if let index = configured.firstIndex(where: { $0.name == configuration.uniqueKey }) {
            configured[index].unique = true
            configured[index].mandatory = true
        } else {
            configured.append(
                SandboxAttribute(name: configuration.uniqueKey, unique: true, mandatory: true)
            )
        }
        attributes = technical + configured
    }

    /// Whether a URL's segment means this table.
    func isNamed(_ segment: String) -> Bool { segment == id || segment == name }

    /// The configured attributes that no two profiles may share.
    var uniqueNames: [String] {
        attributes.filter { $0.unique && !Self.technicalNames.contains($0.name) }.map(\.name)
    }

    /// The table's definition as the structure API shows it.
    var json: JSONValue {
        [
            "id": .string(id),
            "name": .string(name),
            "attributes": .array(attributes.map(Self.json)),
            "subscriptions": .array(subscriptions.map { ["name": .string($0)] }),
            "segmentations": [],
            "displayOptions": ["forAttributes": []],
        ]
    }

    private static func json(_ attribute: SandboxAttribute) -> JSONValue {
        var object = JSONObject()
        object["type"] = .string(attribute.type)
        object["name"] = .string(attribute.name)
        object["unique"] = .bool(attribute.unique)
        object["mandatory"] = .bool(attribute.mandatory)
        if let valueType = attribute.valueType {
            if valueType == "STRING" { object["valueRestriction"] = ["maxLength": 255] }
            object["valueType"] = .string(valueType)
            object["multiValued"] = false
        }
        return .object(object)
    }
}

/// A profile as stored: values that were set, in no order of their own.
struct ActitoProfile: Sendable, Equatable {
    let id: Int64
    let createdAt: Moment
    var updatedAt: Moment
    var attributes: [String: JSONValue] = [:]
    /// Only the subscriptions that someone has set; the others count as off.
    var subscriptions: [String: Bool] = [:]
}

/// What one operation wants of a profile, checked against the table.
struct ActitoChange: Sendable, Equatable {
    /// Null clears an attribute.
    var attributes: [String: JSONValue] = [:]
    var subscriptions: [String: Bool] = [:]

    init() {}

    /// Reads the `attributes` and `subscriptions` of a body; what the table lacks is refused.
    init(_ body: JSONObject, table: ActitoTable) throws(Refusal) {
        try set(attributes: try Self.section("attributes", of: body), table: table)
        for member in try Self.section("subscriptions", of: body).members {
            guard table.subscriptions.contains(member.name) else {
                throw Refusal(.badRequest, "Unknown subscription '\(member.name)'")
            }
            guard let value = member.value.bool else {
                throw Refusal(.badRequest, "Subscription '\(member.name)' must be a boolean")
            }
            subscriptions[member.name] = value
        }
    }

    /// Adds attributes; technical, unknown and structured ones are refused with 400.
    mutating func set(attributes values: JSONObject, table: ActitoTable) throws(Refusal) {
        for member in values.members {
            let name = member.name
            guard let attribute = table.attributes.first(where: { $0.name == name }),
                !ActitoTable.technicalNames.contains(name)
            else {
                throw Refusal(.badRequest, "Attribute '\(name)' is unknown or may not be set")
            }
            guard member.value.object == nil, member.value.array == nil else {
                throw Refusal(.badRequest, "Attribute '\(name)' has an invalid value")
            }
            guard !member.value.isNull || !attribute.mandatory else {
                throw Refusal(.badRequest, "Attribute '\(name)' is mandatory")
            }
            attributes[name] = member.value
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
}

extension JSONValue {
    /// A scalar as text: how Actito's webhooks write it and how a URL names it.
    var actitoText: String {
        switch self {
        case .string(let text): text
        case .bool(let value): value ? "true" : "false"
        case .number(let number): number.text
        case .null, .array, .object: ""
        }
    }
}
