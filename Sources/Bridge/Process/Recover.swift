package import BridgeCore
package import Storage

/// What a start finds: open deliveries go back into their lanes.
extension Processor {
    /// Reads what is open.
    ///
    /// What was in flight when the process ended has an unknown verdict (design section 5,
    /// Recovery). Nothing is sent before the waiting entries are decided.
    package func recover(at now: Timestamp) throws(StoreError) {
        engine.isHolding = true
        // Written here, since a turn must not fail when the storage takes no commit.
        for name in integrations.keys.sorted(by: { $0.text < $1.text }) {
            firstStarts[name] = try store.firstStart(of: name, now: now)
        }
        links = KeyLinks(try store.keyLinks())
        if !isSuccessor { engine.recall(try store.callsBegun(since: now - .seconds(60))) }
        nextDueAt = try store.nextDueAt()
        var last: DeliveryID?
        while true {
            let page = try store.openDeliveries(after: last, limit: Self.pageSize)
            guard let end = page.last else { break }
            last = end.id
            try recover(page, at: now)
        }
    }

    private func recover(_ page: [DeliveryRecord], at now: Timestamp) throws(StoreError) {
        var work = Work(at: now)
        var recovered: [Engine.Recovered] = []
        for var record in page where integrations[record.lane.integration] != nil {
            if record.state == .inFlight {
                if !isSuccessor { engine.recall([record.lane.access: [now]]) }
                try endUnknown(record, &work)
                record.state = .waiting(until: now)
                work.record(record)
            }
            recovered.append(
                Engine.Recovered(
                    lane: record.lane,
                    draft: Engine.Draft(
                        delivery: record.id,
                        kind: record.kind,
                        waitingSince: record.waitingSince,
                        isUrgent: try isUrgent(record, &work)
                    ),
                    attempts: record.attempts,
                    nextAttemptAt: record.state.nextAttemptAt ?? now,
                    isOverdue: record.state.label == "overdue"
                )
            )
        }
        step(.recovered(recovered), &work)
        // What came while a call was in flight is not planned yet; nothing begins while this holds.
        try plan(&work)
        try carryOutEffects(&work)
        try store.commit(work.batch)
    }

    /// Whether a read may end in a withdrawal (S10): only its person's snapshot knows.
    private func isUrgent(
        _ record: DeliveryRecord,
        _ work: inout Work
    ) throws(StoreError) -> Bool {
        guard record.kind == .read else { return false }
        let key = SnapshotKey(integration: record.lane.integration, subject: record.lane.subject)
        try load([key], &work)
        return work.deciders[key]?.snapshot.open[record.lane.platform]?.isUrgent ?? false
    }

    private func endUnknown(_ record: DeliveryRecord, _ work: inout Work) throws(StoreError) {
        let key = SnapshotKey(integration: record.lane.integration, subject: record.lane.subject)
        try load([key], &work)
        guard let delivery = work.deciders[key]?.snapshot.open[record.lane.platform],
            delivery.id == record.id
        else { throw .unusable("an open delivery is not in its person's snapshot") }
        work.deciders[key]?.end(
            delivery,
            at: record.lane.platform,
            .unknown(retryAfter: nil),
            now: work.now
        )
        work.touched.insert(key)
    }

    private static let pageSize = 1000
}
