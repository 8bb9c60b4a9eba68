/// Whom a bearer token speaks for.
package struct TokenGrant: Hashable, Sendable {
    /// The OAuth client that got the token.
    package var clientID: String
    /// The integrations whose webhooks it may send.
    package var integrations: [IntegrationName]

    package init(clientID: String, integrations: [IntegrationName]) {
        self.clientID = clientID
        self.integrations = integrations
    }
}

/// Makes the bearer tokens of webhooks and recognizes them; pure, and nothing is stored.
package protocol BearerTokens: Sendable {
    /// How long a new token is valid, as its owner is told.
    var lifetime: Interval { get }

    /// A token that is valid from this moment.
    func issue(_ grant: TokenGrant, at now: Timestamp) -> String

    /// What the token grants; nil if it is not ours, was changed or has expired.
    func verify(_ token: String, at now: Timestamp) -> TokenGrant?
}
