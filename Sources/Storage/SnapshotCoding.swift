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
        object["profile"] = profileID.map(JSONValue.string)
        object["missing"] = profileMissingSince.map(JSONValue.init)
        for (platform, delivery) in open.sorted(by: { $0.key < $1.key }) {
            object["open_\(platform.rawValue)"] = delivery.document
        }
        if !readingStored.isEmpty {
            object["read"] = .array(readingStored.sorted().map { .string($0.rawValue) })
        }
        if !unresolved.isEmpty { object["unresolved"] = .array(unresolved.map(\.document)) }
        return .object(object)
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
        profileID = document["profile"]?.string
        profileMissingSince = document["missing"]?.timestamp
        for platform in PlatformName.allCases {
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
            guard let choice = UnresolvedChoice(stored) else { return nil }
            unresolved.append(choice)
        }
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

extension UnresolvedChoice {
    var document: JSONValue {
        [
            "field": .string(field.name), "choice": .string(choice.rawValue),
            "change": change.document, "received": JSONValue(receivedAt),
        ]
    }

    init?(_ document: JSONValue) {
        guard let field = document["field"]?.string.flatMap(Field.init(name:)),
            let choice = document["choice"]?.choice,
            let change = document["change"].flatMap(ChangeReference.init),
            let received = document["received"]?.timestamp
        else { return nil }
        self.init(field: field, choice: choice, change: change, receivedAt: received)
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
