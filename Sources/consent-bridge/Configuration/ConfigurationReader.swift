import BridgeCore
import Foundation
import JSON

/// Reads members of a configuration and gathers every fault with its position.
final class ConfigurationReader {
    private(set) var faults: [ConfigurationFault] = []
    let environment: [String: String]

    init(environment: [String: String]) {
        self.environment = environment
    }

    func fault(_ node: JSONNode?, _ what: String, hint: String? = nil) {
        faults.append(ConfigurationFault(position: node?.position, what: what, hint: hint))
    }

    /// Refuses members that nobody knows, naming the nearest known one.
    func check(_ node: JSONNode?, knows names: [String]) {
        guard let node, !node.value.isNull else { return }
        guard node.value.object != nil else {
            return fault(node, "an object is expected here", hint: "write { … }")
        }
        for member in node.members ?? [] where !names.contains(member.name) {
            faults.append(
                ConfigurationFault(
                    position: member.namePosition,
                    what: "unknown key \"\(member.name)\"",
                    hint: didYouMean(member.name, among: names)
                )
            )
        }
    }

    /// The hint that names the nearest known name.
    func didYouMean(_ text: String, among names: [String]) -> String? {
        let text = Array(text)
        let nearest = names.map { ($0, editDistance(Array($0), text)) }.min { $0.1 < $1.1 }
        return nearest.map { "did you mean \"\($0.0)\"?" }
    }

    func string(_ node: JSONNode?, _ name: String) -> String? {
        value(node, name, "a text") { $0.string }
    }

    func bool(_ node: JSONNode?, _ name: String) -> Bool? {
        value(node, name, "true or false") { $0.bool }
    }

    /// A number of at least 0.
    func number(_ node: JSONNode?, _ name: String) -> Double? {
        value(node, name, "a number of at least 0") { value in
            value.number?.double.flatMap { $0.isFinite && $0 >= 0 && $0 < 1e12 ? $0 : nil }
        }
    }

    func integer(_ node: JSONNode?, _ name: String) -> Int? {
        value(node, name, "a whole number of at least 0") { value in
            value.number?.integer.flatMap { $0 >= 0 ? Int($0) : nil }
        }
    }

    func required<Value>(_ value: Value?, _ node: JSONNode?, _ name: String) -> Value? {
        if value == nil, node?[name] == nil || node?[name]?.value.isNull == true {
            fault(node, "\"\(name)\" is missing")
        }
        return value
    }

    /// A secret: a text, `{"env": "NAME"}` or `{"file": "PATH"}`.
    ///
    /// No message shows its value.
    func secret(_ node: JSONNode?, _ label: String) -> String? {
        guard let node, !node.value.isNull else { return nil }
        if let text = node.value.string, !text.isEmpty { return text }
        if let name = node["env"]?.value.string {
            if let value = environment[name], !value.isEmpty { return value }
            fault(node, "the environment has no \(name), which \"\(label)\" needs")
            return nil
        }
        if let path = node["file"]?.value.string {
            if let text = try? String(contentsOfFile: path, encoding: .utf8),
                !text.trimmingCharacters(in: .newlines).isEmpty
            {
                return text.trimmingCharacters(in: .newlines)
            }
            fault(node, "\(path), which \"\(label)\" needs, cannot be read or is empty")
            return nil
        }
        fault(
            node,
            "\"\(label)\" is no secret",
            hint: "write a text, { \"env\": \"NAME\" } or { \"file\": \"PATH\" }"
        )
        return nil
    }

    private func value<Value>(
        _ node: JSONNode?,
        _ name: String,
        _ expected: String,
        _ convert: (JSONValue) -> Value?
    ) -> Value? {
        guard let member = node?[name], !member.value.isNull else { return nil }
        if let value = convert(member.value) { return value }
        fault(member, "\"\(name)\" is not \(expected)")
        return nil
    }
}
