package import BridgeCore
import HTTPTypes

/// Who may send webhooks, as configured: every credential and every address rule.
package struct Admission: Sendable {
    package var integrations: [Integration]
    /// Whose `X-Forwarded-For` counts.
    package var trustedProxies: [AddressRange]
    package var tokens: any BearerTokens
    /// Who may use the admin API.
    package var admin = AdminAccess()

    package init(
        integrations: [Integration],
        trustedProxies: [AddressRange],
        tokens: any BearerTokens
    ) {
        self.integrations = integrations
        self.trustedProxies = trustedProxies
        self.tokens = tokens
    }

    /// The integrations that a webhook is for: those which it addresses, whose address rule it
    /// passes and one of whose credentials it carries.
    func integrations(
        trusting webhook: Receiver.Webhook,
        at now: Timestamp
    ) -> Result<[IntegrationName], Refusal> {
        let addressed = integrations(at: webhook.integration)
        if addressed.isEmpty { return .failure(Refusal(.notFound)) }
        if webhook.platform == .actito, addressed.count > 1 {
            return .failure(Refusal(.ambiguousIntegration))
        }
        let request = webhook.request
        let sender = request.clientAddress(trusting: trustedProxies)
        let open = WebhookAccess()
        let allowed = addressed.filter {
            ($0.credentials[webhook.platform] ?? open).allows(sender)
        }
        if allowed.isEmpty { return .failure(Refusal(.addressNotAllowed)) }
        let token = request.headers.bearerToken
        let grant = token.flatMap { tokens.verify($0, at: now) }
        let trusted = allowed.filter { integration in
            (integration.credentials[webhook.platform] ?? open).accepts(request.headers) { client in
                grant?.clientID == client.id
                    && grant?.integrations.contains(integration.name) == true
            }
        }
        guard trusted.isEmpty else { return .success(trusted.map(\.name)) }
        return .failure(Refusal(token == nil ? .unauthorized : .invalidToken))
    }

    /// The one integration that a webhook can only be meant for, whoever sent it.
    func addressee(of webhook: Receiver.Webhook) -> IntegrationName? {
        let addressed = integrations(at: webhook.integration)
        return addressed.count == 1 ? addressed[0].name : nil
    }

    /// The integrations whose OAuth client has these credentials.
    func integrations(
        at path: String?,
        ofClient id: String,
        secret: String
    ) -> [IntegrationName] {
        integrations(at: path).filter { integration in
            integration.credentials[.didomi]?.client?.matches(id: id, secret: secret) ?? false
        }.map(\.name)
    }

    /// The integration that a path names, or all if it names none.
    func integrations(at path: String?) -> [Integration] {
        integrations.filter { integration in path.map { $0 == integration.name.text } ?? true }
    }
}

extension HTTPFields {
    /// The token of `Authorization: Bearer`:
    /// <https://www.rfc-editor.org/rfc/rfc6750#section-2.1>.
    fileprivate var bearerToken: String? { credentials(ofScheme: "bearer") }

    /// What follows the scheme in `Authorization`; the scheme's case does not count.
    func credentials(ofScheme scheme: String) -> String? {
        guard let value = self[.authorization] else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.first?.lowercased() == scheme else { return nil }
        return parts.count == 2 ? parts[1].filter { $0 != " " } : ""
    }
}
