import HTTPTypes
import JSON

/// Consent events: `didomi.md`, sections 2 and 5.
extension DidomiPlatform {
    /// `POST /consents/events`: one event, or an array that is stored wholly or not at all.
    mutating func createEvents(
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        let body = try request.json()
        let elements = body.array ?? [body]
        guard elements.count <= Self.batchCountMax else {
            throw Refusal(.badRequest, "At most \(Self.batchCountMax) events are allowed")
        }
        var inputs: [DidomiEventInput] = []
        var ids: Set<String> = []
        for element in elements {
            let input = try DidomiEventInput(element)
            try check(input.consents)
            if let id = input.id, events[id] != nil || !ids.insert(id).inserted {
                throw Refusal(.conflict, "An event with this ID already exists")
            }
            inputs.append(input)
        }
        var stored: [JSONValue] = []
        var webhooks: [OutgoingWebhook] = []
        for input in inputs {
            let (event, told) = store(input, at: now, by: &chance)
            stored.append(event.json)
            webhooks += told
        }
        var answer = Self.ok(body.array == nil ? stored[0] : .array(stored))
        answer.webhooks = request.flag("$disable_integrations") ? [] : webhooks
        return answer
    }

    /// `GET /consents/events`: the events of one user, confirmed and GDPR unless filtered.
    func listEvents(_ request: PlatformRequest) throws(Refusal) -> PlatformAnswer {
        let ids: [String]
        if let id = request.parameter("user_id") {
            ids = [id]
        } else if let key = request.parameter("organization_user_id") {
            ids = userIDsByKey[key] ?? []
        } else {
            throw Refusal(.badRequest, "organization_user_id or user_id is missing")
        }
        let statuses = request.filter("status") ?? [DidomiEvent.Status.confirmed.rawValue]
        let regulations = request.filter("regulation") ?? [Self.regulationDefault]
        let found = ids.flatMap { users[$0]?.eventIDs ?? [] }.compactMap { events[$0] }
            .filter { statuses.contains($0.status.rawValue) && regulations.contains($0.regulation) }
            .sorted { $0.updatedAt < $1.updatedAt }
        return Self.ok(["data": .array(found.map(\.json))])
    }

    /// One event by its id and, if the query names them, its user's ids.
    func event(_ id: String, _ request: PlatformRequest) throws(Refusal) -> DidomiEvent {
        let userID = request.parameter("user_id")
        let key = request.parameter("organization_user_id")
        guard let event = events[id], userID == nil || event.user.id == userID,
            key == nil || users[event.user.id]?.organizationUserID == key
        else {
            throw Refusal(.notFound, "No record found for id '\(id)'")
        }
        return event
    }

    /// `PATCH /consents/events/{id}`: status, consents, proofs and delegate may change.
    mutating func patchEvent(
        _ id: String,
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        let old = try event(id, request)
        let body = try request.object()
        var new = old
        if let status = try DidomiEventInput.status(body) { new.status = status }
        if let consents = body["consents"] {
            new.consents = try DidomiConsents(consents)
            try check(new.consents)
        }
        if let delegate = try DidomiEventInput.delegate(body) { new.delegate = delegate }
        if let ids = body["proofs_id"]?.array { new.proofIDs = ids.compactMap(\.string) }
        for _ in body["proofs"]?.array ?? [] { new.proofIDs.append(chance.uuid()) }
        new.updatedAt = stamp(now)
        events[id] = new
        var webhooks = [
            webhook(
                "event.updated",
                new,
                ["source": .null, "old_entity": old.json, "new_entity": new.json]
            )
        ]
        if old.status == .confirmed || new.status == .confirmed {
            webhooks += applied(new, source: new.json, isNewUser: false)
        }
        var answer = Self.ok(new.json)
        answer.webhooks = request.flag("$disable_integrations") ? [] : webhooks
        return answer
    }

    /// `DELETE /consents/events/{id}`: the user's status is computed again from the other events.
    mutating func deleteEvent(
        _ id: String,
        _ request: PlatformRequest,
        at now: Moment
    ) throws(Refusal) -> PlatformAnswer {
        var event = try event(id, request)
        events[id] = nil
        users[event.user.id]?.eventIDs.removeAll { $0 == id }
        var webhooks = [webhook("event.deleted", event, ["entity": event.json])]
        if event.status == .confirmed {
            event.updatedAt = stamp(now)
            webhooks += applied(event, source: .null, isNewUser: false)
        }
        return PlatformAnswer(
            response: PlatformResponse(status: .noContent),
            webhooks: request.flag("$disable_integrations") ? [] : webhooks
        )
    }

