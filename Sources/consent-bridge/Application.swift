import ActitoAdapter
import AdminDescription
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
    let running: Running
    let loop: BridgeLoop
    /// Replace its admission, made with ``signingSecret``, when the configuration is loaded again.
    let gate: Gate
    let signingSecret: [UInt8]
    let observation: Observation
    /// What of the mappings does not fit the platforms now.
    let drift = LatestDrift()
    let server: HTTPServerService
    /// The operators' own listener, if the configuration has one.
    let adminServer: HTTPServerService?

    /// Opens the storage and puts the parts together; nothing runs yet.
    ///
    /// `onListening` and `onAdminListening` get the addresses.
    init(
        _ configuration: Configuration,
        logger: Logger,
        onListening: @escaping @Sendable (String) -> Void,
        onAdminListening: @escaping @Sendable (String) -> Void = { _ in }
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
        running = Running(configuration, client)
        self.loop = loop
        metrics.expect(configuration.integrations.map(\.settings.name))
        let observation = Observation(registry, running, of: loop, drift)
        self.observation = observation
        signingSecret = try store.signingSecret()
        let gate = Gate(Admission(configuration, madeKey: signingSecret))
        self.gate = gate
        let admin = AdminEndpoints(
            AdminEndpoints.Sources(of: loop, store, gate, drift),
            description: AdminDescription.json
        )
        func listener(
            _ listening: ServerConfiguration,
            _ place: Endpoints.Place,
            _ onListening: @escaping @Sendable (String) -> Void
        ) -> HTTPServerService {
            HTTPServerService(
                configuration: listening,
                endpoints: Endpoints(
                    receiver: Receiver(gate: gate, loop: loop, metrics: metrics),
                    health: HealthEndpoint(loop: loop),
                    admin: admin,
                    at: place,
                    metrics: observation.writeMetrics
                ),
                logger: logger,
                graceMilliseconds: Int(configuration.shutdownGrace.milliseconds),
                onListening: onListening
            )
        }
        let adminListening = configuration.adminListening
        adminServer = adminListening.map { listener($0, .operatorsOnly, onAdminListening) }
        server = listener(
            configuration.listening,
            adminListening == nil ? .everything : .webhooksOnly,
            onListening
        )
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
            .init(
                service: DriftWatch(running: running, loop: loop, latest: drift, logger: logger)
            ),
            .init(service: AlertService(observation, running, logger: logger)),
        ]
        if let adminServer { services.append(.init(service: adminServer)) }
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
        await running.client.shutdown()
        store.close()
        try result.get()
    }
}

extension AdminEndpoints.Sources {
    /// A bridge that runs.
    fileprivate init(
        of loop: BridgeLoop,
        _ store: any Store,
        _ gate: Gate,
        _ latest: LatestDrift
    ) {
        self.init(
            store: store,
            version: ConsentBridge.version,
            ports: Ports(now: Timestamp.now),
            integrations: { gate.admission.integrations }
        )
        platforms = { loop.condition.platforms }
        health = { HealthEndpoint(loop: loop).status }
        operate = { loop.operate($0, completion: $1) }
        drift = { latest.report.findings.map(\.json) }
        startedAt = .now()
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
