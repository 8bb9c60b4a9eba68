import ActitoAdapter
import BridgeCore
import DidomiAdapter
import Foundation
import Sandbox

extension SandboxConfiguration {
    /// Takes the names of entity, table, subscriptions, purposes and channels from a bridge's
    /// configuration, beside the sandbox's own.
    mutating func adopt(configurationFile path: String) throws {
        let loaded = try loadConfiguration(
            path: path,
            environment: ProcessInfo.processInfo.environment
        )
        guard let integration = loaded.integrations.first else { return }
        entity = integration.actito.entity
        tableName = integration.actito.tableName
        if let id = integration.actito.tableID { tableID = id }
        integrationName = integration.settings.name.text
        uniqueKey = integration.settings.uniqueKeyAttribute
        if !attributes.contains(where: { $0.name == uniqueKey }) {
            attributes = attributes.filter { !$0.mandatory }
            attributes.append(SandboxAttribute(name: uniqueKey, unique: true, mandatory: true))
        }
        if let organization = integration.didomi.organizationID { organizationID = organization }
        regulation = integration.settings.regulation
        add(regulation, to: \.regulations)
        for rule in integration.settings.mapping.rules {
            adopt(rule.target)
            for field in rule.fields + rule.reverse.withdrawal + rule.reverse.grant {
                adopt(field, integration.settings.mapping)
            }
        }
    }

    private mutating func adopt(_ target: MappingTarget) {
        switch target {
        case .subscription(let name):
            add(name, to: \.subscriptions)
        case .attribute(let name):
            guard !attributes.contains(where: { $0.name == name }) else { return }
            attributes.append(SandboxAttribute(name: name, valueType: "BOOLEAN"))
        }
    }

    private mutating func adopt(_ field: Field, _ mapping: MappingTable) {
        switch field {
        case .channel(let id): add(id, to: \.channels)
        case .purpose(let id): add(id, to: \.purposes)
        case .purposeChannel(let purpose, let channel):
            add(purpose, to: \.purposes)
            add(channel, to: \.channels)
        case .preference(let id, let value):
            preferences[id, default: []].append(value)
            if let purpose = mapping.purpose(ofPreference: id) { add(purpose, to: \.purposes) }
        case .target:
            break
        }
    }

    private mutating func add(_ id: String, to list: WritableKeyPath<Self, [String]>) {
        if !self[keyPath: list].contains(id) { self[keyPath: list].append(id) }
    }
}
