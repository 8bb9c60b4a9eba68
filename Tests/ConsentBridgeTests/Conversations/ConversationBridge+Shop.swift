import BridgeCore
import Foundation

@testable import Bridge
@testable import consent_bridge

extension ConversationBridge {
    /// A bridge of ``Configuration/shop(brake:limits:)``.
    static func shop(brake: Int = 1_000, at start: Timestamp) throws -> ConversationBridge {
        try ConversationBridge(.shop(brake: brake), at: start)
    }
}

extension BridgeLoop.Setup {
    /// The integration of ``Configuration/shop(brake:limits:)``.
    static func shop(transport: any Transport) throws -> BridgeLoop.Setup {
        let configuration = try Configuration.shop()
        return BridgeLoop.Setup(
            integrations: configuration.integrations.map { Integration($0) },
            policy: configuration.policy,
            transport: transport
        )
    }
}

extension Configuration {
    /// One mapping, and no limits unless some are given, for stories of many people.
    static func shop(
        brake: Int = 1_000,
        limits: String = "{ per_minute: 0, concurrent: 0 }"
    ) throws -> Configuration {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "shop-\(UUID().uuidString).json5")
        defer { try? FileManager.default.removeItem(at: file) }
        try """
        {
          brake: { max_people: \(brake), window_minutes: 60 },
          integrations: [{
            type_id: "actito", authentication: { private_api_key: "k" },
            properties: { entity_id: "meadow", table_name: "Readers", table_id: "16",
              user_unique_key: "emailAddress", api_url: "https://actito.example.com" },
            mappings: [{ id: "Newsletter", value: "consents_channels_email_enabled" }],
            limits: { actito: \(limits) },
            didomi: { api_url: "https://didomi.example.com/v1", organization_id: "meadow",
              api_key: "a", api_secret: "b" },
          }],
        }
        """.write(to: file, atomically: true, encoding: .utf8)
        return try loadConfiguration(path: file.path, environment: [:])
    }
}
