import BridgeCore
import JSON

extension OpenDelivery {
    var document: JSONValue {
        var object = JSONObject()
        object["id"] = JSONValue(id.number)
        object["call"] = call.document
        object["event"] = event.map { [.string($0.id), JSONValue($0.createdAt)] }
        object["since"] = JSONValue(waitingSince)
        object["created"] = JSONValue(createdAt)
        object["evidence"] = .array(evidence.map { JSONValue($0.number) })
        if createsProfile { object["creates"] = true }
        if asksForEvent { object["asks"] = true }
        if isInFlight { object["in_flight"] = true }
        if isOverdue { object["overdue"] = true }
        if isUrgent { object["urgent"] = true }
        return .object(object)
    }

    init?(_ document: JSONValue) {
        guard let id = document["id"]?.number?.integer,
            let call = document["call"].flatMap(PlannedCall.init),
            let since = document["since"]?.timestamp, let created = document["created"]?.timestamp
        else { return nil }
        var event: OwnEvent?
        if let stored = document["event"] {
            guard let parts = stored.array, parts.count == 2, let id = parts[0].string,
                let createdAt = parts[1].timestamp
            else { return nil }
            event = OwnEvent(id: id, createdAt: createdAt)
        }
        self.init(
            id: DeliveryID(id),
            call: call,
            event: event,
            waitingSince: since,
            createdAt: created,
            evidence: (document["evidence"]?.array ?? []).compactMap(\.inboxID)
        )
        createsProfile = document["creates"] == true
        asksForEvent = document["asks"] == true
        isInFlight = document["in_flight"] == true
        isOverdue = document["overdue"] == true
        isUrgent = document["urgent"] == true
    }
}

extension PlannedCall {
    var document: JSONValue {
        switch self {
        case .readProfile: "profile"
        case .readConsentEvents: "events"
        case .readUsers: "users"
        case .write(let write):
            [
                "user": write.userID.map(JSONValue.string) ?? .null,
                "choices": .object(
                    JSONObject(
                        uniqueMembers: write.choices.sorted { $0.key < $1.key }.map {
                            .init(name: $0.key.name, value: .string($0.value.rawValue))
                        }
                    )
                ),
                "attributes": .object(
                    JSONObject(
                        uniqueMembers: write.attributes.sorted { $0.key < $1.key }.map {
                            .init(name: $0.key, value: $0.value)
                        }
                    )
                ),
            ]
        }
    }

    init?(_ document: JSONValue) {
        if document == "profile" {
            self = .readProfile
            return
        }
        if document == "events" {
            self = .readConsentEvents
            return
        }
        if document == "users" {
            self = .readUsers
            return
        }
        guard let choices = document["choices"]?.object,
            let attributes = document["attributes"]?.object
        else { return nil }
        var write = PlannedWrite(choices: [:])
        for member in choices.members {
            guard let field = Field(name: member.name), let choice = member.value.choice
            else { return nil }
            write.choices[field] = choice
        }
        write.userID = document["user"]?.string
        for member in attributes.members { write.attributes[member.name] = member.value }
        self = .write(write)
    }
}
