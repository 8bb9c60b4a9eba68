package import HTTPTypes

/// Who may send one platform's webhooks to one integration.
package struct WebhookAccess: Hashable, Sendable {
    /// A header with a secret that the platform sends with each webhook.
    package struct SecretHeader: Hashable, Sendable {
        package var name: HTTPField.Name
        package var values: SecretValues

        package init(name: HTTPField.Name, values: SecretValues) {
            self.name = name
            self.values = values
        }
    }

    /// The OAuth client that gets tokens for the webhooks.
    package struct Client: Hashable, Sendable {
        package var id: String
        package var secrets: SecretValues

        package init(id: String, secrets: SecretValues) {
            self.id = id
            self.secrets = secrets
        }

        /// Whether these are the client's credentials.
        func matches(id: String, secret: String) -> Bool {
            let isKnown = SecretValues([self.id]).contain(id)
            return secrets.contain(secret) && isKnown
        }
    }

    package var secretHeader: SecretHeader?
    package var client: Client?
    /// Empty: from everywhere.
    package var allowedAddresses: [AddressRange]

    package init(
        secretHeader: SecretHeader? = nil,
        client: Client? = nil,
        allowedAddresses: [AddressRange] = []
    ) {
        self.secretHeader = secretHeader
        self.client = client
        self.allowedAddresses = allowedAddresses
    }

    /// Whether a webhook must carry a credential.
    package var hasCredential: Bool { secretHeader != nil || client != nil }

    /// Whether the address rules let the sender pass; one whose address is unknown fails them.
    func allows(_ address: IPAddress?) -> Bool {
        guard !allowedAddresses.isEmpty else { return true }
        return address.map { allowedAddresses.contains($0) } ?? false
    }

    /// Whether one of the configured credentials was sent.
    func accepts(_ headers: HTTPFields, _ isGranted: (Client) -> Bool) -> Bool {
        guard hasCredential else { return true }
        if let secretHeader, let sent = headers[secretHeader.name],
            secretHeader.values.contain(sent)
        {
            return true
        }
        return client.map(isGranted) ?? false
    }
}
