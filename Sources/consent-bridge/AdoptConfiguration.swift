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
            if !subscriptions.contains(rule.subscription) {
                subscriptions.append(rule.subscription)
            }
            switch rule.field {
            case .channel(let id): add(id, to: \.channels)
            case .purpose(let id): add(id, to: \.purposes)
            case .purposeChannel(let purpose, let channel):
                add(purpose, to: \.purposes)
                add(channel, to: \.channels)
            }
        }
    }

    private mutating func add(_ id: String, to list: WritableKeyPath<Self, [String]>) {
        if !self[keyPath: list].contains(id) { self[keyPath: list].append(id) }
    }
}
