package import BridgeCore
import Dispatch
import Storage
import Synchronization

/// What the loop's thread does.
extension BridgeLoop {
    func work(_ processor: Processor) throws(StoreError) {
        try processor.recover(at: now())
        var events: [Processor.Event] = []
        var stopAt: Timestamp?
        while true {
            let mail = takeMail()
            append(mail.webhooks, processor)
            events += mail.events
            if mail.isStopping, stopAt == nil {
                stopAt = now() + drainMax
                processor.isDraining = true
            }
            let isStoring = try turn(processor, &events)
            let isBusy = isStoring && processor.mayHaveUndecided
            if let stopAt, !isBusy, processor.inFlightCount == 0 || now() >= stopAt {
                journal.drained(processor.inFlightCount)
                return
            }
            if !isBusy { wait(processor, isStoring: isStoring, stopAt: stopAt) }
        }
    }

    private func takeMail() -> Mailbox {
        mailbox.withLock { mailbox in
            let taken = Mailbox(
                webhooks: mailbox.webhooks,
                events: mailbox.events,
                isStopping: mailbox.isStopping
            )
            mailbox.webhooks = []
            mailbox.events = []
            mailbox.isSignalled = false
            return taken
        }
    }

    /// The group commit: everything that waits in one transaction, then every answer.
    private func append(
        _ webhooks: [(entry: NewInboxEntry, completion: AppendCompletion)],
        _ processor: Processor
    ) {
        guard !webhooks.isEmpty else { return }
        do {
            let results = try store.append(webhooks.map(\.entry))
            setCondition { $0.isStorageWorking = true }
            processor.mayHaveUndecided = true
            metrics.committed(batchOf: webhooks.count)
            let committedAt = now()
            for (webhook, result) in zip(webhooks, results) {
                metrics.accepted(after: committedAt - webhook.entry.receivedAt)
                webhook.completion(.success(result))
            }
        } catch {
            setCondition { $0.isStorageWorking = false }
            journal.storageFailed(error)
            for webhook in webhooks { webhook.completion(.failure(error)) }
        }
    }

    /// One turn of the processor; false if the storage did not take it and it has to be repeated.
    private func turn(
        _ processor: Processor,
        _ events: inout [Processor.Event]
    ) throws(StoreError) -> Bool {
        let now = now()
        do {
            if !processor.hasUnstored { try processor.storeReads(among: events, at: now) }
        } catch {
            return storingFailed(error)
        }
        if !processor.hasUnstored {
            let due = processor.nextWakeAt.map { $0 <= now } ?? false
            guard !events.isEmpty || processor.mayHaveUndecided || due else { return true }
            try processor.turn(events, at: now)
            events = []
        }
        do {
            for send in try processor.finish() { start(send) }
        } catch {
            return storingFailed(error)
        }
        let failing = processor.failingPlatforms
        setCondition { condition in
            for platform in platforms {
                condition.platforms[platform] = !failing.contains(platform)
            }
        }
        return true
    }

    private func storingFailed(_ error: StoreError) -> Bool {
        setCondition { $0.isStorageWorking = false }
        journal.storageFailed(error)
        return false
    }

    private func start(_ send: Processor.Send) {
        transport.start(send.request) { [self] result in
            _ = post { mailbox in
                switch send.purpose {
                case .call(let lane, let delivery):
                    mailbox.events.append(.replied(lane, delivery, result))
                case .preparation(let key):
                    mailbox.events.append(.prepared(key, result))
                }
                return true
            }
        }
    }

    /// Waits for mail, the engine's next moment, or the next try of a storage that failed.
    private func wait(_ processor: Processor, isStoring: Bool, stopAt: Timestamp?) {
        let moments = [
            isStoring ? processor.nextWakeAt : now() + Self.storagePause,
            stopAt,
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
    /// Calls to platforms that have not been answered, preparations included.
    package var inFlightCount: Int { engine.inFlightCount }
    /// When there is something to do without any other input; nil: never.
    package var nextWakeAt: Timestamp? {
        isDraining ? nil : [engine.nextWakeAt, nextDueAt].compactMap(\.self).min()
    }
}
