import BridgeCore
import BridgeTesting
import CoreMetrics
import Foundation
import HTTPTypes
import Logging
import Storage
import Synchronization
import Testing

@testable import Bridge
@testable import consent_bridge

/// The loop on a storage of which one call fails: it goes on by itself, and nothing is lost.
@Suite(.timeLimit(.minutes(1)))
struct StorageReadTests {
    /// Of a start, whose errors end the process.
    private static let callsOfStart = 5

    @Test func `whichever call fails, the loop goes on and everything arrives`() async throws {
        let calls = try await Self.play(failing: 0)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for failing in Self.callsOfStart + 1...calls {
                group.addTask { try await Self.play(failing: failing) }
            }
            try await group.waitForAll()
        }
    }

    /// Three people withdraw; ends when all of them are unsubscribed.
    ///
    /// Returns the number of calls of the storage.
    private static func play(failing: Int) async throws -> Int {
        let inner = InMemoryStore()
        let store = FaultyStore(inner, failing: failing, .beforeEffect)
        let platform = AnsweringTransport()
        let loop = BridgeLoop(
            store: store,
            setup: try BridgeLoop.Setup.shop(transport: platform),
            ports: Ports(now: Timestamp.now, randomness: SeededRandom(seed: 1)),
            metrics: BridgeMetrics(factory: NOOPMetricsHandler.instance),
            journal: Journal(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            drainMax: .seconds(5)
        )
        let running = Task { try await loop.run() }
        for person in ["ann", "ben", "cleo"] {
            // As Didomi does, until it is told 200.
            while case .failure = await Self.append(Self.withdrawal(of: person), to: loop) {}
        }
        await platform.waitForPeople(3)
        running.cancel()
        try await running.value
        let calls = store.callCount
        // Not a call of the loop, which may have made fewer this time.
        let ledger = try inner.ledger()
        #expect(ledger.inboxDifference == 0 && ledger.deliveriesDifference == 0)
        return calls
    }

    private static func append(
        _ entry: NewInboxEntry,
        to loop: BridgeLoop
    ) async -> Result<AppendResult, StoreError> {
        await withCheckedContinuation { continuation in
            loop.append(entry) { continuation.resume(returning: $0) }
        }
    }

    private static func withdrawal(of person: String) -> NewInboxEntry {
        NewInboxEntry(
            platform: .didomi,
            integrations: [IntegrationName("default")],
            type: "event.created",
            payload: Array(
                """
                {"type":"event.created","parameters":{"entity":{"id":"\(person)",
                "created_at":"2026-11-24T09:00:00Z",
                "user":{"organization_user_id":"\(person)@example.com"},
                "consents":{"channels":[{"id":"email","enabled":false}]}}}}
                """.utf8
            ),
            receivedAt: .now()
        )
    }
}

/// An Actito that takes everything.
private final class AnsweringTransport: Transport {
    private let people = Mutex(Set<String>())
    private let (changes, changed) = AsyncStream.makeStream(of: Int.self)

    func start(
        _ request: PlatformRequest,
        completion: @escaping @Sendable (TransportResult) -> Void
    ) {
        if request.method == .patch {
            changed.yield(
                people.withLock {
                    $0.insert(request.url); return $0.count
                }
            )
        }
        let body =
            request.url.hasSuffix("/auth/token")
            ? #"{"accessToken":"t","expiresIn":"900s"}"#
            : #"{"id":"16","name":"Readers","attributes":[]}"#
        completion(.reply(PlatformReply(status: 200, body: Array(body.utf8))))
    }

    /// Until that many people were written.
    func waitForPeople(_ count: Int) async {
        for await written in changes where written == count { return }
    }
}
