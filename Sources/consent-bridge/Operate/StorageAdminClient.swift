import Bridge
import BridgeCore
import CoreMetrics
import JSON
import Logging
import SQLiteStorage
import Storage
import Synchronization

/// The admin API on the storage alone, while no bridge runs; it holds the storage's lock.
struct StorageAdminClient: AdminClient {
    private let store: SQLiteStore
    private let endpoints: AdminEndpoints

    /// - Throws: `StoreError`, when a bridge holds the storage or it cannot be read.
    init(_ configuration: Configuration) throws {
        let store = try SQLiteStore(path: configuration.storagePath)
        self.store = store
        let integrations = configuration.integrations.map { Integration($0) }
        var sources = AdminEndpoints.Sources(
            store: store,
            version: ConsentBridge.version,
            ports: Ports(now: Timestamp.now),
            integrations: { integrations }
        )
        let worker = StorageOperator(store, integrations, configuration.policy)
        sources.operate = { operation, completion in completion(worker.carryOut(operation)) }
        endpoints = AdminEndpoints(sources, description: [])
    }

    func ask(_ question: AdminQuestion) async throws -> AdminAnswer {
        let request = AdminEndpoints.Request(
            method: question.method,
            segments: question.segments,
            query: question.query,
            body: question.body?.serialized() ?? [],
            caller: AdminAccess.Caller(role: .operator, name: "storage (\(userName))")
        )
        let response = await withCheckedContinuation { continuation in
            endpoints.handle(request) { continuation.resume(returning: $0) }
        }
        let body = try? JSONValue(parsing: response.body)
        return AdminAnswer(status: response.status, body: body ?? .null)
    }

    func close() async { store.close() }
}

/// Carries out what an operator wants as the bridge would, but sends nothing: the next start does.
private final class StorageOperator: Sendable {
    private let store: any Store
    private let integrations: [Integration]
    private let policy: Engine.Policy
    /// Made for the first operation: what is open is read once for all of them.
    private let processor = Mutex<Processor?>(nil)

    init(_ store: any Store, _ integrations: [Integration], _ policy: Engine.Policy) {
        self.store = store
        self.integrations = integrations
        self.policy = policy
    }

    func carryOut(_ operation: Operation) -> OperationResult {
        processor.withLock { known in
            do throws(StoreError) {
                if known == nil { known = try recovered() }
                let results = try known?.turn([], [operation], at: .now())
                _ = try known?.finish()
                return results?.first ?? .refused(.unavailable)
            } catch {
                // It may be half-way.
                known = nil
                return .refused(.unavailable)
            }
        }
    }

    private func recovered() throws(StoreError) -> sending Processor {
        let processor = Processor(
            store: store,
            integrations: integrations,
            policy: policy,
            randomness: SystemRandomNumberGenerator(),
            metrics: BridgeMetrics(factory: NOOPMetricsHandler.instance),
            journal: Journal(logger: Logger(label: "storage") { _ in SwiftLogNoOpLogHandler() })
        )
        processor.isDraining = true
        try processor.recover(at: .now())
        return processor
    }
}
