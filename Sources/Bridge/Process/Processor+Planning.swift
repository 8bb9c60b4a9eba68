import BridgeCore
import Storage

/// Decisions to calls, and the engine's effects to records and requests.
extension Processor {
    /// Plans both platforms' lanes of everybody that the turn touched.
    func plan(_ work: inout Work) throws(StoreError) {
        let ordered = work.touched
            .map { (key: $0, integration: $0.integration.text, subject: $0.subject.storedText) }
            .sorted { ($0.integration, $0.subject) < ($1.integration, $1.subject) }
        for key in ordered.map(\.key) {
            try holdGrants(key, &work)
            for platform in PlatformName.allCases { try plan(key, platform, &work) }
        }
        try closeRevived(&work)
    }

    private func plan(
        _ key: SnapshotKey,
        _ platform: PlatformName,
        _ work: inout Work
    ) throws(StoreError) {
        guard let decider = work.deciders[key] else { return }
        let snapshot = decider.snapshot
        let current = snapshot.open[platform]
        if let current, current.isInFlight { return }
        guard platform == .actito || integrations[key.integration]?.callsDidomi == true else {
            return
        }
        var call = makePlan(for: platform, snapshot, decider.settings)
        if call != nil, current?.createsProfile == true { call = .write(snapshot.completeWrite) }
        let isUrgent =
            switch call {
            case .readProfile: snapshot.needsUrgentProfile
            case .readUsers: true
            case .write, .readConsentEvents, nil: false
            }
        if call == current?.call, isUrgent == current?.isUrgent ?? false { return }
        let lane = LaneKey(
            integration: key.integration,
            platform: platform,
            subject: key.subject
        )
        guard let call else {
            work.deciders[key]?.snapshot.open[platform] = nil
            step(.planned(lane, nil), &work)
            return
        }
        let evidence = snapshot.evidence(for: call, at: work.now)
        var delivery = OpenDelivery(
            id: try id(forCallIn: lane, &work),
            call: call,
            event: ownEvent(for: call, to: platform, snapshot, at: work.now),
            waitingSince: evidence.since,
            createdAt: work.now,
            evidence: evidence.entries
        )
        delivery.isUrgent = isUrgent
        delivery.isOverdue = snapshot.isOverdue(call, at: platform)
        work.deciders[key]?.snapshot.open[platform] = delivery
        work.calls[delivery.id] = delivery
        var draft = Engine.Draft(
            delivery: delivery.id,
            kind: call.kind,
            waitingSince: evidence.since,
            isUrgent: isUrgent
        )
        draft.isOverdue = delivery.isOverdue
        step(.planned(lane, draft), &work)
    }

    /// A new number, unless an operator retries an old delivery of the lane.
    private func id(
        forCallIn lane: LaneKey,
        _ work: inout Work
    ) throws(StoreError) -> DeliveryID {
        if let revived = work.revived[lane]?.popLast() { return revived.id }
        return try store.makeDeliveryID()
    }

    /// A consent event's identity: a random id, and a time after everything that Didomi holds for
    /// its fields (design section 4, Identity).
    private func ownEvent(
        for call: PlannedCall,
        to platform: PlatformName,
        _ snapshot: Snapshot,
        at now: Timestamp
    ) -> OwnEvent? {
        guard platform == .didomi, case .write(let write) = call else { return nil }
        let known = write.choices.keys.flatMap { field in
            let state = snapshot.fields[field]
            return [state?.newestTimeAtDidomi, state?.didomi.newestEventCreatedAt]
        }
        let lists = write.choices.keys.map { field -> Timestamp? in
            guard case .preference(let id, _) = field else { return nil }
            return snapshot.preferences[id]?.seenAt
        }
        let newest = (known + lists).compactMap(\.self).max()
        return OwnEvent(
            id: randomUUID(using: &randomness),
            createdAt: max(now, newest.map { $0 + .seconds(1) } ?? now)
        )
    }

    /// Gives the engine an input; calls begin only in ``carryOutEffects(_:)``, when everything is
    /// planned.
    func step(_ input: Engine.Input, _ work: inout Work) {
        for effect in engine.take(input, at: work.now, using: &randomness) {
            if case .expire(let key, let part) = effect {
                // At once: an answer of the same turn must not find the session ready.
                expire(part, of: key)
            } else {
                work.effects.append(effect)
            }
        }
    }
}

/// A version 4 UUID (RFC 9562) from the given randomness.
func randomUUID(using randomness: inout some RandomNumberGenerator) -> String {
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &randomness) }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
    let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16]
    return groups.map { digits[$0].joined() }.joined(separator: "-")
}
