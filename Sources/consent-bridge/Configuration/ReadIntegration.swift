import ActitoAdapter
import Bridge
import BridgeCore
import DidomiAdapter
import HTTPTypes
import JSON

/// One integration: Didomi's own object and what the bridge adds to it.
extension ConfigurationReader {
    func integration(
        _ node: JSONNode,
        window: Interval,
        isLoopback: Bool
    ) -> IntegrationConfiguration? {
        check(node, knows: Self.integrationKeys)
        check(node["authentication"], knows: ["private_api_key"])
        check(node["properties"], knows: Self.propertyKeys)
        for name in ["consent_metadata_field", "emails"]
        where node[name].map({ !$0.value.isNull && $0.value != [] }) ?? false {
            fault(node[name], "\"\(name)\" is not supported yet", hint: "leave it out")
        }
        if bool(node, "enable_emailing") == true {
            fault(node["enable_emailing"], "\"enable_emailing\" is not supported yet")
        }
        for name in ["on_user_deleted", "on_profile_deleted"] {
            if let text = string(node, name), text != "ignore" {
                fault(node[name], "only \"ignore\" is supported yet")
            }
        }
        if let type = required(string(node, "type_id"), node, "type_id"), type != "actito" {
            fault(node["type_id"], "only \"actito\" is a type that the bridge knows")
        }
        let properties = node["properties"]
        let uniqueKey = required(
            string(properties, "user_unique_key"),
            properties ?? node,
            "user_unique_key"
        )
        let didomi = node["didomi"].flatMap { $0.value.isNull ? nil : $0 }
        let isBidirectional = didomi != nil && bool(node, "enable_webhooks") ?? true
        let settings = IntegrationSettings(
            name: IntegrationName(string(node, "name") ?? "default"),
            mapping: mappings(node["mappings"], of: node, isBidirectional: isBidirectional),
            metadata: metadata(node["metadata"]),
            uniqueKeyAttribute: uniqueKey ?? "",
            subjectKey: subjectKey(node["subject_key"]),
            regulation: string(node, "regulation") ?? "gdpr",
            createsProfiles: bool(node, "upsert_mode") ?? false,
            isBidirectional: isBidirectional,
            window: window
        )
        let actito = actito(node, settings)
        return IntegrationConfiguration(
            settings: settings,
            actito: actito,
            didomi: didomiSettings(didomi, settings),
            credentials: credentials(node["webhooks"], of: node, isLoopback: isLoopback),
            licences: licences(node["limits"], settings.name)
        )
    }

    private func actito(_ node: JSONNode, _ settings: IntegrationSettings) -> ActitoSettings {
        let properties = node["properties"]
        let key = secret(node["authentication"]?["private_api_key"], "private_api_key")
        if node["authentication"]?["private_api_key"] == nil {
            fault(node["authentication"] ?? node, "\"private_api_key\" is missing")
        }
        if let version = string(properties, "api_version"), version != "v5" {
            fault(properties?["api_version"], "only \"v5\" is supported yet")
        }
        let style = string(properties, "url_style").flatMap { text -> ActitoSettings.URLStyle? in
            let style = ActitoSettings.URLStyle(rawValue: text)
            if style == nil {
                fault(properties?["url_style"], "no such style", hint: "prefixed or legacy")
            }
            return style
        }
        return ActitoSettings(
            apiURL: url(properties, "api_url") ?? "https://api.actito.com",
            tokenURL: url(properties, "token_url"),
            apiKey: key ?? "",
            entity: required(string(properties, "entity_id"), properties ?? node, "entity_id")
                ?? "",
            tableName: required(string(properties, "table_name"), properties ?? node, "table_name")
                ?? "",
            tableID: string(properties, "table_id"),
            urlStyle: style ?? .prefixed,
            integration: settings
        )
    }

    private func didomiSettings(
        _ node: JSONNode?,
        _ settings: IntegrationSettings
    ) -> DidomiSettings {
        guard let node else {
            return DidomiSettings(api: nil, organizationID: nil, integration: settings)
        }
        check(node, knows: Self.didomiKeys)
        for name in ["api_key", "api_secret"] where node[name] == nil {
            fault(node, "\"\(name)\" is missing")
        }
        return DidomiSettings(
            api: DidomiSettings.API(
                url: url(node, "api_url") ?? "https://api.didomi.io/v1",
                key: secret(node["api_key"], "api_key") ?? "",
                secret: secret(node["api_secret"], "api_secret") ?? "",
                disablesIntegrations: bool(node, "disable_integrations") ?? false
            ),
            organizationID: required(string(node, "organization_id"), node, "organization_id"),
            delegateID: string(node, "delegate_id") ?? "consent-bridge",
            integration: settings
        )
    }

    /// An address for secrets: https, or http on this machine; without a slash at the end.
    private func url(_ node: JSONNode?, _ name: String) -> String? {
        guard let text = string(node, name) else { return nil }
        let isLocal = ["http://127.", "http://localhost", "http://[::1]"].contains {
            text.hasPrefix($0)
        }
        if !text.hasPrefix("https://"), !isLocal {
            fault(node?[name], "\"\(name)\" must begin with https://")
        }
        return text.removingSuffix("/") ?? text
    }

    private func metadata(_ node: JSONNode?) -> MetadataRule {
        check(node, knows: ["include", "exclude", "rename"])
        func texts(_ name: String) -> Set<String>? {
            guard let list = node?[name], !list.value.isNull else { return nil }
            let texts = list.value.array?.compactMap(\.string)
            if texts == nil || texts?.count != list.value.array?.count {
                fault(list, "\"\(name)\" is not a list of texts")
            }
            return texts.map { Set($0) }
        }
        var rename: [String: String] = [:]
        for member in node?["rename"]?.members ?? [] {
            if let name = member.node.value.string {
                rename[member.name] = name
            } else {
                fault(member.node, "an attribute's name is expected here")
            }
        }
        return MetadataRule(
            include: texts("include") ?? ["*"],
            exclude: texts("exclude") ?? [],
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
    private static let propertyKeys = [
        "entity_id", "table_name", "user_unique_key", "api_url", "token_url", "table_id",
        "api_version", "url_style",
    ]
    private static let didomiKeys = [
        "api_url", "organization_id", "api_key", "api_secret", "consents_api", "delegate_id",
        "disable_integrations",
    ]
}
