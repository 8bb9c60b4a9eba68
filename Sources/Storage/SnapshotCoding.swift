package import BridgeCore
package import JSON

/// The stored form of a snapshot: one JSON object, absent members for what is not known.
///
/// By hand and not `Codable`, which is several times slower and this runs for every change.
extension Snapshot {
    package var document: JSONValue {
        var object = JSONObject()
        object["fields"] = .object(
            JSONObject(
                uniqueMembers: fields.keys.sorted().map {
                    .init(name: $0.name, value: fields[$0]?.document ?? .null)
                }
            )
        )
        if !attributes.isEmpty {
            object["attributes"] = .object(
                JSONObject(
                    uniqueMembers: attributes.sorted { $0.key < $1.key }.map {
                        .init(name: $0.key, value: $0.value.document)
                    }
                )
            )
        }
        if !preferences.isEmpty {
            object["preferences"] = .array(
                preferences.sorted { $0.key < $1.key }.map(\.value.document)
            )
        }
        object["profile"] = profileID.map(JSONValue.string)
        object["missing"] = profileMissingSince.map(JSONValue.init)
        object["retry_at"] = profileRetryAt.map(JSONValue.init)
        if isProfileRetryDue { object["retry_due"] = true }
        if isKeyChanged { object["key_changed"] = true }
        for (platform, delivery) in open.sorted(by: { $0.key < $1.key }) {
            object["open_\(platform.rawValue)"] = delivery.document
        }
        for (platform, split) in splitting {
            object["split_\(platform.rawValue)"] = .string(split.rawValue)
        }
        if !readingStored.isEmpty {
            object["read"] = .array(readingStored.sorted().map { .string($0.rawValue) })
        }
        if !unresolved.isEmpty { object["unresolved"] = .array(unresolved.map(\.document)) }
        if !deletions.isEmpty { object["deletions"] = .array(deletions.map(\.document)) }
        if !users.isEmpty { object["users"] = .array(users.sorted().map(JSONValue.string)) }
        if !fieldsToCheck.isEmpty { object["check"] = Self.names(of: fieldsToCheck) }
        if !fieldsToCheckAgain.isEmpty {
            object["check_again"] = Self.names(of: fieldsToCheckAgain)
        }
        if !laggingUsers.isEmpty {
            object["lagging"] = .object(
                JSONObject(
                    uniqueMembers: laggingUsers.sorted { $0.key < $1.key }.map {
                        .init(name: $0.key, value: Self.names(of: $0.value))
                    }
                )
            )
        }
        if !deadWrites.isEmpty {
            object["dead"] = .array(
                deadWrites.sorted { $0.key < $1.key }.map { $0.value.document(of: $0.key) }
            )
        }
        return .object(object)
    }

    fileprivate static func names(of fields: Set<Field>) -> JSONValue {
        .array(fields.sorted().map { .string($0.name) })
    }

    fileprivate static func fields(named names: JSONValue?) -> Set<Field> {
        Set((names?.array ?? []).compactMap { $0.string.flatMap(Field.init(name:)) })
    }

    /// Reads what ``document`` wrote; nil if it is damaged.
    package init?(key: SnapshotKey, document: JSONValue) {
        self.init(integration: key.integration, subject: key.subject)
        for member in document["fields"]?.object?.members ?? [] {
            guard let field = Field(name: member.name), let state = FieldState(member.value)
            else { return nil }
            fields[field] = state
        }
        for member in document["attributes"]?.object?.members ?? [] {
            guard let state = AttributeState(member.value) else { return nil }
            attributes[member.name] = state
        }
        for stored in document["preferences"]?.array ?? [] {
            guard let list = PreferenceList(stored) else { return nil }
            preferences[list.id] = list
        }
        users = Set((document["users"]?.array ?? []).compactMap(\.string))
        fieldsToCheck = Self.fields(named: document["check"])
        fieldsToCheckAgain = Self.fields(named: document["check_again"])
        for member in document["lagging"]?.object?.members ?? [] {
            laggingUsers[member.name] = Self.fields(named: member.value)
        }
        for stored in document["dead"]?.array ?? [] {
            guard let (id, dead) = DeadWrite.read(stored) else { return nil }
            deadWrites[id] = dead
        }
        profileID = document["profile"]?.string
        profileMissingSince = document["missing"]?.timestamp
        profileRetryAt = document["retry_at"]?.timestamp
        isProfileRetryDue = document["retry_due"] == true
        isKeyChanged = document["key_changed"] == true
        for platform in PlatformName.allCases {
            splitting[platform] = document["split_\(platform.rawValue)"]?.string
                .flatMap(Split.init(rawValue:))
            guard let stored = document["open_\(platform.rawValue)"] else { continue }
            guard let delivery = OpenDelivery(stored) else { return nil }
            open[platform] = delivery
        }
        readingStored = Set(
            (document["read"]?.array ?? []).compactMap {
                $0.string.flatMap(PlatformName.init(rawValue:))
            }
        )
        for stored in document["unresolved"]?.array ?? [] {
            guard let change = UnresolvedChange(stored) else { return nil }
            unresolved.append(change)
        }
        for stored in document["deletions"]?.array ?? [] {
            guard let deletion = Deletion(stored) else { return nil }
            deletions.append(deletion)
        }
    }
}

