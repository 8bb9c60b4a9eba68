import BridgeTesting
import CoreMetrics
import Foundation
import HTTPTypes
import JSON
import Logging
import Storage

@testable import Bridge
@testable import BridgeCore
@testable import consent_bridge

/// The shipping processor on a storage in memory and a clock that only the conversation moves.
final class ConversationBridge {
    /// A request on its way.
    struct Call {
        let send: Processor.Send
        var platform: PlatformName {
            switch send.purpose {
            case .call(let lane, _): lane.platform
            case .preparation(let key): key.platform
            }
        }
    }

    let store = InMemoryStore()
    let integrations: [Integration]
    private(set) var now: Timestamp
    private(set) var processor: Processor
    private let policy: Engine.Policy
    private(set) var inFlight: [Call] = []
    private var events: [Processor.Event] = []
    private var isDead = false
    /// Every request in the order of its sending.
    private(set) var requests: [Call] = []
    /// Answers a request at once; nil: it stays on its way.
    var answer: (Call) -> TransportResult? = { _ in nil }

    init(_ configuration: Configuration, at start: Timestamp) throws {
        integrations = configuration.integrations.map { Integration($0) }
        policy = configuration.policy
        now = start
        processor = Self.makeProcessor(store, integrations, policy)
        try begin()
    }

    private static func makeProcessor(
        _ store: InMemoryStore,
        _ integrations: [Integration],
        _ policy: Engine.Policy
    ) -> Processor {
        Processor(
            store: store,
            integrations: integrations,
            policy: policy,
            randomness: SeededRandom(seed: 7),
            metrics: BridgeMetrics(factory: NOOPMetricsHandler.instance),
            journal: Journal(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        )
    }

    private func begin() throws {
        let token = Access.Token(text: "t", renewAt: now + .seconds(40 * 86_400))
        for integration in integrations {
            for platform in PlatformName.allCases {
                let schema = Access.LiveSchema(
                    tableID: "16",
                    attributes: nil,
                    subscriptions: nil,
                    // Proven at every moment of the conversation.
                    readAt: now + .seconds(40 * 86_400)
                )
                processor.accesses[
                    AccessKey(integration: integration.name, platform: platform)
                ] = Access(token: token, schema: schema)
            }
        }
        try processor.recover(at: now)
        try processor.noteReception(isReceiving: true, at: now)
    }

    /// The process dies; what was on its way is not heard of any more, and what is received is
    /// stored only.
    func die() throws {
        if !isDead { try store.noteReception(at: now) }
        isDead = true
        inFlight = []
        events = []
    }

    /// The process dies, if it has not yet, and starts again.
    func restart() throws {
        try die()
        isDead = false
        processor = Self.makeProcessor(store, integrations, policy)
        try begin()
        try settle()
    }

    /// Lets the time pass up to a moment, with everything that becomes due on the way.
    func advance(to moment: Timestamp) throws {
        while !isDead, let wake = processor.nextWakeAt, wake <= moment {
            now = max(now, wake)
            try settle()
            if let again = processor.nextWakeAt, again <= now {
                now = now + Interval(milliseconds: 1)
            }
        }
        now = max(now, moment)
        try settle()
    }

    /// Delivers a webhook; its entry, or nil for a repetition.
    func receive(_ body: JSONValue, from platform: PlatformName, event: String?) throws -> InboxID?
    {
        let webhook = Receiver.Webhook(
            platform: platform,
            integration: nil,
            event: event,
            request: InboundRequest(method: "POST", path: "/", body: body.serialized())
        )
        let payload = try webhook.parse().get()
        let entry = webhook.entry(payload, for: integrations.map(\.name), at: now)
        let result = try store.append([entry]).first
        processor.mayHaveUndecided = true
        try settle()
        if case .accepted(let id)? = result { return id }
        return nil
    }

    /// Has an operator's wishes carried out in one turn, as the loop does.
    func operate(_ operations: [Bridge.Operation.Request]) throws -> [OperationResult] {
        try processor.storeReads(among: events, at: now)
        let taken = events
        events = []
        let wishes = operations.map { Bridge.Operation($0, by: "operator (jo)") }
        let results = try processor.turn(taken, wishes, at: now)
        send(try processor.finish())
        try settle()
        return results
    }

    /// Gives the oldest call to a platform its answer.
    func finish(_ platform: PlatformName, _ result: (Call) -> TransportResult) throws -> Bool {
        guard let index = inFlight.firstIndex(where: { $0.platform == platform }) else {
            return false
        }
        let call = inFlight.remove(at: index)
        end(call, result(call))
        try settle()
        return true
    }

    /// Gives every call its answer, all in one turn.
    func finishAll(_ result: (Call) -> TransportResult) throws {
        let calls = inFlight
        inFlight = []
        for call in calls { end(call, result(call)) }
        try settle()
    }

    private func end(_ call: Call, _ result: TransportResult) {
        switch call.send.purpose {
        case .call(let lane, let delivery): events.append(.replied(lane, delivery, result))
        case .preparation(let key): events.append(.prepared(key, result))
        }
    }

    private func settle() throws {
        while !isDead {
            let isDue = processor.nextWakeAt.map { $0 <= now } ?? false
            guard !events.isEmpty || processor.mayHaveUndecided || isDue else { return }
            try processor.storeReads(among: events, at: now)
            let taken = events
            events = []
            try processor.turn(taken, at: now)
            let sends = try processor.finish()
            send(sends)
            if taken.isEmpty, sends.isEmpty, !processor.mayHaveUndecided { return }
        }
    }

    private func send(_ sends: [Processor.Send]) {
        for send in sends {
            let call = Call(send: send)
            requests.append(call)
            if let result = answer(call) { end(call, result) } else { inFlight.append(call) }
        }
    }
}
