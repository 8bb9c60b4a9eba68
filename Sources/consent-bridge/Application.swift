import ActitoAdapter
import Bridge
import BridgeCore
import CoreMetrics
import CurlHTTPClient
import DidomiAdapter
import Foundation
import HTTPTypes
import Logging
import MetricsExposition
import MicroHTTPServer
import SQLiteStorage
import ServiceLifecycle
import Storage
import UnixSignals

/// The composition root: the only place that names concrete types.
final class Application: Sendable {
    let logger: Logger
    let store: SQLiteStore
    let client: HTTPClient
    let loop: BridgeLoop
    /// Replace its admission, made with ``signingSecret``, when the configuration is loaded again.
    let gate: Gate
    let signingSecret: [UInt8]
    let server: HTTPServerService

    /// Opens the storage and puts the parts together; nothing runs yet.
    init(
        _ configuration: Configuration,
        logger: Logger,
        onListening: @escaping @Sendable (String) -> Void
    ) throws {
        self.logger = logger
        let registry = MetricsRegistry(help: MetricHelp.texts)
        let store = try SQLiteStore(path: configuration.storagePath)
        let client = try HTTPClient(configuration: configuration.client, logger: logger)
        let integrations = configuration.integrations.map { Integration($0) }
        let metrics = BridgeMetrics(factory: registry)
        let loop = BridgeLoop(
            store: store,
            transport: CurlTransport(client: client),
            integrations: integrations,
            policy: configuration.policy,
            ports: Ports(now: Timestamp.now),
            metrics: metrics,
            journal: Journal(logger: logger),
            drainMax: configuration.shutdownGrace
        )
        self.store = store
        self.client = client
        self.loop = loop
        signingSecret = try store.signingSecret()
        gate = Gate(Admission(configuration, madeKey: signingSecret))
        server = HTTPServerService(
            configuration: configuration.listening,
            endpoints: Endpoints(
                receiver: Receiver(gate: gate, loop: loop, metrics: metrics),
                health: HealthEndpoint(loop: loop),
                metrics: { registry.exposition(adding: gauges(of: store, at: .now())) }
            ),
            logger: logger,
            graceMilliseconds: Int(configuration.shutdownGrace.milliseconds),
            onListening: onListening
        )
    }

    /// Runs until a signal, then stops in order: the server first, so that everything that was
    /// received still gets its commit and its answer, then the loop.
    func run(stoppedBy signals: [UnixSignal]) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: loop), .init(service: server)],
                gracefulShutdownSignals: signals,
                logger: logger
            )
        )
        let result: Result<Void, any Error>
        do {
            result = .success(try await group.run())
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        store.close()
        try result.get()
    }
}

extension Integration {
    init(_ configuration: IntegrationConfiguration) {
        self.init(
            settings: configuration.settings,
            actito: ActitoPlatform(configuration.actito),
            didomi: DidomiPlatform(configuration.didomi),
            credentials: configuration.credentials,
            licences: configuration.licences,
            callsDidomi: configuration.didomi.api != nil
        )
    }
}