    mutating func act(
        _ act: PersonalAct,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> [OutgoingWebhook] {
        var choice = JSONObject()
        var input = DidomiEventInput()
        guard let (kind, name) = act.fieldParts, ["channel", "purpose"].contains(kind) else {
            throw Refusal(.badRequest, "Didomi has no field '\(act.field)'")
        }
        choice["id"] = .string(name)
        choice["enabled"] = act.value.map(JSONValue.bool) ?? .null
        if kind == "channel" {
            input.consents.channels = [choice]
        } else {
            input.consents.purposes = [choice]
        }
        try check(input.consents)
        input.organizationUserID = act.key
        input.organizationUserIDType = act.key.contains("@") ? "email" : nil
        input.userMetadata = act.metadata
        input.regulation = regulation
        input.lastSeenCountry = "FR"
        input.domain = "preferences.acme.example"
        return store(input, at: now, by: &chance).webhooks
    }

    /// Refuses ids that the organization has not defined (API v2).
    private func check(_ consents: DidomiConsents) throws(Refusal) {
        let (purposeIDs, channelIDs) = consents.identifiers
        if let unknown = purposeIDs.first(where: { !purposes.contains($0) }) {
            throw Refusal(.badRequest, "Invalid purpose ID: \(unknown)")
        }
        if let unknown = channelIDs.first(where: { !channels.contains($0) }) {
            throw Refusal(.badRequest, "Invalid channel ID: \(unknown)")
        }
    }

    private mutating func store(
        _ input: DidomiEventInput,
        at now: Moment,
        by chance: inout Chance
    ) -> (event: DidomiEvent, webhooks: [OutgoingWebhook]) {
        let moment = stamp(now)
        let (user, isNew) = user(for: input, at: moment, by: &chance)
        var proofIDs = input.proofIDs
        for _ in 0..<input.proofCount { proofIDs.append(chance.uuid()) }
        let event = DidomiEvent(
            id: input.id ?? chance.uuid(),
            organizationID: organizationID,
            createdAt: input.createdAt ?? moment,
            updatedAt: moment,
            status: input.status,
            regulation: input.regulation ?? Self.regulationDefault,
            domain: input.domain,
            metadata: input.metadata,
            user: DidomiEvent.User(
                id: user.id,
                organizationUserID: user.organizationUserID,
                organizationUserIDType: input.organizationUserIDType ?? user.organizationUserIDType,
                country: input.country ?? user.country,
                lastSeenCountry: input.lastSeenCountry ?? user.lastSeenCountry,
                metadata: input.userMetadata
            ),
            consents: input.consents,
            proofIDs: proofIDs,
            delegate: input.delegate
        )
        events[event.id] = event
        users[user.id]?.eventIDs.append(event.id)
        let created = webhook("event.created", event, ["entity": event.json])
        // A pending event is stored and told, but not applied until it is confirmed.
        guard event.status == .confirmed else { return (event, [created]) }
        return (event, [created] + applied(event, source: event.json, isNewUser: isNew))
    }

    /// Brings the user up to date with an event that was stored, changed or deleted.
    private mutating func applied(
        _ event: DidomiEvent,
        source: JSONValue,
        isNewUser: Bool
    ) -> [OutgoingWebhook] {
        guard var user = users[event.user.id] else { return [] }
        let old = user.json(regulation: event.regulation, organizationID: organizationID)
        if events[event.id] != nil, event.status == .confirmed { user.learn(from: event.user) }
        user.status[event.regulation] = status(of: user, regulation: event.regulation)
        user.version += 1
        user.updatedAt = event.updatedAt
        users[user.id] = user
        let new = user.json(regulation: event.regulation, organizationID: organizationID)
        return isNewUser
            ? [webhook("user.created", event, ["entity": new])]
            : [
                webhook(
                    "user.updated",
                    event,
                    ["source": source, "old_entity": old, "new_entity": new]
                )
            ]
    }

    /// All confirmed events of a user under a regulation, the most recent one applied last.
    private func status(of user: DidomiUser, regulation: String) -> DidomiConsents {
        let confirmed = user.eventIDs.compactMap { events[$0] }
            .filter { $0.status == .confirmed && $0.regulation == regulation }
            .sorted { ($0.effectiveAt, $0.id) < ($1.effectiveAt, $1.id) }
        var status = DidomiConsents()
        for event in confirmed { status.merge(event.consents) }
        return status
    }

    private func webhook(
        _ type: JSONValue,
        _ event: DidomiEvent,
        _ parameters: JSONValue
    ) -> OutgoingWebhook {
        OutgoingWebhook(
            person: users[event.user.id]?.key ?? event.user.id,
            body: [
                "type": type, "regulation": .string(event.regulation), "parameters": parameters,
            ]
        )
    }
}
