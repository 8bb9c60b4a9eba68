/// What an operator makes of deliveries (`deliveries retry` and `discard`) and of a changed key.
extension Decider {
    /// Releases a held grant: it counts from now on, and the other platform is owed it.
    ///
    /// No newer choice contradicts it, since one would have dropped it. False: it is not held.
    package mutating func release(_ id: DeliveryID, announcedAt: Timestamp) -> Bool {
        guard let field = fieldHolding(id), var state = snapshot.fields[field],
            let held = state.heldGrant
        else { return false }
        let before = registersFeedingTargets
        state.heldGrant = nil
        let entry = RegisterEntry(
            choice: .granted,
            chosenAt: held.chosenAt,
            origin: held.origin,
            evidence: held.evidence,
            receivedAt: announcedAt
        )
        register(entry, of: field, &state)
        snapshot.fields[field] = state
        followRegisters(changedSince: before)
        return true
    }

    /// Drops a held grant: the register stays as it is.
    package mutating func dropHeld(_ id: DeliveryID) -> Bool {
        guard let field = fieldHolding(id) else { return false }
        snapshot.fields[field]?.heldGrant = nil
        return true
    }

    private func fieldHolding(_ id: DeliveryID) -> Field? {
        snapshot.fields.first { $0.value.heldGrant?.delivery == id }?.key
    }

    /// Owes again what a dead delivery was to write; false: nothing of it is left.
    package mutating func revive(_ id: DeliveryID) -> Bool {
        guard let dead = snapshot.deadWrites.removeValue(forKey: id) else { return false }
        for field in dead.fields { snapshot.fields[field]?[dead.platform].isRefused = false }
        for name in dead.attributes { snapshot.attributes[name]?.sent = nil }
        snapshot.splitting[dead.platform] = nil
        if dead.platform == .actito { snapshot.expectProfile() }
        return true
    }

    /// Drops a call that waits: what it says is not owed any more before the person's next choice.
    package mutating func discard(_ delivery: OpenDelivery, at platform: PlatformName) {
        snapshot.open[platform] = nil
        guard case .write(let write) = delivery.call else { return forgetDisturbances() }
        if let user = write.userID { return finish(write, ofUser: user) }
        markRefused(write, platform)
        for field in write.choices.keys where snapshot.fields[field]?[platform].isRefused == true {
            snapshot.fields[field]?[platform].isDiscarded = true
        }
    }

    /// No read has begun: what was announced lately does not have one start again.
    private mutating func forgetDisturbances() {
        for index in snapshot.unresolved.indices { snapshot.unresolved[index].isDisturbed = false }
        for field in snapshot.fields.keys {
            snapshot.fields[field]?.doubt?.isDisturbed = false
            snapshot.fields[field]?.verification?.isDisturbed = false
        }
    }
}
