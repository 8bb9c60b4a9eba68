import BridgeCore
import JSON
import Storage
import Testing

/// Snapshots, history, deliveries, attempts and figures: the rest of the contract.
@Suite(.timeLimit(.minutes(1)))
struct RegisterContract {
    @Test(arguments: Backend.allCases)
    func `every member of a snapshot comes back`(backend: Backend) throws {
        let snapshots = [Sample.fullSnapshot, Sample.unresolvedSnapshot, Sample.readingSnapshot]
        try backend.run { store throws in
            try store.commit { $0.snapshots = snapshots }
            for snapshot in snapshots {
                let key = snapshot.storageKey
                let found = try store.snapshots(of: [key, key])
                #expect(found == [key: snapshot])
            }
            let all = try store.snapshots(of: snapshots.map(\.storageKey))
            #expect(all.count == 3)
        }
    }

    @Test func `the stored form of a snapshot keeps every member`() throws {
        for snapshot in [Sample.fullSnapshot, Sample.unresolvedSnapshot, Sample.readingSnapshot] {
            let text = snapshot.document.serializedText()
            let read = Snapshot(key: snapshot.storageKey, document: try JSONValue(parsing: text))
            #expect(read == snapshot)
        }
    }

    @Test(
        arguments: [
            #"{"fields":{"nonsense":{}}}"#, #"{"fields":{"channel:email":{"register":{}}}}"#,
            #"{"fields":{"channel:email":{"verification":{"changes":[]}}}}"#,
            #"{"fields":{},"open_actito":{"id":1}}"#, #"{"unresolved":[{}]}"#,
            #"{"attributes":{"a":{}}}"#, #"{"fields":{"channel:email":{"held":{}}}}"#,
        ]
    )
    func `a damaged snapshot is not taken for a known one`(text: String) throws {
        #expect(Snapshot(key: Sample.key, document: try JSONValue(parsing: text)) == nil)
    }

    @Test(arguments: Backend.allCases)
    func `a snapshot is replaced, and gone when nothing is left`(backend: Backend) throws {
        try backend.run { store throws in
            try store.commit { $0.snapshots = [Sample.fullSnapshot] }
            var smaller = Snapshot(integration: Sample.shop, subject: Sample.claire)
            smaller.profileID = "9"
            try store.commit { $0.snapshots = [smaller] }
            #expect(try store.snapshots(of: [Sample.key]) == [Sample.key: smaller])
            smaller.profileID = nil
            #expect(smaller.isEmpty)
            try store.commit { $0.snapshots = [smaller] }
            #expect(try store.snapshots(of: [Sample.key]).isEmpty)
            #expect(try store.subject(ofProfile: "9", in: Sample.shop) == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func `snapshots of others stay apart`(backend: Backend) throws {
        try backend.run { store throws in
            try store.commit { $0.snapshots = [Sample.fullSnapshot] }
            let others = [
                SnapshotKey(integration: Sample.magazine, subject: Sample.claire),
                SnapshotKey(integration: Sample.shop, subject: .profile(id: "claire@example.com")),
                SnapshotKey(
                    integration: Sample.shop,
                    subject: .key(SubjectKey("Claire@example.com"))
                ),
            ]
            #expect(try store.snapshots(of: others).isEmpty)
            #expect(try store.snapshots(of: []).isEmpty)
        }
    }

    @Test(
        arguments: Backend.allCases,
        [
            "a", "\u{301}a", "a\u{0}b", "'; --", "%_", " ", "k:p:", "👩‍👩‍👧", "a\nb", "\u{FEFF}x",
            "\u{10}0", "\u{10}",
        ]
    )
    func `a key of any characters is a person of its own`(backend: Backend, text: String) throws {
        let subject = Subject.key(SubjectKey(text))
        var snapshot = Snapshot(integration: Sample.shop, subject: subject)
        snapshot.profileID = "5"
        try backend.run { store throws in
            var neighbour = Snapshot(
                integration: Sample.shop,
                subject: .key(SubjectKey(text + "\u{0}neighbour"))
            )
            neighbour.profileID = "6"
            let entry = try store.accept(Sample.entry())
            let delivery = Sample.delivery(
                try store.makeDeliveryID(),
                .waiting(until: Sample.at(1)),
                subject: subject
            )
            let change = Sample.change(.applied, subject: subject)
            try store.commit { batch in
                batch.snapshots = [snapshot, neighbour]
                batch.deliveries = [delivery]
                batch.decided = [DecidedEntry(id: entry, changes: [change])]
            }
            #expect(
                try store.snapshots(of: [snapshot.storageKey]) == [snapshot.storageKey: snapshot]
            )
            #expect(try store.subject(ofProfile: "5", in: Sample.shop) == subject.key)
            #expect(try store.subject(ofProfile: "6", in: Sample.shop) == neighbour.subject.key)
            #expect(try store.openDeliveries(after: nil, limit: 9) == [delivery])
            #expect(try store.changes(of: entry) == [change])
        }
    }

