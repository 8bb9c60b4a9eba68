import BridgeCore
import JSON

extension ConfigurationReader {
    /// The `mappings` of an integration: a target at Actito and the fields that feed it.
    func mappings(
        _ node: JSONNode?,
        of integration: JSONNode,
        isBidirectional: Bool
    ) -> MappingTable {
        guard let elements = node?.elements else {
            fault(node ?? integration, "\"mappings\" is missing or no list")
            return MappingTable([])
        }
        if elements.count > Self.mappingsMax {
            fault(node, "an integration has at most \(Self.mappingsMax) mappings")
        }
        var rules: [MappingRule] = []
        var purposes: [String: String] = [:]
        for element in elements {
            check(element, knows: Self.ruleKeys + Self.fieldKeys)
            let id = required(string(element, "id"), element, "id")
            let fed = feed(element)
            guard let id, let fed else { continue }
            guard !id.isEmpty else {
                fault(element["id"], "\"id\" is empty")
                continue
            }
            let target = target(element, id)
            if rules.contains(where: { $0.target == target }) {
                fault(element["id"], "the \(target.kind) \"\(id)\" is mapped twice")
            }
            let reverse = reverse(element, fed.feed, isBidirectional: isBidirectional)
            collectPurposes(fed.references, element, &purposes)
            rules.append(
                MappingRule(
                    target,
                    fed.feed,
                    isInverted: bool(element, "invert") ?? false,
                    reverse: reverse
                )
            )
        }
        return MappingTable(rules, purposes: purposes)
    }

    private func target(_ element: JSONNode, _ id: String) -> MappingTarget {
        guard let kind = string(element, "target") else { return .subscription(id) }
        switch kind {
        case "subscription": return .subscription(id)
        case "attribute": return .attribute(id)
        default:
            fault(
                element["target"],
                "\"\(kind)\" is no kind of target",
                hint: hint(for: kind, among: ["subscription", "attribute"])
            )
            return .subscription(id)
        }
    }

    /// One field, or the list of `any` or `all`.
    private func feed(
        _ element: JSONNode
    ) -> (feed: MappingRule.Feed, references: [FieldReference])? {
        let lists = ["any", "all"].filter { element[$0] != nil }
        guard let name = lists.first else {
            return field(element).map { (.field($0.field), [$0]) }
        }
        if lists.count > 1 {
            fault(element["all"], "both \"any\" and \"all\" are given", hint: "leave one out")
            return nil
        }
        if let other = Self.fieldKeys.first(where: { element[$0] != nil }) {
            fault(
                element[other],
                "both \"\(name)\" and \"\(other)\" are given",
                hint: "put the field into the list"
            )
            return nil
        }
        guard let references = fields(element[name], name), !references.isEmpty else {
            return nil
        }
        let fields = references.map(\.field)
        return (name == "any" ? .any(fields) : .all(fields), references)
    }

    /// A list of fields, each once; nil: there is a fault in it.
    private func fields(_ node: JSONNode?, _ name: String) -> [FieldReference]? {
        guard let elements = node?.elements, !elements.isEmpty else {
            fault(node, "\"\(name)\" is no list of fields")
            return nil
        }
        var references: [FieldReference] = []
        for element in elements {
            guard let reference = fieldElement(element) else { return nil }
            if references.contains(where: { $0.field == reference.field }) {
                fault(element, "\"\(reference.field.name)\" is in \"\(name)\" twice")
            }
            references.append(reference)
        }
        return references
    }

    /// What Actito's choices of an `any` or `all` target change at Didomi.
    private func reverse(
        _ element: JSONNode,
        _ feed: MappingRule.Feed,
        isBidirectional: Bool
    ) -> MappingRule.Reverse {
        let known: [Field]
        let name: String
        switch feed {
        case .field:
            if let node = element["reverse"], !node.value.isNull {
                fault(node, "\"reverse\" is only for \"any\" and \"all\"", hint: "leave it out")
            }
            return MappingRule.Reverse()
        case .any(let fields): (known, name) = (fields, "any")
        case .all(let fields): (known, name) = (fields, "all")
        }
        let node = element["reverse"]
        check(node, knows: ["withdrawal", "grant"])
        if isBidirectional, node?["withdrawal"].map({ $0.value.isNull || $0.value == [] }) ?? true {
            fault(
                node ?? element,
                "\"\(name)\" in both directions needs \"reverse.withdrawal\": "
                    + "which fields does an unsubscription at Actito withdraw?",
                hint: "such as \"reverse\": { \"withdrawal\": [\(known[0].structuredForm)] }"
            )
        }
        func fields(of member: String) -> [Field] {
            guard let list = node?[member], !list.value.isNull, list.value != [] else { return [] }
            return (self.fields(list, "reverse.\(member)") ?? []).map(\.field).filter { field in
                if known.contains(field) { return true }
                fault(
                    list,
                    "\"\(field.name)\" is no field of \"\(name)\"",
                    hint: hint(for: field.name, among: known.map(\.name))
                )
                return false
            }
        }
        return MappingRule.Reverse(
            withdrawal: fields(of: "withdrawal"),
            grant: fields(of: "grant")
        )
    }

    /// A preference belongs to one purpose.
    private func collectPurposes(
        _ references: [FieldReference],
        _ element: JSONNode,
        _ purposes: inout [String: String]
    ) {
        for reference in references {
            guard case .preference(let id, _) = reference.field,
                let purpose = reference.preferencePurpose
            else { continue }
            if let known = purposes.updateValue(purpose, forKey: id), known != purpose {
                fault(
                    element,
                    "the preference \"\(id)\" is in the purpose \"\(known)\" and in \"\(purpose)\"",
                    hint: "a preference belongs to one purpose"
                )
            }
        }
    }

    private static let ruleKeys = ["id", "target", "invert", "all", "any", "reverse"]
    /// `interface.md` section 7.
    private static let mappingsMax = 200
}

extension MappingTarget {
    fileprivate var kind: String {
        switch self {
        case .subscription: "subscription"
        case .attribute: "attribute"
        }
    }
}
