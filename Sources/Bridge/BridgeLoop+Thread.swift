package import BridgeCore
import Dispatch
import Storage
import Synchronization

/// What the loop's thread does.
extension BridgeLoop {
    /// What the thread works with now.
    struct Shift {
        var setup: Setup
        var processor: Processor
        var replacement: (setup: Setup, completion: @Sendable () -> Void)?
        var events: [Processor.Event] = []
        var operations: [(operation: Operation, completion: OperationCompletion)] = []
        /// What the operations came to in a turn that is not stored yet.
        var results: [OperationResult] = []
        var stopAt: Timestamp?
        var intake: Intake
        /// The storage broke off a turn: the processor cannot go on.
        var isBroken = false
        /// Answers to calls of an earlier processor count for nothing: their fate is unknown.
        var generation = 0
        /// Requests that the transport has not reported back, of any processor, and errands.
        var underWay = 0
        /// Those that wait for the licence's limits, and when these are to be asked again.
        var errands: [Errand] = []
        var askErrandsAt: Timestamp?
    }

    func work() throws(StoreError) {
        var shift = Shift(
            setup: firstSetup,
            processor: makeProcessor(firstSetup),
            intake: Intake(limits: firstSetup.limits)
        )
        defer {
            shift.replacement?.completion()
            refuseErrands(shift)
            let late = takeMail()
            for (_, completion) in shift.operations + late.operations {
                completion(.refused(.unavailable))
            }
            for webhook in late.webhooks {
                webhook.completion(.failure(.unavailable("the bridge has stopped")))
            }
        }
        try shift.processor.recover(at: now())
        while true {
            takeMail(&shift)
            beginErrands(&shift)
            let isStoring = turn(&shift)
            let isBusy = isStoring && shift.processor.mayHaveUndecided
            let inFlight = shift.processor.inFlightCount
            if let stopAt = shift.stopAt, !isBusy, inFlight == 0 || now() >= stopAt {
                journal.drained(inFlight)
                return
            }
            if isBusy || takeReplacement(&shift, isStoring: isStoring) { continue }
            let mayWaitLong = shift.replacement == nil || inFlight > 0
            wait(shift, isStoring: isStoring && mayWaitLong)
        }
    }

    private func makeProcessor(_ setup: Setup) -> Processor {
        Processor(
            store: store,
            integrations: setup.integrations,
            policy: setup.policy,
            randomness: ports.randomness,
            metrics: metrics,
            journal: journal
        )
    }

    /// One that has read everything again and keeps to the limits that the other has used.
    private func makeSuccessor(
        of processor: Processor,
        _ setup: Setup
    ) throws(StoreError) -> Processor {
        let successor = makeProcessor(setup)
        successor.follow(processor)
        try successor.recover(at: now())
        return successor
    }

    /// Goes on as after a restart with the new setup, but with nothing in doubt: everything is
    /// decided and no call is in flight.
    ///
    /// False: there is none, or it cannot be taken yet.
    private func takeReplacement(_ shift: inout Shift, isStoring: Bool) -> Bool {
        guard let replacement = shift.replacement, isStoring, shift.stopAt == nil,
            shift.processor.inFlightCount == 0
        else { return false }
        do {
            shift.processor = try makeSuccessor(of: shift.processor, replacement.setup)
        } catch {
            _ = storingFailed(error, &shift)
            return false
        }
        shift.setup = replacement.setup
        shift.intake.limits = replacement.setup.limits
        shift.replacement = nil
        setCondition { condition in
            condition.platforms = [:]
            condition.limits = replacement.setup.limits
        }
        replacement.completion()
        return true
    }

    /// Reads everything again after a turn that the storage broke off; what was in flight has an
    /// unknown verdict, as after a crash.
    ///
    /// False: the transport has not ended all of that yet, and a licence's limits hold all the time.
    private func startOver(_ shift: inout Shift) throws(StoreError) -> Bool {
        guard shift.underWay == 0 else { return false }
        let successor = try makeSuccessor(of: shift.processor, shift.setup)
        successor.isDraining = shift.processor.isDraining
        shift.processor = successor
        shift.isBroken = false
        shift.generation += 1
        shift.events = []
        return true
    }

    private func takeMail(_ shift: inout Shift) {
        let mail = takeMail()
        append(mail.webhooks, &shift)
        if shift.intake.trouble != nil { shift.intake.look(at: store, now: now()) }
        show(shift.intake)
        noteReception(&shift)
        shift.underWay -= mail.events.count
        shift.operations += mail.operations
        endErrands(mail.endedErrands, &shift)
        shift.errands += mail.errands
        shift.events += mail.events.filter { $0.generation == shift.generation }.map(\.event)
        if let replacement = mail.replacement { shift.replacement = replacement }
        if mail.isStopping, shift.stopAt == nil { shift.stopAt = now() + drainMax }
        shift.processor.isDraining = shift.stopAt != nil || shift.replacement != nil
    }

    private func noteReception(_ shift: inout Shift) {
        do {
            let isReceiving = shift.intake.trouble == nil
            try shift.processor.noteReception(isReceiving: isReceiving, at: now())
        } catch {
            _ = storingFailed(error, &shift)
        }
    }

    private func takeMail() -> Mailbox {
        mailbox.withLock { mailbox in
            let taken = Mailbox(
                replacement: mailbox.replacement,
                webhooks: mailbox.webhooks,
                events: mailbox.events,
                operations: mailbox.operations,
                errands: mailbox.errands,
                endedErrands: mailbox.endedErrands,
                isStopping: mailbox.isStopping
            )
            mailbox.replacement = nil
            mailbox.webhooks = []
            mailbox.events = []
            mailbox.operations = []
            mailbox.errands = []
            mailbox.endedErrands = []
            mailbox.isSignalled = false
            return taken
        }
    }

