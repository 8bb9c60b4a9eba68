import BridgeCore
import JSON
import Storage

/// Everything that is known of one person in one integration.
struct SubjectReport {
    let store: any Store
    /// The person's key, the newest if several were joined.
    let key: SnapshotKey
    /// The keys that operators joined with it.
    let formerKeys: [SubjectKey]
    let disclosure: Disclosure

    /// Nil: the integration does not know the key.
    func json() throws(StoreError) -> JSONValue? {
        let snapshot = try store.snapshots(of: [key])[key]
        let names = names(of: snapshot)
        let history = try history(of: names)
        let changes = try changes(of: names)
        guard snapshot != nil || !history.isEmpty || !changes.isEmpty else { return nil }
        var object = JSONObject()
        object["integration"] = .string(key.integration.text)
        object["key"] = .string(disclosure.text(key.subject.text))
        object["profile_id"] = .text(snapshot?.profileID.map(disclosure.text))
        object["fields"] = fields(of: snapshot)
        object["attributes"] = attributes(of: snapshot)
        var replicas = JSONObject()
        for platform in PlatformName.allCases {
            replicas[platform.rawValue] = self.replicas(at: platform, of: snapshot)
        }
        object["replicas"] = .object(replicas)
        object["history"] = .array(history.map { $0.json() })
        object["changes"] = .array(
            changes.map { told in
                guard case .object(var object) = told.change.json(disclosure) else { return .null }
                object["entry"] = .string(String(told.entry.number))
                object["platform"] = .string(told.platform.rawValue)
                object["type"] = .string(told.type)
                object["received_at"] = .string(told.receivedAt.iso8601)
                return .object(object)
            }
        )
        object["deliveries"] = .array(try deliveries(of: names))
        object["joined_keys"] = .array(formerKeys.map { .string(disclosure.text($0.text)) })
        return .object(object)
    }

    /// Under which the person is told of: the key, earlier ones, and the profile's number, by which
    /// Actito may have told something before the key was known.
    private func names(of snapshot: Snapshot?) -> [SnapshotKey] {
        let former = formerKeys.map { Subject.key($0) }
        let number = snapshot?.profileID.map { Subject.profile(id: $0) }
        return ([key.subject] + former + [number].compactMap(\.self))
            .map { SnapshotKey(integration: key.integration, subject: $0) }
    }

    private func history(of names: [SnapshotKey]) throws(StoreError) -> [RegisterChange] {
        var history: [RegisterChange] = []
        for name in names { history += try store.history(of: name) }
        // Each name's is in order already.
        return names.count == 1
            ? history : history.sorted { $0.entry.receivedAt < $1.entry.receivedAt }
    }

    private func changes(of names: [SnapshotKey]) throws(StoreError) -> [ToldChange] {
        var changes: [ToldChange] = []
        for name in names { changes += try store.changes(of: name, limit: Self.changesMax) }
        guard names.count > 1 else { return changes }
        return Array(changes.sorted { $0.entry > $1.entry }.prefix(Self.changesMax))
    }

    private func fields(of snapshot: Snapshot?) -> JSONValue {
        members(of: snapshot) { state in
            state.register.map { entry in
                [
                    "value": .string(entry.choice.rawValue),
                    "chosen_at": .string(entry.chosenAt.iso8601),
                    "origin": .string(entry.origin.rawValue),
                    "evidence": .string(String(entry.evidence.number)),
                ]
            }
        }
    }

    private func replicas(at platform: PlatformName, of snapshot: Snapshot?) -> JSONValue {
        members(of: snapshot) { state in
            let replica = state[platform]
            let last = [replica.grant, replica.withdrawal].compactMap(\.self)
                .max { $0.sentAt < $1.sentAt }
            guard replica.choice != nil || last != nil || state.register != nil else { return nil }
            return [
                "value": .string(replica.choice?.rawValue ?? "unknown"),
                "sent_at": .text(last?.sentAt.iso8601),
                "acknowledged_at": .text(last?.acceptedAt?.iso8601),
                "seen_back": last.map { .bool($0.isSeenBack) } ?? .null,
            ]
        }
    }

    private func members(
        of snapshot: Snapshot?,
        _ value: (FieldState) -> JSONValue?
    ) -> JSONValue {
        let states = (snapshot?.fields ?? [:]).sorted { $0.key < $1.key }
        return .object(
            JSONObject(
                uniqueMembers: states.compactMap { field, state in
                    // A target of several fields follows from them.
                    if case .target = field { return nil }
                    return value(state).map { .init(name: field.name, value: $0) }
                }
            )
        )
    }

    private func attributes(of snapshot: Snapshot?) -> JSONValue {
        let attributes = (snapshot?.attributes ?? [:]).sorted { $0.key < $1.key }
        return .object(
            JSONObject(
                uniqueMembers: attributes.map { name, state in
                    .init(
                        name: name,
                        value: [
                            "value": disclosure.value(state.value),
                            "chosen_at": .string(state.chosenAt.iso8601),
                            "evidence": .string(String(state.evidence.number)),
                            "is_sent": .bool(state.sent == state.value),
                        ]
                    )
                }
            )
        )
    }

    private func deliveries(of names: [SnapshotKey]) throws(StoreError) -> [JSONValue] {
        var found: [DeliveryRecord] = []
        for name in names {
            var filter = DeliveryFilter()
            filter.integration = name.integration
            filter.subject = name.subject
            found += try store.deliveries(filter, before: nil, limit: Self.deliveriesMax)
        }
        var items: [JSONValue] = []
        for delivery in found.sorted(by: { $0.id > $1.id }).prefix(Self.deliveriesMax) {
            let attempts = try store.attempts(of: delivery.id)
            items.append(delivery.json(disclosure, attempts: attempts))
        }
        return items
    }

    /// What a person reads of another; older ones are in the lists.
    private static let changesMax = 1000
    private static let deliveriesMax = 500
}
