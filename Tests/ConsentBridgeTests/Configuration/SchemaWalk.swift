import JSON

/// One document to try on the schema and on the decoder.
struct SchemaCase: Sendable {
    enum Expected: Sendable {
        /// Both accept it.
        case accepted
        /// Both refuse it.
        case refused
        /// The schema knows it, the decoder says that it is not supported yet.
        case later
    }

    /// The key's path, such as `integrations[].didomi.api_key`, and what was done with it.
    let path: String
    let change: String
    let document: JSONValue
    let expected: Expected
}

/// Walks through a schema and makes cases of each key that it describes.
///
/// The documents around a key are made of the schema's own examples, so that a key that the schema
/// names is tried without code of its own.
struct SchemaWalk {
    private let schema: JSONValue
    private(set) var cases: [SchemaCase] = []
    /// Each key of the schema once, in its order.
    private(set) var paths: [String] = []

    /// Whether the walk is within a key that is not built yet.
    private var isLater = false

    /// Builds the whole document around a value.
    private typealias Wrap = (JSONValue) -> JSONValue

    init(_ schema: JSONValue) {
        self.schema = schema
        let integration = resolve(["$ref": "#/$defs/integration"])
        let example = integration["examples"]?.array?.first ?? [:]
        let root: JSONValue = ["integrations": [example]]
        walk(object: resolve(["$ref": "#/$defs/configuration"]), root, at: "") { $0 }
    }

    /// Follows references; keywords beside one are added to what it names.
    private func resolve(_ schema: JSONValue) -> JSONValue {
        guard let name = schema["$ref"]?.string?.split(separator: "/").last,
            var object = resolve(self.schema["$defs"]?[String(name)] ?? nil).object
        else { return schema }
        for member in schema.object?.members ?? [] where member.name != "$ref" {
            object[member.name] = member.value
        }
        return .object(object)
    }

    private mutating func walk(
        object schema: JSONValue,
        _ value: JSONValue,
        at path: String,
        _ wrap: @escaping Wrap
    ) {
        var unknown = value.object ?? JSONObject()
        unknown["no_such_key"] = 1
        add("\(path).no_such_key", "an unknown key", wrap(.object(unknown)), .refused)
        for name in schema["required"]?.array?.compactMap(\.string) ?? [] {
            var lacking = value.object ?? JSONObject()
            lacking[name] = nil
            add("\(path).\(name)", "missing", wrap(.object(lacking)), .refused)
        }
        for property in schema["properties"]?.object?.members ?? [] {
            let around = container(of: property.name, schema, value)
            let path = path.isEmpty ? property.name : "\(path).\(property.name)"
            walk(resolve(property.value), around[property.name], at: path) {
                var object = around.object ?? JSONObject()
                object[property.name] = $0
                return wrap(.object(object))
            }
        }
    }

    /// An object in which a member may stand: the one at hand, or an example that has it.
    private func container(
        of name: String,
        _ schema: JSONValue,
        _ value: JSONValue
    ) -> JSONValue {
        let examples = schema["examples"]?.array ?? []
        return examples.first { $0[name] != nil } ?? examples.first ?? value
    }

    /// `value`: what stands there in the example around it.
    private mutating func walk(
        _ schema: JSONValue,
        _ value: JSONValue?,
        at path: String,
        _ wrap: @escaping Wrap
    ) {
        paths.append(path)
        let outerIsLater = isLater
        defer { isLater = outerIsLater }
        isLater = isLater || schema["x-not-built-yet"] == true
        let branches = branches(of: schema)
        for sample in samples(of: schema) {
            let isRefused = isLater && sample != schema["default"]
            add(path, "a valid value", wrap(sample), isRefused ? .later : .accepted)
        }
        let kinds = Kind.all.filter { kind in !branches.contains { $0.allows(kind) } }
        for kind in kinds { add(path, "\(kind.name) for it", wrap(kind.sample), .refused) }
        for sample in beyond(schema) { add(path, "out of range", wrap(sample), .refused) }
        for branch in branches {
            if branch["properties"] != nil, !isSecret(branch) {
                let start = branch["examples"]?.array?.first ?? value ?? [:]
                walk(object: branch, start, at: path, wrap)
            }
            if let items = branch["items"].map(resolve) {
                let first = value?.array?.first
                walk(items, first, at: path + "[]") { wrap([$0]) }
            }
        }
    }

    /// A schema and its alternatives, theirs too.
    private func branches(of schema: JSONValue) -> [JSONValue] {
        [schema] + (schema["anyOf"]?.array ?? []).map(resolve).flatMap(branches)
    }

    /// A secret's forms exclude each other; they have tests of their own.
    private func isSecret(_ branch: JSONValue) -> Bool {
        branch["properties"]?["env"] != nil || branch["properties"]?["file"] != nil
    }

    /// Values that the schema itself calls valid.
    private func samples(of schema: JSONValue) -> [JSONValue] {
        var values = (schema["examples"]?.array ?? []) + (schema["enum"]?.array ?? [])
        for name in ["default", "minimum"] where !(isLater && name == "minimum") {
            if let value = schema[name] { values.append(value) }
        }
        return values
    }

    /// Numbers that are just too small and too large.
    private func beyond(_ schema: JSONValue) -> [JSONValue] {
        [("minimum", -1), ("maximum", 1)].compactMap { name, step in
            schema[name]?.number?.integer.map { .number(JSONNumber($0 + step)) }
        }
    }

    private mutating func add(
        _ path: String,
        _ change: String,
        _ document: JSONValue,
        _ expected: SchemaCase.Expected
    ) {
        cases.append(
            SchemaCase(path: path, change: change, document: document, expected: expected)
        )
    }
}

/// A kind of JSON value.
private struct Kind {
    let name: String
    let type: String
    let sample: JSONValue

    static let all: [Kind] = [
        Kind(name: "null", type: "null", sample: nil),
        Kind(name: "a truth value", type: "boolean", sample: true),
        Kind(name: "a fraction", type: "number", sample: .number(JSONNumber(verbatim: "1.5"))),
        Kind(name: "a whole number", type: "integer", sample: 7),
        Kind(name: "a text", type: "string", sample: "seven"),
        Kind(name: "an array", type: "array", sample: [7]),
        Kind(name: "an object", type: "object", sample: ["seven": 7]),
    ]
}

extension JSONValue {
    /// Whether a schema without references allows any value of a kind.
    fileprivate func allows(_ kind: Kind) -> Bool {
        if let values = self["enum"]?.array {
            return values.contains { $0.isOf(kind) }
        }
        guard let type = self["type"]?.string else { return false }
        return type == kind.type || type == "number" && kind.type == "integer"
    }

    private func isOf(_ kind: Kind) -> Bool {
        switch self {
        case .null: kind.type == "null"
        case .bool: kind.type == "boolean"
        case .number: kind.type == "integer"
        case .string: kind.type == "string"
        case .array: kind.type == "array"
        case .object: kind.type == "object"
        }
    }
}
