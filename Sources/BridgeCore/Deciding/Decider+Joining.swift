/// Two keys that are one person (`subject link`): Actito's profile came under another key.
extension Decider {
    /// Why a person cannot be joined with another now.
    package enum JoiningObstacle: String, Hashable, Sendable {
        /// A call is in flight, a read has to decide something first, or one of several Didomi users
        /// has to be told a withdrawal.
        case busy
        /// A held grant has to be released or discarded first.
        case heldGrant = "held_grant"
    }

    package var joiningObstacle: JoiningObstacle? {
        if snapshot.fields.values.contains(where: { $0.heldGrant != nil }) { return .heldGrant }
        let isDeciding =
            !snapshot.unresolved.isEmpty || !snapshot.deletions.isEmpty
            || !snapshot.readingStored.isEmpty || !snapshot.fieldsToCheck.isEmpty
            || !snapshot.laggingUsers.isEmpty
            || snapshot.fields.values.contains { $0.verification != nil || $0.doubt != nil }
        return isDeciding || snapshot.open.values.contains(where: \.isInFlight) ? .busy : nil
    }

    /// Takes over what is known of the same person under the old key, the newer choice of each
    /// field; of two whose order is not certain the withdrawal.
    package mutating func join(_ old: Snapshot) {
        let before = registersFeedingTargets
        for (field, theirs) in old.fields.sorted(by: { $0.key < $1.key }) {
            var state = snapshot.fields[field] ?? FieldState()
            state.takeTimes(of: theirs)
            // One profile, so what is known of it is known; Didomi's users are two.
            if state.actito == Replica() { state.actito = theirs.actito }
            if let entry = theirs.register, entry.counts(over: state.register) {
                register(entry, of: field, &state)
            }
            snapshot.fields[field] = state
        }
        for (name, attribute) in old.attributes
        where snapshot.attributes[name].map({ $0.chosenAt < attribute.chosenAt }) ?? true {
            snapshot.attributes[name] = attribute
        }
        snapshot.profileID = snapshot.profileID ?? old.profileID
        snapshot.isKeyChanged = false
        // It may have come under this key since it was looked for.
        snapshot.expectProfile()
        followRegisters(changedSince: before)
    }

    /// Forgets everything: another key stands for the person now.
    ///
    /// Returns the deliveries that are dead: nothing is owed by them any more.
    package mutating func leave() -> [DeliveryID] {
        let dead = snapshot.deadWrites.keys.sorted()
        let open = snapshot.open
        snapshot = Snapshot(integration: snapshot.integration, subject: snapshot.subject)
        // The plan finds that nothing is owed and supersedes them.
        snapshot.open = open
        return dead
    }
}

extension RegisterEntry {
    fileprivate func counts(over other: RegisterEntry?) -> Bool {
        guard let other else { return true }
        guard other.choice != choice else { return false }
        let isOrderCertain =
            chosenAt - other.chosenAt > Decider.toldApart
            || other.chosenAt - chosenAt > Decider.toldApart
        return isOrderCertain ? chosenAt > other.chosenAt : choice == .denied
    }
}

extension FieldState {
    /// The newest of what either was told: later choices have to be newer than both.
    fileprivate mutating func takeTimes(of other: FieldState) {
        let theirs = other.newestDidomiChoiceAt
        if let theirs, newestDidomiChoiceAt.map({ $0 < theirs }) ?? true {
            newestDidomiChoiceAt = theirs
            newestDidomiChoice = other.newestDidomiChoice
        }
        newestTimeAtDidomi = [newestTimeAtDidomi, other.newestTimeAtDidomi].compactMap(\.self).max()
        actitoWithdrawalAt = [actitoWithdrawalAt, other.actitoWithdrawalAt].compactMap(\.self).max()
        actitoGrantAt = [actitoGrantAt, other.actitoGrantAt].compactMap(\.self).max()
        actitoDeniedAt = [actitoDeniedAt, other.actitoDeniedAt].compactMap(\.self).max()
        // A late write of ours would be found in the same profile (A5).
        lateCheckAt = [lateCheckAt, other.lateCheckAt].compactMap(\.self).max()
        needsLateCheck = needsLateCheck || other.needsLateCheck
    }
}
