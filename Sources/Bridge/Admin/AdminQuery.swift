import BridgeCore
import JSON
import Storage

/// The parameters of a list, read strictly: what is unknown or wrong is an error that says what
/// would be right, and repeats nothing, since it may be a person's.
struct AdminQuery {
    private var values: [String: String] = [:]

    init(_ query: String, knows names: Set<String>) throws(Refusal) {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].replacing("+", with: " ").percentDecoded
            guard names.contains(name) else {
                throw .badRequest("A parameter is unknown; there are \(Self.list(names)).")
            }
            let value = parts.count == 2 ? parts[1].replacing("+", with: " ").percentDecoded : ""
            guard values.updateValue(value, forKey: name) == nil else {
                throw .badRequest("The parameter \"\(name)\" stands twice.")
            }
        }
    }

    /// The same from the members of a JSON object, as `POST deliveries/retry` has them.
    init(_ body: JSONValue, knows names: Set<String>) throws(Refusal) {
        guard let members = body.object?.members else {
            throw .badRequest("The body is no JSON object.")
        }
        for member in members {
            guard names.contains(member.name) else {
                throw .badRequest("A member is unknown; there are \(Self.list(names)).")
            }
            if member.value.isNull { continue }
            guard let text = member.value.string else {
                throw .badRequest("\"\(member.name)\" is no text.")
            }
            values[member.name] = text
        }
    }

    private static func list(_ names: Set<String>) -> String {
        names.sorted().joined(separator: ", ")
    }

    func text(_ name: String) throws(Refusal) -> String? {
        guard let value = values[name] else { return nil }
        guard !value.isEmpty else { throw .badRequest("The parameter \"\(name)\" is empty.") }
        return value
    }

    func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ name: String,
        _ type: Value.Type = Value.self
    ) throws(Refusal) -> Value? {
        guard let text = try text(name) else { return nil }
        if let value = Value(rawValue: text) { return value }
        let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
        throw .badRequest("\"\(name)\" is one of \(known).")
    }

    func limit() throws(Refusal) -> Int {
        guard let text = try text("limit") else { return Self.limitByDefault }
        guard let limit = text.plainNumber, (1...Self.limitMax).contains(limit) else {
            throw .badRequest("\"limit\" is a number from 1 to \(Self.limitMax).")
        }
        return Int(limit)
    }

    func cursor() throws(Refusal) -> Int64? {
        guard let text = try text("cursor") else { return nil }
        guard let cursor = text.plainNumber, cursor > 0 else {
            throw .badRequest("\"cursor\" is not what \"next\" of an earlier page says.")
        }
        return cursor
    }

    /// A moment, such as `2026-11-24T09:00:00Z`, or an age, such as `90m`, `12h` or `7d`.
    func moment(_ name: String, at now: Timestamp) throws(Refusal) -> Timestamp? {
        guard let text = try text(name) else { return nil }
        if let moment = Timestamp(iso8601: text) { return moment }
        if let unit = text.last, let seconds = Self.seconds[unit],
            text.utf8.count <= Self.ageDigitsMax + 1, let count = UInt32(text.dropLast()),
            text.first != "+"
        {
            return now - Interval(milliseconds: Int64(count) * seconds * 1000)
        }
        throw .badRequest("\"\(name)\" is no time: write 2026-11-24T09:00:00Z, or 90m, 12h, 7d.")
    }

    func integration() throws(Refusal) -> IntegrationName? {
        try text("integration").map(IntegrationName.init)
    }

    private static let limitByDefault = 50
    private static let limitMax: Int64 = 500
    private static let seconds: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    /// In any unit far more than anybody keeps.
    private static let ageDigitsMax = 6
}

extension StringProtocol {
    /// The number that the digits are, without a sign or leading zeros.
    var plainNumber: Int64? {
        guard let number = Int64(self), String(number) == self, number >= 0 else { return nil }
        return number
    }
}

extension DeliveryFilter {
    static let names: Set<String> = [
        "state", "platform", "integration", "reason", "since", "subject",
    ]

    init(_ query: AdminQuery, at now: Timestamp) throws(Refusal) {
        self.init()
        if let state = try query.choice("state", DeliveryStateName.self) {
            // Overdue withdrawals stand among the dead letters (`interface.md` section 5).
            states = state == .dead ? ["dead", "overdue"] : [state.rawValue]
        }
        platform = try query.choice("platform")
        integration = try query.integration()
        reason = try query.text("reason")
        since = try query.moment("since", at: now)
        subject = try query.text("subject").map { .key(SubjectKey($0)) }
    }
}

/// The labels of `DeliveryState`.
enum DeliveryStateName: String, CaseIterable {
    case waiting
    case inFlight = "in_flight"
    case held
    case delivered
    case skipped
    case superseded
    case overdue
    case dead
    case discarded
}

extension InboxFilter {
    static let names: Set<String> = ["state", "reason", "platform", "integration"]

    init(_ query: AdminQuery) throws(Refusal) {
        self.init(
            state: try query.choice("state"),
            reason: try query.text("reason"),
            platform: try query.choice("platform"),
            integration: try query.integration()
        )
    }
}

extension Refusal {
    static func badRequest(_ detail: String) -> Refusal {
        Refusal(.problem(400, "Bad Request", detail))
    }
}
