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
        let isQuiet = try request.boolean("$disable_integrations") == true
        _ = try request.boolean("$generate_tcfcs")
        let body = try request.json()
        let elements = body.array ?? [body]
        guard elements.count <= Self.batchCountMax else {
            throw Refusal(.badRequest, "At most \(Self.batchCountMax) events are allowed")
        }
        var inputs: [DidomiEventInput] = []
        var ids: Set<String> = []
        for element in elements {
            let input = try DidomiEventInput(element, organization: organizationID)
            try check(input.consents)
            try check(regulation: input.regulation)
            let isKnown = input.id.map { events[$0] != nil } ?? false
            let isTwice = input.id.map { !ids.insert($0).inserted } ?? false
            if isTwice || (isKnown && duplicateEvents == .conflict) {
                throw Refusal(.conflict, "An event with this ID already exists")
            }
            inputs.append(input)
        }
        var stored: [JSONValue] = []
        var webhooks: [OutgoingWebhook] = []
        for input in inputs {
            if let known = input.id.flatMap({ events[$0] }) {
                stored.append(known.json)
                continue
            }
            let (event, told) = store(input, at: now, by: &chance)
            stored.append(event.json)
            webhooks += told
        }
        var answer = Self.ok(body.array == nil ? stored[0] : .array(stored))
        answer.webhooks = isQuiet ? [] : webhooks
        return answer
    }

    /// `GET /consents/events`: the events of one user, confirmed and GDPR unless filtered.
    func listEvents(_ request: PlatformRequest) throws(Refusal) -> PlatformAnswer {
        let statuses = request.filter("status") ?? [DidomiEvent.Status.confirmed.rawValue]
        guard statuses.allSatisfy({ DidomiEvent.Status(rawValue: $0) != nil }) else {
            throw Refusal(.badRequest, "Invalid status")
        }
        let regulations = request.filter("regulation") ?? [Self.regulationDefault]
        for regulation in regulations { try check(regulation: regulation) }
        let found = try eventsOfOneUser(request)
            .filter { statuses.contains($0.status.rawValue) && regulations.contains($0.regulation) }
            .sorted { $0.updatedAt < $1.updatedAt }
        let data = JSONValue.array(found.map(\.json))
        return Self.ok(listsAreBare ? data : ["data": data])
    }

    /// `DELETE /consents/events`: those of one user that have every value of the query's paths.
    mutating func deleteEvents(
        _ request: PlatformRequest,
        at now: Moment
    ) throws(Refusal) -> PlatformAnswer {
        let isQuiet = try request.boolean("$disable_integrations") == true
        let own = ["organization_id", "organization_user_id", "user_id"]
        let filters = request.query.filter { !own.contains($0.name) && !$0.name.hasPrefix("$") }
        let found = try eventsOfOneUser(request).filter { event in
            filters.allSatisfy { event.json.text(at: $0.name) == $0.value }
        }
        let webhooks = found.flatMap { delete($0, at: now) }
        return PlatformAnswer(
            response: PlatformResponse(status: .noContent),
            webhooks: isQuiet ? [] : webhooks
        )
    }

    private func eventsOfOneUser(_ request: PlatformRequest) throws(Refusal) -> [DidomiEvent] {
        let ids: [String]
        if let id = request.parameter("user_id") {
            ids = [id]
        } else if let key = request.parameter("organization_user_id") {
            ids = userIDsByKey[key] ?? []
        } else {
            throw Refusal(.badRequest, "organization_user_id or user_id is missing")
        }
        return ids.flatMap { users[$0]?.eventIDs ?? [] }.compactMap { events[$0] }
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
        let isQuiet = try request.boolean("$disable_integrations") == true
        let old = try event(id, request)
        let reader = DidomiReader(name: "event")
        let body = try reader.object(
            try request.json(),
            members: ["status", "consents", "proofs", "proofs_id", "delegate"]
        )
        var new = old
        if let status = try DidomiEventInput.status(body) { new.status = status }
        if let consents = body["consents"] {
            new.consents = try DidomiConsents(consents)
            try check(new.consents)
        }
        if let delegate = try DidomiEventInput.delegate(body) { new.delegate = delegate }
        if body["proofs_id"] != nil { new.proofIDs = try reader.texts(body, "proofs_id") }
        for _ in try reader.texts(body, "proofs") { new.proofIDs.append(chance.uuid()) }
        new.updatedAt = stamp(now)
        events[id] = new
        var webhooks = told(
            DidomiNews(.eventUpdated, about: new, change: (old.json, new.json))
        )
        if old.status == .confirmed || new.status == .confirmed {
            webhooks += applied(new, source: new.json, isNewUser: false)
        }
        var answer = Self.ok(new.json)
        answer.webhooks = isQuiet ? [] : webhooks
        return answer
    }

    /// `DELETE /consents/events/{id}`: the user's status is computed again from the other events.
    mutating func deleteEvent(
        _ id: String,
        _ request: PlatformRequest,
        at now: Moment
    ) throws(Refusal) -> PlatformAnswer {
        let isQuiet = try request.boolean("$disable_integrations") == true
        let webhooks = delete(try event(id, request), at: now)
        return PlatformAnswer(
            response: PlatformResponse(status: .noContent),
            webhooks: isQuiet ? [] : webhooks
        )
    }

    private mutating func delete(_ event: DidomiEvent, at now: Moment) -> [OutgoingWebhook] {
        var event = event
        events[event.id] = nil
        users[event.user.id]?.eventIDs.removeAll { $0 == event.id }
        let shown: JSONValue =
            deletedEventsAreMinimal
            ? ["id": .string(event.id), "created_at": .string(event.createdAt.iso8601)]
            : event.json
        let webhooks = told(DidomiNews(.eventDeleted, about: event, entity: shown))
        guard event.status == .confirmed else { return webhooks }
        event.updatedAt = stamp(now)
        return webhooks + applied(event, source: .null, isNewUser: false)
    }

    /// Refuses ids that the organization has not defined (API v2).
    func check(_ consents: DidomiConsents) throws(Refusal) {
        let (purposeIDs, channelIDs) = consents.identifiers
        if let unknown = purposeIDs.first(where: { !purposes.contains($0) }) {
            throw Refusal(.badRequest, "Invalid purpose ID: \(unknown)")
        }
        if let unknown = channelIDs.first(where: { !channels.contains($0) }) {
            throw Refusal(.badRequest, "Invalid channel ID: \(unknown)")
        }
        for (id, values) in consents.preferences {
            guard let known = preferences[id] else {
                throw Refusal(.badRequest, "Invalid preference ID: \(id)")
            }
            if let unknown = values.first(where: { !known.contains($0) }) {
                throw Refusal(.badRequest, "Invalid value ID: \(unknown)")
            }
        }
    }

    /// Refuses a regulation that Didomi does not know.
    func check(regulation: String?) throws(Refusal) {
        guard let regulation, !regulations.contains(regulation) else { return }
        throw Refusal(.badRequest, "Invalid regulation: \(regulation)")
    }

    /// Stores an event that was checked.
    mutating func store(
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
        let created = told(DidomiNews(.eventCreated, about: event, entity: event.json))
        // A pending event is stored and told, but not applied until it is confirmed.
        guard event.status == .confirmed else { return (event, created) }
        return (event, created + applied(event, source: event.json, isNewUser: isNew))
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
        return told(
            isNewUser
                ? DidomiNews(.userCreated, about: event, entity: new)
                : DidomiNews(.userUpdated, about: event, source: source, change: (old, new))
        )
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
}

extension JSONValue {
    /// A scalar at a dotted path, as the query of a filter writes it.
    fileprivate func text(at path: String) -> String? {
        let value = path.split(separator: ".").reduce(self as JSONValue?) { $0?[String($1)] }
        switch value {
        case .string(let text): return text
        case .bool(let value): return value ? "true" : "false"
        case .number(let number): return number.text
        case nil, .null, .array, .object: return nil
        }
    }
}
