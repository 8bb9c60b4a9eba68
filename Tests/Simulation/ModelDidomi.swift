import BridgeCore
import JSON

/// Didomi as `contracts/didomi.md` describes it: events are merged by their times, each write is
/// announced, ids are kept.
struct ModelDidomi {
    struct Event {
        var id: String
        var key: String
        var createdAt: Timestamp
        var updatedAt: Timestamp
        var isPending: Bool
        var regulation: String
        var choices: [Field: Choice]
        var metadata: [String: String]
        var delegate: String?
        var number: Int
    }

    /// What is to be announced: the body of one webhook.
    typealias Announcement = JSONValue

    private(set) var events: [Event] = []
    private var userVersions: [String: Int] = [:]
    private(set) var metadata: [String: [String: String]] = [:]
    /// Tokens and when they end.
    var tokens: [String: Timestamp] = [:]
    var tokenCount = 0
    let refusesDuplicateEvents: Bool

    init(refusesDuplicateEvents: Bool) {
        self.refusesDuplicateEvents = refusesDuplicateEvents
    }

    /// The person's choices: confirmed events, applied in the order of their newest time.
    func choices(of key: String, regulation: String = "gdpr") -> [Field: Choice] {
        var result: [Field: Choice] = [:]
        let applied = events.filter {
            $0.key == key && $0.regulation == regulation && !$0.isPending
        }
        for event in applied.sorted(by: { ($0.mergeTime, $0.number) < ($1.mergeTime, $1.number) }) {
            result.merge(event.choices) { $1 }
        }
        return result
    }

    /// Stores an event and tells what is announced: the event, and the user if it changed.
    mutating func record(_ event: Event, at now: Timestamp) -> [Announcement] {
        var event = event
        event.number = events.count
        let before = user(event.key, event.regulation, at: now)
        let isNew = userVersions[event.key] == nil
        events.append(event)
        var announced = [
            Self.envelope("event.created", event.regulation, ["entity": event.json])
        ]
        guard !event.isPending else { return announced }
        metadata[event.key, default: [:]].merge(event.metadata) { $1 }
        announced += userAnnouncement(before, isNew: isNew, source: event, at: now)
        return announced
    }

    /// A pending event is confirmed: from now on it counts.
    mutating func confirm(_ id: String, at now: Timestamp) -> [Announcement] {
        guard let index = events.firstIndex(where: { $0.id == id }) else { return [] }
        let old = events[index]
        let before = user(old.key, old.regulation, at: now)
        let isNew = userVersions[old.key] == nil
        events[index].isPending = false
        events[index].updatedAt = now
        let updated = Self.envelope(
            "event.updated",
            old.regulation,
            ["old_entity": old.json, "new_entity": events[index].json]
        )
        return [updated]
            + userAnnouncement(before, isNew: isNew, source: events[index], at: now)
    }

    /// The customer's data changes without any choice.
    mutating func edit(_ key: String, language: String, at now: Timestamp) -> [Announcement] {
        guard userVersions[key] != nil else { return [] }
        let before = user(key, "gdpr", at: now)
        metadata[key, default: [:]]["language"] = language
        userVersions[key, default: 0] += 1
        let parameters: JSONValue = [
            "source": nil, "old_entity": before, "new_entity": user(key, "gdpr", at: now),
        ]
        return [Self.envelope("user.updated", "gdpr", parameters)]
    }

    private mutating func userAnnouncement(
        _ before: JSONValue,
        isNew: Bool,
        source: Event,
        at now: Timestamp
    ) -> [Announcement] {
        let isChanged =
            user(source.key, source.regulation, at: now)["consents"] != before["consents"]
        guard isNew || isChanged else { return [] }
        userVersions[source.key, default: 0] += 1
        let after = user(source.key, source.regulation, at: now)
        if isNew { return [Self.envelope("user.created", source.regulation, ["entity": after])] }
        let parameters: JSONValue = [
            "source": source.json, "old_entity": before, "new_entity": after,
        ]
        return [Self.envelope("user.updated", source.regulation, parameters)]
    }

    private func user(_ key: String, _ regulation: String, at now: Timestamp) -> JSONValue {
        [
            "id": .string("user-\(key)"), "organization_id": "acme",
            "organization_user_id": .string(key),
            "version": .number(JSONNumber(userVersions[key] ?? 0)),
            "created_at": .string(now.iso8601), "updated_at": .string(now.iso8601),
            "metadata": Self.json(metadata[key] ?? [:]),
            "consents": Self.consents(choices(of: key, regulation: regulation)),
        ]
    }

    private static func envelope(
        _ type: String,
        _ regulation: String,
        _ parameters: JSONValue
    ) -> JSONValue {
        ["type": .string(type), "regulation": .string(regulation), "parameters": parameters]
    }

    fileprivate static func json(_ texts: [String: String]) -> JSONValue {
        .object(
            JSONObject(
                uniqueMembers: texts.sorted { $0.key < $1.key }
                    .map { JSONObject.Member(name: $0.key, value: .string($0.value)) }
            )
        )
    }

    static func consents(_ choices: [Field: Choice]) -> JSONValue {
        var channels: [JSONValue] = []
        // Purposes that nobody chose are there with `enabled: null` (S3).
        var purposes: [JSONValue] = [["id": "surveys", "enabled": nil]]
        for (field, choice) in choices.sorted(by: { $0.key < $1.key }) {
            switch field {
            case .channel(let id):
                channels.append(["id": .string(id), "enabled": .bool(choice.isGranted)])
            case .purpose(let id), .purposeChannel(let id, _):
                purposes.append(["id": .string(id), "enabled": .bool(choice.isGranted)])
            case .preference, .target:
                preconditionFailure("the model's people choose channels and purposes only")
            }
        }
        return ["channels": .array(channels), "purposes": .array(purposes)]
    }
}

extension ModelDidomi.Event {
    /// Didomi: "Events will be re-applied according to their update or creation date".
    fileprivate var mergeTime: Timestamp { max(createdAt, updatedAt) }

    var json: JSONValue {
        var user = JSONObject()
        user["id"] = .string("user-\(key)")
        user["organization_user_id"] = .string(key)
        user["metadata"] = ModelDidomi.json(metadata)
        var event = JSONObject()
        event["id"] = .string(id)
        event["organization_id"] = "acme"
        event["created_at"] = .string(createdAt.iso8601)
        event["updated_at"] = .string(updatedAt.iso8601)
        event["status"] = isPending ? "pending_approval" : "confirmed"
        event["regulation"] = .string(regulation)
        event["user"] = .object(user)
        event["consents"] = ModelDidomi.consents(choices)
        if let delegate { event["delegate"] = ["id": .string(delegate), "name": "Actito"] }
        return .object(event)
    }
}
