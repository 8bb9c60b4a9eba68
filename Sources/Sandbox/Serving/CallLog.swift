import JSON

/// The API calls that a platform got, the oldest first.
struct CallLog: Sendable {
    /// Enough for a load test's tail; older calls are forgotten.
    static let countMax = 10_000

    private var calls: [JSONValue] = []

    /// Adds a call; the body of a token request must not be given, since it holds a secret.
    mutating func add(
        method: String,
        target: String,
        body: [UInt8],
        status: Int,
        at now: Moment
    ) {
        // Dropping a tenth at a time keeps adding cheap.
        if calls.count >= Self.countMax { calls.removeFirst(Self.countMax / 10) }
        calls.append([
            "at": .string(now.iso8601), "method": .string(method), "path": .string(target),
            "body": Self.json(body), "status": .number(JSONNumber(status)),
        ])
    }

    var json: JSONValue { ["items": .array(calls)] }

    private static func json(_ body: [UInt8]) -> JSONValue {
        guard !body.isEmpty else { return .null }
        return (try? JSONValue(parsing: body)) ?? .string(String(decoding: body, as: UTF8.self))
    }
}
