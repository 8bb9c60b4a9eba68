package import BridgeCore
package import JSON

/// Didomi's webhooks to statements: one webhook, one person.
extension DidomiPlatform {
    package func decode(_ payload: JSONValue, event: String?) -> [Statement] {
        if payload.array?.isEmpty == true { return [nothing(.ignored(.noMappedField))] }
        guard let type = payload["type"]?.string.flatMap(WebhookType.init(rawValue:)) else {
            return [nothing(.ignored(.unsupportedType))]
        }
        guard let webhook = webhook(type, payload) else {
            return [nothing(.rejected(.undecodable))]
        }
        if let reason = foreign(webhook, regulation: payload["regulation"]?.string) {
            return [nothing(.ignored(reason))]
        }
        guard
            let key = webhook.organizationUserID.flatMap(settings.integration.subjectKey.key)
        else {
            guard type == .eventDeleted, let eventID = webhook.eventID else {
                return [nothing(.ignored(.noOrganizationUserID))]
            }
            // A deleted event may say no more than its id.
            return [Statement(subject: nil, eventID: eventID, content: content(of: webhook))]
        }
        guard key.text.utf8.count <= Self.subjectKeyBytesMax else {
            return [nothing(.rejected(.subjectKeyTooLong))]
        }
        var statement = Statement(
            subject: .key(key),
            content: content(of: webhook),
            preferences: preferences(of: webhook)
        )
        statement.userID = webhook.userID
        return [statement]
    }

    private func webhook(_ type: WebhookType, _ payload: JSONValue) -> Webhook? {
        let parameters = payload["parameters"]
        let source = parameters?["source"]?.object ?? payload["source"]?.object
        if let entity = Unflatten.entity(of: payload) {
            return Webhook(
                type: type,
                entity: entity,
                source: source.map(JSONValue.object),
                isFlattened: true
            )
        }
        guard let entity = parameters?["new_entity"]?.object ?? parameters?["entity"]?.object else {
            return nil
        }
        return Webhook(
            type: type,
            entity: .object(entity),
            // Through the object: JSON's null is a value, and would be something that was before.
            old: parameters?["old_entity"]?.object.map(JSONValue.object),
            source: source.map(JSONValue.object)
        )
    }

    private func nothing(_ outcome: Outcome) -> Statement {
        Statement(subject: nil, content: .nothing(outcome))
    }

    /// Why a webhook is none of this integration's business (S6).
    private func foreign(_ webhook: Webhook, regulation: String?) -> IgnoredReason? {
        let entity = webhook.entity
        let regulation = regulation ?? entity["regulation"]?.string ?? Self.defaultRegulation
        if regulation != settings.integration.regulation { return .otherRegulation }
        if let ours = settings.organizationID, let theirs = entity["organization_id"]?.string,
            ours != theirs
        {
            return .otherOrganization
        }
        return nil
    }

    private func content(of webhook: Webhook) -> Statement.Content {
        switch webhook.type {
        case .eventCreated:
            if webhook.isPending { return .nothing(.ignored(.pendingApproval)) }
            return changes(of: webhook, at: webhook.time("created_at"), since: nil)
        case .eventUpdated:
            if webhook.isPending { return .nothing(.ignored(.pendingApproval)) }
            if webhook.isFlattened { return flattenedChanges(of: webhook) }
            // The confirmation makes all fields choices of that time (S5).
            let base = webhook.wasPending ? nil : webhook.old
            if base == nil, !webhook.wasPending { return .nothing(.ignored(.noMappedField)) }
            return changes(of: webhook, at: webhook.time("updated_at"), since: base)
        case .userUpdated:
            if webhook.isFlattened { return flattenedChanges(of: webhook) }
            // Without what was before, nothing tells a choice from a repeated state (S4).
            guard let old = webhook.old else { return .nothing(.ignored(.noMappedField)) }
            return changes(of: webhook, at: webhook.time("updated_at"), since: old)
        case .userCreated:
            return changes(of: webhook, at: webhook.time("updated_at"), since: nil)
        case .userDeleted:
            return .changes([deletion(.userDeleted, webhook)])
        case .eventDeleted:
            return .changes([deletion(.eventDeleted, webhook)])
        }
    }

