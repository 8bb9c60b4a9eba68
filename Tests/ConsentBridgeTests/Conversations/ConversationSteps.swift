import BridgeCore
import HTTPTypes
import JSON

@testable import Bridge

/// What a step does (`Fixtures/conversations/README.md`).
extension ConversationRun {
    func take(_ step: JSONValue) throws {
        for member in step.object?.members ?? [] where member.name != "at" {
            try take(member.name, member.value, step)
        }
    }

    private func take(_ verb: String, _ what: JSONValue, _ step: JSONValue) throws {
        switch verb {
        // At Didomi
        case "didomi":
            let id = choose(what)
            try announceEvent(id, what)
        case "chooses at didomi": _ = choose(what)
        case "event announced": try announceEvent(what["id"]?.string ?? "", what)
        case "user updated": try receive(userUpdated(what), from: .didomi)
        case "event deleted":
            for index in platforms.events.indices where platforms.events[index].id == what.string {
                platforms.events[index].isDeleted = true
            }
            let entity: JSONValue = ["id": what, "created_at": .string(bridge.now.iso8601)]
            try receive(["type": "event.deleted", "parameters": ["entity": entity]], from: .didomi)
        case "another user": platforms.otherUsers.append(user(what))
        // At Actito
        case "actito":
            subscribe(what)
            try announce(what)
        case "subscribes at actito": subscribe(what)
        case "actito announced": try announce(what)
        case "profile":
            platforms.profile = what.object
            happenings.append(.profile(what.object))
        // Our own writes
        case "echo": try echo(what)
        case "answer":
            guard let platform = what.string.flatMap(PlatformName.init(rawValue:)) else {
                throw Wrong(description: "no platform \(what.serializedText())")
            }
            try answer(platform, with: step["with"])
        case "with": break
        case "takes effect": try takeEffectLate()
        case "dies": try bridge.die()
        case "restart": try bridge.restart()
        // An operator
        case "retry": results += try bridge.operate([.retry(Self.deliveries(what))])
        case "discard":
            results += try bridge.operate(
                Self.deliveries(what).map { .discard($0, reason: "asked by phone") }
            )
        case "retry and discard":
            let ids = Self.deliveries(what)
            results += try bridge.operate(
                [.retry(ids)] + ids.map { .discard($0, reason: "asked by phone") }
            )
        // As it is
        case "send":
            let platform: PlatformName = what["from"] == "actito" ? .actito : .didomi
            try receive(what["body"] ?? .null, from: platform, event: what["event"]?.string)
        default: throw Wrong(description: "\"\(verb)\" is no step")
        }
    }

    /// A person's own event at Didomi; its id.
    private func choose(_ what: JSONValue) -> String {
        let id = what["id"]?.string ?? "event-\(platforms.events.count + 1)"
        let event = ModelPlatforms.Event(
            id: id,
            createdAt: moment(what["chosen"]) ?? bridge.now,
            consents: ModelPlatforms.consents(what["set"]?.object ?? JSONObject())
        )
        platforms.events.append(event)
        happenings.append(.choice(what["set"]?.object ?? JSONObject()))
        return id
    }

    private func announceEvent(_ id: String, _ what: JSONValue) throws {
        guard let event = platforms.events.last(where: { $0.id == id }) else {
            throw Wrong(description: "no event \(id)")
        }
        var entity = platforms.json(event).object ?? JSONObject()
        Self.merge(what["entity"], into: &entity)
        var envelope = JSONObject()
        envelope["type"] = what["type"] ?? "event.created"
        envelope["parameters"] = ["entity": .object(entity)]
        Self.merge(what["envelope"], into: &envelope)
        try receive(.object(envelope), from: .didomi)
    }

    private static func merge(_ changes: JSONValue?, into object: inout JSONObject) {
        for member in changes?.object?.members ?? [] { object[member.name] = member.value }
    }

    private func user(_ what: JSONValue) -> JSONValue {
        [
            "id": what["id"] ?? "user", "organization_id": "meadow",
            "organization_user_id": .string(Self.key),
            "updated_at": .string((moment(what["updated"]) ?? bridge.now).iso8601),
            "metadata": what["metadata"] ?? [:],
            "consents": ModelPlatforms.consents(what["set"]?.object ?? JSONObject()),
        ]
    }

    private func userUpdated(_ what: JSONValue) -> JSONValue {
        func side(_ name: String) -> JSONValue {
            var fields = JSONObject()
            fields["set"] = what[name]
            fields["updated"] = what["updated"]
            return user(.object(fields))
        }
        let source = what["source"]?.string.flatMap { id in
            platforms.events.last { $0.id == id }.map(platforms.json)
        }
        return [
            "type": "user.updated",
            "parameters": [
                "source": source ?? .null, "old_entity": side("old"), "new_entity": side("new"),
            ],
        ]
    }

    private func subscribe(_ what: JSONValue) {
        for member in what["set"]?.object?.members ?? [] {
            platforms.profile?[member.name] = member.value
        }
        happenings.append(.profile(platforms.profile))
    }

    private func announce(_ what: JSONValue) throws {
        var data = JSONObject()
        data["profileId"] = what["profile"] ?? 7
        if what["profile"] == nil { data["emailAddress"] = what["key"] ?? .string(Self.key) }
        Self.merge(what["set"], into: &data)
        Self.merge(what["data"], into: &data)
        var envelope = JSONObject()
        envelope["eventType"] = what["type"] ?? "UPDATED_SUBSCRIPTION"
        envelope["tableType"] = "PROFILE_TABLE"
        envelope["data"] = .object(data)
        Self.merge(what["envelope"], into: &envelope)
        try receive(.object(envelope), from: .actito)
    }

    /// A write of ours comes back as its platform announces it: the last one, or one by its place.
    private func echo(_ what: JSONValue) throws {
        let name = what.string ?? what["of"]?.string
        let writes = bridge.requests.filter { call in
            call.platform.rawValue == name && call.send.request.method != .get
        }
        let index = what["number"]?.number?.integer.map { Int($0) - 1 } ?? writes.count - 1
        guard writes.indices.contains(index),
            let body = try? JSONValue(parsing: writes[index].send.request.body)
        else { throw Wrong(description: "no such write to \(what.serializedText())") }
        if writes[index].platform == .actito {
            try announce(["set": body["subscriptions"] ?? [:]])
        } else {
            try receive(["type": "event.created", "parameters": ["entity": body]], from: .didomi)
        }
    }
}

extension ConversationRun {
    private static func deliveries(_ what: JSONValue) -> [DeliveryID] {
        (what.array ?? [what]).compactMap { $0.number?.integer.map { DeliveryID($0) } }
    }
}

extension OperationResult {
    /// `1`, for so many done, or why not.
    var words: String {
        switch self {
        case .done(let count): "\(count)"
        case .refused(.wrongState(let state)): "wrong state: \(state)"
        case .refused(.inFlight): "in flight"
        case .refused(.unknownDelivery): "unknown delivery"
        case .refused(.unknownSubject): "unknown subject"
        case .refused(.unknownIntegration): "unknown integration"
        case .refused(.sameKey): "same key"
        case .refused(.obstacle(let obstacle)): obstacle.rawValue
        case .refused(.unavailable): "unavailable"
        }
    }
}
