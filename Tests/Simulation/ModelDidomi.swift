import BridgeCore
import JSON

/// Didomi as `contracts/didomi.md` describes it: events are merged by their times, each write is
/// announced, ids are kept, and several users may have one key.
struct ModelDidomi {
    struct Event {
        var id: String
        var key: String
        var userID: String
        var createdAt: Timestamp
        var updatedAt: Timestamp
        var isPending: Bool
        var regulation: String
        var choices: [Field: Choice]
        var metadata: [String: String]
        var delegate: String?
        var number: Int
        var isDeleted = false
    }

    /// A user that exists: a device, in practice.
    struct User {
        var key: String
        var version = 0
        var updatedAt: Timestamp
    }

    /// What is to be announced: the body of one webhook.
    typealias Announcement = JSONValue

    private(set) var events: [Event] = []
    /// By their id.
    private(set) var users: [String: User] = [:]
    private(set) var metadata: [String: [String: String]] = [:]
    /// When a key's users were last read and there were some.
    var usersShownAt: [String: Timestamp] = [:]
    /// Tokens and when they end.
    var tokens: [String: Timestamp] = [:]
    var tokenCount = 0
    let style: Style

    init(style: Style) {
        self.style = style
    }

    /// A user's choices: confirmed events, applied in the order of their newest time.
    ///
    /// `countsDeleted`: what they would be if no event had been deleted.
    func choices(
        ofUser id: String,
        regulation: String = "gdpr",
        countsDeleted: Bool = false
    ) -> [Field: Choice] {
        var result: [Field: Choice] = [:]
        let applied = events.filter {
            $0.userID == id && $0.regulation == regulation && !$0.isPending
                && (countsDeleted || !$0.isDeleted)
        }
        for event in applied.sorted(by: { ($0.mergeTime, $0.number) < ($1.mergeTime, $1.number) }) {
            result.merge(event.choices) { $1 }
        }
        return result
    }

    /// Whether a user shows a field only because a newer withdrawal was deleted.
    func isUncovered(_ field: Field, ofUser id: String) -> Bool {
        let about = events.filter {
            $0.userID == id && $0.regulation == "gdpr" && !$0.isPending && $0.choices[field] != nil
        }
        let shown = about.filter { !$0.isDeleted }.map { ($0.mergeTime, $0.number) }.max(by: <)
        return about.contains { event in
            event.isDeleted && event.choices[field] == .denied
                && shown.map { (event.mergeTime, event.number) > $0 } ?? true
        }
    }

    /// The users with a key, the one that changed last first.
    func users(of key: String) -> [String] {
        users.filter { $0.value.key == key }
            .sorted { ($0.value.updatedAt, $0.key) > ($1.value.updatedAt, $1.key) }.map(\.key)
    }

    /// Stores an event and tells what is announced: the event, and the user if it changed.
    mutating func record(_ event: Event, at now: Timestamp) -> [Announcement] {
        var event = event
        event.number = events.count
        let before = user(event, at: now)
        let isNew = users[event.userID] == nil
        events.append(event)
        var announced = [
            envelope("event.created", event.regulation, ["entity": event.json])
        ]
        guard !event.isPending else { return announced }
        metadata[event.userID, default: [:]].merge(event.metadata) { $1 }
        announced += userAnnouncement(before, isNew: isNew, source: event, at: now)
        return announced
    }

    /// A pending event is confirmed: from now on it counts.
    mutating func confirm(_ id: String, at now: Timestamp) -> [Announcement] {
        guard let index = index(ofEvent: id) else { return [] }
        let old = events[index]
        let before = user(old, at: now)
        let isNew = users[old.userID] == nil
        events[index].isPending = false
        events[index].updatedAt = now
        let updated = envelope(
            "event.updated",
            old.regulation,
            ["old_entity": old.json, "new_entity": events[index].json]
        )
        return [updated]
            + userAnnouncement(before, isNew: isNew, source: events[index], at: now)
    }

    /// The customer's data changes without any choice.
    mutating func edit(_ id: String, language: String, at now: Timestamp) -> [Announcement] {
        guard let key = users[id]?.key else { return [] }
        let before = user(id, key, "gdpr", at: now)
        metadata[id, default: [:]]["language"] = language
        touch(id, key, at: now)
        let parameters: JSONValue = [
            "source": nil, "old_entity": before, "new_entity": user(id, key, "gdpr", at: now),
        ]
        return [envelope("user.updated", "gdpr", parameters)]
    }

    private mutating func userAnnouncement(
        _ before: JSONValue,
        isNew: Bool,
        source: Event,
        at now: Timestamp
    ) -> [Announcement] {
        let isChanged = user(source, at: now)["consents"] != before["consents"]
        guard isNew || isChanged else { return [] }
        touch(source.userID, source.key, at: now)
        let after = user(source, at: now)
        if isNew { return [envelope("user.created", source.regulation, ["entity": after])] }
        let parameters: JSONValue = [
            "source": source.json, "old_entity": before, "new_entity": after,
        ]
        return [envelope("user.updated", source.regulation, parameters)]
    }

    private mutating func touch(_ id: String, _ key: String, at now: Timestamp) {
        users[id, default: User(key: key, updatedAt: now)].version += 1
        users[id]?.updatedAt = now
    }

    func index(ofEvent id: String) -> Int? {
        events.firstIndex { $0.id == id && !$0.isDeleted }
    }

    // MARK: - Deletions

    /// The nth newest event of a key is deleted: what its user holds is computed anew.
    mutating func deleteEvent(_ place: Int, of key: String, at now: Timestamp) -> [Announcement] {
        let candidates = events.indices.filter { events[$0].key == key && !events[$0].isDeleted }
        guard !candidates.isEmpty else { return [] }
        let index = candidates.reversed()[place % candidates.count]
        let event = events[index]
        let before = choices(ofUser: event.userID, regulation: event.regulation)
        events[index].isDeleted = true
        if choices(ofUser: event.userID, regulation: event.regulation) != before {
            touch(event.userID, key, at: now)
        }
        let entity: JSONValue =
            style.deletedEventsAreMinimal
            ? ["id": .string(event.id), "created_at": .string(event.createdAt.iso8601)]
            : event.json
        return [envelope("event.deleted", event.regulation, ["entity": entity])]
    }

    /// A user is gone with everything that it chose.
    mutating func deleteUser(_ id: String, at now: Timestamp) -> [Announcement] {
        guard let key = users[id]?.key else { return [] }
        let entity = user(id, key, "gdpr", at: now)
        for index in events.indices where events[index].userID == id {
            events[index].isDeleted = true
        }
        users[id] = nil
        metadata[id] = nil
        return [envelope("user.deleted", "gdpr", ["entity": entity])]
    }
}
