import ActitoAdapter
import BridgeCore
import DidomiAdapter
import HTTPTypes
import WebhookTokens

@testable import Bridge

/// Invented integrations, clients and secrets.
enum AdmissionSample {
    static let now = Timestamp(milliseconds: 1_795_000_000_000)

    static let tokens = SignedTokens(
        signingKey: key("a"),
        retiredKeys: [],
        lifetime: .seconds(3600),
        grace: .seconds(300)
    )

    static func key(_ letter: String) -> SigningKey {
        guard let key = SigningKey(Array(String(repeating: letter, count: 32).utf8)) else {
            preconditionFailure("32 bytes are enough")
        }
        return key
    }

    static func admission(
        _ integrations: [(name: String, didomi: WebhookAccess)],
        trustedProxies: [String] = []
    ) -> Admission {
        Admission(
            integrations: integrations.map { integration($0.name, $0.didomi) },
            trustedProxies: trustedProxies.compactMap { AddressRange($0) },
            tokens: tokens
        )
    }

    static func client(_ id: String, _ secrets: [String]) -> WebhookAccess {
        WebhookAccess(client: WebhookAccess.Client(id: id, secrets: SecretValues(secrets)))
    }

    private static func integration(_ name: String, _ didomi: WebhookAccess) -> Integration {
        let settings = IntegrationSettings(
            name: IntegrationName(name),
            mapping: MappingTable([]),
            uniqueKeyAttribute: "emailAddress"
        )
        return Integration(
            settings: settings,
            actito: ActitoPlatform(
                ActitoSettings(
                    apiURL: "https://actito.example.com",
                    apiKey: "key",
                    entity: "acme",
                    tableName: "Profiles",
                    integration: settings
                )
            ),
            didomi: DidomiPlatform(
                DidomiSettings(api: nil, organizationID: nil, integration: settings)
            ),
            credentials: [.didomi: didomi],
            licences: [:],
            callsDidomi: false
        )
    }
}

extension OutboundResponse {
    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }
}
