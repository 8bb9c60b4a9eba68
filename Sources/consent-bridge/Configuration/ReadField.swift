import BridgeCore
import JSON

/// Didomi fields as mappings name them: flattened, or in their parts.
extension ConfigurationReader {
    /// A field and, of a preference, the purpose in which it is, if the configuration says so.
    struct FieldReference: Hashable {
        var field: Field
        var preferencePurpose: String?
    }

    /// A field in a list of `all`, `any` or `reverse`: a flattened name, or an object.
    func fieldElement(_ node: JSONNode) -> FieldReference? {
        if let name = node.value.string { return flattened(name, node, preferenceValue: nil) }
        guard node.members != nil else {
            fault(
                node,
                "a field is a flattened name or an object",
                hint: "such as { \"channel\": \"email\" }"
            )
            return nil
        }
        check(node, knows: Self.fieldKeys)
        return field(node)
    }

    /// The field that the members of a mapping, or of a list's element, name.
    func field(_ node: JSONNode) -> FieldReference? {
        let (purpose, channel) = (string(node, "purpose"), string(node, "channel"))
        let preference = string(node, "preference")
        let preferenceValue = string(node, "preference_value")
        if let value = string(node, "value") {
            if channel != nil || purpose != nil || preference != nil {
                fault(node, "both \"value\" and a field are given", hint: "leave one out")
                return nil
            }
            return flattened(value, node["value"] ?? node, preferenceValue: preferenceValue)
        }
        for name in Self.fieldKeys where node[name]?.value == "" {
            fault(node[name], "\"\(name)\" is empty")
            return nil
        }
        if preference != nil || preferenceValue != nil {
            if channel != nil {
                fault(node["channel"], "a preference has no channel", hint: "leave it out")
                return nil
            }
            return self.preference(preference, preferenceValue, of: purpose, node)
        }
        switch (purpose, channel) {
        case (let purpose?, let channel?):
            return FieldReference(field: .purposeChannel(purpose: purpose, channel: channel))
        case (let purpose?, nil):
            return FieldReference(field: .purpose(purpose))
        case (nil, let channel?):
            return FieldReference(field: .channel(channel))
        case (nil, nil):
            fault(node, "the mapping names no field", hint: "add \"value\"")
            return nil
        }
    }

    private func preference(
        _ id: String?,
        _ value: String?,
        of purpose: String?,
        _ node: JSONNode
    ) -> FieldReference? {
        guard let id else {
            fault(node, "\"preference_value\" is given without \"preference\"")
            return nil
        }
        guard let value else {
            fault(
                node["preference"],
                "\"preference_value\" is missing: which value of \"\(id)\" is meant?",
                hint: "\"\(Field.switchValue)\" for an on-off preference of API version 1"
            )
            return nil
        }
        if id.contains("=") {
            fault(node["preference"], "a preference's id has no \"=\"")
            return nil
        }
        if value.contains(",") {
            fault(
                node["preference_value"],
                "one value is expected here",
                hint: "map each value, or list them in \"any\" or \"all\""
            )
            return nil
        }
        return FieldReference(
            field: .preference(id: id, value: value),
            preferencePurpose: purpose
        )
    }

    private func flattened(
        _ name: String,
        _ node: JSONNode,
        preferenceValue: String?
    ) -> FieldReference? {
        let readings = FlattenedName.readings(of: name)
        guard let reading = readings.first else {
            fault(
                node,
                "\"\(name)\" is no field's flattened name",
                hint: FlattenedName.nearest(to: name).map { "did you mean \"\($0)\"?" }
                    ?? "consents_channels_ID_enabled or consents_purposes_ID_enabled"
            )
            return nil
        }
        guard readings.count == 1 else {
            let forms = readings.map(\.structuredForm).joined(separator: " or ")
            fault(node, "\"\(name)\" is ambiguous", hint: "write \(forms)")
            return nil
        }
        switch reading {
        case .field(let field):
            if preferenceValue != nil {
                fault(node, "\"\(name)\" is no preference and has no \"preference_value\"")
            }
            return FieldReference(field: field)
        case .preferenceSwitch(let purpose, let id):
            return FieldReference(
                field: .preference(id: id, value: preferenceValue ?? Field.switchValue),
                preferencePurpose: purpose
            )
        case .preference(let purpose, let id):
            guard let preferenceValue, !preferenceValue.contains(",") else {
                fault(
                    node,
                    "\"\(name)\" is a preference with several values",
                    hint: "add the one that is meant as \"preference_value\""
                )
                return nil
            }
            return FieldReference(
                field: .preference(id: id, value: preferenceValue),
                preferencePurpose: purpose
            )
        }
    }

    static let fieldKeys = ["value", "channel", "purpose", "preference", "preference_value"]
}

extension FlattenedName.Reading {
    /// The unambiguous form that a configuration can have instead.
    fileprivate var structuredForm: String {
        switch self {
        case .field(let field):
            field.structuredForm
        case .preference(let purpose, let id):
            "{ \"purpose\": \"\(purpose)\", \"preference\": \"\(id)\", \"preference_value\": … }"
        case .preferenceSwitch(let purpose, let id):
            "{ \"purpose\": \"\(purpose)\", \"preference\": \"\(id)\", "
                + "\"preference_value\": \"\(Field.switchValue)\" }"
        }
    }
}

extension Field {
    /// How a configuration writes the field without ambiguity.
    var structuredForm: String {
        switch self {
        case .channel(let id):
            "{ \"channel\": \"\(id)\" }"
        case .purpose(let id):
            "{ \"purpose\": \"\(id)\" }"
        case .purposeChannel(let purpose, let channel):
            "{ \"purpose\": \"\(purpose)\", \"channel\": \"\(channel)\" }"
        case .preference(let id, let value):
            "{ \"preference\": \"\(id)\", \"preference_value\": \"\(value)\" }"
        case .target(let target):
            "\"\(target.name)\""
        }
    }
}
