package import BridgeCore
import Storage

/// Something that an operator wants changed.
package struct Operation: Hashable, Sendable {
    package enum Request: Hashable, Sendable {
        /// Try these again; those that cannot be tried again are left alone.
        case retry([DeliveryID])
        case discard(DeliveryID, reason: String)
        /// Both keys are one person, from now on under the new one.
        case link(old: SubjectKey, new: SubjectKey, IntegrationName)
    }

    package var request: Request
    /// Who wants it (`OperatorAction.actor`).
    package var actor: String

    package init(_ request: Request, by actor: String) {
        self.request = request
        self.actor = actor
    }
}

/// What an operation came to.
package enum OperationResult: Hashable, Sendable {
    /// That many deliveries, or the keys, were changed.
    case done(Int)
    case refused(Refusal)

    package enum Refusal: Hashable, Sendable {
        case unknownDelivery
        /// It is in a state in which there is nothing to retry or discard.
        case wrongState(String)
        case inFlight
        case unknownSubject
        case unknownIntegration
        case sameKey
        case obstacle(Decider.JoiningObstacle)
        /// The storage took no commit, or the bridge stops.
        case unavailable
    }
}

extension Processor {
    /// Carries out one operation within a turn.
    func operate(_ operation: Operation, _ work: inout Work) throws(StoreError) -> OperationResult {
        switch operation.request {
        case .retry(let ids):
            var count = 0
            for id in ids where try retry(id, &work) {
                count += 1
                try note(.retry, operation.actor, id, &work)
            }
            guard count == 0, ids.count == 1, let id = ids.first else { return .done(count) }
            return .refused(try refusal(of: id, work))
        case .discard(let id, let reason):
            guard try discard(id, &work) else { return .refused(try refusal(of: id, work)) }
            try note(.discard, operation.actor, id, reason: reason, &work)
            return .done(1)
        case .link(let old, let new, let integration):
            return try link(old, to: new, in: integration, operation.actor, &work)
        }
    }

    /// Does to a delivery what an operator asked; false: its state does not allow it.
    private func retry(_ id: DeliveryID, _ work: inout Work) throws(StoreError) -> Bool {
        guard let record = try record(of: id, work), integrations[record.lane.integration] != nil,
            !work.isRevived(record)
        else { return false }
        let key = SnapshotKey(integration: record.lane.integration, subject: record.lane.subject)
        try load([key], &work)
        let platform = record.lane.platform
        switch record.state {
        case .waiting, .overdue:
            guard work.deciders[key]?.snapshot.open[platform]?.id == id else { return false }
            step(.hastened(record.lane), &work)
            return true
        case .held:
            guard work.deciders[key]?.release(id, announcedAt: record.waitingSince) == true else {
                return false
            }
        case .dead:
            guard work.deciders[key]?.revive(id) == true else { return false }
        case .skipped(.profileNotFound):
            work.deciders[key]?.snapshot.expectProfile()
        case .inFlight, .delivered, .skipped(.noMatchingAttribute), .superseded, .discarded:
            return false
        }
        engine.probeSoon(record.lane.access, at: work.now)
        work.touched.insert(key)
        work.revived[record.lane, default: []].append(record)
        return true
    }

    private func discard(_ id: DeliveryID, _ work: inout Work) throws(StoreError) -> Bool {
        guard var record = try record(of: id, work), integrations[record.lane.integration] != nil
        else { return false }
        guard !work.isRevived(record) else { return false }
        let key = SnapshotKey(integration: record.lane.integration, subject: record.lane.subject)
        try load([key], &work)
        switch record.state {
        case .waiting, .overdue:
            guard let open = work.deciders[key]?.snapshot.open[record.lane.platform],
                open.id == id, !open.isInFlight
            else { return false }
            work.calls[id] = open
            work.deciders[key]?.discard(open, at: record.lane.platform)
            if open.call.kind == .read { abandonReading(key, record.lane.platform, &work) }
            step(.discarded(record.lane), &work)
        case .held, .dead:
            _ = work.deciders[key]?.dropHeld(id)
            work.deciders[key]?.snapshot.deadWrites[id] = nil
            record.state = .discarded
            record.finishedAt = work.now
            work.record(record)
        case .inFlight, .delivered, .skipped, .superseded, .discarded:
            return false
        }
        work.touched.insert(key)
        return true
    }

    private func link(
        _ old: SubjectKey,
        to new: SubjectKey,
        in integration: IntegrationName,
        _ actor: String,
        _ work: inout Work
    ) throws(StoreError) -> OperationResult {
        guard integrations[integration] != nil else { return .refused(.unknownIntegration) }
        guard let link = links.link(old, to: new, in: integration) else {
            return .refused(.sameKey)
        }
        let former = SnapshotKey(integration: integration, subject: .key(link.old))
        let key = SnapshotKey(integration: integration, subject: .key(link.new))
        try load([former, key], &work)
        guard [former, key].contains(where: { work.deciders[$0]?.snapshot.isEmpty == false }) else {
            return .refused(.unknownSubject)
        }
        for person in [former, key] {
            if let obstacle = work.deciders[person]?.joiningObstacle {
                return .refused(.obstacle(obstacle))
            }
        }
        guard let known = work.deciders[former]?.snapshot else { return .refused(.unknownSubject) }
        work.deciders[key]?.join(known)
        for id in work.deciders[former]?.leave() ?? [] { try supersede(id, &work) }
        work.touched.formUnion([former, key])
        work.batch.links.append(link)
        links.insert(link)
        work.batch.actions.append(
            OperatorAction(.link, by: actor, at: work.now, of: former, reason: nil)
        )
        return .done(1)
    }

    /// The delivery as this turn has left it.
    private func record(of id: DeliveryID, _ work: Work) throws(StoreError) -> DeliveryRecord? {
        if let changed = work.records[id] { return changed }
        return try store.delivery(id)
    }

    private func refusal(
        of id: DeliveryID,
        _ work: Work
    ) throws(StoreError) -> OperationResult.Refusal {
        guard let record = try record(of: id, work) else { return .unknownDelivery }
        if integrations[record.lane.integration] == nil { return .unknownIntegration }
        // One that was retried in this turn is about to be sent.
        return record.state == .inFlight || work.isRevived(record)
            ? .inFlight : .wrongState(record.state.label)
    }

    private func note(
        _ kind: OperatorAction.Kind,
        _ actor: String,
        _ id: DeliveryID,
        reason: String? = nil,
        _ work: inout Work
    ) throws(StoreError) {
        let lane = try record(of: id, work)?.lane
        work.batch.actions.append(
            OperatorAction(
                kind,
                by: actor,
                at: work.now,
                delivery: id,
                of: lane.map { SnapshotKey(integration: $0.integration, subject: $0.subject) },
                reason: reason
            )
        )
    }

    func supersede(_ id: DeliveryID, _ work: inout Work) throws(StoreError) {
        guard var record = try record(of: id, work) else { return }
        record.state = .superseded
        record.finishedAt = work.now
        work.record(record)
    }

    /// Retried deliveries for which the plan found nothing to send: what they owed is there already,
    /// or another call carries it.
    func closeRevived(_ work: inout Work) throws(StoreError) {
        let left = work.revived.values.flatMap(\.self)
        work.revived = [:]
        for record in left { try supersede(record.id, &work) }
    }
}
