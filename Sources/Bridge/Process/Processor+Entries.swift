import BridgeCore
import JSON
import Storage

/// Inbox entries to decisions.
extension Processor {
    /// What an entry says to one integration.
    struct Part {
        enum Content {
            case statement(Statement, Person)
            case reading(Reading, Subject)
        }

        /// Whom a statement is about.
        struct Person {
            var subject: Subject?
            /// Whom the profile belonged to under another key (A6).
            var former: Subject?
        }

        var integration: IntegrationName
        var platform: PlatformName
        var content: Content
    }

    /// Decodes and maps an entry for each of its integrations.
    func decode(_ entry: InboxEntry) throws(StoreError) -> [Part] {
        let payload = try? JSONValue(parsing: entry.content.payload)
        var parts: [Part] = []
        for name in entry.content.integrations {
            for content in try decode(entry.content, payload, for: name) {
                parts.append(
                    Part(integration: name, platform: entry.content.platform, content: content)
                )
            }
        }
        return parts
    }

    private func decode(
        _ content: NewInboxEntry,
        _ payload: JSONValue?,
        for name: IntegrationName
    ) throws(StoreError) -> [Part.Content] {
        func rejected(_ reason: RejectedReason) -> [Part.Content] {
            let statement = Statement(subject: nil, content: .nothing(.rejected(reason)))
            return [.statement(statement, Part.Person())]
        }
        guard let integration = integrations[name] else { return rejected(.unknownIntegration) }
        guard let payload else { return rejected(.undecodable) }
        let platform = integration.platform(content.platform)
        if content.type == StoredRead.type {
            guard let read = StoredRead(payload) else { return rejected(.undecodable) }
            return [.reading(read.reading(by: platform), read.subject)]
        }
        var contents: [Part.Content] = []
        for statement in platform.decode(payload, event: content.event)
            .flatMap(integration.settings.map)
        {
            contents.append(.statement(statement, try person(of: statement, in: name)))
        }
        return contents
    }

    /// The snapshots that deciding a part needs.
    func snapshotKeys(of part: Part) -> [SnapshotKey] {
        func key(_ subject: Subject) -> SnapshotKey {
            SnapshotKey(integration: part.integration, subject: subject)
        }
        switch part.content {
        case .statement(_, let person):
            return [person.subject, person.former].compactMap(\.self).map(key)
        case .reading(let reading, let subject):
            return [subject, self.subject(of: reading, in: part.integration)]
                .compactMap(\.self).map(key)
        }
    }

    /// Who it is that a profile was read of.
    private func subject(of reading: Reading, in integration: IntegrationName) -> Subject? {
        guard case .profile(let profile) = reading, let found = profile.key else { return nil }
        return .key(links.resolve(found, in: integration))
    }

    private func person(
        of statement: Statement,
        in integration: IntegrationName
    ) throws(StoreError) -> Part.Person {
        switch statement.subject {
        case .profile(let id)?:
            let known = try store.subject(ofProfile: id, in: integration)
            return Part.Person(subject: known.map(Subject.key) ?? statement.subject)
        case .key(let sent)?:
            let key = links.resolve(sent, in: integration)
            guard let id = statement.profileID,
                let known = try store.subject(ofProfile: id, in: integration), known != key
            else { return Part.Person(subject: .key(key)) }
            return Part.Person(subject: .key(key), former: .key(known))
        case nil:
            guard let eventID = statement.eventID,
                let known = try store.subject(ofConsentEvent: eventID, in: integration)
            else { return Part.Person() }
            let key = known.key.map { Subject.key(links.resolve($0, in: integration)) }
            return Part.Person(subject: key ?? known)
        }
    }

    func load(_ keys: [SnapshotKey], _ work: inout Work) throws(StoreError) {
        let missing = keys.filter {
            work.deciders[$0] == nil && integrations[$0.integration] != nil
        }
        guard !missing.isEmpty else { return }
        let unread = missing.filter { recent[$0] == nil }
        var found = unread.isEmpty ? [:] : try store.snapshots(of: unread)
        for key in missing { if let known = recent[key] { found[key] = known } }
        for key in missing {
            guard let integration = integrations[key.integration] else { continue }
            let snapshot =
                found[key] ?? Snapshot(integration: key.integration, subject: key.subject)
            work.deciders[key] = Decider(
                snapshot: snapshot,
                settings: integration.settings,
                firstStart: firstStarts[key.integration] ?? work.now
            )
            work.deciders[key]?.interruptions = reception.interruptions
            for delivery in snapshot.open.values { work.calls[delivery.id] = delivery }
        }
    }

