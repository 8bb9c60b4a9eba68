import BridgeCore
import JSON

extension ConfigurationReader {
    /// The `mappings` of an integration: a subscription and one field each.
    func mappings(_ node: JSONNode?, of integration: JSONNode) -> [MappingRule] {
        guard let elements = node?.elements else {
            fault(node ?? integration, "\"mappings\" is missing or no list")
            return []
        }
        if elements.count > Self.mappingsMax {
            fault(node, "an integration has at most \(Self.mappingsMax) mappings")
        }
        var rules: [MappingRule] = []
        for element in elements {
            check(element, knows: Self.supported + Self.later)
            for name in Self.later where element[name] != nil {
                fault(element[name], "\"\(name)\" is not supported yet")
            }
            let id = required(string(element, "id"), element, "id")
            guard let id, let field = field(element) else { continue }
            if rules.contains(where: { $0.subscription == id }) {
                fault(element["id"], "the subscription \"\(id)\" is mapped twice")
            }
            rules.append(MappingRule(subscription: id, field: field))
        }
        return rules
    }

    private func field(_ element: JSONNode) -> Field? {
        if let value = string(element, "value") {
            if element["channel"] != nil || element["purpose"] != nil {
                fault(element, "both \"value\" and a field are given", hint: "leave one out")
            }
            if let field = Field(flattenedName: value) { return field }
            fault(
                element["value"],
                "this is no field's flattened name",
                hint: "consents_channels_ID_enabled or consents_purposes_ID_enabled"
            )
            return nil
        }
        switch (string(element, "purpose"), string(element, "channel")) {
        case (let purpose?, let channel?):
            return .purposeChannel(purpose: purpose, channel: channel)
        case (let purpose?, nil): return .purpose(purpose)
        case (nil, let channel?): return .channel(channel)
        case (nil, nil):
            fault(element, "the mapping names no field", hint: "add \"value\"")
            return nil
        }
    }

    private static let supported = ["id", "value", "channel", "purpose"]
    private static let later = [
        "preference", "preference_value", "target", "invert", "all", "any", "reverse",
    ]
    /// `interface.md` section 7.
    private static let mappingsMax = 200
}
