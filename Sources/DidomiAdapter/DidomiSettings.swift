package import BridgeCore

/// What the adapter has to know to understand and call one Didomi organization.
package struct DidomiSettings: Sendable {
    /// How to call Didomi; nil: webhooks only (Didomi to Actito).
    package var api: API?
    /// The organization whose events count; nil: any.
    package var organizationID: String?
    /// The delegate under which the bridge writes, by which it knows its own events again (S7).
    package var delegateID: String
    package var integration: IntegrationSettings

    package struct API: Sendable {
        /// `https://api.didomi.io/v1`, without a slash at the end.
        package var url: String
        package var key: String
        package var secret: String
        /// Keeps the bridge's events from the organization's other integrations.
        package var disablesIntegrations: Bool

        package init(url: String, key: String, secret: String, disablesIntegrations: Bool = false) {
            self.url = url
            self.key = key
            self.secret = secret
            self.disablesIntegrations = disablesIntegrations
        }
    }

    package init(
        api: API?,
        organizationID: String?,
        delegateID: String = "consent-bridge",
        integration: IntegrationSettings
    ) {
        self.api = api
        self.organizationID = organizationID
        self.delegateID = delegateID
        self.integration = integration
    }
}
