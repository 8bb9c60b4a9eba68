import Bridge
import BridgeCore
import JSON
import Storage

/// What a person's field came to on both sides, when all is quiet.
private struct Ending {
    /// Didomi's users that show the grant.
    var grantedUsers: [String] = []
    /// Didomi would show the grant if nobody had deleted anything there.
    var wasGrantedAtDidomi = false
    var hasProfile: Bool
    var isGrantedAtActito: Bool

    var isGrantedAtDidomi: Bool { !grantedUsers.isEmpty }
    var differs: Bool { hasProfile && isGrantedAtDidomi != isGrantedAtActito }

    var text: String {
        "Didomi \(isGrantedAtDidomi ? "yes" : "no"), Actito \(isGrantedAtActito ? "yes" : "no")"
    }
}

/// Nobody whose last choice was no holds a grant, and the platforms agree.
extension World {
    func judge(_ matter: Oracle.Matter) throws {
        guard let choices = oracle.choices[matter], let last = choices.last,
            last.at > Schedule.start
        else { return }
        if hasUntoldHistory, !choices.contains(where: \.isToldByDidomi) {
            return reach("untold_history")
        }
        if last.cause == .deletedUser, let shownAt = didomi.usersShownAt[matter.key],
            shownAt > last.at
        {
            // Another user came into being before the bridge looked: one remains, so nothing is
            // withdrawn (`on_user_deleted`).
            return reach("user_deleted_another_came")
        }
        if last.cause == .deletedEvent, shownAtDidomi(matter.key)[matter.field] != .denied {
            // Something else was deleted too, or a grant came, before the bridge looked.
            return reach("event_deleted_overtaken")
        }
        if last.cause == .deletedEvent || last.platform == .actito,
            hasUnknownDeletion.contains(matter.key)
        {
            // Nobody can know whose it was: `unknown_event`, `unknown_subject`.
            return reach("deletion_of_unknown")
        }
        if let decision = decided[matter], decision.at > last.at,
            !decision.isReleased || decision.reason == .conflict
        {
            // The operator answers for it: a discarded grant stays where it was given, and a
            // released one stands over what Actito showed.
            return reach("decided_by_operator")
        }
        let ending = ending(of: matter)
        let isShown = try isDifferenceShown(of: matter)
        if ending.differs, isShown { report.visibleDifferences += 1 }
        if last.choice == .granted,
            !ending.isGrantedAtDidomi
                || (ending.hasProfile && !ending.isGrantedAtActito)
        {
            report.lostGrants += 1
        }
        let isWrong = try last.choice == .denied && hasWrongGrant(matter, ending, last)
        if isBeyondPromise, isWrong { return reach("wrong_grant_beyond_promise") }
        guard !isShown else { return }
        let detail = "\(matter.field.name) of \(matter.key): \(ending.text)"
        if isWrong {
            violate("wrong_grant", detail)
        } else if ending.differs, try !isExcused(matter, ending, last) {
            violate("difference", detail)
        }
    }

    private func ending(of matter: Oracle.Matter) -> Ending {
        let key = actitoKey(of: matter.key)
        var ending = Ending(
            hasProfile: actito.profiles[key] != nil,
            isGrantedAtActito: actito.holdsGrant(matter.field, key)
        )
        // The bridge may never have been told that the key has a second user
        // (`Decider+Users.swift`).
        let users = Set(didomi.events.filter { $0.key == matter.key }.map(\.userID))
            .filter { schedule.style.usersPerPerson == 1 || toldUsers.contains($0) }
        for user in users.sorted() {
            if didomi.choices(ofUser: user)[matter.field] == .granted {
                ending.grantedUsers.append(user)
            }
            let before = didomi.choices(ofUser: user, countsDeleted: true)
            if before[matter.field] == .granted { ending.wasGrantedAtDidomi = true }
        }
        return ending
    }

    /// Somebody whose last choice was no holds a grant, and no rule says why.
    private func hasWrongGrant(
        _ matter: Oracle.Matter,
        _ ending: Ending,
        _ last: Oracle.TrueChoice
    ) throws -> Bool {
        if ending.isGrantedAtActito {
            // A new profile under the old key gets what that key's register knows; the choice was
            // made under another key.
            if last.isUnderOtherKey, changedKeys[matter.key] == nil { return false }
            return try isNumberTold(of: matter.key)
        }
        let wrong = ending.grantedUsers.filter { user in
            // A newer withdrawal was deleted: what is left is shown as a difference (design
            // section 4).
            guard didomi.isUncovered(matter.field, ofUser: user) else { return true }
            reach("event_deleted_shows_grant")
            return false
        }
        guard !wrong.isEmpty else { return false }
        return try !isKeyChangeTold(matter, last)
    }

    /// Why the platforms may differ without a delivery that shows it.
    private func isExcused(
        _ matter: Oracle.Matter,
        _ ending: Ending,
        _ last: Oracle.TrueChoice
    ) throws -> Bool {
        // A deletion at Didomi that withdraws nothing changes nothing (design section 4).
        if ending.wasGrantedAtDidomi == ending.isGrantedAtActito { return true }
        // To another key only withdrawals go (A6).
        if last.choice == .granted, changedKeys[matter.key] != nil { return true }
        return try isKeyChangeTold(matter, last)
    }

    /// The choice was made under a key that is not joined with the person's, which raised an alarm
    /// (A6), or nothing ever told the bridge whose profile it is.
    private func isKeyChangeTold(
        _ matter: Oracle.Matter,
        _ last: Oracle.TrueChoice
    ) throws -> Bool {
        try last.isUnderOtherKey || !isNumberTold(of: matter.key)
    }

    /// A profile under another key is found by its number, if that was ever told.
    private func isNumberTold(of key: String) throws -> Bool {
        try changedKeys[key] == nil || isNumberKnown(of: key)
    }

    /// Whether a held, overdue or dead delivery of the person shows an operator why.
    private func isDifferenceShown(of matter: Oracle.Matter) throws -> Bool {
        let keys = [matter.key, actitoKey(of: matter.key)]
        let profile = actito.profiles[keys[1]].map { Subject.profile(id: $0.id) }
        // A crash leaves gaps: numbers that were given out and never stored.
        let end = try store.makeDeliveryID().number
        for number in 1..<end {
            guard let delivery = try store.delivery(DeliveryID(number)) else { continue }
            switch delivery.state {
            case .held:
                if try isHeld(delivery, for: matter) { return true }
            case .overdue, .dead:
                if let key = delivery.lane.subject.key, keys.contains(key.text) { return true }
                if delivery.lane.subject == profile { return true }
            case .waiting, .inFlight, .delivered, .skipped, .superseded, .discarded: break
            }
        }
        return false
    }

    private func isHeld(_ delivery: DeliveryRecord, for matter: Oracle.Matter) throws -> Bool {
        let key = SnapshotKey(
            integration: Self.integration,
            subject: .key(SubjectKey(matter.key))
        )
        let snapshot = try store.snapshots(of: [key])[key]
        return snapshot?.fields[matter.field]?.heldGrant?.delivery == delivery.id
    }
}