    @Test(arguments: Backend.allCases)
    func `a profile's number finds the person whose snapshot names it`(backend: Backend) throws {
        try backend.run { store throws in
            var unknown = Sample.unresolvedSnapshot
            unknown.profileID = "777"
            try store.commit { $0.snapshots = [Sample.fullSnapshot, unknown] }
            #expect(
                try store.subject(ofProfile: "12345", in: Sample.shop) == Sample.claire.key
            )
            #expect(try store.subject(ofProfile: "12345", in: Sample.magazine) == nil)
            // Known by its number only: that is no person yet.
            #expect(try store.subject(ofProfile: "777", in: Sample.shop) == nil)
            #expect(try store.subject(ofProfile: "1", in: Sample.shop) == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func `the history keeps the order of the register's changes`(backend: Backend) throws {
        let entries = [
            Sample.registered(.granted, by: 3, at: 30), Sample.registered(.denied, by: 2, at: 20),
            Sample.registered(.granted, by: 1, at: 10),
        ]
        func change(_ entry: RegisterEntry, _ integration: IntegrationName) -> RegisterChange {
            RegisterChange(
                integration: integration,
                subject: Sample.claire,
                field: Sample.letterByMail,
                entry: entry
            )
        }
        try backend.run { store throws in
            try store.commit {
                $0.history = entries.prefix(2).map { change($0, Sample.shop) }
            }
            try store.commit {
                $0.history = [change(entries[0], Sample.magazine), change(entries[2], Sample.shop)]
            }
            let history = try store.history(of: Sample.key)
            #expect(history == entries.map { change($0, Sample.shop) })
        }
    }

    @Test(arguments: Backend.allCases)
    func `a delivery in any state comes back as written`(backend: Backend) throws {
        let states: [DeliveryState] = [
            .waiting(until: Sample.at(60)), .inFlight, .overdue(until: Sample.at(61)),
            .held(.conflict), .held(.brake), .delivered, .skipped(.profileNotFound),
            .skipped(.noMatchingAttribute), .superseded, .dead(.refused),
            .dead(.attemptsExhausted), .discarded,
        ]
        try backend.run { store throws in
            for state in states {
                let record = Sample.delivery(try store.makeDeliveryID(), state)
                try store.commit { $0.deliveries = [record] }
                #expect(try store.delivery(record.id) == record)
            }
            #expect(try store.delivery(DeliveryID(999)) == nil)
            let open = try store.openDeliveries(after: nil, limit: 100)
            #expect(open.map(\.state) == Array(states.prefix(3)))
        }
    }

