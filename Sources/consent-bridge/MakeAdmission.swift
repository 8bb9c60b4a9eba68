import Bridge
import Storage
import WebhookTokens

extension Admission {
    /// Who may send webhooks, as a configuration says it; `madeKey` is the secret that signs tokens
    /// if the configuration names none.
    init(_ configuration: Configuration, madeKey: [UInt8]) {
        let configured = configuration.oauth.signingKeys
        let keys = configured.isEmpty ? [madeKey].compactMap { SigningKey($0) } : configured
        self.init(
            integrations: configuration.integrations.map { Integration($0) },
            trustedProxies: configuration.trustedProxies,
            tokens: SignedTokens(
                signingKey: keys[0],
                retiredKeys: Array(keys.dropFirst()),
                lifetime: configuration.oauth.tokenLifetime,
                grace: configuration.oauth.grace
            )
        )
        admin = AdminAccess(
            operatorToken: configuration.adminToken,
            viewerTokens: configuration.viewerTokens
        )
    }
}

extension Store {
    /// The secret that signs tokens if the configuration names none; made at the first start.
    func signingSecret() throws(StoreError) -> [UInt8] {
        let secret = try keep(SigningKey.makeSecret(), as: "token-signing-key")
        guard secret.count >= SigningKey.bytesMin else {
            throw .unusable("the key that signs tokens is damaged")
        }
        return secret
    }
}
