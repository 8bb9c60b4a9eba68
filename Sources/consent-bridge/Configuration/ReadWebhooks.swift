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
    ) -> [PlatformName: WebhookCredential] {
        check(node, knows: PlatformName.allCases.map(\.rawValue))
        var credentials: [PlatformName: WebhookCredential] = [:]
        for platform in PlatformName.allCases {
            let endpoint = node?[platform.rawValue]
            check(
                endpoint,
                knows: (platform == .didomi ? ["oauth"] : [])
                    + ["secret_header", "allowed_ips", "insecure"]
            )
            for name in ["oauth", "allowed_ips"]
            where endpoint?[name].map({ !$0.value.isNull && $0.value != [] }) ?? false {
                fault(endpoint?[name], "\"\(name)\" is not supported yet", hint: "leave it out")
            }
            if let credential = secretHeader(endpoint?["secret_header"]) {
                credentials[platform] = credential
            } else if !isLoopback, bool(endpoint, "insecure") != true {
                fault(
                    endpoint ?? node ?? integration,
                    "the webhooks of \(platform.rawValue) need a credential on this host",
                    hint: "add \"secret_header\", or \"insecure\": true"
                )
            }
        }
        return credentials
    }

    private func secretHeader(_ node: JSONNode?) -> WebhookCredential? {
        guard let node, !node.value.isNull else { return nil }
        check(node, knows: ["name", "values"])
        let name = required(string(node, "name"), node, "name")
        let values = (node["values"]?.elements ?? []).compactMap { secret($0, "values") }
        if values.isEmpty { fault(node["values"] ?? node, "\"values\" holds no secret") }
        guard let name, !values.isEmpty else { return nil }
        guard let headerName = HTTPField.Name(name) else {
            fault(node["name"], "this is no header's name")
            return nil
        }
        return WebhookCredential(headerName: headerName, values: values)
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
