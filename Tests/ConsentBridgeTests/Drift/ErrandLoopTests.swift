import Bridge
import BridgeCore
import BridgeTesting
import CoreMetrics
import Logging
import Storage
import Testing

@testable import consent_bridge

/// Calls that are no deliveries ask the running loop for leave.
@Suite(.timeLimit(.minutes(1)))
struct ErrandLoopTests {
    private static let actito = AccessKey(
        integration: IntegrationName("default"),
        platform: .actito
    )

    /// A transport that is never needed, since nothing is delivered.
    private struct NoTransport: Transport {
        func start(
            _ request: PlatformRequest,
            completion: @escaping @Sendable (TransportResult) -> Void
        ) {
            completion(.failed(mayHaveArrived: false))
        }
    }

    /// Runs a test on a loop whose licence allows one call at a time and two in a minute.
    private static func run(_ test: (BridgeLoop, Task<Void, any Error>) async throws -> Void)
        async throws
    {
        let configuration = try Configuration.shop(limits: "{ per_minute: 2, concurrent: 1 }")
        let loop = BridgeLoop(
            store: InMemoryStore(),
            setup: BridgeLoop.Setup(
                integrations: configuration.integrations.map { Integration($0) },
                policy: configuration.policy,
                transport: NoTransport()
            ),
            ports: Ports(now: Timestamp.now, randomness: SeededRandom(seed: 1)),
            metrics: BridgeMetrics(factory: NOOPMetricsHandler.instance),
            journal: Journal(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            drainMax: .seconds(5)
        )
        let running = Task { try await loop.run() }
        try await test(loop, running)
        running.cancel()
        try await running.value
    }

    @Test func `they take place one after the other, and no more than the minute allows`()
        async throws
    {
        try await Self.run { loop, _ in
            let answers = await withTaskGroup(of: Int?.self) { group in
                for number in 1...2 {
                    group.addTask { await loop.call(for: Self.actito) { number } }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers) == [1, 2])
            // The third has to wait for the next minute, so it is given up.
            let third = Task { await loop.call(for: Self.actito) { 3 } }
            third.cancel()
            #expect(await third.value == nil)
        }
    }

    @Test func `nobody waits for an integration that is not there`() async throws {
        try await Self.run { loop, _ in
            let stranger = AccessKey(integration: IntegrationName("x"), platform: .actito)
            #expect(await loop.call(for: stranger) { 1 } == nil)
        }
    }

    @Test func `the end refuses those that wait and those that come later`() async throws {
        try await Self.run { loop, running in
            for number in 1...2 { #expect(await loop.call(for: Self.actito) { number } == number) }
            let waiting = Task { await loop.call(for: Self.actito) { 3 } }
            running.cancel()
            #expect(await waiting.value == nil)
            #expect(await loop.call(for: Self.actito) { 4 } == nil)
        }
    }

    @Test func `a reload waits for one that is under way`() async throws {
        try await Self.run { loop, _ in
            let (begins, begin) = AsyncStream.makeStream(of: Void.self)
            let (ends, end) = AsyncStream.makeStream(of: Void.self)
            let errand = Task {
                await loop.call(for: Self.actito) {
                    begin.yield()
                    for await _ in ends { return 1 }
                    return 2
                }
            }
            for await _ in begins { break }
            async let replaced: Void = loop.replace(
                try BridgeLoop.Setup.shop(transport: NoTransport())
            )
            end.yield()
            try await replaced
            #expect(await errand.value == 1)
            // The successor has no limits, and knows nothing of what it did not begin.
            #expect(await loop.call(for: Self.actito) { 3 } == 3)
        }
    }
}
