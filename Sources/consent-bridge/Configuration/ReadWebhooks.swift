import Bridge
import BridgeCore
import HTTPTypes
import JSON

extension ConfigurationReader {
    /// Who may send webhooks.
    ///
    /// An endpoint that anybody can reach needs a credential.
    func credentials(
        _ node: JSONNode?,
        of integration: JSONNode,
        isLoopback: Bool
    ) -> [PlatformName: WebhookAccess] {
        check(node, knows: PlatformName.allCases.map(\.rawValue))
        var credentials: [PlatformName: WebhookAccess] = [:]
        for platform in PlatformName.allCases {
            let endpoint = node?[platform.rawValue]
            check(
                endpoint,
                knows: (platform == .didomi ? ["oauth"] : [])
                    + ["secret_header", "allowed_ips", "insecure"]
            )
            let access = WebhookAccess(
                secretHeader: secretHeader(endpoint?["secret_header"]),
                client: platform == .didomi ? client(endpoint?["oauth"]) : nil,
                allowedAddresses: addressRanges(endpoint, "allowed_ips")
            )
            credentials[platform] = access
            let isInsecure = bool(endpoint, "insecure") ?? false
            // A credential that is there but wrong has a fault of its own.
            let isGiven = ["secret_header", "oauth"].contains {
                endpoint?[$0].map { !$0.value.isNull } ?? false
            }
            if !isGiven, !isLoopback, !isInsecure {
                fault(
                    endpoint ?? node ?? integration,
                    "the webhooks of \(platform.rawValue) need a credential on this host",
                    hint: platform == .didomi
                        ? "add \"secret_header\" or \"oauth\", or \"insecure\": true"
                        : "add \"secret_header\", or \"insecure\": true"
                )
            }
        }
        return credentials
    }

    private func secretHeader(_ node: JSONNode?) -> WebhookAccess.SecretHeader? {
        guard let node, !node.value.isNull else { return nil }
        check(node, knows: ["name", "values"])
        let name = required(string(node, "name"), node, "name")
        let values = secrets(node, "values")
        guard let name, !values.isEmpty else { return nil }
        guard let headerName = HTTPField.Name(name) else {
            fault(node["name"], "this is no header's name")
            return nil
        }
        guard headerName != .requestID, headerName != .traceparent else {
            fault(
                node["name"],
                "this header holds no secret: its value is logged and passed on",
                hint: "choose another, such as \"X-Webhook-Secret\""
            )
            return nil
        }
        return WebhookAccess.SecretHeader(name: headerName, values: SecretValues(values))
    }

    private func client(_ node: JSONNode?) -> WebhookAccess.Client? {
        guard let node, !node.value.isNull else { return nil }
        check(node, knows: ["client_id", "client_secrets"])
        let id = required(string(node, "client_id"), node, "client_id")
        let secrets = secrets(node, "client_secrets")
        guard let id, !secrets.isEmpty else { return nil }
        return WebhookAccess.Client(id: id, secrets: SecretValues(secrets))
    }

    /// A list of secrets that may be empty.
    func optionalSecrets(_ node: JSONNode?, _ name: String) -> [String] {
        guard let list = node?[name], !list.value.isNull else { return [] }
        guard let elements = list.elements else {
            fault(list, "\"\(name)\" is not a list", hint: "write [ \"…\" ]")
            return []
        }
        return elements.compactMap { secret($0, name) }
    }

    /// A list of secrets that must hold one.
    private func secrets(_ node: JSONNode, _ name: String) -> [String] {
        guard let elements = node[name]?.elements, !elements.isEmpty else {
            fault(node[name] ?? node, "\"\(name)\" holds no secret", hint: "write [ \"…\" ]")
            return []
        }
        return elements.compactMap { secret($0, name) }
    }

    /// The limits of both platforms, shared by integrations of one licence.
    func licences(
        _ node: JSONNode?,
        _ integration: IntegrationName
    ) -> [PlatformName: (name: String, limits: Governor.Limits)] {
        check(node, knows: PlatformName.allCases.map(\.rawValue))
        var licences: [PlatformName: (name: String, limits: Governor.Limits)] = [:]
        for platform in PlatformName.allCases {
            let limits = node?[platform.rawValue]
            check(limits, knows: ["licence", "per_minute", "concurrent"])
            licences[platform] = (
                string(limits, "licence") ?? integration.text,
                Governor.Limits(
                    perMinute: integer(limits, "per_minute") ?? (platform == .actito ? 80 : 0),
                    concurrent: integer(limits, "concurrent") ?? (platform == .actito ? 3 : 20)
                )
            )
        }
        return licences
    }
}
