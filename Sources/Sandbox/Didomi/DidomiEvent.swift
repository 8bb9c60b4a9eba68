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

    init(_ json: JSONValue) throws(Refusal) {
        guard let object = json.object else {
            throw Refusal(.badRequest, "An event must be an object")
        }
        id = try object.text("id")
        if let text = try object.text("created_at") {
            guard let moment = Moment(iso8601: text) else {
                throw Refusal(.badRequest, "created_at is not a date")
            }
            createdAt = moment
        }
        if let status = try Self.status(object) { self.status = status }
        regulation = try object.text("regulation")
        metadata = object["metadata"]?.object ?? JSONObject()
        if let user = object["user"], !user.isNull {
            guard let user = user.object else {
                throw Refusal(.badRequest, "user must be an object")
            }
            userID = try user.text("id")
            organizationUserID = try user.text("organization_user_id")
            organizationUserIDType = try user.text("organization_user_id_type")
            country = user["country"]
            lastSeenCountry = user["last_seen_country"]
            userMetadata = user["metadata"]?.object ?? JSONObject()
        }
        consents = try DidomiConsents(object["consents"])
        proofCount = object["proofs"]?.array?.count ?? 0
        proofIDs = (object["proofs_id"]?.array ?? []).compactMap(\.string)
        delegate = try Self.delegate(object)
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
        guard delegate["id"]?.string?.isEmpty == false else {
            throw Refusal(.badRequest, "delegate.id is missing")
        }
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
