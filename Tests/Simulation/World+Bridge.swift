import BridgeTesting
import Bridge
import BridgeCore
import Storage

/// One process of the bridge: what it holds in memory dies with it.
final class RunningBridge {
    let processor: Processor
    var webhooks: [(webhook: Webhook, receivedAt: Timestamp)] = []
    var events: [Processor.Event] = []
    var isStopping = false
    var stopAt: Timestamp?
    var lanesInFlight: Set<LaneKey> = []
    var callsInFlight: [PlatformName: Int] = [:]
    /// Calls to Actito by the bridge's clock, for its limit a minute.
    var callsBegun: [Timestamp] = []

    init(_ processor: Processor) {
        self.processor = processor
    }
}

/// What the bridge's loop thread does (`BridgeLoop+Thread.swift`), with a crash at each of its steps.
extension World {
    func startBridge() throws {
        generation += 1
        trace("the bridge starts")
        let bridge = RunningBridge(makeProcessor())
        self.bridge = bridge
        let isReady: Void? = try attempt(canRetry: false) {
            try bridge.processor.recover(at: bridgeNow)
        }
        guard isReady != nil else { return }
        planTurn(at: now)
    }

    func stopBridge(downFor pause: Interval) {
        guard let bridge, !bridge.isStopping else { return }
        trace("SIGTERM")
        reach("restart")
        bridge.isStopping = true
        bridge.processor.isDraining = true
        bridge.stopAt = now + .seconds(25)
        armedCrash = nil
        restartPause = pause
        planTurn(at: now)
        planTurn(at: now + .seconds(25))
    }

    /// Whether the process dies here.
    func crashes(at point: CrashPoint) -> Bool {
        guard let armed = armedCrash, armed.point == point else { return false }
        armedCrash = nil
        reach("crash_\(point.rawValue)")
        trace("CRASH \(point.rawValue), down for \(armed.downFor.seconds) s")
        die(downFor: armed.downFor)
        return true
    }

    func die(downFor pause: Interval) {
        let lost = bridge?.webhooks ?? []
        // What the loop notes twice a minute.
        try? store.noteReception(at: bridgeNow)
        bridge = nil
        operatorServed = nil
        for (webhook, _) in lost { refused(webhook) }
        agenda.plan(.start, at: now + pause)
    }

    func planTurn(at time: Timestamp) {
        if let planned = nextTurnAt, planned <= time, planned >= now { return }
        nextTurnAt = time
        agenda.plan(.turn, at: time)
    }

    /// One round of the loop: webhooks first, then a turn of the processor.
    func turn() throws {
        if let planned = nextTurnAt, planned <= now { nextTurnAt = nil }
        guard let bridge else { return }
        let noted: Void? = try attempt(canRetry: true) {
            try bridge.processor.noteReception(isReceiving: !isDiskFull, at: bridgeNow)
        }
        guard noted != nil, try append(bridge), try turn(bridge) else { return }
        try checkStep(bridge)
        noteProbes(bridge)
        if bridge.processor.mayHaveUndecided { return planTurn(at: now) }
        if bridge.isStopping, bridge.processor.inFlightCount == 0 || now >= bridge.stopAt ?? now {
            trace("the bridge has stopped")
            return die(downFor: restartPause)
        }
        if let stopAt = bridge.stopAt { return planTurn(at: stopAt) }
        guard let wake = bridge.processor.nextWakeAt else { return }
        planTurn(at: max(now, wake - clockError))
    }

    private var isDiskFull: Bool { diskFullUntil.map { now < $0 } ?? false }

    /// The group commit; false if the process died.
    private func append(_ bridge: RunningBridge) throws -> Bool {
        let webhooks = bridge.webhooks
        guard !webhooks.isEmpty else { return true }
        bridge.webhooks = []
        if isDiskFull || crashes(at: .beforeAppend) {
            reach("no_commit_no_2xx")
            for (webhook, _) in webhooks { refused(webhook) }
            return self.bridge != nil
        }
        let entries = webhooks.map { entry(of: $0.webhook, at: $0.receivedAt) }
        let appended = try attempt(canRetry: true) { try bridgeStore.append(entries) }
        guard let results = appended else {
            for (webhook, _) in webhooks { refused(webhook) }
            return self.bridge != nil
        }
        bridge.processor.mayHaveUndecided = true
        if crashes(at: .afterAppend) {
            for (webhook, _) in webhooks { refused(webhook) }
            return false
        }
        for ((webhook, _), result) in zip(webhooks, results) {
            switch result {
            case .accepted(let id):
                trace("webhook \(webhook.number) is entry \(id.number): \(describe(webhook))")
                acknowledged.insert(id)
                noteUsers(in: webhook)
                try noteUnknownDeletion(in: webhook)
            case .duplicate(let first):
                reach("duplicate_recognised")
                trace("webhook \(webhook.number) is a duplicate of entry \(first.number)")
            }
            if fails(.webhookAnswerLost) { refused(webhook) }
        }
        return !crashes(at: .afterAcknowledgement)
    }

    /// The processor's turn and its commit; false if the process died or the storage failed.
    private func turn(_ bridge: RunningBridge) throws -> Bool {
        let processor = bridge.processor
        if isDiskFull {
            reach("disk_full")
            // Half of the times the turn has begun when the commit fails.
            if !processor.hasUnstored, chance.chance(50) { try takeTurn(bridge) }
            planTurn(at: now + .seconds(1))
            return false
        }
        if !processor.hasUnstored {
            let stored: Void? = try attempt(canRetry: true) {
                try processor.storeReads(among: bridge.events, at: bridgeNow)
            }
            guard stored != nil else { return false }
            if bridge.events.contains(where: \.isAnswerOfCall), crashes(at: .afterStoredRead) {
                return false
            }
            let isDue = processor.nextWakeAt.map { $0 <= bridgeNow } ?? false
            let hasInput = !bridge.events.isEmpty || operatorReleases != nil
            if hasInput || processor.mayHaveUndecided || isDue {
                let taken: Void? = try attempt(canRetry: false) { try takeTurn(bridge) }
                guard taken != nil else { return false }
            }
        }
        if crashes(at: .afterTurn) { return false }
        let finished = try attempt(canRetry: true) { try processor.finish() }
        guard let sends = finished else { return false }
        noteDecisions()
        try traceDecisions()
        if crashes(at: .afterCommit) { return false }
        for send in sends { begin(send, bridge) }
        return sends.isEmpty || !crashes(at: .afterSend)
    }

    private func takeTurn(_ bridge: RunningBridge) throws {
        if isDiskFull { try bridge.processor.storeReads(among: bridge.events, at: bridgeNow) }
        let wishes = try wishes()
        let results = try bridge.processor.turn(
            bridge.events,
            wishes.map(\.operation),
            at: bridgeNow
        )
        bridge.events = []
        if operatorReleases != nil { operatorServed = Array(zip(wishes, results)) }
    }

    private func begin(_ send: Processor.Send, _ bridge: RunningBridge) {
        checkCall(send, bridge)
        carry(send)
    }
}

extension Processor.Event {
    fileprivate var isAnswerOfCall: Bool {
        if case .replied = self { true } else { false }
    }
}
