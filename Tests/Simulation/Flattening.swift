import JSON

/// Didomi's "Flatten" option: only the entity, as one object whose names are paths.
///
/// Where the names stand is not documented (`contracts/didomi.md` section 1), so a story has one of
/// the three layouts that were thought of.
package struct Flattening: Sendable {
    package enum Layout: Sendable, CaseIterable {
        /// In `parameters.entity`, lists by id.
        case insideEntity
        /// At the root behind `entity__`, lists by id.
        case atRoot
        /// In `entity`, lists by index.
        case byIndex
    }

    package var layout: Layout
    /// A user's change names the event that made it.
    package var namesSource: Bool

    func flattened(_ webhook: JSONValue) -> JSONValue {
        let parameters = webhook["parameters"]
        let entity = parameters?["new_entity"] ?? parameters?["entity"] ?? .null
        var flat = JSONObject()
        flatten(entity, "", &flat)
        var result = JSONObject()
        result["type"] = webhook["type"]
        result["regulation"] = webhook["regulation"]
        let source = namesSource ? parameters?["source"] : nil
        switch layout {
        case .insideEntity:
            var inner = JSONObject()
            if let source { inner["source"] = source }
            inner["entity"] = .object(flat)
            result["parameters"] = .object(inner)
        case .atRoot:
            if let source { result["source"] = source }
            for member in flat.members { result["entity__\(member.name)"] = member.value }
        case .byIndex:
            if let source { result["source"] = source }
            result["entity"] = .object(flat)
        }
        return .object(result)
    }

    private func flatten(_ value: JSONValue, _ path: String, _ flat: inout JSONObject) {
        switch value {
        case .object(let object):
            for member in object.members {
                flatten(member.value, path.isEmpty ? member.name : "\(path)__\(member.name)", &flat)
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                let name = layout == .byIndex ? "\(index)" : element["id"]?.string ?? "\(index)"
                for member in element.object?.members ?? []
                where layout == .byIndex || member.name != "id" {
                    flat["\(path)__\(name)__\(member.name)"] = member.value
                }
            }
        case .null, .bool, .number, .string:
            flat[path] = value
        }
    }
}
