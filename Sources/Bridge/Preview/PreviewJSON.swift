import BridgeCore
import HTTPTypes
package import JSON
import Storage

/// As `preview` and the admin API show it (`interface.md` section 4).
extension Preview {
    package var json: JSONValue { json(Disclosure(masks: false)) }

    func json(_ disclosure: Disclosure) -> JSONValue {
        [
            "changes": .array(changes.map { $0.json(disclosure) }),
            "requests": .array(requests.map { $0.json(disclosure) }),
        ]
    }
}

extension ChangeRecord {
    /// One change as people see it.
    var json: JSONValue {
        func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
        return [
            "integration": text(integration?.text), "subject": text(subject?.text),
            "field": text(field), "value": text(choice.map { $0.isGranted ? "granted" : "denied" }),
            "chosen_at": text(chosenAt?.iso8601), "outcome": text(outcome?.label),
            "reason": text(outcome?.reason),
        ]
    }
}

extension Preview.Request {
    fileprivate func json(_ disclosure: Disclosure) -> JSONValue {
        let headers = request.headers.map { field in
            JSONObject.Member(name: field.name.canonicalName, value: .string(field.value))
        }
        let body = try? JSONValue(parsing: request.body)
        return [
            "platform": .string(platform.rawValue),
            "method": .string(request.method.rawValue),
            "url": .string(disclosure.url(request.url)),
            "headers": .object(JSONObject(uniqueMembers: headers)),
            "body": body.map(disclosure.value) ?? .null,
        ]
    }
}

extension Subject {
    /// The key, or `profile:ID` as long as only Actito's number is known.
    var text: String {
        switch self {
        case .key(let key): key.text
        case .profile(let id): "profile:\(id)"
        }
    }
}
