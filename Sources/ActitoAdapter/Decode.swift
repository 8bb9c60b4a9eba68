package import BridgeCore
package import JSON

/// Actito's webhooks to statements.
///
/// One event, several events in an array, or several records sharing one envelope
/// (`contracts/actito.md` section 5.2); parsers stay tolerant because most shapes are inferred.
extension ActitoPlatform {
    package func decode(_ payload: JSONValue, event: String?) -> [Statement] {
        let envelopes = payload.array ?? [payload]
        let statements = envelopes.flatMap { envelope in
            if let records = envelope["data"]?.array {
                records.flatMap { decode($0, envelope: envelope, event: event) }
            } else {
                decode(envelope["data"] ?? .null, envelope: envelope, event: event)
            }
        }
        return statements.isEmpty
            ? [Statement(subject: nil, content: .nothing(.ignored(.noMappedField)))] : statements
    }

    private func decode(_ data: JSONValue, envelope: JSONValue, event: String?) -> [Statement] {
        guard let data = data.object else {
            return [Statement(subject: nil, content: .nothing(.rejected(.undecodable)))]
        }
        if let type = envelope["tableType"]?.string, type != "PROFILE_TABLE" {
            return [Statement(subject: nil, content: .nothing(.ignored(.otherTable)))]
        }
        let profileID = data["profileId"].flatMap { $0.string ?? $0.number?.text }
        let subject = subject(in: data, profileID)
        if let key = subject?.key, key.text.utf8.count > Self.subjectKeyBytesMax {
            return [Statement(subject: nil, content: .nothing(.rejected(.subjectKeyTooLong)))]
        }
        switch envelope["eventType"]?.string ?? event ?? "UPDATED_SUBSCRIPTION" {
        case "UPDATED_SUBSCRIPTION":
            return choices(in: data, of: subject, profileID) { name in
                [.subscription(name), .attribute(name)]
            }
        case "CREATE":
            return [statement(.profileCreated, of: subject, profileID)]
        case "DELETE":
            return [statement(.profileDeleted, of: subject, profileID)]
        case "UPDATE":
            return choices(in: data, of: subject, profileID) { [.attribute($0)] }
        default:
            let nothing = Outcome.ignored(.unsupportedType)
            return [Statement(subject: subject, content: .nothing(nothing), profileID: profileID)]
        }
    }

    private func statement(
        _ content: Change.Content,
        of subject: Subject?,
        _ profileID: String?
    ) -> Statement {
        Statement(
            subject: subject,
            content: subject == nil
                ? .nothing(.ignored(.unknownSubject))
                : .changes([Change(content, profileID: profileID)]),
            profileID: profileID
        )
    }

    private func subject(in data: JSONObject, _ profileID: String?) -> Subject? {
        let text = data[settings.integration.uniqueKeyAttribute].flatMap {
            $0.string ?? $0.number?.text
        }
        if let key = text.flatMap(settings.integration.subjectKey.key) { return .key(key) }
        return profileID.map(Subject.profile)
    }

    /// The choices of one record; a value that cannot be read is one that the profile must tell.
    ///
    /// `targets`: what a member of that name may be, the likeliest first.
    private func choices(
        in data: JSONObject,
        of subject: Subject?,
        _ profileID: String?,
        targets: (String) -> [MappingTarget]
    ) -> [Statement] {
        let mapping = settings.integration.mapping
        var changes: [Change] = []
        for member in data.members {
            guard
                let target = targets(member.name).first(where: { mapping.rule(for: $0) != nil })
            else { continue }
            if let isOn = Choice(actitoValue: member.value)?.isGranted {
                changes += mapping.changes(announced: isOn, at: target, profileID: profileID)
            } else if let change = mapping.change(unreadableAt: target, profileID: profileID) {
                changes.append(change)
            }
        }
        let content: Statement.Content =
            switch (changes.isEmpty, subject) {
            case (true, _): .nothing(.ignored(.noMappedField))
            case (false, nil): .nothing(.ignored(.unknownSubject))
            case (false, _?): .changes(changes)
            }
        return [Statement(subject: subject, content: content, profileID: profileID)]
    }

    /// `interface.md` section 7.
    private static let subjectKeyBytesMax = 320
}

extension Choice {
    /// A subscription's value in any of the forms that receivers have seen: a truth value, the
    /// texts `true`, `1`, `Y`, a number, or `{"subscribe": …}`.
    init?(actitoValue value: JSONValue) {
        switch value {
        case .bool(let isGranted):
            self.init(isGranted: isGranted)
        case .string(let text):
            switch text.lowercased() {
            case "true", "1", "y": self = .granted
            case "false", "0", "n": self = .denied
            default: return nil
            }
        case .number(let number):
            switch number.integer {
            case 1: self = .granted
            case 0: self = .denied
            default: return nil
            }
        case .object(let object):
            guard let inner = object["subscribe"] else { return nil }
            self.init(actitoValue: inner)
        case .null, .array:
            return nil
        }
    }
}
