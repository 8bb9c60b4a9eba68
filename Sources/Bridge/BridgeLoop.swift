package import BridgeCore
import Dispatch
import Foundation
import ServiceLifecycle
package import Storage
import Synchronization

/// The one thread that owns storage writes, decisions and the engine.
///
/// Webhooks come first: everything that waits is committed in one transaction and answered, then
/// a bounded turn of the processor follows. Nothing here waits for a platform.
package final class BridgeLoop: Service {
    package typealias OperationCompletion = @Sendable (OperationResult) -> Void
    package typealias AppendCompletion = @Sendable (Result<AppendResult, StoreError>) -> Void

    /// What health shows.
    package struct Condition: Sendable {
        package var isStorageWorking: Bool { intakeTrouble != .storage }
        /// Why webhooks are not taken; nil: they are.
        package var intakeTrouble: IntakeTrouble?
        /// What intake keeps to.
        package var limits = IntakeLimits()
        package var isDraining = false
        /// A webhook that came now would be stored.
        package var isAccepting: Bool { intakeTrouble == nil && !isDraining }
        package var platforms: [PlatformName: PlatformCondition] = [:]
    }

    /// What a configuration decides of the loop's work.
    package struct Setup: Sendable {
        package var integrations: [Integration]
        package var policy: Engine.Policy
        package var transport: any Transport
        package var limits = IntakeLimits()

        package init(
            integrations: [Integration],
            policy: Engine.Policy,
            transport: any Transport
        ) {
            self.integrations = integrations
            self.policy = policy
            self.transport = transport
        }

        var platforms: Set<PlatformName> {
            integrations.contains { $0.callsDidomi } ? [.actito, .didomi] : [.actito]
        }
    }

    struct Mailbox {
        /// To work by once no call is in flight, and whom to tell.
        var replacement: (setup: Setup, completion: @Sendable () -> Void)?
        var webhooks: [(entry: NewInboxEntry, completion: AppendCompletion)] = []
        var events: [(generation: Int, event: Processor.Event)] = []
        var operations: [(operation: Operation, completion: OperationCompletion)] = []
        var errands: [Errand] = []
        var endedErrands: [AccessKey] = []
        var isStopping = false
        var isSignalled = false
    }

    let mailbox = Mutex(Mailbox())
    let signal = DispatchSemaphore(value: 0)
    private let state: Mutex<Condition>
    package let clockSkews = ClockSkews()
    package let store: any Store
    let ports: Ports
    package let metrics: BridgeMetrics
    let journal: Journal
    /// What the thread begins with.
    let firstSetup: Setup
    let drainMax: Interval

    /// `drainMax`: how long calls in flight may take to end at a stop.
    package init(
        store: any Store,
        setup: Setup,
        ports: Ports,
        metrics: BridgeMetrics,
        journal: Journal,
        drainMax: Interval
    ) {
        self.store = store
        firstSetup = setup
        state = Mutex(Condition(limits: setup.limits))
        self.ports = ports
        self.metrics = metrics
        self.journal = journal
        self.drainMax = drainMax
    }

    /// Works by another setup, from the moment when the calls in flight have ended; until then no
    /// new call begins, while webhooks are taken as ever.
    ///
    /// Returns then, or when the loop stops. Of two replacements at once the later one counts.
    package func replace(_ setup: Setup) async {
        await withCheckedContinuation { continuation in
            let (overtaken, isPosted) = post { mailbox in
                let overtaken = mailbox.replacement?.completion
                guard !mailbox.isStopping else { return (overtaken, false) }
                mailbox.replacement = (setup, { continuation.resume() })
                return (overtaken, true)
            }
            overtaken?()
            if !isPosted { continuation.resume() }
        }
    }

    /// The wall clock that everything in the bridge uses.
    package func now() -> Timestamp { ports.now() }

    /// Hands over a webhook; `completion` is called on the loop's thread after the commit.
    package func append(_ entry: NewInboxEntry, completion: @escaping AppendCompletion) {
        let isAccepted = post { mailbox in
            guard !mailbox.isStopping else { return false }
            mailbox.webhooks.append((entry, completion))
            return true
        }
        if !isAccepted { completion(.failure(.unavailable("the bridge is stopping"))) }
    }

    /// Has an operator's wish carried out; `completion` is called on the loop's thread once what
    /// came of it is stored.
    package func operate(_ operation: Operation, completion: @escaping OperationCompletion) {
        let isAccepted = post { mailbox in
            guard !mailbox.isStopping else { return false }
            mailbox.operations.append((operation, completion))
            return true
        }
        if !isAccepted { completion(.refused(.unavailable)) }
    }

    package var condition: Condition { state.withLock(\.self) }

    /// Runs until graceful shutdown, then until what was received is decided and what is in flight
    /// has ended or the time for it is over.
    package func run() async throws {
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await withCheckedThrowingContinuation { continuation in
                    let thread = Thread { [self] in
                        continuation.resume(with: Result { try work() })
                    }
                    thread.name = "bridge-loop"
                    thread.stackSize = Self.stackBytes
                    thread.start()
                }
            } onGracefulShutdown: { [self] in
                stop()
            }
        } onCancel: {
            stop()
        }
    }

    private func stop() {
        setCondition { $0.isDraining = true }
        _ = post { mailbox in
            mailbox.isStopping = true
            return true
        }
    }

    func setCondition(_ change: (inout Condition) -> Void) {
        state.withLock { change(&$0) }
    }

    /// Changes the mailbox and wakes the thread once.
    func post<Answer: Sendable>(_ change: (inout sending Mailbox) -> Answer) -> Answer {
        let (answer, needsSignal) = mailbox.withLock { mailbox in
            let answer = change(&mailbox)
            let needsSignal = !mailbox.isSignalled
            mailbox.isSignalled = true
            return (answer, needsSignal)
        }
        if needsSignal { signal.signal() }
        return answer
    }

    /// Decoding nests up to 64 levels.
    private static let stackBytes = 2 << 20
}
