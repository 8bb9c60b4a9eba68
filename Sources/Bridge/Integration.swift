package import BridgeCore

/// One integration with its two platforms, ready to work.
package struct Integration: Sendable {
    package var settings: IntegrationSettings
    package var actito: any Platform
    package var didomi: any Platform
    /// Who may send webhooks: by platform; nil: anybody (loopback or `insecure`).
    package var credentials: [PlatformName: WebhookAccess]
    /// The limits that calls to each platform share, by licence.
    package var licences: [PlatformName: (name: String, limits: Governor.Limits)]
    /// Whether Didomi can be called at all.
    package var callsDidomi: Bool
    /// Actito's profile table in a URL before it was asked for: its id, or its name.
    package var table = ""

    package init(
        settings: IntegrationSettings,
        actito: any Platform,
        didomi: any Platform,
        credentials: [PlatformName: WebhookAccess],
        licences: [PlatformName: (name: String, limits: Governor.Limits)],
        callsDidomi: Bool
    ) {
        self.settings = settings
        self.actito = actito
        self.didomi = didomi
        self.credentials = credentials
        self.licences = licences
        self.callsDidomi = callsDidomi
    }

    package var name: IntegrationName { settings.name }

    package func platform(_ name: PlatformName) -> any Platform {
        switch name {
        case .actito: actito
        case .didomi: didomi
        }
    }
}