    /// Not earlier than what is gone was changed last, by Didomi's clock.
    private func deletion(_ content: Change.Content, _ webhook: Webhook) -> Change {
        var change = Change(content, eventID: webhook.type.isAboutEvent ? webhook.eventID : nil)
        change.heldAt = webhook.time("updated_at")
        return change
    }

    /// The lists that the entity shows, but not what is pending, deleted or about to be.
    private func preferences(of webhook: Webhook) -> [PreferenceList] {
        switch webhook.type {
        case .eventCreated, .eventUpdated, .userCreated, .userUpdated:
            if webhook.isPending { return [] }
            return lists(in: webhook.entity["consents"], at: webhook.time("updated_at"))
        case .eventDeleted, .userDeleted:
            return []
        }
    }

    /// Everything that an entity says, or what it says otherwise than `base`.
    private func changes(
        of webhook: Webhook,
        at time: Timestamp?,
        since base: JSONValue?
    ) -> Statement.Content {
        let before = base.map { choices(in: $0["consents"]) } ?? [:]
        let isOwn = webhook.delegateID == settings.delegateID
        var changes: [Change] = []
        for (field, choice) in choices(in: webhook.entity["consents"]).sorted(by: {
            $0.key < $1.key
        })
        where before[field] != choice {
            changes.append(
                Change(
                    .choice(field, choice),
                    chosenAt: webhook.source.map { $0.time(of: choice) } ?? time,
                    eventID: webhook.eventID,
                    isOwn: isOwn,
                    basis: webhook.type == .userCreated && choice.isGranted ? .fill : .choice
                )
            )
        }
        changes += attributes(of: webhook, at: time, since: base)
        return changes.isEmpty ? .nothing(.ignored(.noMappedField)) : .changes(changes)
    }

    /// What a payload without `old_entity` says of a change (design section 4).
    ///
    /// Fields of the named source event count with its time, and so do those of an `event.updated`:
    /// perhaps it was confirmed. What a user shows without a source is a state: a no may be news, a
    /// yes is never evidence of a choice.
    private func flattenedChanges(of webhook: Webhook) -> Statement.Content {
        let isOwn = webhook.delegateID == settings.delegateID
        let named = webhook.source.map { choices(in: $0["consents"]) } ?? [:]
        let shown = named.isEmpty ? choices(in: webhook.entity["consents"]) : named
        // With its type: JSON's null is a value.
        let updated: JSONValue? = webhook.type == .eventUpdated ? webhook.entity : .none
        let event: JSONValue? = named.isEmpty ? updated : webhook.source
        var changes = shown.sorted { $0.key < $1.key }.map { field, choice in
            var change = Change(.choice(field, choice), eventID: webhook.eventID, isOwn: isOwn)
            if let event {
                change.chosenAt = event.time(of: choice)
                let latest = event.time(of: .denied)
                if latest != change.chosenAt { change.heldAt = latest }
            } else {
                change.chosenAt = webhook.time("updated_at")
                change.basis = .state
            }
            return change
        }
        changes += attributes(of: webhook, at: webhook.time("updated_at"), since: nil)
        return changes.isEmpty ? .nothing(.ignored(.noMappedField)) : .changes(changes)
    }

    private func attributes(
        of webhook: Webhook,
        at time: Timestamp?,
        since base: JSONValue?
    ) -> [Change] {
        let known = base.flatMap { webhook.metadata(of: $0) }
        let isOwn = webhook.delegateID == settings.delegateID
        let members = webhook.metadata(of: webhook.entity)?.members ?? []
        return members.filter { known?[$0.name] != $0.value }.map { member in
            Change(
                .attribute(name: member.name, value: member.value),
                chosenAt: time,
                eventID: webhook.eventID,
                isOwn: isOwn
            )
        }
    }

    /// Didomi's documented default on write and read.
    static let defaultRegulation = "gdpr"
    /// `interface.md` section 7.
    private static let subjectKeyBytesMax = 320
}

extension JSONValue {
    /// The time of an event.
    ///
    /// Its confirmation, if it was later, is when a withdrawal took effect; a grant keeps the
    /// earlier time, since a later one could hide a withdrawal.
    fileprivate func time(of choice: Choice) -> Timestamp? {
        let created = self["created_at"]?.string.flatMap(Timestamp.init(iso8601:))
        let updated = self["updated_at"]?.string.flatMap(Timestamp.init(iso8601:))
        return choice.isGranted ? created ?? updated : [created, updated].compactMap(\.self).max()
    }
}
