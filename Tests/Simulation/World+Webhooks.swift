import BridgeTesting
import BridgeCore
import JSON
import Storage

/// Webhooks on their way: delayed, duplicated, given up and replayed.
extension World {
    /// A platform begins to send what it has to announce.
    func announce(
        _ payloads: [JSONValue],
        _ platform: PlatformName,
        echoOf key: String? = nil
    ) {
        for payload in payloads {
            webhookCount += 1
            report.webhooks += 1
            if let flattening = schedule.style.flattening,
                payload["type"]?.string == "user.updated"
            {
                reach(flattening.namesSource ? "flattened_with_source" : "flattened_without_source")
            }
            let webhook = Webhook(
                platform: platform,
                payload: payload,
                number: webhookCount,
                bornAt: now,
                echoOf: key
            )
            if now < Schedule.start {
                // Actito had no hook yet; Didomi may keep the event for later.
                guard platform == .didomi, chance.chance(50) else {
                    hasUntoldHistory = true
                    continue
                }
                reach("webhook_from_before_first_start")
                replay(webhook)
            } else if fails(.webhookGivenUp, percent: 30), platform == .didomi || isAbandoning {
                reach("webhook_given_up")
                replay(webhook)
            } else {
                post(webhook)
            }
        }
    }

    private func post(_ webhook: Webhook) {
        var delay = Interval(milliseconds: chance.milliseconds(80, 3000))
        if fails(.webhookDelayed) {
            reach("webhook_delayed")
            delay = Interval(milliseconds: chance.milliseconds(1000, longestDelay(webhook)))
        }
        agenda.plan(.post(webhook), at: now + delay)
        guard fails(.webhookDuplicated) else { return }
        reach("webhook_duplicated")
        let later = Interval(milliseconds: chance.milliseconds(10, 2 * longestDelay(webhook)))
        agenda.plan(.post(webhook), at: now + delay + later)
    }

    /// Didomi's may be days late; Actito's only if the mode says so.
    private func longestDelay(_ webhook: Webhook) -> Int64 {
        webhook.platform == .didomi ? 2 * Schedule.day : 4 * Schedule.minute
    }

    private var isAbandoning: Bool { schedule.mode == .abandoned }

    private func replay(_ webhook: Webhook) {
        let pause = Interval(milliseconds: chance.milliseconds(Schedule.day / 4, 5 * Schedule.day))
        var webhook = webhook
        webhook.failures = 0
        trace("webhook \(webhook.number) of \(webhook.platform) is given up")
        agenda.plan(.post(webhook), at: max(now, Schedule.start) + pause)
    }

    /// An attempt arrives at the bridge, if there is one.
    func arrive(_ webhook: Webhook) {
        guard let bridge, !bridge.isStopping else { return refused(webhook) }
        if webhook.platform == .actito, now - webhook.bornAt > Self.promptMax {
            isBeyondPromise = true
        }
        if let key = webhook.echoOf, oracle.hasChosen(key, after: webhook.bornAt) {
            reach("late_echo")
        }
        bridge.webhooks.append((webhook, bridgeNow))
        planTurn(at: now + Interval(milliseconds: chance.milliseconds(1, 40)))
    }

    /// The platform got no 2xx: at least five tries in five minutes (Didomi's documentation).
    func refused(_ webhook: Webhook) {
        var webhook = webhook
        webhook.failures += 1
        reach("webhook_refused")
        if webhook.failures >= Self.retryPauses.count {
            if webhook.platform == .didomi || isAbandoning {
                reach("webhook_given_up")
                return replay(webhook)
            }
        }
        let pause = Self.retryPauses[min(webhook.failures, Self.retryPauses.count) - 1]
        agenda.plan(.post(webhook), at: now + pause)
    }

    /// Remembers a deletion that names nothing but an event of which no webhook was accepted yet, or
    /// the number of a profile that another one has taken the place of.
    func noteUnknownDeletion(in webhook: Webhook) throws {
        if schedule.style.namesOnlyProfile, webhook.payload["eventType"]?.string == "DELETE",
            let id = webhook.payload["data"]?["profileId"]?.string, let key = deletedProfiles[id],
            try store.subject(ofProfile: id, in: Self.integration) == nil
        {
            hasUnknownDeletion.insert(key)
        }
        guard schedule.style.deletedEventsAreMinimal,
            webhook.payload["type"]?.string == "event.deleted"
        else { return }
        let text = String(decoding: webhook.payload.serialized(), as: UTF8.self)
        for event in didomi.events where text.contains("\"\(event.id)\"") {
            guard try store.subject(ofConsentEvent: event.id, in: Self.integration) == nil else {
                continue
            }
            hasUnknownDeletion.insert(event.key)
        }
    }

    /// Remembers which of Didomi's users an accepted webhook named.
    func noteUsers(in webhook: Webhook) {
        guard schedule.style.usersPerPerson > 1, webhook.platform == .didomi,
            webhook.payload["type"]?.string != "user.deleted",
            webhook.payload["regulation"]?.string == "gdpr"
        else { return }
        let text = String(decoding: webhook.payload.serialized(), as: UTF8.self)
        for person in 0..<schedule.style.people {
            for number in 0..<schedule.style.usersPerPerson {
                let user = Self.user(number, of: person)
                if text.contains("\"\(user)\"") { toldUsers.insert(user) }
            }
        }
    }

    /// The entry of a webhook, as `Receive.swift` makes it.
    func entry(of webhook: Webhook, at receivedAt: Timestamp) -> NewInboxEntry {
        NewInboxEntry(
            platform: webhook.platform,
            integrations: [Self.integration],
            type: webhook.payload["type"]?.string ?? webhook.payload["eventType"]?.string ?? "",
            identity: senderIdentity(of: webhook.payload, from: webhook.platform),
            payload: webhook.payload.serialized(),
            receivedAt: receivedAt
        )
    }

    private static let retryPauses: [Interval] = [5, 20, 55, 90, 120].map { .seconds($0) }
    /// Below the window of 900 s by what a read and a decision take.
    private static let promptMax = Interval.seconds(780)
}
