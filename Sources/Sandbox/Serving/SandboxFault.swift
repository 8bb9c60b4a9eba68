import HTTPTypes
import JSON

/// Something that goes wrong on a sandbox platform, for the next calls or until it is cleared.
package struct SandboxFault: Sendable, Equatable {
    /// What goes wrong.
    package enum Kind: String, Sendable, CaseIterable {
        /// An API call is answered with ``SandboxFault/status`` and changes nothing.
        case status
        /// An API call is answered with ``SandboxFault/status`` and a text that repeats its
        /// address, its token and its body, and changes nothing.
        case echo
        /// An API call takes effect at once and is answered ``SandboxFault/milliseconds`` later.
        case delay
        /// An API call takes effect and is never answered.
        case dropAnswer = "drop_answer"
        /// An API call is answered with ``SandboxFault/status`` and takes effect
        /// ``SandboxFault/milliseconds`` later.
        case lateEffect = "late_effect"
        /// An API call meets the platform's limit: Didomi answers 429 with `Retry-After`, Actito is
        /// ``SandboxFault/milliseconds`` slower with each such call.
        case throttle
        /// The `Date` of an API call's answer is ``SandboxFault/milliseconds`` ahead.
        case wrongDate = "wrong_date"
        /// A webhook leaves its person's order: it is sent ``SandboxFault/milliseconds`` later.
        case reorder
        /// A webhook is sent twice.
        case duplicate
        /// A webhook is lost.
        case webhooksOff = "webhooks_off"
    }

    package var kind: Kind
    /// The status of ``Kind/status``, ``Kind/echo`` and ``Kind/lateEffect``, from 400 to 599.
    package var status = 503
    /// The pause of ``Kind/delay``, ``Kind/lateEffect``, ``Kind/reorder`` and ``Kind/throttle``,
    /// and how wrong ``Kind/wrongDate`` is; at most ten minutes.
    package var milliseconds = 500
    /// How many calls or webhooks it meets; `nil` means until it is cleared.
    package var count: Int?

    package init(kind: Kind, status: Int = 503, milliseconds: Int = 500, count: Int? = nil) {
        self.kind = kind
        self.status = status
        self.milliseconds = milliseconds
        self.count = count
    }

    /// Reads the body of `POST /sandbox/faults`.
    init(_ json: JSONValue) throws(Refusal) {
        guard let name = json["kind"]?.string, let kind = Kind(rawValue: name) else {
            let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.badRequest, "kind must be one of: \(known)")
        }
        self.init(kind: kind)
        if let status = try Self.integer("status", in: 400...599, of: json) { self.status = status }
        if let pause = try Self.integer("milliseconds", in: 0...600_000, of: json) {
            milliseconds = pause
        }
        count = try Self.integer("count", in: 1...1_000_000, of: json)
    }

    /// The fault as `POST /sandbox/faults` takes it.
    var json: JSONValue {
        var object = JSONObject()
        object["kind"] = .string(kind.rawValue)
        if [.status, .echo, .lateEffect].contains(kind) {
            object["status"] = .number(JSONNumber(status))
        }
        if [.delay, .lateEffect, .reorder, .throttle, .wrongDate].contains(kind) {
            object["milliseconds"] = .number(JSONNumber(milliseconds))
        }
        object["count"] = count.map { .number(JSONNumber($0)) }
        return .object(object)
    }

    private static func integer(
        _ name: String,
        in range: ClosedRange<Int>,
        of json: JSONValue
    ) throws(Refusal) -> Int? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let integer = value.number?.integer, range.contains(Int(integer)) else {
            throw Refusal(
                .badRequest,
                "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return Int(integer)
    }
}

/// The faults that are in force on one platform, in the order in which they were set.
struct FaultList: Sendable, Equatable {
    private var faults: [SandboxFault] = []

    mutating func add(_ fault: SandboxFault) { faults.append(fault) }

    mutating func clear() { faults = [] }

    /// Uses up one of the oldest fault of a kind, if there is one.
    mutating func take(_ kind: SandboxFault.Kind) -> SandboxFault? {
        guard let index = faults.firstIndex(where: { $0.kind == kind }) else { return nil }
        let fault = faults[index]
        if let count = fault.count {
            faults[index].count = count - 1
            if count <= 1 { faults.remove(at: index) }
        }
        return fault
    }
}
