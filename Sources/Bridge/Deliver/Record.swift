package import BridgeCore
import HTTPTypes
import JSON
package import Storage

/// What a delivery came to, for the storage and the person's snapshot.
extension Processor {
    func record(
        _ lane: LaneKey,
        _ id: DeliveryID,
        _ state: DeliveryState,
        _ attempts: Int,
        _ work: inout Work
    ) throws(StoreError) {
        let key = SnapshotKey(integration: lane.integration, subject: lane.subject)
        try load([key], &work)
        guard let delivery = work.calls[id] else {
            preconditionFailure("a record of a delivery that nobody planned")
        }
        var record = DeliveryRecord(
            id: id,
            lane: lane,
            kind: delivery.call.kind,
            state: state,
            attempts: attempts,
            createdAt: delivery.createdAt,
            waitingSince: delivery.waitingSince,
            finishedAt: state.isFinal ? work.now : nil,
            lastStatus: work.statuses[id],
            evidence: delivery.evidence
        )
        record.isUrgent = delivery.isUrgent
        work.record(record)
        if case .overdue = state, work.deciders[key]?.snapshot.open[lane.platform]?.id == id {
            work.deciders[key]?.snapshot.open[lane.platform]?.isOverdue = true
            work.touched.insert(key)
        }
        guard state.isFinal else { return }
        guard work.deciders[key]?.snapshot.open[lane.platform]?.id == id else {
            // What was refused is not planned any more, so that it is not open either.
            guard case .dead(.refused) = state else { return }
            work.touched.insert(key)
            work.deciders[key]?.noteDead(delivery, at: lane.platform)
            return
        }
        work.touched.insert(key)
        work.deciders[key]?.snapshot.open[lane.platform] = nil
        switch state {
        case .skipped(.profileNotFound):
            work.deciders[key]?.missProfile(delivery, at: work.now)
        case .dead:
            work.deciders[key]?.giveUp(delivery, at: lane.platform)
            if delivery.call.kind == .read { abandonReading(key, lane.platform, &work) }
        case .waiting, .inFlight, .held, .delivered, .skipped, .superseded, .overdue, .discarded:
            break
        }
    }

    /// A read that the platform refuses decides nothing for the grant that waits for it (S1).
    func abandonReading(
        _ key: SnapshotKey,
        _ platform: PlatformName,
        _ work: inout Work
    ) {
        let none = ChangeReference(entry: InboxID(0), index: 0)
        work.deciders[key]?.conclude(
            .unusable,
            Decider.Receipt(change: none, origin: platform, at: work.now)
        )
        // What only the profile explains does not wait for Didomi.
        guard platform == .actito else { return }
        let waiting = work.deciders[key]?.snapshot.unresolved ?? []
        work.deciders[key]?.snapshot.unresolved = []
        work.deciders[key]?.resolutions += waiting.map {
            Resolution(change: $0.change, outcome: .ignored(.unknownSubject))
        }
    }

    /// Stores the answers of reads, durably and in the order of webhooks, before anything rests on
    /// them.
    ///
    /// A 404 counts only while the table is known to be readable. Comes before the turn that takes
    /// the same events; when it throws, it can be repeated.
    package func storeReads(among events: [Event], at now: Timestamp) throws(StoreError) {
        var entries: [NewInboxEntry] = []
        var read: [DeliveryID] = []
        for case .replied(let lane, let id, .reply(let reply)) in events {
            guard let sent = inFlight[id], sent.delivery.call.kind == .read,
                isAnswer(reply, lane, at: now)
            else { continue }
            let stored = StoredRead(subject: lane.subject, call: sent.delivery.call, reply: reply)
            entries.append(
                NewInboxEntry(
                    platform: lane.platform,
                    integrations: [lane.integration],
                    type: StoredRead.type,
                    payload: stored.payload,
                    receivedAt: now,
                    correlation: sent.attempt.correlation
                )
            )
            read.append(id)
        }
        guard !entries.isEmpty else { return }
        _ = try store.append(entries)
        storedReads.formUnion(read)
        mayHaveUndecided = true
    }

    private func isAnswer(_ reply: PlatformReply, _ lane: LaneKey, at now: Timestamp) -> Bool {
        switch reply.status {
        case 200..<300: true
        case 404: lane.platform == .actito && engine.isTableProven(lane.access, at: now)
        default: false
        }
    }
}
