import BridgeCore
import Storage

/// Grants that an operator has to release, and the alarms of rule S7.
extension Processor {
    /// Grants that Actito contradicts (D3) or that the brake stops become held deliveries; those
    /// that a newer choice made needless are superseded, and so is what is dead.
    func holdGrants(_ key: SnapshotKey, _ work: inout Work) throws(StoreError) {
        guard let decider = work.deciders[key] else { return }
        for (field, hold) in decider.fieldsToHold.sorted(by: { $0.key < $1.key }) {
            try self.hold(hold, of: field, key, &work)
        }
        work.deciders[key]?.fieldsToHold = [:]
        for id in decider.supersededHolds {
            try supersede(id, &work)
        }
        work.deciders[key]?.supersededHolds = []
        let overtaken = work.deciders[key]?.snapshot.dropOvertakenDeadWrites() ?? []
        for id in overtaken { try supersede(id, &work) }
        for _ in decider.alarms {
            journal.repairedTooOften(key.integration)
            metrics.repairedTooOften(at: work.now)
        }
        work.deciders[key]?.alarms = []
    }

    private func hold(
        _ hold: Decider.Hold,
        of field: Field,
        _ key: SnapshotKey,
        _ work: inout Work
    ) throws(StoreError) {
        guard let entry = hold.verification.changes.first?.entry else { return }
        let id = try store.makeDeliveryID()
        let origin = hold.verification.cause.origin
        if let earlier = work.deciders[key]?.snapshot.fields[field]?.heldGrant {
            try supersede(earlier.delivery, &work)
        }
        work.deciders[key]?.snapshot.fields[field]?.heldGrant = HeldGrant(
            delivery: id,
            chosenAt: hold.verification.chosenAt,
            evidence: entry,
            origin: origin
        )
        work.record(
            DeliveryRecord(
                id: id,
                lane: LaneKey(
                    integration: key.integration,
                    platform: origin.other,
                    subject: key.subject
                ),
                kind: .grant,
                state: .held(hold.reason),
                attempts: 0,
                createdAt: work.now,
                waitingSince: hold.verification.announcedAt,
                evidence: [entry]
            )
        )
    }

    /// Lets a read decide, with the brake as it stands.
    func conclude(
        _ reading: Reading,
        _ receipt: Decider.Receipt,
        of key: SnapshotKey,
        _ work: inout Work
    ) throws(StoreError) {
        guard var decider = work.deciders.removeValue(forKey: key) else { return }
        var brake = try brake(of: decider.settings, at: work.now)
        decider.isBraking = brake.holds(key.subject, at: work.now)
        let known = decider.history.count
        decider.conclude(reading, receipt)
        let hasGained = decider.history.dropFirst(known)
            .contains { $0.entry.origin == .actito && $0.entry.choice.isGranted }
        if hasGained { brake.note(key.subject, at: work.now) }
        brakes[key.integration] = brake
        work.deciders[key] = decider
        work.touched.insert(key)
    }

    private func brake(
        of settings: IntegrationSettings,
        at now: Timestamp
    ) throws(StoreError) -> Brake {
        if let known = brakes[settings.name] { return known }
        let people = try store.peopleGranted(
            byActitoSince: now - settings.brake.window,
            in: settings.name
        )
        return Brake(settings.brake, people: people)
    }
}
