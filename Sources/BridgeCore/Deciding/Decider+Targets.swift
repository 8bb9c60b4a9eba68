/// A target's announcement, as far as changes have to be the same to be decided together.
struct TargetAnnouncement: Hashable, Sendable {
    var target: MappingTarget
    var choice: Choice
    var entry: InboxID
    var outcome: Outcome?
}

/// Targets that several fields feed (`any`, `all`).
///
/// Such a target has a state of its own, kept under `Field.target`: what it is to hold, what Actito
/// is known to hold, and our writes to it, so that every rule for Actito-born changes holds for it
/// as for a field. Its register follows those of its fields, and they follow it when Actito
/// announced the choice (`docs/rules.md`, Mappings of several fields).
extension Decider {
    /// Decides what Actito announced of a target.
    mutating func decideTarget(
        _ target: MappingTarget,
        _ choice: Choice,
        _ receipt: Receipt
    ) -> Outcome? {
        guard receipt.origin == .actito, let rule = settings.mapping.rule(for: target) else {
            return .ignored(.noMappedField)
        }
        var state = snapshot.fields[.target(target)] ?? FieldState()
        defer { snapshot.fields[.target(target)] = state }
        let entry = receipt.change.entry
        if let last = lastAnnouncement, last.target == target, last.choice == choice,
            last.entry == entry
        {
            // Another field of the same announcement.
            guard last.outcome == nil else { return last.outcome }
            if choice.isGranted {
                state.verification?.changes.append(receipt.change)
            } else {
                state.doubt?.otherChanges.append(receipt.change)
            }
            return nil
        }
        var outcome: Outcome?
        if choice.isGranted, settings.isBidirectional, state.register?.choice != .granted,
            !isReversible(rule)
        {
            // Actito shows a grant that Didomi cannot be told: a known withdrawal is written again.
            state.actitoGrantAt = receipt.at
            state.actito.choice = nil
            if state.register?.choice == .denied {
                noteRepair(of: .target(target), at: receipt.at, &state)
            }
            outcome = .ignored(.notReversible)
        } else {
            outcome = decideActito(.target(target), choice, receipt, &state)
        }
        lastAnnouncement = TargetAnnouncement(
            target: target,
            choice: choice,
            entry: entry,
            outcome: outcome
        )
        return outcome
    }

    /// Whether the fields that a grant at Actito grants would make the target granted.
    private func isReversible(_ rule: MappingRule) -> Bool {
        !rule.reverse.grant.isEmpty
            && rule.choice { field in
                rule.reverse.grant.contains(field)
                    ? .granted : snapshot.fields[field]?.register?.choice
            } == .granted
    }

    /// The fields that a grant of a field or target grants at Didomi.
    func fieldsGranted(by field: Field) -> [Field] {
        guard case .target(let target) = field else { return [field] }
        return settings.mapping.rule(for: target)?.reverse.grant ?? []
    }

    /// The registers as they are, for ``followRegisters(changedSince:)``; nothing without `any` and
    /// `all` rules.
    var registersFeedingTargets: [Field: RegisterEntry] {
        settings.mapping.hasCompoundRules ? snapshot.fields.compactMapValues(\.register) : [:]
    }

    /// Lets fields follow a target that Actito's person chose, and targets follow their fields.
    mutating func followRegisters(changedSince before: [Field: RegisterEntry]) {
        guard settings.mapping.hasCompoundRules else { return }
        for field in snapshot.fields.keys.sorted() {
            guard case .target(let target) = field, let state = snapshot.fields[field] else {
                continue
            }
            noteWithdrawal(of: target, at: state.actitoWithdrawalAt)
            if let entry = state.register, entry.origin == .actito,
                entry.choice != before[field]?.choice
            {
                reverse(target, entry)
            }
        }
        for field in snapshot.fields.keys.sorted() {
            guard let entry = snapshot.fields[field]?.register, entry != before[field] else {
                continue
            }
            for rule in settings.mapping.compoundRules(fedBy: field) { follow(rule, field, entry) }
        }
    }

    /// A withdrawal of a target is one of its fields: no earlier grant of theirs counts (D3).
    private mutating func noteWithdrawal(of target: MappingTarget, at moment: Timestamp?) {
        guard let moment, let rule = settings.mapping.rule(for: target) else { return }
        for field in rule.reverse.withdrawal {
            let known = snapshot.fields[field]?.actitoWithdrawalAt
            if known.map({ $0 >= moment }) ?? false { continue }
            snapshot.fields[field, default: FieldState()].actitoWithdrawalAt = moment
        }
    }

