import Foundation
import Testing

@testable import consent_bridge

/// One file of `Fixtures/configuration`, beside an invalid one what is said about it.
struct ConfigurationCase: Sendable, CustomTestStringConvertible {
    let name: String
    let file: URL

    var testDescription: String { name }

    /// Positions and sentences, one a line; nil for a valid file.
    var expected: String? {
        try? String(
            contentsOf: file.deletingPathExtension().appendingPathExtension("txt"),
            encoding: .utf8
        )
    }

    static let valid = all("valid")
    static let invalid = all("invalid")

    /// What the files' secrets refer to.
    static let environment = [
        "ACTITO_API_KEY": "key-from-the-environment", "EMPTY": "",
        "ALERTS_URL": "https://chat.example.com/hook?key=from-the-environment",
    ]

    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func all(_ kind: String) -> [ConfigurationCase] {
        let folder = root.appending(path: "Fixtures/configuration/\(kind)")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let cases = names.filter { $0.hasSuffix(".json5") }.sorted()
            .map { ConfigurationCase(name: $0, file: folder.appending(path: $0)) }
        precondition(!cases.isEmpty, "no fixtures in \(folder.path)")
        return cases
    }
}

/// Loads a text as if it were a file, and says what is wrong with it.
func load(_ text: String, environment: [String: String] = [:]) throws -> Configuration {
    let file = FileManager.default.temporaryDirectory
        .appendingPathComponent("consent-bridge-\(UUID().uuidString).json5")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try loadConfiguration(path: file.path, environment: environment)
}

/// The faults of a text, each as its sentence; none if it is a configuration.
func faults(of text: String, environment: [String: String] = [:]) throws -> [ConfigurationFault] {
    do {
        _ = try load(text, environment: environment)
        return []
    } catch let error as ConfigurationFaults {
        return error.faults
    }
}

/// An integration's members besides what it must have, within a configuration.
func configurationText(integration members: String = "", properties: String = "") -> String {
    """
    { integrations: [{
        type_id: "actito",
        authentication: { private_api_key: "key" },
        properties: { entity_id: "acme", table_name: "Profiles", user_unique_key: "emailAddress",
          \(properties) },
        mappings: [{ id: "Newsletter", value: "consents_channels_email_enabled" }],
        \(members)
    }] }
    """
}
