import HTTPTypes
import JSON

/// A consent event as Didomi stores it: partial choices of one user under one regulation.
struct DidomiEvent: Hashable, Sendable {
    enum Status: String, Sendable {
        case confirmed
        case pendingApproval = "pending_approval"
    }

    let id: String
    let organizationID: String
    let createdAt: Moment
    var updatedAt: Moment
    var status: Status
    let regulation: String
    /// The preference centre's domain, if a person chose there.
    let domain: String?
    let metadata: JSONObject
    let user: User
    var consents: DidomiConsents
    var proofIDs: [String]
    var delegate: JSONValue?

    /// The user as the event names it.
    struct User: Hashable, Sendable {
        var id: String
        var organizationUserID: String?
        var organizationUserIDType: String?
        var country: JSONValue
        var lastSeenCountry: JSONValue
        var metadata: JSONObject

        var json: JSONValue {
            var object = JSONObject()
            object["id"] = .string(id)
            object["organization_user_id"] = organizationUserID.map(JSONValue.string)
            object["organization_user_id_type"] = organizationUserIDType.map(JSONValue.string)
            object["country"] = country
            object["last_seen_country"] = lastSeenCountry
            object["metadata"] = .object(metadata)
            return .object(object)
        }
    }

    /// When it counts: events are applied in the order of their update or creation.
    var effectiveAt: Moment { max(createdAt, updatedAt) }

    var json: JSONValue {
        var object = JSONObject()
        object["id"] = .string(id)
        object["organization_id"] = .string(organizationID)
        object["created_at"] = .string(createdAt.iso8601)
        object["updated_at"] = .string(updatedAt.iso8601)
        object["status"] = .string(status.rawValue)
        object["regulation"] = .string(regulation)
        object["domain"] = domain.map(JSONValue.string)
        object["metadata"] = .object(metadata)
        object["user"] = user.json
        object["consents"] = consents.json
        object["proofs_id"] = .array(proofIDs.map(JSONValue.string))
        object["delegate"] = delegate
        return .object(object)
    }
}

/// A consent event as a client asks for it, checked but not yet stored.
///
/// Contract: `didomi.md`, section 2 and its field table.
struct DidomiEventInput: Sendable {
    var id: String?
    var createdAt: Moment?
    var status = DidomiEvent.Status.confirmed
    var regulation: String?
    var domain: String?
    var metadata = JSONObject()
    var userID: String?
    var organizationUserID: String?
    var organizationUserIDType: String?
    var country: JSONValue?
    var lastSeenCountry: JSONValue?
    var userMetadata = JSONObject()
    var consents = DidomiConsents()
    var proofCount = 0
    var proofIDs: [String] = []
    var delegate: JSONValue?

    init() {}

    /// Reads an event of a request; `organization` is the one of its address.
    init(_ json: JSONValue, organization: String) throws(Refusal) {
        let reader = DidomiReader(name: "event")
        let object = try reader.object(json, members: Self.members)
        id = try object.text("id")
        guard try object.text("organization_id").map({ $0 == organization }) ?? true else {
            throw Refusal(.badRequest, "organization_id is not the one of the address")
        }
        if let text = try object.text("created_at") {
            guard let moment = Moment(iso8601: text) else {
                throw Refusal(.badRequest, "created_at is not a date")
            }
            createdAt = moment
        }
        if let status = try Self.status(object) { self.status = status }
        regulation = try object.text("regulation")
        metadata = try reader.nested(object, "metadata")
        try readUser(object["user"])
        consents = try DidomiConsents(object["consents"])
        proofCount = try reader.texts(object, "proofs").count
        proofIDs = try reader.texts(object, "proofs_id")
        delegate = try Self.delegate(object)
    }

    private static let members = [
        "id", "organization_id", "created_at", "status", "regulation", "user", "consents",
        "metadata", "proofs", "proofs_id", "delegate",
    ]

    private mutating func readUser(_ json: JSONValue?) throws(Refusal) {
        let reader = DidomiReader(name: "user")
        let user = try reader.object(
            json,
            members: [
                "id", "organization_user_id", "organization_user_id_type", "metadata", "country",
                "last_seen_country",
            ]
        )
        userID = try user.text("id")
        organizationUserID = try user.text("organization_user_id")
        organizationUserIDType = try user.text("organization_user_id_type")
        country = try reader.nullableText(user, "country").map(JSONValue.string)
        lastSeenCountry = try reader.nullableText(user, "last_seen_country").map(JSONValue.string)
        userMetadata = try reader.nested(user, "metadata")
    }

    /// The status that a body names, if any.
    static func status(_ object: JSONObject) throws(Refusal) -> DidomiEvent.Status? {
        guard let text = try object.text("status") else { return nil }
        guard let status = DidomiEvent.Status(rawValue: text) else {
            throw Refusal(.badRequest, "Invalid status: \(text)")
        }
        return status
    }

    /// The delegate that a body names, if any; it must have an id.
    static func delegate(_ object: JSONObject) throws(Refusal) -> JSONValue? {
        guard let delegate = object["delegate"], !delegate.isNull else { return nil }
        let reader = DidomiReader(name: "delegate")
        let members = try reader.object(delegate, members: ["id", "name", "metadata"])
        guard try members.text("id") != nil else {
            throw Refusal(.badRequest, "delegate.id is missing")
        }
        _ = try reader.nullableText(members, "name")
        _ = try reader.nested(members, "metadata")
        return delegate
    }
}

extension JSONObject {
    /// A member that must be a non-empty string if it is there and not null; else 400.
    func text(_ name: String) throws(Refusal) -> String? {
        guard let value = self[name], !value.isNull else { return nil }
        guard let text = value.string, !text.isEmpty else {
            throw Refusal(.badRequest, "\(name) must be a non-empty string")
        }
        return text
    }
}
