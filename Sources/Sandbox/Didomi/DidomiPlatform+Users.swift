import HTTPTypes
import JSON

/// Users: `didomi.md`, section 3.
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

    /// `GET /consents/users`: pages with a cursor, GDPR unless another one is named.
    func listUsers(_ request: PlatformRequest) throws(Refusal) -> PlatformAnswer {
        var found = userIDs
        if let key = request.parameter("organization_user_id") {
            found = userIDsByKey[key] ?? []
        }
        let regulation = try regulation(of: request)
        let start = try request.integer("$cursor", in: 0...found.count) ?? 0
        let page = found.dropFirst(start).prefix(pageCount)
        let data = JSONValue.array(
            page.compactMap { users[$0] }.map {
                $0.json(regulation: regulation, organizationID: organizationID)
            }
        )
        let more = page.endIndex < found.endIndex
        guard !listsAreBare else { return Self.ok(data) }
        return Self.ok([
            "data": data,
            "limit": .number(JSONNumber(pageCount)),
            "cursor": more ? .string(String(page.endIndex)) : .null,
        ])
    }

    /// One user, by Didomi's id or by the organization's.
    func user(_ id: String, _ request: PlatformRequest) throws(Refusal) -> DidomiUser {
        let byKey = try request.boolean("$by_organization_user_id") == true
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
        let isQuiet = try request.boolean("$disable_integrations") == true
        let user = try user(id, request)
        let entity = try json(user, request)
        users[user.id] = nil
        userIDs.removeAll { $0 == user.id }
        for eventID in user.eventIDs { events[eventID] = nil }
        if let key = user.organizationUserID { userIDsByKey[key]?.removeAll { $0 == user.id } }
        var answer = Self.ok(entity)
        let news = DidomiNews(
            .userDeleted,
            person: user.key,
            regulation: try regulation(of: request),
            parameters: JSONObject(uniqueMembers: [.init(name: "entity", value: entity)])
        )
        if !isQuiet { answer.webhooks = told(news) }
        return answer
    }

    /// The user as it stands under the regulation that a call is about.
    func json(_ user: DidomiUser, _ request: PlatformRequest) throws(Refusal) -> JSONValue {
        user.json(regulation: try regulation(of: request), organizationID: organizationID)
    }

    private func regulation(of request: PlatformRequest) throws(Refusal) -> String {
        let regulation = request.parameter("regulation") ?? Self.regulationDefault
        try check(regulation: regulation)
        return regulation
    }

    private func latestUserID(of key: String) -> String? {
        (userIDsByKey[key] ?? []).compactMap { users[$0] }
            .max { $0.updatedAt < $1.updatedAt }?.id
    }
}
