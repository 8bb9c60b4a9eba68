import ActitoAdapter
import BridgeCore
import DidomiAdapter
import JSON

/// How to reach both platforms.
extension ConfigurationReader {
    /// `authentication` and `properties`: one profile table at Actito.
    func actito(_ node: JSONNode, _ settings: IntegrationSettings) -> ActitoSettings {
        let authentication = node["authentication"]
        let properties = node["properties"]
        check(authentication, knows: ["private_api_key"])
        check(properties, knows: Self.propertyKeys)
        required(authentication, node, "authentication", hint: Self.authenticationForm)
        required(authentication?["private_api_key"], authentication, "private_api_key")
        required(properties, node, "properties", hint: Self.propertiesForm)
        refuseLater(properties, "api_version", unless: "v5")
        let style = choice(properties, "url_style", of: ActitoSettings.URLStyle.self)
        return ActitoSettings(
            apiURL: url(properties, "api_url", hint: Self.environments) ?? "https://api.actito.com",
            tokenURL: url(properties, "token_url"),
            apiKey: secret(authentication?["private_api_key"], "private_api_key") ?? "",
            entity: required(string(properties, "entity_id"), properties, "entity_id") ?? "",
            tableName: required(string(properties, "table_name"), properties, "table_name") ?? "",
            tableID: string(properties, "table_id"),
            urlStyle: style ?? .prefixed,
            integration: settings
        )
    }

    /// `didomi`: an organization at Didomi; without it nothing is written there.
    func didomi(_ node: JSONNode?, _ settings: IntegrationSettings) -> DidomiSettings {
        guard let node, node.members != nil else {
            check(node, knows: Self.didomiKeys)
            return DidomiSettings(api: nil, organizationID: nil, integration: settings)
        }
        check(node, knows: Self.didomiKeys)
        required(node["api_key"], node, "api_key")
        required(node["api_secret"], node, "api_secret")
        // Read by a feature that comes later; checked already, so that a file does not rot.
        _ = integer(node, "consents_api", in: 1...2)
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

    private static let propertyKeys = [
        "entity_id", "table_name", "user_unique_key", "api_url", "token_url", "table_id",
        "api_version", "url_style",
    ]
    private static let didomiKeys = [
        "api_url", "organization_id", "api_key", "api_secret", "consents_api", "delegate_id",
        "disable_integrations",
    ]
    private static let authenticationForm =
        "write \"authentication\": { \"private_api_key\": \"…\" }"
    private static let propertiesForm =
        "it holds \"entity_id\", \"table_name\" and \"user_unique_key\""
    /// `contracts/actito.md` section 1.
    private static let environments = """
        Actito's are https://api.actito.com, https://api1.actito.com (ENV-1), \
        https://api3.actito.com (ENV-3), https://api-pre1.actito.com (pre-production)
        """
}
