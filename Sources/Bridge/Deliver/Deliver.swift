import BridgeCore
import HTTPTypes
import JSON
import Storage

/// The last part of a webhook's way: requests out, answers back into the replicas.
extension Processor {
    /// Carries out what the engine decided: records for the batch, requests to send after it.
    func carryOutEffects(_ work: inout Work) throws(StoreError) {
        var isReadyAlready = false
        repeat {
            isReadyAlready = false
            if !isDraining {
                work.effects += engine.step(.timer, at: work.now, using: &randomness)
            }
            let effects = work.effects
            work.effects = []
            for effect in effects {
                switch effect {
                case .record(let lane, let delivery, let state, let attempts):
                    try record(lane, delivery, state, attempts, &work)
                case .send(let lane, let delivery, let createsProfile):
                    try send(lane, delivery, createsProfile: createsProfile, &work)
                case .prepare(let key):
                    isReadyAlready = !prepare(key, &work) || isReadyAlready
                case .expire(let key, let part):
                    expire(part, of: key)
                }
            }
            // What ended made room for the next call of the same person.
            try plan(&work)
        } while !work.effects.isEmpty || isReadyAlready
        try correlate(&work)
        work.close()
    }

    func expire(_ part: Engine.SessionPart, of key: AccessKey) {
        switch part {
        case .token: accesses[key]?.token = nil
        case .table: accesses[key]?.schema = nil
        }
    }

    /// Begins a call: from the commit on it counts as sent.
    private func send(
        _ lane: LaneKey,
        _ id: DeliveryID,
        createsProfile: Bool,
        _ work: inout Work
    ) throws(StoreError) {
        let key = SnapshotKey(integration: lane.integration, subject: lane.subject)
        try load([key], &work)
        guard var decider = work.deciders[key], let integration = integrations[lane.integration],
            var delivery = decider.snapshot.open[lane.platform], delivery.id == id
        else { preconditionFailure("the engine sends what is not planned") }
        delivery.createsProfile = createsProfile
        if createsProfile { delivery.call = .write(decider.snapshot.completeWrite) }
        decider.snapshot.open[lane.platform] = delivery
        decider.begin(delivery, at: lane.platform, now: work.now)
        work.deciders[key] = decider
        work.touched.insert(key)
        work.calls[id] = decider.snapshot.open[lane.platform]
        var call = Call(
            subject: lane.subject,
            profileID: decider.snapshot.profileID,
            delivery: delivery,
            preferences: decider.snapshot.listsToWrite(integration.settings.mapping)
        )
        call.isKeyChanged = decider.snapshot.isKeyChanged
        let access = accesses[lane.access] ?? Access()
        let platform = integration.platform(lane.platform)
        guard let request = platform.encode(call, with: access) else {
            // A choice that cannot be said now is refused and stays visible, a withdrawal as
            // overdue (S2); only metadata ends as nothing to send.
            let verdict: Verdict = call.hasChoices ? .refused(status: 0) : .nothingToSend
            end(lane, id, verdict, status: nil, &work)
            return
        }
        work.drafts.append(
            RequestDraft(purpose: .call(lane, id), request: request, delivery: delivery)
        )
    }

    /// Counts and logs the metadata of a finished delivery that the profile has no place for.
    private func noteLeftOut(
        of delivery: OpenDelivery,
        _ lane: LaneKey,
        after verdict: Verdict,
        _ work: inout Work
    ) {
        guard verdict == .accepted || verdict == .nothingToSend,
            let platform = integrations[lane.integration]?.platform(lane.platform)
        else { return }
        let call = Call(subject: lane.subject, profileID: nil, delivery: delivery)
        let faults = platform.attributesLeftOut(of: call, with: accesses[lane.access] ?? Access())
        guard !faults.isEmpty else { return }
        work.attributesLeftOut += faults
        journal.leftOut(faults, lane, delivery.id)
    }

    /// Asks for what the session lacks; false: nothing, so its calls may begin at once.
    private func prepare(_ key: AccessKey, _ work: inout Work) -> Bool {
        guard let platform = integrations[key.integration]?.platform(key.platform) else {
            return true
        }
        let access = accesses[key] ?? Access()
        guard let request = platform.preparation(for: access, at: work.now) else {
            step(.prepared(key, .accepted, readiness(of: key, at: work.now)), &work)
            return false
        }
        work.drafts.append(RequestDraft(purpose: .preparation(key), request: request))
        return true
    }

