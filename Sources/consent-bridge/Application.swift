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
import Synchronization
import UnixSignals

/// The composition root: the only place that names concrete types.
final class Application: Sendable {
    let logger: Logger
    let store: SQLiteStore
    /// What it runs by; another one after a reload.
    private let running: Mutex<(configuration: Configuration, client: HTTPClient)>
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
        let metrics = BridgeMetrics(factory: registry)
        let loop = BridgeLoop(
            store: store,
            setup: BridgeLoop.Setup(configuration, client),
            ports: Ports(now: Timestamp.now),
            metrics: metrics,
            journal: Journal(logger: logger),
            drainMax: configuration.shutdownGrace
        )
        self.store = store
        running = Mutex((configuration, client))
        self.loop = loop
        signingSecret = try store.signingSecret()
        gate = Gate(Admission(configuration, madeKey: signingSecret))
        server = HTTPServerService(
            configuration: configuration.listening,
            endpoints: Endpoints(
                receiver: Receiver(gate: gate, loop: loop, metrics: metrics),
                health: HealthEndpoint(loop: loop),
                metrics: {
                    registry.exposition(
                        adding: gauges(of: store, at: .now()) + loop.clockSkews.gauges
                    )
                }
            ),
            logger: logger,
            graceMilliseconds: Int(configuration.shutdownGrace.milliseconds),
            onListening: onListening
        )
    }

    var configuration: Configuration { running.withLock(\.configuration) }
    var client: HTTPClient { running.withLock(\.client) }

    /// Notes what it runs by from now on.
    func keep(_ configuration: Configuration, _ client: HTTPClient) {
        running.withLock { $0 = (configuration, client) }
    }

    /// Runs until a signal, then stops in order: the server first, so that everything that was
    /// received still gets its commit and its answer, then the loop.
    ///
    /// `load` reads the configuration again at SIGHUP; nil: SIGHUP is nothing special.
    func run(
        stoppedBy signals: [UnixSignal],
        load: (@Sendable () throws -> Configuration)? = nil
    ) async throws {
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: loop), .init(service: server),
        ]
        if let load {
            let signals = await UnixSignalsSequence(trapping: .sighup)
            services.append(
                .init(service: ReloadService(application: self, signals: signals, load: load))
            )
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services,
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
        table = configuration.actito.tableID ?? configuration.actito.tableName
    }
}
