package import BridgeCore
package import JSON

/// Didomi's webhooks to statements: one webhook, one person.
extension DidomiPlatform {
    package func decode(_ payload: JSONValue, event: String?) -> [Statement] {
        if payload.array?.isEmpty == true { return [nothing(.ignored(.noMappedField))] }
        guard let type = payload["type"]?.string.flatMap(WebhookType.init(rawValue:)) else {
            return [nothing(.ignored(.unsupportedType))]
        }
        let parameters = payload["parameters"]
        guard let entity = parameters?["new_entity"]?.object ?? parameters?["entity"]?.object else {
            return [nothing(.rejected(.undecodable))]
        }
        let webhook = Webhook(
            type: type,
            entity: .object(entity),
            // Through the object: JSON's null is a value, and would be something that was before.
            old: parameters?["old_entity"]?.object.map(JSONValue.object),
            source: parameters?["source"]?.object.map(JSONValue.object)
        )
        if let reason = foreign(webhook, regulation: payload["regulation"]?.string) {
            return [nothing(.ignored(reason))]
        }
        guard
            let key = webhook.organizationUserID.flatMap(settings.integration.subjectKey.key)
        else { return [nothing(.ignored(.noOrganizationUserID))] }
        guard key.text.utf8.count <= Self.subjectKeyBytesMax else {
            return [nothing(.rejected(.subjectKeyTooLong))]
        }
        return [Statement(subject: .key(key), content: content(of: webhook))]
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
            // The confirmation makes all fields choices of that time (S5).
            let base = webhook.wasPending ? nil : webhook.old
            if base == nil, !webhook.wasPending { return .nothing(.ignored(.noMappedField)) }
            return changes(of: webhook, at: webhook.time("updated_at"), since: base)
        case .userUpdated:
            // Without what was before, nothing tells a choice from a repeated state (S4).
            guard let old = webhook.old else { return .nothing(.ignored(.noMappedField)) }
            return changes(of: webhook, at: webhook.time("updated_at"), since: old)
        case .userCreated:
            return changes(of: webhook, at: webhook.time("updated_at"), since: nil)
        case .userDeleted:
            return .nothing(.ignored(.noMappedField))
        case .eventDeleted:
            return .nothing(.ignored(.unsupportedType))
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
                    onlyFills: webhook.type == .userCreated && choice.isGranted
                )
            )
        }
        let knownMetadata = base.flatMap { webhook.metadata(of: $0) }
        for member in webhook.metadata(of: webhook.entity)?.members ?? []
        where knownMetadata?[member.name] != member.value {
            changes.append(
                Change(
                    .attribute(name: member.name, value: member.value),
                    chosenAt: time,
                    eventID: webhook.eventID,
                    isOwn: isOwn
                )
            )
        }
        return changes.isEmpty ? .nothing(.ignored(.noMappedField)) : .changes(changes)
    }

    /// Didomi's documented default on write and read.
    static let defaultRegulation = "gdpr"
    /// `interface.md` section 7.
    private static let subjectKeyBytesMax = 320
}

extension JSONValue {
    /// The time of a source event.
    ///
    /// Its confirmation, if it was later, is when a withdrawal took effect; a grant keeps the
    /// earlier time, since a later one could hide a withdrawal.
    fileprivate func time(of choice: Choice) -> Timestamp? {
        let created = self["created_at"]?.string.flatMap(Timestamp.init(iso8601:))
        let updated = self["updated_at"]?.string.flatMap(Timestamp.init(iso8601:))
        return choice.isGranted ? created ?? updated : [created, updated].compactMap(\.self).max()
    }
}
