import Bridge
import BridgeCore
import HTTPTypes
import JSON
import Storage

/// What must hold at every step, and at the end.
extension World {
    /// A call is about to leave: lanes, limits, evidence.
    func checkCall(_ send: Processor.Send, _ bridge: RunningBridge) {
        let platform = platform(of: send)
        if case .call(let lane, _) = send.purpose {
            if !bridge.lanesInFlight.insert(lane).inserted {
                violate("lane", "two calls for one person at \(platform) at a time")
            }
            checkGrants(send, lane.subject)
            checkValues(lane)
        }
        bridge.callsInFlight[platform, default: 0] += 1
        guard platform == .actito else { return }
        if bridge.callsInFlight[platform, default: 0] > Self.limits.concurrent {
            violate("governor_concurrency", "over \(Self.limits.concurrent) calls at a time")
        }
        bridge.callsBegun.append(bridgeNow)
        bridge.callsBegun.removeAll { bridgeNow - $0 >= .seconds(60) }
        if bridge.callsBegun.count > Self.limits.perMinute {
            violate("governor_minute", "over \(Self.limits.perMinute) calls in a minute")
        }
    }

    /// What begins is what the register says, not what it said once.
    private func checkValues(_ lane: LaneKey) {
        let key = SnapshotKey(integration: lane.integration, subject: lane.subject)
        guard let snapshot = try? store.snapshots(of: [key])[key],
            case .write(let write) = snapshot.open[lane.platform]?.call
        else { return }
        for (field, choice) in write.choices
        where snapshot.fields[field]?.register?.choice != choice {
            violate("outdated", "\(field.name) is written as \(choice.rawValue)")
        }
    }

    /// S1: nobody's grant is written who never gave it.
    private func checkGrants(_ send: Processor.Send, _ subject: Subject) {
        guard let body = try? JSONValue(parsing: send.request.body), let key = subject.key else {
            return
        }
        if send.isByNumber { reach("withdrawal_by_number") }
        if body["user"]?["id"] != nil { reach("told_one_user") }
        for (field, name) in ModelActito.subscriptionByField {
            let atActito = body["subscriptions"]?[name]?.bool
            let id = if case .channel(let id) = field { id } else { "newsletter" }
            let kind = if case .channel = field { "channels" } else { "purposes" }
            let atDidomi = body["consents"]?[kind]?.array?.first { $0["id"]?.string == id }
            let isGrant = atActito ?? atDidomi?["enabled"]?.bool ?? false
            if isGrant, send.isByNumber {
                violate("A6_number", "\(field.name) is granted under another key")
            }
            let matter = Oracle.Matter(key: person(of: key.text), field: field)
            if isGrant, !oracle.hasGranted(matter) {
                violate("S1_invented", "\(field.name) is granted for \(key.text), who never did")
            }
        }
    }

    /// The breaker's half-open probe.
    func noteProbes(_ bridge: RunningBridge) {
        for platform in PlatformName.allCases {
            let key = AccessKey(integration: Self.integration, platform: platform)
            if bridge.processor.isProbing(key) { reach("breaker_half_open") }
        }
    }

    /// After each turn: at most one open delivery in each lane.
    func checkStep(_ bridge: RunningBridge) throws {
        var lanes: Set<LaneKey> = []
        for delivery in try store.openDeliveries(after: nil, limit: 1000)
        where !lanes.insert(delivery.lane).inserted {
            violate("lane_store", "two open deliveries in one lane")
        }
        let ledger = try store.ledger()
        if ledger.inboxDifference != 0 || ledger.deliveriesDifference != 0 {
            violate("S12_conservation", "the sums differ after a turn")
        }
        guard bridge.processor.hasUnstored else { return }
        violate("unstored", "a turn that was stored is still there")
    }

    /// When all is quiet.
    func judge() throws {
        if bridge == nil { violate("not_running", "the bridge does not run at the end") }
        try judgeConservation()
        try noteDeliveries()
        for matter in oracle.matters { try judge(matter) }
        if isBeyondPromise { reach("actito_after_the_window") }
    }

    /// The ends that deliveries came to, for the list of what was reached.
    private func noteDeliveries() throws {
        for number in 1..<(try store.makeDeliveryID().number) {
            guard let delivery = try store.delivery(DeliveryID(number)) else { continue }
            let end = [delivery.state.label, delivery.state.reason].compactMap(\.self)
            reach("\(delivery.kind.rawValue)_\(end.joined(separator: "_"))")
        }
    }

    /// S9 and S12: everything accepted has outcomes, everything planned has ended or is shown.
    private func judgeConservation() throws {
        let counts = try store.counts()
        if counts.inboxDifference != 0 || counts.deliveriesDifference != 0 {
            violate("S12_conservation", "the sums differ")
        }
        if counts.inboxUndecided > 0 || counts.inboxPending > 0 {
            let waiting = "\(counts.inboxUndecided) undecided, \(counts.inboxPending) pending"
            violate("S9_without_outcome", waiting)
        }
        for id in acknowledged {
            guard let state = try store.state(of: id), state != .waiting else {
                violate("S9_without_outcome", "entry \(id.number) has no outcome")
                continue
            }
            for change in try store.changes(of: id) {
                guard let outcome = change.outcome else { continue }
                reach("outcome_\(outcome.reason ?? outcome.label)")
            }
        }
        let open = try store.openDeliveries(after: nil, limit: 100)
        for delivery in open where delivery.state.label != "overdue" {
            violate("S2_stuck", "delivery \(delivery.id.number) is \(delivery.state.label)")
        }
    }
}

extension Processor.Send {
    /// A write to a profile's number instead of its key.
    fileprivate var isByNumber: Bool {
        guard request.method == .patch else { return false }
        return request.url.split(separator: "/").last.flatMap { Int($0) } != nil
    }
}
