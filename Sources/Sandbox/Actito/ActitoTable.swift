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
    private let listing: SandboxConfiguration.SubscriptionListing

    /// What Actito fills in itself; a client must not send it.
    static let technicalNames = ["profileId", "creationMoment", "updateMoment"]

    init(_ configuration: SandboxConfiguration) {
        entity = configuration.entity
        id = configuration.tableID
        name = configuration.tableName
        uniqueKey = configuration.uniqueKey
        subscriptions = configuration.subscriptions
        listing = configuration.subscriptionListing
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

    /// An attribute that a client may set.
    func attribute(named name: String) -> SandboxAttribute? {
        guard !Self.technicalNames.contains(name) else { return nil }
        return attributes.first { $0.name == name }
    }

    /// The attributes without which no profile can be created.
    var mandatory: [SandboxAttribute] {
        attributes.filter { $0.mandatory && !Self.technicalNames.contains($0.name) }
    }

    /// The table's definition as the structure API shows it.
    var json: JSONValue {
        var object = JSONObject()
        object["id"] = .string(id)
        object["name"] = .string(name)
        object["attributes"] = .array(attributes.map(Self.json))
        switch listing {
        case .objects:
            object["subscriptions"] = .array(subscriptions.map { ["name": .string($0)] })
        case .names: object["subscriptions"] = .array(subscriptions.map(JSONValue.string))
        case .absent: break
        }
        object["segmentations"] = []
        object["displayOptions"] = ["forAttributes": []]
        return .object(object)
    }

    private static func json(_ attribute: SandboxAttribute) -> JSONValue {
        var object = JSONObject()
        object["type"] = .string(attribute.type)
        object["name"] = .string(attribute.name)
        object["unique"] = .bool(attribute.unique)
        object["mandatory"] = .bool(attribute.mandatory)
        if let valueType = attribute.valueType {
            if valueType == "STRING" {
                let maxLength = JSONNumber(attribute.maxLength)
                object["valueRestriction"] = ["maxLength": .number(maxLength)]
            }
            object["valueType"] = .string(valueType)
            object["multiValued"] = .bool(attribute.multiValued)
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

extension JSONValue {
    /// A scalar as text: how Actito's webhooks write it and how a URL names it.
    var actitoText: String {
        switch self {
        case .string(let text): text
        case .bool(let value): value ? "true" : "false"
        case .number(let number): number.text
        case .array(let elements): elements.map(\.actitoText).joined(separator: ",")
        case .null, .object: ""
        }
    }
}
