import BridgeCore
import JSON
import Storage

/// The admin API's objects (`interface.md` section 4).
extension InboxListing {
    func json(_ disclosure: Disclosure, withPayload: Bool = false) -> JSONValue {
        let content = entry.content
        let names = content.integrations.map(\.text)
        var object = JSONObject()
        object["id"] = .string(String(entry.id.number))
        object["received_at"] = .string(content.receivedAt.iso8601)
        object["platform"] = .string(content.platform.rawValue)
        object["integration"] = .string(names.joined(separator: ", "))
        object["integrations"] = .array(names.map(JSONValue.string))
        object["type"] = .string(content.type)
        object["state"] = .string(state.rawValue)
        object["changes"] = .array(changes.map { $0.json(disclosure) })
        object["deliveries"] = .array(deliveries.map { .string(String($0.number)) })
        if withPayload {
            let payload = try? JSONValue(parsing: content.payload)
            object["payload"] = payload.map(disclosure.value) ?? .null
        }
        return .object(object)
    }
}

extension ChangeRecord {
    func json(_ disclosure: Disclosure) -> JSONValue {
        guard case .object(var object) = json else { return json }
        object["subject"] = disclosure.subject(subject)
        return .object(object)
    }
}

extension DeliveryRecord {
    func json(_ disclosure: Disclosure, attempts requests: [AttemptRecord]? = nil) -> JSONValue {
        var object = JSONObject()
        object["id"] = .string(String(id.number))
        object["platform"] = .string(lane.platform.rawValue)
        object["integration"] = .string(lane.integration.text)
        object["subject"] = disclosure.subject(lane.subject)
        object["kind"] = .string(kind.rawValue)
        object["state"] = .string(state.label)
        object["reason"] = .text(state.reason)
        object["attempts"] = .number(JSONNumber(attempts))
        object["created_at"] = .string(createdAt.iso8601)
        object["next_attempt_at"] = .text(state.nextAttemptAt?.iso8601)
        object["finished_at"] = .text(finishedAt?.iso8601)
        object["last_status"] = lastStatus.map { .number(JSONNumber($0)) } ?? .null
        object["evidence"] = .array(evidence.map { .string(String($0.number)) })
        if let requests { object["requests"] = .array(requests.map { $0.json(disclosure) }) }
        return .object(object)
    }
}

extension AttemptRecord {
    fileprivate func json(_ disclosure: Disclosure) -> JSONValue {
        let content = try? JSONValue(parsing: body)
        return [
            "sent_at": .string(sentAt.iso8601), "ended_at": .string(endedAt.iso8601),
            "method": .string(method), "url": .string(disclosure.url(url)),
            "body": content.map(disclosure.value) ?? .null,
            "status": status.map { .number(JSONNumber($0)) } ?? .null,
            "verdict": .string(verdict),
        ]
    }
}

extension RegisterChange {
    func json() -> JSONValue {
        [
            "field": .string(field.name), "value": .string(entry.choice.rawValue),
            "chosen_at": .string(entry.chosenAt.iso8601),
            "origin": .string(entry.origin.rawValue),
            "received_at": .string(entry.receivedAt.iso8601),
            "evidence": .string(String(entry.evidence.number)),
        ]
    }
}

extension OperatorAction {
    func json(id: Int64, _ disclosure: Disclosure) -> JSONValue {
        [
            "id": .string(String(id)), "at": .string(at.iso8601), "actor": .string(actor),
            "action": .string(kind.rawValue),
            "delivery": .text(delivery.map { String($0.number) }),
            "integration": .text(integration?.text), "subject": disclosure.subject(subject),
            // Whoever wrote it may have named the person.
            "reason": .text(reason.map(disclosure.text)),
        ]
    }
}

extension JSONValue {
    /// A text, or null for none.
    static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
}