    /// An Actito-born choice of a target changes the fields of its `reverse`.
    private mutating func reverse(_ target: MappingTarget, _ entry: RegisterEntry) {
        for field in settings.mapping.rule(for: target)?.reverse[entry.choice] ?? [] {
            var state = snapshot.fields[field] ?? FieldState()
            guard state.register?.choice != entry.choice else { continue }
            let isWithdrawal = entry.choice == .denied
            endVerification(isWithdrawal ? grantOvertaken(state) : .ignored(.unchanged), &state)
            dropHeldGrant(&state)
            register(entry, of: field, &state)
            snapshot.fields[field] = state
        }
    }

    /// A field's register has changed, by value or by time: what its target is to hold now.
    private mutating func follow(_ rule: MappingRule, _ field: Field, _ cause: RegisterEntry) {
        var state = snapshot.fields[.target(rule.target)] ?? FieldState()
        defer { snapshot.fields[.target(rule.target)] = state }
        state.verification?.isDisturbed = true
        let decided = rule.choice { known($0, for: rule, state) }
        let isWithdrawal = cause.choice == .denied
        if isWithdrawal, decided != .granted,
            decided == .denied || state.verification?.cause == .lateFromDidomi
                || rule.reverse.grant.contains(field)
        {
            endVerification(grantOvertaken(state), &state)
            dropHeldGrant(&state)
        }
        switch decided {
        case .granted:
            followGrant(rule.target, cause, &state)
        case .denied:
            withdraw(rule.target, cause, &state)
        case nil:
            // The grant that it rested on is gone, and nobody else's stands: in doubt it is a no.
            if isWithdrawal, state.register?.choice == .granted {
                withdraw(rule.target, cause, &state)
            }
        }
    }

    /// What a field contributes: a grant that a later no at Actito to an `any` target overrode is
    /// none.
    private func known(_ field: Field, for rule: MappingRule, _ state: FieldState) -> Choice? {
        guard let entry = snapshot.fields[field]?.register else { return nil }
        if case .any = rule.feed, entry.choice == .granted,
            let withdrawnAt = state.actitoWithdrawalAt, entry.chosenAt <= withdrawnAt
        {
            return .denied
        }
        return entry.choice
    }

    /// Rule D2 for a target whose fields have become a no.
    private mutating func withdraw(
        _ target: MappingTarget,
        _ cause: RegisterEntry,
        _ state: inout FieldState
    ) {
        if let doubt = state.doubt {
            state.actitoWithdrawalAt = doubt.announcedAt
            endDoubt(.ignored(.unchanged), &state)
        }
        guard state.register?.choice != .denied else { return }
        register(cause.turned(.denied), of: .target(target), &state)
    }

    /// Rule D3 for a target whose fields have become a yes.
    private mutating func followGrant(
        _ target: MappingTarget,
        _ cause: RegisterEntry,
        _ state: inout FieldState
    ) {
        guard cause.choice == .granted else { return }
        if let withdrawnAt = state.actitoWithdrawalAt, cause.chosenAt <= withdrawnAt { return }
        if let doubt = state.doubt, cause.chosenAt > doubt.announcedAt {
            state.actitoWithdrawalAt = doubt.announcedAt
            state.actito.choice = nil
            endDoubt(.ignored(.stale), &state)
        }
        guard state.register?.choice != .granted else { return }
        dropHeldGrant(&state)
        if cause.origin == .didomi, state.actito.choice == nil,
            cause.receivedAt - cause.chosenAt > settings.window
        {
            endVerification(.ignored(.stale), &state)
            state.verification = Verification(
                cause: .lateFromDidomi,
                change: .following(from: cause.evidence),
                announcedAt: cause.receivedAt,
                chosenAt: cause.chosenAt
            )
            return
        }
        register(cause, of: .target(target), &state)
        endVerification(.ignored(.unchanged), &state)
    }
}

extension RegisterEntry {
    /// The same evidence for another choice.
    fileprivate func turned(_ choice: Choice) -> RegisterEntry {
        var entry = self
        entry.choice = choice
        return entry
    }
}
