/// A change of the register: it becomes a row of the history.
package struct RegisterChange: Hashable, Sendable {
    package var integration: IntegrationName
    package var subject: Subject
    package var field: Field
    package var entry: RegisterEntry

    package init(
        integration: IntegrationName,
        subject: Subject,
        field: Field,
        entry: RegisterEntry
    ) {
        self.integration = integration
        self.subject = subject
        self.field = field
        self.entry = entry
    }
}

/// A change that waited for a read and now has its outcome.
package struct Resolution: Hashable, Sendable {
    package var change: ChangeReference
    package var outcome: Outcome

    package init(change: ChangeReference, outcome: Outcome) {
        self.change = change
        self.outcome = outcome
    }
}

/// Decides the changes of one person, one after the other, by the rules of `docs/rules.md`.
///
/// A value: it holds the snapshot that it changes and collects what has to be recorded beside it.
/// The rules for Didomi-born choices (D1 to D3), Actito-born choices (A1 to A6) and finished reads
/// are in the extensions of this type.
package struct Decider: Sendable {
    /// A grant that becomes a held delivery.
    package struct Hold: Sendable {
        package var verification: Verification
        package var reason: DeliveryState.HoldReason
    }

    package var snapshot: Snapshot
    package let settings: IntegrationSettings
    /// When the bridge first ran for this integration: older choices it could not have heard of.
    package let firstStart: Timestamp
    /// When nothing could be received, of the last day.
    package var interruptions: [Interruption] = []
    /// Too many people gained consent from Actito lately: a further grant is held (the brake).
    package var isBraking = false

    package var history: [RegisterChange] = []
    package var resolutions: [Resolution] = []
    /// Held grants that a newer choice made needless.
    package var supersededHolds: [DeliveryID] = []
    package var fieldsToHold: [Field: Hold] = [:]
    /// Fields that were repaired more than S7 allows.
    package var alarms: Set<Field> = []
    /// The announcement of a target that was decided last: its other changes share the outcome.
    var lastAnnouncement: TargetAnnouncement?

    package init(snapshot: Snapshot, settings: IntegrationSettings, firstStart: Timestamp) {
        self.snapshot = snapshot
        self.settings = settings
        self.firstStart = firstStart
    }

    /// What a change was received with.
    package struct Receipt: Sendable {
        package var change: ChangeReference
        package var origin: PlatformName
        package var at: Timestamp

        package init(change: ChangeReference, origin: PlatformName, at: Timestamp) {
            self.change = change
            self.origin = origin
            self.at = at
        }
    }

    /// Decides one change; nil: it waits for a read (A2, A4, A6, D3, a deletion).
    package mutating func decide(_ change: Change, _ receipt: Receipt) -> Outcome? {
        if case .profile = snapshot.subject { return postpone(change, receipt) }
        if let id = change.profileID, change.content != .profileDeleted { note(profile: id) }
        let before = registersFeedingTargets
        defer { followRegisters(changedSince: before) }
        switch change.content {
        case .attribute(let name, let value):
            return decideAttribute(name, value, change, receipt)
        case .profileCreated:
            // What the register knows is planned anew: the late match of rule A6.
            snapshot.expectProfile()
            return .ignored(.unchanged)
        case .profileDeleted:
            return decideProfileDeleted(change.profileID, receipt)
        case .eventDeleted:
            return decideDeletion(.event, Arrival(change, receipt))
        case .userDeleted:
            return decideDeletion(.user, Arrival(change, receipt))
        case .unreadable:
            return postpone(change, receipt)
        case .choice(.target(let target), let choice):
            return decideTarget(target, choice, receipt)
        case .choice(let field, let choice):
            if receipt.origin == .didomi, !change.isOwn, repeatsList(field, choice) {
                return .ignored(.unchanged)
            }
            var state = snapshot.fields[field] ?? FieldState()
            let outcome =
                switch receipt.origin {
                case .didomi: decideDidomi(choice, of: field, Arrival(change, receipt), &state)
                case .actito: decideActito(field, choice, receipt, &state)
                }
            snapshot.fields[field] = state
            if receipt.origin == .didomi, outcome != .ignored(.echo) { checkUsers(of: [field]) }
            return outcome
        }
    }

    /// Writes a choice into the register, with its history row.
    mutating func register(_ entry: RegisterEntry, of field: Field, _ state: inout FieldState) {
        state.register = entry
        state.actito.isRefused = false
        state.didomi.isRefused = false
        snapshot.expectProfile()
        if entry.choice.isGranted { forgetLaggingUsers(of: field) }
        // A target's entry follows from its fields' and is no choice of its own.
        if case .target = field { return }
        history.append(
            RegisterChange(
                integration: snapshot.integration,
                subject: snapshot.subject,
                field: field,
                entry: entry
            )
        )
    }

    /// Ends a verification, if one runs, and gives its changes their outcome.
    mutating func endVerification(_ outcome: Outcome, _ state: inout FieldState) {
        guard let verification = state.verification else { return }
        state.verification = nil
        resolutions += verification.changes.filter(\.isRecorded)
            .map { Resolution(change: $0, outcome: outcome) }
    }

    /// A newer choice makes a held grant needless.
    mutating func dropHeldGrant(_ state: inout FieldState) {
        guard let held = state.heldGrant else { return }
        state.heldGrant = nil
        supersededHolds.append(held.delivery)
    }

    /// Whether a grant may stand at Actito over our last withdrawal write: one of ours was sent
    /// after it, or Actito announced one, within the window (A1, A3).
    func mayHoldLaterGrant(_ state: FieldState, at now: Timestamp) -> Bool {
        let ours = [state.actito.grant?.sentAt, state.actitoGrantAt].compactMap(\.self)
        return ours.contains { grantAt in
            state.actito.withdrawal.map { grantAt > $0.sentAt } ?? true
                && now - grantAt <= settings.window
        }
    }
}

extension RegisterEntry {
    /// A choice with the change that shows it.
    init(_ choice: Choice, chosenAt: Timestamp, _ receipt: Decider.Receipt) {
        self.init(
            choice: choice,
            chosenAt: chosenAt,
            origin: receipt.origin,
            evidence: receipt.change.entry,
            receivedAt: receipt.at
        )
    }
}