    /// The group commit: everything that waits in one transaction, then every answer.
    private func append(
        _ arrived: [(entry: NewInboxEntry, completion: AppendCompletion)],
        _ shift: inout Shift
    ) {
        guard !arrived.isEmpty else { return }
        var webhooks = arrived[...]
        do {
            let room = try shift.intake.room(for: arrived.count, in: store, now: now())
            webhooks = arrived.prefix(room)
            show(shift.intake)
            let refusal = StoreError.unavailable(shift.intake.trouble?.rawValue ?? "")
            for webhook in arrived.dropFirst(room) { webhook.completion(.failure(refusal)) }
            guard !webhooks.isEmpty else { return }
            let results = try store.append(webhooks.map(\.entry))
            shift.processor.mayHaveUndecided = true
            metrics.committed(batchOf: webhooks.count)
            let committedAt = now()
            for (webhook, result) in zip(webhooks, results) {
                metrics.accepted(after: committedAt - webhook.entry.receivedAt)
                webhook.completion(.success(result))
            }
        } catch {
            shift.intake.fail(at: now())
            show(shift.intake)
            journal.storageFailed(error)
            for webhook in webhooks { webhook.completion(.failure(error)) }
        }
    }

    /// One turn of the processor; false if the storage did not take it and it has to be repeated.
    private func turn(_ shift: inout Shift) -> Bool {
        do {
            if shift.isBroken, try !startOver(&shift) { return false }
            try takeTurn(&shift)
            return true
        } catch {
            return storingFailed(error, &shift)
        }
    }

    private func takeTurn(_ shift: inout Shift) throws(StoreError) {
        let (processor, now) = (shift.processor, now())
        if !processor.hasUnstored {
            try processor.storeReads(among: shift.events, at: now)
            let due = processor.nextWakeAt.map { $0 <= now } ?? false
            let hasInput = !shift.events.isEmpty || !shift.operations.isEmpty
            guard hasInput || processor.mayHaveUndecided || due else { return }
            shift.isBroken = true
            let operations = shift.operations.map(\.operation)
            shift.results = try processor.turn(shift.events, operations, at: now)
            shift.isBroken = false
            shift.events = []
        }
        for send in try processor.finish() {
            shift.underWay += 1
            start(send, shift)
        }
        complete(&shift)
        let conditions = shift.setup.platforms.map { ($0, processor.condition(of: $0)) }
        setCondition { condition in
            for (platform, known) in conditions { condition.platforms[platform] = known }
        }
    }

    /// Tells operators what their wishes came to: the turn is stored.
    private func complete(_ shift: inout Shift) {
        // Those that came after the turn have no result yet.
        let count = shift.results.count
        for (wish, result) in zip(shift.operations, shift.results) { wish.completion(result) }
        shift.operations.removeFirst(count)
        shift.results = []
    }

    private func storingFailed(_ error: StoreError, _ shift: inout Shift) -> Bool {
        shift.intake.fail(at: now())
        show(shift.intake)
        journal.storageFailed(error)
        return false
    }

    private func show(_ intake: Intake) {
        let old = condition.intakeTrouble
        guard old != intake.trouble else { return }
        setCondition { $0.intakeTrouble = intake.trouble }
        journal.intakeChanged(intake.trouble)
    }

    private func start(_ send: Processor.Send, _ shift: Shift) {
        let generation = shift.generation
        let request = send.request.carrying(send.correlation)
        let sentAt = now()
        shift.setup.transport.start(request) { [self] result in
            if case .reply(let reply) = result {
                let platform = send.purpose.platform
                clockSkews.note(reply, of: platform, sentAt: sentAt, receivedAt: now())
            }
            let event: Processor.Event =
                switch send.purpose {
                case .call(let lane, let delivery): .replied(lane, delivery, result)
                case .preparation(let key): .prepared(key, result)
                }
            post { $0.events.append((generation, event)) }
        }
    }

    /// Waits for mail, the engine's next moment, or the next try of a storage that failed.
    private func wait(_ shift: Shift, isStoring: Bool) {
        let moments = [
            isStoring ? shift.processor.nextWakeAt : now() + Self.storagePause,
            shift.stopAt, shift.intake.nextLookAt, shift.processor.nextNoteAt,
            shift.askErrandsAt,
        ]
        guard let moment = moments.compactMap(\.self).min() else { return signal.wait() }
        let milliseconds = max(0, (moment - now()).milliseconds)
        _ = signal.wait(timeout: .now() + .milliseconds(Int(min(milliseconds, Self.waitMax))))
    }

    /// Between two tries of a storage that does not take a commit.
    private static let storagePause = Interval.seconds(1)
    /// A clock that was set back must not make a wait much longer.
    private static let waitMax: Int64 = 60_000
}

extension Processor {
    /// Takes over what another one knows of the platforms' limits.
    package func follow(_ other: Processor) {
        engine.follow(other.engine)
        isSuccessor = true
        reception = other.reception
    }

    /// What people are shown of a platform.
    func condition(of platform: PlatformName) -> PlatformCondition {
        var condition = engine.condition(of: platform)
        condition.isWorking = !failingPlatforms.contains(platform)
        return condition
    }

    /// Calls to platforms that have not been answered, preparations included.
    package var inFlightCount: Int { engine.inFlightCount }
    /// When there is something to do without any other input; nil: never.
    package var nextWakeAt: Timestamp? {
        isDraining ? nil : [engine.nextWakeAt, nextDueAt].compactMap(\.self).min()
    }
    /// When ``noteReception(isReceiving:at:)`` is to be called without any other input.
    package var nextNoteAt: Timestamp? {
        isDraining ? nil : reception.nextNoteAt
    }
}
