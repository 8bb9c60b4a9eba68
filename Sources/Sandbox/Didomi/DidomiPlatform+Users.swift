import HTTPTypes
import JSON

/// Users, purposes and features: `didomi.md`, sections 3 and 5.
extension DidomiPlatform {
    /// The user that an event is about; several users may share one organization user id.
    mutating func user(
        for input: DidomiEventInput,
        at now: Moment,
        by chance: inout Chance
    ) -> (user: DidomiUser, isNew: Bool) {
        let known = input.userID ?? input.organizationUserID.flatMap { latestUserID(of: $0) }
        if let known, var user = users[known] {
            if user.organizationUserID == nil, let key = input.organizationUserID {
                user.organizationUserID = key
                userIDsByKey[key, default: []].append(user.id)
                users[user.id] = user
            }
            return (user, false)
        }
        var user = DidomiUser(id: input.userID ?? chance.uuid(), at: now)
        user.organizationUserID = input.organizationUserID
        user.organizationUserIDType = input.organizationUserIDType
        users[user.id] = user
        userIDs.append(user.id)
        if let key = input.organizationUserID { userIDsByKey[key, default: []].append(user.id) }
        return (user, true)
    }

    /// `GET /consents/users`: pages of 100 with a cursor, GDPR unless another one is named.
    func listUsers(_ request: PlatformRequest) -> PlatformAnswer {
        var found = userIDs
        if let key = request.parameter("organization_user_id") {
            found = userIDsByKey[key] ?? []
        }
        let start = request.parameter("$cursor").flatMap { Int($0) } ?? 0
        let page = found.dropFirst(max(0, start)).prefix(Self.pageCount)
        let more = page.endIndex < found.endIndex
        return Self.ok([
            "data": .array(page.compactMap { users[$0] }.map { json($0, request) }),
            "limit": .number(JSONNumber(Self.pageCount)),
            "cursor": more ? .string(String(page.endIndex)) : .null,
        ])
    }

    /// One user, by Didomi's id or by the organization's.
    func user(_ id: String, _ request: PlatformRequest) throws(Refusal) -> DidomiUser {
        let byKey = request.flag("$by_organization_user_id")
        guard let userID = byKey ? latestUserID(of: id) : id, let user = users[userID] else {
            throw Refusal(.notFound, "No record found for id '\(id)'")
        }
        return user
    }

    /// `DELETE /consents/users/{id}`: the user and its events are gone.
    mutating func deleteUser(
        _ id: String,
        _ request: PlatformRequest
    ) throws(Refusal) -> PlatformAnswer {
        let user = try user(id, request)
        let entity = json(user, request)
        users[user.id] = nil
        userIDs.removeAll { $0 == user.id }
        for eventID in user.eventIDs { events[eventID] = nil }
        if let key = user.organizationUserID { userIDsByKey[key]?.removeAll { $0 == user.id } }
        var answer = Self.ok(entity)
        guard !request.flag("$disable_integrations") else { return answer }
        answer.webhooks = [
            OutgoingWebhook(
                person: user.key,
                body: [
                    "type": "user.deleted",
                    "regulation": .string(regulation(of: request)),
                    "parameters": ["entity": entity],
                ]
            )
        ]
        return answer
    }

    /// `GET /metadata/purposes`.
    func listPurposes(_ request: PlatformRequest) -> PlatformAnswer {
        let limit = request.parameter("$limit").flatMap { Int($0) } ?? 100
        let skip = request.parameter("$skip").flatMap { Int($0) } ?? 0
        let page = purposes.dropFirst(max(0, skip)).prefix(max(0, limit))
        return Self.ok([
            "total": .number(JSONNumber(purposes.count)),
            "limit": .number(JSONNumber(limit)),
            "skip": .number(JSONNumber(skip)),
            "data": .array(
                page.map { id in
                    [
                        "id": .string(id), "organization_id": .string(organizationID),
                        "description": ["en": .string(id)],
                        "regulations_id": [.string(regulation)], "namespaces": [:],
                    ]
                }
            ),
        ])
    }

    /// `GET /premium-features`: what the organization has bought.
    func premiumFeatures() -> PlatformAnswer {
        Self.ok([
            "organization_id": .string(organizationID), "actito": false, "webhooks": true,
            "integrations": true, "integrations_v2": true, "consents_api": true,
            "store_cmp_consents": false, "store_guest_cmp_consents": false,
        ])
    }

    var people: JSONValue {
        // Of several users with one key, the latest one's choices count.
        let byKey = Dictionary(grouping: users.values, by: \.key)
        let members = byKey.sorted { $0.key < $1.key }.map { key, users in
            var known = JSONObject()
            var attributes = JSONObject()
            for user in users.sorted(by: { $0.updatedAt < $1.updatedAt }) {
                known = known.merging(fields(of: user))
                attributes = attributes.merging(user.metadata)
            }
            return JSONObject.Member(
                name: key,
                value: ["fields": .object(known), "attributes": .object(attributes)]
            )
        }
        return ["people": .object(JSONObject(uniqueMembers: members))]
    }

    private func fields(of user: DidomiUser) -> JSONObject {
        let status = user.status[regulation] ?? DidomiConsents()
        var fields = JSONObject()
        for channel in status.channels {
            guard let id = channel["id"]?.string else { continue }
            fields["channel:\(id)"] = channel["enabled"] ?? .null
        }
        for purpose in status.purposes {
            guard let id = purpose["id"]?.string else { continue }
            fields["purpose:\(id)"] = purpose["enabled"] ?? .null
        }
        return fields
    }

    /// The user as it stands under the regulation that a call is about.
    func json(_ user: DidomiUser, _ request: PlatformRequest) -> JSONValue {
        user.json(regulation: regulation(of: request), organizationID: organizationID)
    }

    private func regulation(of request: PlatformRequest) -> String {
        request.parameter("regulation") ?? Self.regulationDefault
    }

    private func latestUserID(of key: String) -> String? {
        (userIDsByKey[key] ?? []).compactMap { users[$0] }
            .max { $0.updatedAt < $1.updatedAt }?.id
    }
}
