/// What Actito announced and only the profile explains: whose it is, or a value that is neither yes
/// nor no.
extension Decider {
    /// Lets a change wait for the profile: its person's key, or its value, is not known.
    mutating func postpone(_ change: Change, _ receipt: Receipt) -> Outcome? {
        guard settings.isBidirectional else { return .ignored(.bidirectionalOff) }
        snapshot.expectProfile()
        var waiting = UnresolvedChange(
            content: change.content,
            change: receipt.change,
            receivedAt: receipt.at
        )
        waiting.isDisturbed = isProfileBeingRead
        snapshot.unresolved.append(waiting)
        return nil
    }

    /// What the profile shows is decided as if it had been announced (A1 to A4).
    mutating func concludeUnreadable(_ reading: Reading) {
        guard case .key = snapshot.subject else { return }
        let waiting = snapshot.unresolved
        snapshot.unresolved = []
        for change in waiting {
            if change.isDisturbed {
                snapshot.unresolved.append(change)
                continue
            }
            guard let outcome = outcome(of: change, reading) else { continue }
            resolutions.append(Resolution(change: change.change, outcome: outcome))
        }
    }

    /// nil: it goes on waiting, for the verification of a grant.
    private mutating func outcome(of waiting: UnresolvedChange, _ reading: Reading) -> Outcome? {
        guard case .unreadable(let field) = waiting.content else { return .ignored(.unchanged) }
        switch reading {
        case .profile(let profile):
            let shown = profile.choices[field] ?? .denied
            if shown == .denied, saysNothingNew(field, since: waiting.receivedAt) {
                return .ignored(.unchanged)
            }
            return decide(
                Change(.choice(field, shown)),
                Receipt(change: waiting.change, origin: .actito, at: waiting.receivedAt)
            )
        case .profileMissing:
            return .ignored(.unknownSubject)
        case .unusable:
            return .rejected(.unreadableValue)
        case .consentEvents, .users:
            preconditionFailure("a reading of Didomi for Actito's profile")
        }
    }

    /// The denial that Actito shows is from before a grant: one that is not written there yet, or
    /// that was chosen later.
    private func saysNothingNew(_ field: Field, since announcedAt: Timestamp) -> Bool {
        guard let state = snapshot.fields[field], let known = state.register,
            known.choice == .granted
        else { return false }
        return state.actito.choice == .denied || known.chosenAt > announcedAt
    }
}
