import JSON

/// One API call as a platform got it.
struct RecordedCall: Sendable {
    var at: Moment
    var method: String
    var target: String
    var body: [UInt8]
    /// What ties the call to others, as it came; nil: it came without.
    var requestID: String?
    var traceparent: String?
    var status: Int
    /// Whether the body is nothing but credentials.
    var asksForToken: Bool

    /// The call as `GET /sandbox/calls` shows it: every secret is replaced by `***`.
    var json: JSONValue {
        [
            "at": .string(at.iso8601), "method": .string(method), "path": .string(target),
            "body": shownBody, "status": .number(JSONNumber(status)),
            "request_id": requestID.map { .string($0) } ?? .null,
            "traceparent": traceparent.map { .string($0) } ?? .null,
        ]
    }

    private var shownBody: JSONValue {
        guard !body.isEmpty else { return .null }
        guard let json = try? JSONValue(parsing: body) else {
            // What is no JSON may hold a secret anywhere.
            return asksForToken ? .null : .string(String(decoding: body, as: UTF8.self))
        }
        return asksForToken ? Self.hidden(json, except: ["type"]) : Self.withoutSecrets(json)
    }

    /// What the platforms' contracts call a secret; a hook's headers hold the receiver's.
    private static let secrets = ["client_secret", "private_api_key", "headers"]

    /// Hides every secret, wherever it stands.
    private static func withoutSecrets(_ json: JSONValue) -> JSONValue {
        if let elements = json.array { return .array(elements.map(withoutSecrets)) }
        guard let object = json.object else { return json }
        return .object(
            JSONObject(
                uniqueMembers: object.members.map { member in
                    let isSecret = secrets.contains(member.name)
                    return JSONObject.Member(
                        name: member.name,
                        value: isSecret
                            ? hidden(member.value, except: []) : withoutSecrets(member.value)
                    )
                }
            )
        )
    }

    /// Hides every scalar of a value except those of the named members.
    private static func hidden(_ json: JSONValue, except names: [String]) -> JSONValue {
        switch json {
        case .array(let elements): .array(elements.map { hidden($0, except: names) })
        case .object(let object):
            .object(
                JSONObject(
                    uniqueMembers: object.members.map { member in
                        let isShown = names.contains(member.name)
                        return JSONObject.Member(
                            name: member.name,
                            value: isShown ? member.value : hidden(member.value, except: names)
                        )
                    }
                )
            )
        case .null: .null
        case .bool, .number, .string: "***"
        }
    }
}

/// The API calls that a platform got, the oldest first.
struct CallLog: Sendable {
    /// Enough for a load test's tail; older calls are forgotten.
    static let countMax = 10_000

    private var calls: [JSONValue] = []

    mutating func add(_ call: RecordedCall) {
        // Dropping a tenth at a time keeps adding cheap.
        if calls.count >= Self.countMax { calls.removeFirst(Self.countMax / 10) }
        calls.append(call.json)
    }

    var json: JSONValue { ["items": .array(calls)] }
}
