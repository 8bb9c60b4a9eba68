import ActitoAdapter
import Bridge
import BridgeCore
import DidomiAdapter
import JSON
import MicroHTTPServer

/// One integration: Didomi's own object and what the bridge adds to it.
extension ConfigurationReader {
    func integration(
        _ node: JSONNode,
        within configuration: Configuration
    ) -> IntegrationConfiguration? {
        check(node, knows: Self.integrationKeys)
        guard node.members != nil else { return nil }
        refuseLaterFeatures(of: node)
        if let type = required(string(node, "type_id"), node, "type_id", hint: Self.typeHint),
            type != "actito"
        {
            fault(node["type_id"], "\"type_id\" is unknown", hint: Self.typeHint)
        }
        let properties = node["properties"]
        let uniqueKey = required(
            string(properties, "user_unique_key"),
            properties,
            "user_unique_key",
            hint: "the attribute of the profile that holds Didomi's organization_user_id"
        )
        let isLocal = isLoopback(configuration.listening.host)
        let enablesWebhooks = bool(node, "enable_webhooks") ?? true
        let isBidirectional = node["didomi"]?.members != nil && enablesWebhooks
        var settings = IntegrationSettings(
            name: name(of: node),
            mapping: mappings(node["mappings"], of: node, isBidirectional: isBidirectional),
            metadata: metadata(node["metadata"]),
            uniqueKeyAttribute: uniqueKey ?? "",
            subjectKey: subjectKey(node["subject_key"]),
            regulation: string(node, "regulation") ?? "gdpr",
            createsProfiles: bool(node, "upsert_mode") ?? false,
            isBidirectional: isBidirectional,
            window: configuration.echoWindow
        )
        settings.brake = configuration.brake
        settings.withdrawsDeletedUsers =
            choice(node, "on_user_deleted", of: UserDeletion.self) == .unsubscribe
        settings.withdrawsDeletedProfiles =
            choice(node, "on_profile_deleted", of: ProfileDeletion.self) == .withdraw
        return IntegrationConfiguration(
            settings: settings,
            actito: actito(node, settings),
            didomi: didomi(node["didomi"], settings),
            credentials: credentials(node["webhooks"], of: node, isLoopback: isLocal),
            licences: licences(node["limits"], settings.name)
        )
    }

    private func refuseLaterFeatures(of node: JSONNode) {
        refuseLater(node, "consent_metadata_field", unless: nil)
        refuseLater(node, "emails", unless: [])
        refuseLater(node, "enable_emailing", unless: false)
    }

    /// It is a part of the path to which webhooks are sent, and a label of metrics.
    private func name(of node: JSONNode) -> IntegrationName {
        guard let name = string(node, "name") else { return IntegrationName("default") }
        let isPlain = name.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
                || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
        if !isPlain || name.utf8.count > Self.nameBytesMax {
            fault(
                node["name"],
                "\"name\" is not made of letters, digits, - and _, \(Self.nameBytesMax) at most",
                hint: "it is a part of the webhooks' address"
            )
        }
        return IntegrationName(name)
    }

    private func metadata(_ node: JSONNode?) -> MetadataRule {
        check(node, knows: ["include", "exclude", "rename"])
        var rename: [String: String] = [:]
        if let node = node?["rename"], node.members == nil, !node.value.isNull {
            fault(node, "\"rename\" is not an object", hint: "write { \"KEY\": \"ATTRIBUTE\" }")
        }
        for member in node?["rename"]?.members ?? [] {
            rename[member.name] = string(node?["rename"], member.name)
            if member.node.value.isNull {
                fault(member.node, "\"\(member.name)\" cannot be null", hint: "leave it out")
            }
        }
        return MetadataRule(
            include: strings(node, "include").map(Set.init) ?? ["*"],
            exclude: strings(node, "exclude").map(Set.init) ?? [],
            rename: rename
        )
    }

    private func subjectKey(_ node: JSONNode?) -> SubjectKeyRule {
        check(node, knows: ["trim", "lowercase"])
        return SubjectKeyRule(
            trims: bool(node, "trim") ?? true,
            lowercases: bool(node, "lowercase") ?? false
        )
    }

    private static let integrationKeys = [
        "type_id", "authentication", "properties", "mappings", "upsert_mode", "enable_webhooks",
        "enable_emailing", "name", "regulation", "subject_key", "metadata", "on_user_deleted",
        "on_profile_deleted", "consent_metadata_field", "emails", "limits", "didomi", "webhooks",
    ]
    private enum UserDeletion: String, CaseIterable {
        case ignore, unsubscribe
    }
    private enum ProfileDeletion: String, CaseIterable {
        case ignore, withdraw
    }
    private static let typeHint = "write \"type_id\": \"actito\""
    private static let nameBytesMax = 64
}
