/// Profiles that come and go at Actito (A6).
extension Decider {
    /// Keeps the number that Actito names: another profile than the known one holds nothing of ours.
    mutating func note(profile id: String) {
        if let known = snapshot.profileID, known != id {
            forgetProfile()
            snapshot.isKeyChanged = false
        }
        snapshot.profileID = id
    }

    /// A profile that is gone withdraws only if the operator wants it (`on_profile_deleted`).
    ///
    /// `id`: its number, if Actito named it.
    mutating func decideProfileDeleted(_ id: String?, _ receipt: Receipt) -> Outcome {
        guard settings.isBidirectional else { return .ignored(.bidirectionalOff) }
        var isApplied = false
        if settings.withdrawsDeletedProfiles {
            let fields = Set(snapshot.fields.keys).union(settings.mapping.fieldsAtDidomi)
            for field in fields.sorted() where withdraw(field, receipt) == .applied {
                isApplied = true
            }
        }
        if id == nil || snapshot.profileID == nil || id == snapshot.profileID {
            // There is nobody to write to; a choice or a new profile changes that.
            forgetProfile()
            snapshot.profileMissingSince = receipt.at
        }
        guard settings.withdrawsDeletedProfiles else { return .ignored(.noMappedField) }
        return isApplied ? .applied : .ignored(.unchanged)
    }

    private mutating func withdraw(_ field: Field, _ receipt: Receipt) -> Outcome {
        var state = snapshot.fields[field] ?? FieldState()
        // An opt-in that was announced before is over, and an echo needs no judging any more.
        endVerification(grantOvertaken(state), &state)
        endDoubt(.ignored(.echo), &state)
        let outcome = withdrawalStands(field, receipt, &state)
        // Didomi is told nothing of what nobody chose; a grant that is still on its way to us is
        // older, and told there then (D3).
        if snapshot.fields[field] == nil { state.didomi.choice = .denied }
        snapshot.fields[field] = state
        return outcome
    }

    private mutating func forgetProfile() {
        for field in snapshot.fields.keys { snapshot.fields[field]?.actito.choice = nil }
        for name in snapshot.attributes.keys { snapshot.attributes[name]?.sent = nil }
    }
}
