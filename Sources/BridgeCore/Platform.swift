package import HTTPTypes
package import JSON

/// A request to a platform, ready for the transport.
package struct PlatformRequest: Hashable, Sendable {
    package var method: HTTPRequest.Method
    /// Absolute, percent-encoded.
    package var url: String
    package var headers: HTTPFields
    /// Empty: none.
    package var body: [UInt8]

    package init(
        method: HTTPRequest.Method,
        url: String,
        headers: HTTPFields = [:],
        body: [UInt8] = []
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// A platform's answer.
package struct PlatformReply: Hashable, Sendable {
    package var status: Int
    package var headers: HTTPFields
    package var body: [UInt8]

    package init(status: Int, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// What a platform's session holds once it is prepared: a token, and what the table looks like.
package struct Access: Hashable, Sendable {
    package struct Token: Hashable, Sendable, CustomStringConvertible {
        package var text: String
        /// When to get a new one, before the platform's own end.
        package var renewAt: Timestamp

        package init(text: String, renewAt: Timestamp) {
            self.text = text
            self.renewAt = renewAt
        }

        package var description: String { "<redacted>" }
    }

    /// What the platform says that it can hold.
    package struct LiveSchema: Hashable, Sendable {
        /// Actito's profile table id, for the path.
        package var tableID: String
        /// nil: the platform did not say.
        package var attributes: Set<String>?
        package var subscriptions: Set<String>?
        /// What the attributes can hold, of those whose type the platform told.
        package var definitions: [String: AttributeDefinition]
        /// Attributes of which no two profiles share a value; nil: the platform did not say.
        package var uniqueAttributes: Set<String>?
        /// Attributes without which no profile can be created.
        package var mandatoryAttributes: Set<String> = []
        /// When it was read: a 404 of a profile counts only while the table is readable.
        package var readAt: Timestamp

        package init(
            tableID: String,
            attributes: Set<String>?,
            subscriptions: Set<String>?,
            definitions: [String: AttributeDefinition] = [:],
            readAt: Timestamp
        ) {
            self.tableID = tableID
            self.attributes = attributes
            self.subscriptions = subscriptions
            self.definitions = definitions
            self.readAt = readAt
        }
    }

    package var token: Token?
    package var schema: LiveSchema?

    package init(token: Token? = nil, schema: LiveSchema? = nil) {
        self.token = token
        self.schema = schema
    }
}

/// A call as the adapter needs it to write the request.
package struct Call: Hashable, Sendable {
    package var subject: Subject
    /// Known from an earlier answer or webhook.
    package var profileID: String?
    package var delivery: OpenDelivery
    /// The key is no longer the profile's: its number is.
    package var isKeyChanged = false
    /// By preference id: the list to write, of which the delivery changed a part.
    package var preferences: [String: PreferenceList]

    package init(
        subject: Subject,
        profileID: String?,
        delivery: OpenDelivery,
        preferences: [String: PreferenceList] = [:]
    ) {
        self.subject = subject
        self.profileID = profileID
        self.delivery = delivery
        self.preferences = preferences
    }

    /// Whether it carries a choice, and not only metadata or a question.
    package var hasChoices: Bool {
        if case .write(let write) = delivery.call { !write.choices.isEmpty } else { false }
    }
}

/// One platform, as the shell sees it: bytes to changes, calls to requests, replies to verdicts.
///
/// Everything is pure: no clock, no randomness, no network. Decoding never traps, whatever arrives.
package protocol Platform: Sendable {
    var name: PlatformName { get }

    /// What a webhook says, element by element; never empty.
    ///
    /// `event`: the event type that the receiving path named, if it did.
    func decode(_ payload: JSONValue, event: String?) -> [Statement]

    /// The next request that the session needs before calls can be made; nil: it is ready.
    func preparation(for access: Access, at now: Timestamp) -> PlatformRequest?

    /// Takes the answer of a preparation into the session.
    func prepare(_ access: inout Access, with reply: PlatformReply, at now: Timestamp) -> Verdict

    /// The request of a call; nil: there is nothing that the platform has a place for, or a choice
    /// that it cannot be told now.
    func encode(_ call: Call, with access: Access) -> PlatformRequest?

    /// Why attributes of a write stay out of its request, one reason for each.
    func attributesLeftOut(of call: Call, with access: Access) -> [AttributeFault]

    func verdict(on reply: PlatformReply, to call: Call) -> Verdict

    /// What a read's answer shows.
    func reading(of body: JSONValue, for call: PlannedCall) -> Reading
}
