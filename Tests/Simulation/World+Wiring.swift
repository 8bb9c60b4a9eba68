import BridgeTesting
import ActitoAdapter
import Bridge
import BridgeCore
import CoreMetrics
import DidomiAdapter
import Foundation
import Logging
import SQLiteStorage
import Storage

/// The shipping parts, put together as the executable does it.
extension World {
    static let integration = IntegrationName("shop")
    /// Small, so that stories reach it.
    static let limits = Governor.Limits(perMinute: 20, concurrent: 2)
    static let window = Interval.seconds(900)

    func makeProcessor() -> Processor {
        var settings = IntegrationSettings(
            name: Self.integration,
            mapping: MappingTable([
                MappingRule(subscription: "EmailOptin", field: .channel("email")),
                MappingRule(subscription: "Newsletter", field: .purpose("newsletter")),
            ]),
            uniqueKeyAttribute: "emailAddress",
            createsProfiles: schedule.style.createsProfiles,
            window: Self.window
        )
        settings.withdrawsDeletedUsers = schedule.style.withdrawsDeletedUsers
        settings.withdrawsDeletedProfiles = schedule.style.withdrawsDeletedProfiles
        settings.brake = Brake.Limits(
            peopleMax: schedule.style.brakePeopleMax,
            window: .seconds(6 * 3600)
        )
        let actito = ActitoSettings(
            apiURL: "https://actito.test",
            apiKey: "secret",
            entity: "acme",
            tableName: "Clients",
            integration: settings
        )
        let didomi = DidomiSettings(
            api: DidomiSettings.API(url: "https://didomi.test/v1", key: "key", secret: "secret"),
            organizationID: "acme",
            integration: settings
        )
        return Processor(
            store: bridgeStore,
            integrations: [
                Integration(
                    settings: settings,
                    actito: ActitoPlatform(actito),
                    didomi: DidomiPlatform(didomi),
                    credentials: [:],
                    licences: [
                        .actito: ("actito", Self.limits),
                        .didomi: ("didomi", Governor.Limits(perMinute: 0, concurrent: 0)),
                    ],
                    callsDidomi: true
                )
            ],
            policy: Engine.Policy(),
            randomness: SeededRandom(seed: schedule.seed &+ UInt64(generation)),
            metrics: BridgeMetrics(factory: NOOPMetricsHandler.instance),
            journal: Journal(logger: Self.silence)
        )
    }

    private static let silence = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

    /// An empty storage for one story.
    static func withStore<Result>(
        usesSQLite: Bool,
        _ body: (any Store) throws -> Result
    ) throws -> Result {
        guard usesSQLite else { return try body(InMemoryStore()) }
        let folder = NSTemporaryDirectory() + "/simulation-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteStore(path: folder + "/bridge.db")
        defer { store.close() }
        return try body(store)
    }
}