    private func readiness(of key: AccessKey, at now: Timestamp) -> Readiness {
        let access = accesses[key] ?? Access()
        let platform = integrations[key.integration]?.platform(key.platform)
        let isReady = platform?.preparation(for: access, at: now) == nil
        return Readiness(
            readyUntil: isReady ? access.token?.renewAt : nil,
            tableReadAt: access.schema?.readAt
        )
    }

    /// Takes an answer: verdict, replicas, next step of the lane.
    func take(_ event: Event, _ work: inout Work) throws(StoreError) {
        switch event {
        case .prepared(let key, let result):
            let verdict = verdict(ofPreparation: key, result, at: work.now)
            if let attempt = preparing.removeValue(forKey: key) {
                journal.prepared(key, attempt, .init(result, verdict, at: work.now))
            }
            note(verdict, of: key.platform)
            step(.prepared(key, verdict, readiness(of: key, at: work.now)), &work)
        case .replied(let lane, let id, let result):
            let key = SnapshotKey(integration: lane.integration, subject: lane.subject)
            try load([key], &work)
            guard let delivery = work.deciders[key]?.snapshot.open[lane.platform],
                let integration = integrations[lane.integration], let sent = inFlight[id]
            else { preconditionFailure("an answer to what was not sent") }
            inFlight[id] = nil
            let attempt = sent.attempt
            let call = Call(subject: lane.subject, profileID: nil, delivery: delivery)
            let verdict: Verdict
            var status: Int?
            switch result {
            case .reply(let reply):
                status = reply.status
                verdict = integration.platform(lane.platform).verdict(on: reply, to: call)
            case .failed(let mayHaveArrived):
                verdict =
                    mayHaveArrived
                    ? .unknown(retryAfter: nil)
                    : .unavailable(retryAfter: nil, countsAsAttempt: true)
            }
            work.batch.attempts.append(
                AttemptRecord(
                    delivery: id,
                    sentAt: attempt.sentAt,
                    endedAt: work.now,
                    method: attempt.request.method.rawValue,
                    url: attempt.request.url,
                    body: attempt.request.body,
                    status: status,
                    verdict: verdict.label
                )
            )
            metrics.platformAnswered(
                lane.platform,
                attempt.request.method.rawValue,
                status: status ?? 0,
                after: work.now - attempt.sentAt
            )
            note(verdict, of: lane.platform)
            if storedReads.remove(id) != nil {
                work.deciders[key]?.snapshot.readingStored.insert(lane.platform)
            }
            let ending = Attempt.Ending(result, verdict, at: work.now)
            journal.attempted(sent.delivery, in: lane, attempt, ending)
            end(lane, id, verdict, status: status, &work)
        }
    }

    private func note(_ verdict: Verdict, of platform: PlatformName) {
        switch verdict {
        case .unauthorized, .misconfigured, .unavailable, .unknown:
            failingPlatforms.insert(platform)
        case .accepted, .missing, .refused, .duplicate, .nothingToSend:
            failingPlatforms.remove(platform)
        }
    }

    /// An attempt ended: the replicas first, then the lane.
    private func end(
        _ lane: LaneKey,
        _ id: DeliveryID,
        _ verdict: Verdict,
        status: Int?,
        _ work: inout Work
    ) {
        let key = SnapshotKey(integration: lane.integration, subject: lane.subject)
        guard let delivery = work.deciders[key]?.snapshot.open[lane.platform] else { return }
        work.touched.insert(key)
        work.deciders[key]?.end(delivery, at: lane.platform, verdict, now: work.now)
        work.calls[id] = work.deciders[key]?.snapshot.open[lane.platform]
        work.statuses[id] = status
        noteLeftOut(of: delivery, lane, after: verdict, &work)
        var reply = Engine.Reply(verdict)
        if case .write(let write) = delivery.call {
            reply.isDivisible = write.partCount > 1 && write.userID == nil
            reply.mayCreateProfile =
                write.hasGrant && lane.platform == .actito
                && integrations[lane.integration]?.settings.createsProfiles == true
        }
        step(.replied(lane, id, reply), &work)
    }

    private func verdict(
        ofPreparation key: AccessKey,
        _ result: TransportResult,
        at now: Timestamp
    ) -> Verdict {
        guard let platform = integrations[key.integration]?.platform(key.platform),
            case .reply(let reply) = result
        else { return .unavailable(retryAfter: nil, countsAsAttempt: true) }
        var access = accesses[key] ?? Access()
        let verdict = platform.prepare(&access, with: reply, at: now)
        accesses[key] = access
        return verdict
    }
}
