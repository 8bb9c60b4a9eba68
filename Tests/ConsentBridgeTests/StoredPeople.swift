import BridgeCore
import Foundation
import JSON
import SQLiteStorage
import Storage

/// People who chose at Didomi, with what came of it, written into a storage that nobody has open.
struct StoredPeople {
    /// How many webhooks; each person has one unless ``people`` is smaller.
    var count: Int
    var people: Int
    /// What became of the n-th delivery.
    var state: (Int) -> DeliveryState = { _ in .dead(.refused) }
    /// What their keys begin with.
    var name = "reader"
    var start = Timestamp(milliseconds: 1_795_000_000_000)

    init(_ count: Int, people: Int? = nil) {
        self.count = count
        self.people = people ?? count
    }

    static let integration = IntegrationName("default")
    private static let field = Field.channel("email")

    static func key(_ number: Int, _ name: String = "reader") -> String {
        "\(name)\(number)@example.com"
    }

    func write(to path: String) throws {
        let store = try SQLiteStore(path: path)
        defer { store.close() }
        _ = try store.firstStart(of: Self.integration, now: start)
        for first in stride(from: 0, to: count, by: Self.batchCount) {
            try write(first..<min(count, first + Self.batchCount), to: store)
        }
    }

    private func write(_ numbers: Range<Int>, to store: SQLiteStore) throws {
        let entries = try store.append(numbers.map(entry))
        var batch = StoreBatch(at: start)
        for (number, result) in zip(numbers, entries) {
            guard case .accepted(let entry) = result else { continue }
            let person = number % people
            let register = RegisterEntry(
                choice: .granted,
                chosenAt: moment(number),
                origin: .didomi,
                evidence: entry,
                receivedAt: moment(number)
            )
            let subject = Subject.key(SubjectKey(Self.key(person, name)))
            batch.decided.append(decided(entry, number, subject))
            batch.history.append(
                RegisterChange(
                    integration: Self.integration,
                    subject: subject,
                    field: Self.field,
                    entry: register
                )
            )
            let delivery = delivery(try store.makeDeliveryID(), number, subject, entry)
            batch.deliveries.append(delivery)
            batch.attempts.append(attempt(delivery))
            batch.snapshots.removeAll { numbers.count > people && $0.subject == subject }
            batch.snapshots.append(snapshot(subject, register, delivery))
        }
        try store.commit(batch)
    }

    private func moment(_ number: Int) -> Timestamp {
        start + Interval(milliseconds: Int64(number) * 100)
    }

    private func entry(_ number: Int) -> NewInboxEntry {
        let body: JSONValue = [
            "type": "event.created",
            "parameters": [
                "entity": [
                    "id": .string("event-\(number)"), "created_at": .string(moment(number).iso8601),
                    "user": ["organization_user_id": .string(Self.key(number % people, name))],
                    "consents": ["channels": [["id": "email", "enabled": true]]],
                ]
            ],
        ]
        return NewInboxEntry(
            platform: number.isMultiple(of: 10) ? .actito : .didomi,
            integrations: [Self.integration],
            type: "event.created",
            payload: body.serialized(),
            receivedAt: moment(number)
        )
    }

    private func decided(_ entry: InboxID, _ number: Int, _ subject: Subject) -> DecidedEntry {
        let change = ChangeRecord(
            integration: Self.integration,
            subject: subject,
            field: Self.field.name,
            choice: .granted,
            chosenAt: moment(number),
            outcome: number.isMultiple(of: 3) ? .ignored(.unchanged) : .applied
        )
        return DecidedEntry(id: entry, changes: [change])
    }

    private func delivery(
        _ id: DeliveryID,
        _ number: Int,
        _ subject: Subject,
        _ entry: InboxID
    ) -> DeliveryRecord {
        let state = state(number)
        return DeliveryRecord(
            id: id,
            lane: LaneKey(integration: Self.integration, platform: .actito, subject: subject),
            kind: .grant,
            state: state,
            attempts: 1,
            createdAt: moment(number),
            waitingSince: moment(number),
            finishedAt: state.isFinal ? moment(number) + .seconds(1) : nil,
            lastStatus: 400,
            evidence: [entry]
        )
    }

    private func attempt(_ delivery: DeliveryRecord) -> AttemptRecord {
        AttemptRecord(
            delivery: delivery.id,
            sentAt: delivery.createdAt,
            endedAt: delivery.createdAt + .seconds(1),
            method: "PATCH",
            url: "https://actito.example.com/profiles/emailAddress=somebody",
            body: Array(#"{"subscriptions":{"Newsletter":true}}"#.utf8),
            status: 400,
            verdict: "refused"
        )
    }

    private func snapshot(
        _ subject: Subject,
        _ register: RegisterEntry,
        _ delivery: DeliveryRecord
    ) -> Snapshot {
        var snapshot = Snapshot(integration: Self.integration, subject: subject)
        var state = FieldState()
        state.register = register
        state.didomi.choice = .granted
        switch delivery.state {
        case .dead:
            state.actito.isRefused = true
            snapshot.deadWrites[delivery.id] = DeadWrite(
                platform: .actito,
                fields: [Self.field],
                attributes: []
            )
        case .waiting:
            snapshot.open[.actito] = OpenDelivery(
                id: delivery.id,
                call: .write(PlannedWrite(choices: [Self.field: .granted])),
                waitingSince: delivery.waitingSince,
                createdAt: delivery.createdAt,
                evidence: delivery.evidence
            )
        case .inFlight, .held, .delivered, .skipped, .superseded, .overdue, .discarded:
            state.actito.choice = .granted
        }
        snapshot.fields[Self.field] = state
        return snapshot
    }

    private static let batchCount = 1_000
}
