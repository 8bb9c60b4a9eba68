import HTTPTypes
import JSON

/// A platform as a value: a call or a person's act goes in, an answer and webhooks come out.
///
/// It has no clock and no randomness of its own, so the same calls always give the same answers.
protocol SimulatedPlatform: Sendable {
    /// The path at the bridge that gets this platform's webhooks.
    var webhookPath: String { get }

    /// Answers one API call.
    mutating func answer(
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) -> PlatformAnswer

    /// Records what a person chose by hand on this platform; the person is created if unknown.
    mutating func act(
        _ act: PersonalAct,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> [OutgoingWebhook]

    /// The platform's own way to say no, with the envelope of its contract.
    func response(to refusal: Refusal) -> PlatformResponse

    /// Everyone the platform knows: `{"KEY":{"fields":{},"attributes":{}}}`.
    var people: JSONValue { get }

    /// Whether a call asks for an access token: its body holds a secret.
    func asksForToken(_ request: PlatformRequest) -> Bool

    /// Makes every access token that was given out an expired one.
    mutating func expireTokens()

    /// How many calls it bears, and what happens beyond.
    var limits: CallLimits { get }

    /// The platform's answer to a call beyond its limit; nil: it only gets slower.
    var refusalWhenThrottled: Refusal? { get }
}

/// What a person does by hand on one platform.
struct PersonalAct: Sendable, Equatable {
    /// The person, by the key that both platforms share.
    var key: String
    /// The choice, such as `channel:email`, `purpose:newsletter` or `subscription:Newsletter`.
    var field: String
    /// The choice's value; `nil` is Didomi's "no choice".
    var value: Bool?
    /// What the platform learns about the person besides.
    var metadata: JSONObject

    init(key: String, field: String, value: Bool?, metadata: JSONObject = JSONObject()) {
        self.key = key
        self.field = field
        self.value = value
        self.metadata = metadata
    }

    /// The part of the field before the first colon and the part after it.
    var fieldParts: (kind: String, name: String)? {
        let parts = field.split(separator: ":", maxSplits: 1)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }
}

/// What a platform answers to one call, and what it tells the bridge about it.
struct PlatformAnswer: Sendable, Equatable {
    var response: PlatformResponse
    var webhooks: [OutgoingWebhook] = []
}

/// An HTTP response with a JSON body, or without any.
struct PlatformResponse: Sendable, Equatable {
    var status: HTTPResponse.Status
    var headers = HTTPFields()
    var body: JSONValue?
}

/// One webhook that a platform owes somebody.
struct OutgoingWebhook: Sendable, Equatable {
    /// Who gets it.
    enum Destination: Sendable, Hashable {
        /// The bridge that the sandbox was told of, at this path.
        case bridge(path: String)
        /// What was registered through the platform's API.
        case address(String)
    }

    /// How webhooks of one destination are joined, if they are sent in blocks.
    struct Block: Sendable, Equatable {
        enum Shape: Sendable {
            /// An array of the bodies.
            case array
            /// The first body, with the `data` of all of them in an array.
            case data
        }

        var shape: Shape
        var countMax: Int
        var gatheringMilliseconds: Int
    }

    /// Whom it is about; the webhooks of one person keep their order.
    var person: String
    var destination: Destination
    var body: JSONValue
    /// Headers beside the type of the body and the configured secret.
    var headers = HTTPFields()
    /// nil: it is sent alone.
    var block: Block?
    /// Whose bearer token it carries, if any.
    var oauth: SandboxConfiguration.OAuthClient?
}

/// A call or an act that a platform refuses.
struct Refusal: Error, Equatable {
    var status: HTTPResponse.Status
    var message: String
    /// The methods that the path does take, with status 405.
    var allowed: [HTTPRequest.Method] = []
    /// How long to wait, with status 429.
    var retryAfterSeconds: Int?

    init(_ status: HTTPResponse.Status, _ message: String) {
        self.status = status
        self.message = message
    }

    /// 405 with the methods that the path takes.
    static func method(allowed: [HTTPRequest.Method]) -> Refusal {
        var refusal = Refusal(.methodNotAllowed, "Method not allowed")
        refusal.allowed = allowed
        return refusal
    }

    /// The `Allow` header, if this is a 405.
    var headers: HTTPFields {
        var fields = HTTPFields()
        if !allowed.isEmpty {
            fields[.allow] = allowed.map(\.rawValue).joined(separator: ", ")
        }
        return fields
    }
}
