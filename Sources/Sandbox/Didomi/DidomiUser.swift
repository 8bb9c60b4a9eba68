import JSON

/// A Didomi user: metadata, and for each regulation the status that its events add up to.
///
/// Contract: `didomi.md`, section 3.
struct DidomiUser: Hashable, Sendable {
    let id: String
    var organizationUserID: String?
    var organizationUserIDType: String?
    var version: Int
    let createdAt: Moment
    var updatedAt: Moment
    var metadata = JSONObject()
    var country: JSONValue = .null
    var lastSeenCountry: JSONValue = .null
    /// The status by regulation.
    var status: [String: DidomiConsents] = [:]
    /// The user's events in the order in which they came.
    var eventIDs: [String] = []

    init(id: String, at now: Moment) {
        self.id = id
        version = 0
        createdAt = now
        updatedAt = now
    }

    /// The key under which the sandbox shows the person.
    var key: String { organizationUserID ?? id }

    /// The user as it stands under one regulation.
    func json(regulation: String, organizationID: String) -> JSONValue {
        var object = JSONObject()
        object["id"] = .string(id)
        object["organization_id"] = .string(organizationID)
        object["organization_user_id"] = organizationUserID.map(JSONValue.string) ?? .null
        object["organization_user_id_type"] = organizationUserIDType.map(JSONValue.string)
        object["version"] = .number(JSONNumber(version))
        object["created_at"] = .string(createdAt.iso8601)
        object["updated_at"] = .string(updatedAt.iso8601)
        object["metadata"] = .object(metadata)
        object["country"] = country
        object["last_seen_country"] = lastSeenCountry
        object["consents"] = (status[regulation] ?? DidomiConsents()).json
        return .object(object)
    }

    /// Takes over what a confirmed event says about the user besides its choices.
    mutating func learn(from event: DidomiEvent.User) {
        metadata = metadata.merging(event.metadata)
        if organizationUserID == nil { organizationUserID = event.organizationUserID }
        if let type = event.organizationUserIDType { organizationUserIDType = type }
        if !event.country.isNull { country = event.country }
        if !event.lastSeenCountry.isNull { lastSeenCountry = event.lastSeenCountry }
    }
}
