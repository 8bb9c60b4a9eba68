import Foundation
import JSON

extension ConfigurationReader {
    /// A secret: a text, `{"env": "NAME"}` or `{"file": "PATH"}`.
    ///
    /// Line ends around a file's text are no part of it. No message shows a secret's value.
    func secret(_ node: JSONNode?, _ label: String) -> String? {
        guard let node else { return nil }
        if node.value.isNull {
            fault(node, "\"\(label)\" cannot be null", hint: "leave it out")
            return nil
        }
        if let text = node.value.string {
            if text.isEmpty { fault(node, "\"\(label)\" is empty") }
            return text.isEmpty ? nil : text
        }
        guard let members = node.members else {
            fault(node, "\"\(label)\" is no secret", hint: Self.secretForms)
            return nil
        }
        check(node, knows: ["env", "file"])
        if members.count > 1, node["env"] != nil, node["file"] != nil {
            fault(node, "\"\(label)\" has two sources", hint: "leave out \"env\" or \"file\"")
            return nil
        }
        if node["env"] != nil {
            return string(node, "env").flatMap { variable($0, of: node, label) }
        }
        if node["file"] != nil {
            return string(node, "file").flatMap { file($0, of: node, label) }
        }
        if members.isEmpty {
            fault(node, "\"\(label)\" is no secret", hint: Self.secretForms)
        }
        return nil
    }

    private func variable(_ name: String, of node: JSONNode, _ label: String) -> String? {
        if let value = environment[name], !value.isEmpty { return value }
        fault(
            node,
            "the environment variable \(name), which \"\(label)\" needs, is "
                + (environment[name] == nil ? "not set" : "empty")
        )
        return nil
    }

    private func file(_ path: String, of node: JSONNode, _ label: String) -> String? {
        func fail(_ why: String) -> String? {
            fault(node, "the file \(path), which \"\(label)\" needs, \(why)")
            return nil
        }
        guard FileManager.default.fileExists(atPath: path) else { return fail("does not exist") }
        // One byte more than allowed tells that it is too long; /dev/zero would not end.
        guard let handle = FileHandle(forReadingAtPath: path),
            let data = try? handle.read(upToCount: Self.secretBytesMax + 1) ?? Data()
        else { return fail("cannot be read") }
        guard data.count <= Self.secretBytesMax else {
            return fail("holds more than \(Self.secretBytesMax) bytes")
        }
        guard let text = String(data: data, encoding: .utf8) else { return fail("is not UTF-8") }
        let secret = text.trimmingCharacters(in: .newlines)
        return secret.isEmpty ? fail("is empty") : secret
    }

    private static let secretForms = "write a text, { \"env\": \"NAME\" } or { \"file\": \"PATH\" }"

    /// A private key of RSA in PEM has about 3 KiB; nothing longer is a secret of ours.
    private static let secretBytesMax = 65_536
}