    /// Decides one part of an entry and appends the records of its changes.
    func decide(
        _ part: Part,
        of entry: InboxEntry,
        _ records: inout [ChangeRecord],
        _ work: inout Work
    ) throws(StoreError) {
        switch part.content {
        case .reading(let reading, let subject):
            try conclude(reading, of: subject, part, entry, &work)
            records.append(.nothing(.applied, integration: part.integration, subject: subject))
        case .statement(let statement, let person):
            var outcome: Outcome?
            if case .nothing(let known) = statement.content { outcome = known }
            if let former = person.former {
                noteChangedKey(of: former, in: part.integration, &work)
                outcome = .ignored(.keyChanged)
            }
            work.noteUser(statement.userID, of: person.subject, in: part.integration)
            // After the changes: a list is compared with the one before.
            defer { work.note(statement, of: person.subject, in: part.integration) }
            guard case .changes(let changes) = statement.content, let subject = person.subject,
                outcome == nil
            else {
                let nobody: IgnoredReason =
                    statement.eventID == nil ? .unknownSubject : .unknownEvent
                records.append(
                    .nothing(
                        outcome ?? .ignored(nobody),
                        integration: part.integration,
                        subject: person.subject
                    )
                )
                return
            }
            let key = SnapshotKey(integration: part.integration, subject: subject)
            for change in changes {
                let receipt = Decider.Receipt(
                    change: ChangeReference(entry: entry.id, index: records.count),
                    origin: part.platform,
                    at: entry.content.receivedAt
                )
                let outcome = work.decide(change, of: key, receipt)
                records.append(
                    ChangeRecord(
                        integration: part.integration,
                        subject: subject,
                        field: change.fieldName,
                        choice: change.choice,
                        // A choice without a time is as old as its receipt.
                        chosenAt: change.chosenAt
                            ?? change.choice.map { _ in entry.content.receivedAt },
                        outcome: outcome
                    )
                )
            }
        }
    }

    /// Takes a stored read; a profile that was known only by its number gets its key.
    private func conclude(
        _ reading: Reading,
        of subject: Subject,
        _ part: Part,
        _ entry: InboxEntry,
        _ work: inout Work
    ) throws(StoreError) {
        let key = SnapshotKey(integration: part.integration, subject: subject)
        let receipt = Decider.Receipt(
            change: ChangeReference(entry: entry.id, index: 0),
            origin: part.platform,
            at: entry.content.receivedAt
        )
        try conclude(reading, receipt, of: key, &work)
        guard case .profile(let id) = subject,
            let waiting = work.deciders[key]?.snapshot.unresolved, !waiting.isEmpty
        else { return }
        work.deciders[key]?.snapshot.unresolved = []
        guard let found = self.subject(of: reading, in: part.integration) else {
            work.deciders[key]?.resolutions += waiting.map {
                Resolution(change: $0.change, outcome: .ignored(.unknownSubject))
            }
            return
        }
        let person = SnapshotKey(integration: part.integration, subject: found)
        for waiting in waiting {
            let outcome = work.decide(
                Change(waiting.content, profileID: id),
                of: person,
                Decider.Receipt(change: waiting.change, origin: .actito, at: waiting.receivedAt)
            )
            guard let outcome else { continue }
            work.deciders[person]?.resolutions.append(
                Resolution(change: waiting.change, outcome: outcome)
            )
        }
    }

    /// A known profile has another key now: what is still owed to the old one goes to its number.
    private func noteChangedKey(
        of subject: Subject,
        in integration: IntegrationName,
        _ work: inout Work
    ) {
        let key = SnapshotKey(integration: integration, subject: subject)
        work.deciders[key]?.snapshot.isKeyChanged = true
        work.deciders[key]?.snapshot.expectProfile()
        work.touched.insert(key)
        journal.keyChanged(integration)
    }
}

extension Work {
    /// Keeps which of Didomi's users a loaded person is.
    mutating func noteUser(
        _ id: String?,
        of subject: Subject?,
        in integration: IntegrationName
    ) {
        guard let id, let subject else { return }
        let key = SnapshotKey(integration: integration, subject: subject)
        if deciders[key]?.note(user: id) == true { touched.insert(key) }
    }

    /// Keeps what Didomi was seen to list for a loaded person.
    mutating func note(
        _ statement: Statement,
        of subject: Subject?,
        in integration: IntegrationName
    ) {
        guard let subject, !statement.preferences.isEmpty else { return }
        let key = SnapshotKey(integration: integration, subject: subject)
        touched.insert(key)
        for list in statement.preferences { deciders[key]?.note(list) }
    }

    /// Decides a change of a loaded person.
    mutating func decide(
        _ change: Change,
        of key: SnapshotKey,
        _ receipt: Decider.Receipt
    ) -> Outcome? {
        touched.insert(key)
        guard var decider = deciders.removeValue(forKey: key) else {
            return .rejected(.unknownIntegration)
        }
        let outcome = decider.decide(change, receipt)
        deciders[key] = decider
        return outcome
    }
}