    @Test(arguments: Backend.allCases)
    func `a delivery is overwritten by its next record`(backend: Backend) throws {
        try backend.run { store throws in
            let id = try store.makeDeliveryID()
            try store.commit { $0.deliveries = [Sample.delivery(id, .inFlight)] }
            var ended = Sample.delivery(id, .delivered, kind: .grant)
            ended.lastStatus = nil
            ended.evidence = []
            try store.commit { $0.deliveries = [ended] }
            #expect(try store.delivery(id) == ended)
            #expect(try store.openDeliveries(after: nil, limit: 10).isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `open deliveries come in pages, oldest first`(backend: Backend) throws {
        try backend.run { store throws in
            let ids = try (0..<7).map { _ in try store.makeDeliveryID() }
            #expect(ids == ids.sorted() && Set(ids).count == 7)
            try store.commit { batch in
                batch.deliveries = ids.reversed().map {
                    Sample.delivery($0, $0 == ids[2] ? .delivered : .waiting(until: Sample.at(1)))
                }
            }
            let first = try store.openDeliveries(after: nil, limit: 3).map(\.id)
            #expect(first == [ids[0], ids[1], ids[3]])
            let second = try store.openDeliveries(after: first.last, limit: 3).map(\.id)
            #expect(second == Array(ids[4...]))
            #expect(try store.openDeliveries(after: second.last, limit: 3).isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `attempts are kept in the order in which they were made`(backend: Backend) throws {
        func attempt(_ delivery: Int64, _ status: Int?, _ body: String) -> AttemptRecord {
            AttemptRecord(
                delivery: DeliveryID(delivery),
                sentAt: Sample.at(1),
                endedAt: Sample.at(2),
                method: "PATCH",
                url: "https://api.example.com/profiles?a=b",
                body: Array(body.utf8),
                status: status,
                verdict: "unknown"
            )
        }
        let made = [attempt(1, nil, ""), attempt(2, 204, "{}"), attempt(1, 503, "{\"é\":1}")]
        try backend.run { store throws in
            try store.commit { $0.attempts = Array(made.prefix(2)) }
            try store.commit { $0.attempts = [made[2]] }
            #expect(try store.attempts(of: DeliveryID(1)) == [made[0], made[2]])
            #expect(try store.attempts(of: DeliveryID(2)) == [made[1]])
            #expect(try store.attempts(of: DeliveryID(3)).isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `counts tell what waits, is held or was given up`(backend: Backend) throws {
        let states: [(DeliveryState, DeliveryKind, Int64)] = [
            (.waiting(until: Sample.at(0)), .withdrawal, 20),
            (.waiting(until: Sample.at(0)), .withdrawal, 10), (.inFlight, .grant, 30),
            (.overdue(until: Sample.at(0)), .withdrawal, 5), (.held(.conflict), .grant, 6),
            (.dead(.refused), .grant, 7), (.discarded, .grant, 8), (.delivered, .grant, 1),
            (.superseded, .grant, 1), (.skipped(.profileNotFound), .grant, 1),
        ]
        func group(_ kind: DeliveryKind, _ state: String) -> StoreCounts.DeliveryGroup {
            StoreCounts.DeliveryGroup(platform: .actito, kind: kind, state: state)
        }
        try backend.run { store throws in
            #expect(try store.counts() == StoreCounts())
            _ = try store.accept(Sample.entry())
            for (state, kind, since) in states {
                let id = try store.makeDeliveryID()
                try store.commit {
                    $0.deliveries = [Sample.delivery(id, state, kind: kind, since: since)]
                }
            }
            try store.commit { batch in
                batch.deliveries = (0..<3).map { number in
                    let state: DeliveryState =
                        number == 0 ? .delivered : .waiting(until: Sample.at(0))
                    var read = Sample.delivery(
                        DeliveryID(100 + Int64(number)),
                        state,
                        kind: .read,
                        since: 2 + Int64(number)
                    )
                    read.isUrgent = number < 2
                    return read
                }
            }
            let counts = try store.counts()
            #expect(counts.oldestUndecided == Sample.at(0))
            #expect(counts.oldestUrgentRead == [.actito: Sample.at(3)])
            #expect(counts.oldestWaiting(.withdrawal, at: .actito) == Sample.at(3))
            #expect(counts.oldestWaiting(.read, at: .actito) == Sample.at(3))
            #expect(counts.oldestWaiting(.grant, at: .actito) == Sample.at(6))
            #expect(counts.oldestWaiting(.withdrawal, at: .didomi) == nil)
            #expect(counts.deliveries(of: .actito, in: ["waiting", "held"]) == 5)
            #expect(counts.inboxUndecided == 1)
            #expect(counts.inboxPending == 0)
            #expect(
                counts.deliveries == [
                    group(.withdrawal, "waiting"): 2, group(.grant, "in_flight"): 1,
                    group(.withdrawal, "overdue"): 1, group(.grant, "held"): 1,
                    group(.grant, "dead"): 1, group(.grant, "discarded"): 1,
                    group(.read, "waiting"): 2,
                ]
            )
            #expect(
                counts.oldestWaiting == [
                    group(.withdrawal, "waiting"): Sample.at(10),
                    group(.grant, "in_flight"): Sample.at(30),
                    group(.withdrawal, "overdue"): Sample.at(5),
                    group(.grant, "held"): Sample.at(6),
                    group(.read, "waiting"): Sample.at(3),
                ]
            )
        }
    }

    @Test(arguments: Backend.allCases)
    func `an interruption lasts from the last noted reception to its return`(
        backend: Backend
    ) throws {
        let day = Interval.seconds(86_400)
        func gap(_ from: Int64, _ until: Int64) -> Interruption {
            Interruption(from: Sample.at(from), until: Sample.at(until))
        }
        try backend.run { store throws in
            #expect(try store.resumeReception(at: Sample.at(5)) == [])
            try store.noteReception(at: Sample.at(7))
            #expect(try store.resumeReception(at: Sample.at(9)) == [gap(7, 9)])
            // The clock was set back.
            #expect(try store.resumeReception(at: Sample.at(8)) == [gap(7, 9)])
            try store.noteReception(at: Sample.at(20))
            #expect(try store.resumeReception(at: Sample.at(30)) == [gap(7, 9), gap(20, 30)])
            let later = try store.resumeReception(at: Sample.at(10) + day)
            #expect(
                later == [
                    gap(20, 30), Interruption(from: Sample.at(30), until: Sample.at(10) + day),
                ]
            )
        }
    }

    @Test(arguments: Backend.allCases)
    func `the first start of an integration stays`(backend: Backend) throws {
        try backend.run { store throws in
            #expect(try store.firstStart(of: Sample.shop, now: Sample.at(5)) == Sample.at(5))
            #expect(try store.firstStart(of: Sample.shop, now: Sample.at(9)) == Sample.at(5))
            #expect(try store.firstStart(of: Sample.shop, now: Sample.at(1)) == Sample.at(5))
            #expect(try store.firstStart(of: Sample.magazine, now: Sample.at(9)) == Sample.at(9))
        }
    }
}