extension DeadWrite {
    fileprivate func document(of id: DeliveryID) -> JSONValue {
        [
            "id": JSONValue(id.number), "platform": .string(platform.rawValue),
            "fields": Snapshot.names(of: fields),
            "attributes": .array(attributes.sorted().map(JSONValue.string)),
        ]
    }

    fileprivate static func read(_ document: JSONValue) -> (DeliveryID, DeadWrite)? {
        guard let id = document["id"]?.number?.integer,
            let platform = document["platform"]?.string.flatMap(PlatformName.init(rawValue:))
        else { return nil }
        let dead = DeadWrite(
            platform: platform,
            fields: Snapshot.fields(named: document["fields"]),
            attributes: Set((document["attributes"]?.array ?? []).compactMap(\.string))
        )
        return (DeliveryID(id), dead)
    }
}

extension AttributeState {
    var document: JSONValue {
        var object: JSONObject = JSONObject()
        object["value"] = value
        object["at"] = JSONValue(chosenAt)
        object["by"] = JSONValue(evidence.number)
        object["received"] = JSONValue(receivedAt)
        object["sent"] = sent
        return .object(object)
    }

    init?(_ document: JSONValue) {
        guard let value = document["value"], let at = document["at"]?.timestamp,
            let evidence = document["by"]?.inboxID, let received = document["received"]?.timestamp
        else { return nil }
        self.init(
            value: value,
            chosenAt: at,
            evidence: evidence,
            receivedAt: received,
            sent: document["sent"]
        )
    }
}

extension PreferenceList {
    var document: JSONValue {
        [
            "id": .string(id), "purpose": .string(purpose), "seen": JSONValue(seenAt),
            "values": .array(values.map(JSONValue.string)),
        ]
    }

    init?(_ document: JSONValue) {
        guard let id = document["id"]?.string, let purpose = document["purpose"]?.string,
            let seen = document["seen"]?.timestamp, let values = document["values"]?.array
        else { return nil }
        self.init(
            id: id,
            purpose: purpose,
            values: values.compactMap(\.string),
            seenAt: seen
        )
    }
}

extension UnresolvedChange {
    var document: JSONValue {
        var object = JSONObject()
        switch content {
        case .choice(let field, let choice):
            object["field"] = .string(field.name)
            object["choice"] = .string(choice.rawValue)
        case .unreadable(let field): object["unreadable"] = .string(field.name)
        case .profileCreated: object["what"] = "created"
        case .profileDeleted: object["what"] = "deleted"
        case .attribute, .eventDeleted, .userDeleted:
            preconditionFailure("what Actito does not announce")
        }
        object["change"] = change.document
        object["received"] = JSONValue(receivedAt)
        if isDisturbed { object["disturbed"] = true }
        return .object(object)
    }

    init?(_ document: JSONValue) {
        let content: Change.Content
        if let field = document["field"]?.string.flatMap(Field.init(name:)),
            let choice = document["choice"]?.choice
        {
            content = .choice(field, choice)
        } else if let field = document["unreadable"]?.string.flatMap(Field.init(name:)) {
            content = .unreadable(field)
        } else {
            switch document["what"]?.string {
            case "created": content = .profileCreated
            case "deleted": content = .profileDeleted
            default: return nil
            }
        }
        guard let change = document["change"].flatMap(ChangeReference.init),
            let received = document["received"]?.timestamp
        else { return nil }
        self.init(content: content, change: change, receivedAt: received)
        isDisturbed = document["disturbed"] == true
    }
}

extension Deletion {
    var document: JSONValue {
        var object = JSONObject()
        object["kind"] = .string(kind.rawValue)
        object["change"] = change.document
        object["received"] = JSONValue(receivedAt)
        if isDisturbed { object["disturbed"] = true }
        return .object(object)
    }

    init?(_ document: JSONValue) {
        guard let kind = document["kind"]?.string.flatMap(Kind.init(rawValue:)),
            let change = document["change"].flatMap(ChangeReference.init),
            let received = document["received"]?.timestamp
        else { return nil }
        self.init(kind: kind, change: change, receivedAt: received)
        isDisturbed = document["disturbed"] == true
    }
}

extension ChangeReference {
    var document: JSONValue { [JSONValue(entry.number), JSONValue(Int64(index))] }

    init?(_ document: JSONValue) {
        guard let parts = document.array, parts.count == 2, let entry = parts[0].inboxID,
            let index = parts[1].number?.integer
        else { return nil }
        self.init(entry: entry, index: Int(index))
    }
}

extension JSONValue {
    init(_ timestamp: Timestamp) {
        self.init(timestamp.milliseconds)
    }

    init(_ number: Int64) {
        self = .number(JSONNumber(number))
    }

    var timestamp: Timestamp? { number?.integer.map { Timestamp(milliseconds: $0) } }
    var inboxID: InboxID? { number?.integer.map { InboxID($0) } }
    var choice: Choice? { string.flatMap(Choice.init(rawValue:)) }
}
