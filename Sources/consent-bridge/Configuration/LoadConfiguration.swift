import Bridge
import BridgeCore
import Foundation
import JSON

/// Reads a configuration file and says everything that is wrong with it at once.
///
/// A file that holds one integration object as Didomi prints it is a complete configuration.
/// Faults are in the order of the text; a fault of the syntax is alone, since what follows it has
/// no meaning.
func loadConfiguration(
    path: String,
    environment: [String: String]
) throws(ConfigurationFaults) -> Configuration {
    guard let bytes = FileManager.default.contents(atPath: path).map(Array.init) else {
        throw ConfigurationFaults(
            file: path,
            faults: [
                ConfigurationFault(what: "the file cannot be read", hint: "is the path right?")
            ],
            isReadable: false
        )
    }
    let document: JSONDocument
    do {
        document = try JSONDocument(parsing: bytes, dialect: .json5)
    } catch {
        throw ConfigurationFaults(
            file: path,
            faults: [fault(of: error, in: bytes)],
            isReadable: error.isDuplicateKey
        )
    }
    let reader = ConfigurationReader(environment: environment)
    let configuration = reader.configuration(document.root)
    guard reader.faults.isEmpty else {
        throw ConfigurationFaults(file: path, faults: inOrder(reader.faults))
    }
    return configuration
}

/// By position, those of the whole file first; those of one place in the order of their finding.
private func inOrder(_ faults: [ConfigurationFault]) -> [ConfigurationFault] {
    let start = JSONPosition(line: 0, column: 0)
    var seen: Set<ConfigurationFault> = []
    return faults.filter { seen.insert($0).inserted }.enumerated()
        .map { (place: $0.element.position ?? start, offset: $0.offset, fault: $0.element) }
        .sorted { ($0.place, $0.offset) < ($1.place, $1.offset) }
        .map(\.fault)
}

private func fault(of error: JSONSyntaxError, in bytes: [UInt8]) -> ConfigurationFault {
    var fault = ConfigurationFault(
        position: error.position(in: bytes, dialect: .json5),
        what: error.reason.description,
        hint: error.hint
    )
    if case .duplicateKey(let name) = error.reason {
        fault.what = "the key \"\(name)\" is given twice"
        fault.hint = "leave one out"
    }
    return fault
}

extension JSONSyntaxError {
    /// The text is JSON5 all the same.
    fileprivate var isDuplicateKey: Bool {
        if case .duplicateKey = reason { true } else { false }
    }
}

extension ConfigurationReader {
    fileprivate func configuration(_ root: JSONNode) -> Configuration {
        var configuration = Configuration()
        guard root.members != nil else {
            fault(root, "an object is expected here", hint: "write { … }")
            return configuration
        }
        if isPrintedObject(root) {
            configuration.integrations = integrations([root], configuration)
            return configuration
        }
        check(root, knows: Self.sections, nullable: [])
        server(root["server"], &configuration)
        serverSecurity(root["server"], &configuration)
        oauth(root["oauth"], &configuration)
        storage(root["storage"], &configuration)
        delivery(root["delivery"], &configuration)
        drift(root["drift"], &configuration)
        alerts(root["alerts"], &configuration)
        brake(root["brake"], &configuration)
        log(root["log"], &configuration)
        later(root)
        if let list = root["integrations"], list.elements == nil, !list.value.isNull {
            fault(list, "\"integrations\" is not a list", hint: "write [ { … } ]")
        } else if let elements = root["integrations"]?.elements, elements.isEmpty {
            fault(root["integrations"], "there is no integration", hint: "docs/configuration.md")
        }
        required(root["integrations"], root, "integrations", hint: "docs/configuration.md")
        configuration.integrations = integrations(
            root["integrations"]?.elements ?? [],
            configuration
        )
        return configuration
    }

    /// Didomi's own object for one integration, without the bridge's keys around it.
    private func isPrintedObject(_ root: JSONNode) -> Bool {
        if root["type_id"] != nil { return true }
        return root["integrations"] == nil
            && ["authentication", "properties", "mappings"].contains { root[$0] != nil }
    }

    private func integrations(
        _ nodes: [JSONNode],
        _ configuration: Configuration
    ) -> [IntegrationConfiguration] {
        var integrations: [IntegrationConfiguration] = []
        for node in nodes {
            if node.value.isNull { fault(node, "an object is expected here", hint: "write { … }") }
            guard let integration = integration(node, within: configuration) else { continue }
            refuseConflicts(of: integration, with: integrations, at: node)
            integrations.append(integration)
        }
        return integrations
    }

    /// What one integration alone cannot get wrong.
    private func refuseConflicts(
        of integration: IntegrationConfiguration,
        with others: [IntegrationConfiguration],
        at node: JSONNode
    ) {
        let name = integration.settings.name
        if others.contains(where: { $0.settings.name == name }) {
            fault(
                node["name"] ?? node,
                "two integrations have the name \"\(name.text)\"",
                hint: "give each its own \"name\""
            )
        }
        for (platform, licence) in integration.licences {
            let shared = others.compactMap { $0.licences[platform] }
                .first { $0.name == licence.name }
            guard let shared, shared.limits != licence.limits else { continue }
            let limits = node["limits"]?[platform.rawValue]
            fault(
                limits ?? node,
                "the licence \"\(licence.name)\" has other limits in another integration",
                hint: "integrations of one licence share its limits; write the same"
            )
        }
    }

    private static let sections = [
        "server", "storage", "retention", "oauth", "delivery", "drift", "alerts", "brake", "log",
        "integrations",
    ]
}
