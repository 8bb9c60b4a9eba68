import BridgeCore
import JSON
import Storage
import Testing

/// What each backend must do, in the words of `Storage/Store.swift`.
@Suite(.timeLimit(.minutes(1)))
struct StoreContract {
    @Test(arguments: Backend.allCases)
    func `entries get increasing ids and come back as received`(backend: Backend) throws {
        try backend.run { store throws in
            let entries = [
                Sample.entry(payload: #"{"a":1}"#, at: 1),
                Sample.entry(for: [Sample.shop, Sample.magazine], payload: #"{"b":"é"}"#, at: 2),
            ]
            let results = try store.append(entries) + store.append([Sample.entry(at: 3)])
            let ids = try results.map { result in
                guard case .accepted(let id) = result else {
                    throw StoreError.unusable("\(result)")
                }
                return id
            }
            #expect(ids == ids.sorted() && Set(ids).count == 3)
            let stored = try store.undecided(limit: 10)
            #expect(stored.map(\.id) == ids)
            #expect(stored.prefix(2).map(\.content.payload) == entries.map(\.payload))
            #expect(stored[1].content.integrations == [Sample.shop, Sample.magazine])
            #expect(stored[0].content.type == "event.created")
            #expect(stored[0].content.event == "event")
            #expect(stored[0].content.platform == .didomi)
            #expect(stored.map(\.content.receivedAt) == [1, 2, 3].map(Sample.at))
        }
    }

    @Test(arguments: Backend.allCases)
    func `bytes that are no text are kept as they came`(backend: Backend) throws {
        try backend.run { store throws in
            var entry = Sample.entry()
            entry.payload = [0, 255, 128, 10, 0]
            _ = try store.append([entry])
            #expect(try store.undecided(limit: 1).first?.content.payload == [0, 255, 128, 10, 0])
        }
    }

    @Test(arguments: Backend.allCases)
    func `a repeated identity is a duplicate of the first entry`(backend: Backend) throws {
        try backend.run { store throws in
            let first = try store.accept(Sample.entry(identity: "one", payload: "[1]"))
            let again = try store.append([
                Sample.entry(identity: "one", payload: "[2]"), Sample.entry(identity: "two"),
                Sample.entry(identity: "two"),
            ])
            #expect(again[0] == .duplicate(first: first))
            guard case .accepted(let second) = again[1] else {
                Issue.record("a new identity was called a duplicate")
                return
            }
            #expect(again[2] == .duplicate(first: second))
            #expect(try store.undecided(limit: 10).map(\.id) == [first, second])
        }
    }

    @Test(arguments: Backend.allCases)
    func `a duplicate has an entry of its own, ignored as duplicate`(backend: Backend) throws {
        try backend.run { store throws in
            let first = try store.accept(Sample.entry(identity: "one"))
            _ = try store.append([Sample.entry(identity: "one")])
            let own = InboxID(first.number + 1)
            #expect(try store.state(of: own) == .ignored)
            #expect(try store.changes(of: own) == [.duplicate])
            #expect(try store.changes(of: own).first?.outcome == .ignored(.duplicate))
            #expect(try store.counts().inboxUndecided == 1)
            #expect(try store.accept(Sample.entry()) > own)
            // A third repetition still names the first entry.
            let third = try store.append([Sample.entry(identity: "one")])
            #expect(third == [.duplicate(first: first)])
        }
    }

    @Test(arguments: Backend.allCases)
    func `the same identity for other integrations is no duplicate`(backend: Backend) throws {
        try backend.run { store throws in
            _ = try store.accept(Sample.entry(identity: "one", for: [Sample.shop]))
            _ = try store.accept(Sample.entry(identity: "one", for: [Sample.magazine]))
            _ = try store.accept(
                Sample.entry(identity: "one", for: [Sample.shop, Sample.magazine])
            )
            #expect(try store.undecided(limit: 10).count == 3)
        }
    }

    @Test(arguments: Backend.allCases)
    func `entries without identity are never duplicates`(backend: Backend) throws {
        try backend.run { store throws in
            _ = try store.accept(Sample.entry(payload: "[]"))
            _ = try store.accept(Sample.entry(payload: "[]"))
        }
    }

    @Test(arguments: Backend.allCases)
    func `a zero character in an identity makes it no shorter`(backend: Backend) throws {
        try backend.run { store throws in
            _ = try store.accept(Sample.entry(identity: "one"))
            _ = try store.accept(Sample.entry(identity: "one\u{0}two"))
            _ = try store.accept(Sample.entry(identity: "one\u{0}three"))
        }
    }

    @Test(arguments: Backend.allCases)
    func `undecided gives the oldest entries up to the limit`(backend: Backend) throws {
        try backend.run { store throws in
            let ids = try (0..<5).map { try store.accept(Sample.entry(at: -$0)) }
            #expect(try store.undecided(limit: 2).map(\.id) == Array(ids.prefix(2)))
            try store.commit { batch in
                batch.decided = [DecidedEntry(id: ids[1], changes: [Sample.change(.applied)])]
            }
            #expect(try store.undecided(limit: 2).map(\.id) == [ids[0], ids[2]])
            #expect(try store.undecided(limit: 0).isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `an entry's state is what its outcomes add up to`(backend: Backend) throws {
        let stale = Outcome.ignored(.stale)
        let bad = Outcome.rejected(.unreadableValue)
        let cases: [(outcomes: [Outcome?], state: InboxState)] = [
            ([.applied], .applied), ([stale], .ignored), ([bad], .rejected), ([nil], .waiting),
            ([bad, .applied, stale], .applied), ([stale, bad], .rejected),
            ([.applied, nil], .waiting), ([nil, bad], .waiting),
        ]
        try backend.run { store throws in
            for (outcomes, state) in cases {
                let id = try store.accept(Sample.entry())
                #expect(try store.state(of: id) == .waiting)
                let changes = outcomes.map { Sample.change($0) }
                try store.commit { $0.decided = [DecidedEntry(id: id, changes: changes)] }
                #expect(try store.state(of: id) == state, "\(outcomes)")
                #expect(try store.changes(of: id) == changes)
            }
            #expect(try store.undecided(limit: 100).isEmpty)
            #expect(try store.state(of: InboxID(9999)) == nil)
            #expect(try store.state(of: InboxID(0)) == nil)
            #expect(try store.changes(of: InboxID(9999)).isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a change comes back with all or none of its members`(backend: Backend) throws {
        let empty = ChangeRecord(
            integration: nil,
            subject: nil,
            field: nil,
            choice: nil,
            chosenAt: nil,
            outcome: .rejected(.undecodable)
        )
        let byNumber = Sample.change(.ignored(.unknownSubject), subject: .profile(id: "12"))
        try backend.run { store throws in
            let id = try store.accept(Sample.entry())
            try store.commit {
                $0.decided = [DecidedEntry(id: id, changes: [byNumber, empty, Sample.change(nil)])]
            }
            #expect(try store.changes(of: id) == [byNumber, empty, Sample.change(nil)])
        }
    }

    @Test(arguments: Backend.allCases)
    func `a resolution finishes an entry that waits`(backend: Backend) throws {
        try backend.run { store throws in
            let id = try store.accept(Sample.entry())
            let other = try store.accept(Sample.entry())
            try store.commit { batch in
                batch.decided = [
                    DecidedEntry(
                        id: id,
                        changes: [
                            Sample.change(.rejected(.unreadableValue)), Sample.change(nil),
                            Sample.change(nil),
                        ]
                    ),
                    DecidedEntry(id: other, changes: [Sample.change(nil)]),
                ]
            }
            #expect(try store.counts().inboxPending == 2)
            try store.commit {
                $0.resolutions = [
                    Resolution(
                        change: ChangeReference(entry: id, index: 2),
                        outcome: .ignored(.grantNotConfirmed)
                    )
                ]
            }
            #expect(try store.state(of: id) == .waiting)
            #expect(
                try store.changes(of: id).map(\.outcome?.label) == ["rejected", nil, "ignored"]
            )
            try store.commit {
                $0.resolutions = [
                    Resolution(change: ChangeReference(entry: id, index: 1), outcome: .applied)
                ]
            }
            #expect(try store.state(of: id) == .applied)
            #expect(try store.state(of: other) == .waiting)
            #expect(try store.counts().inboxPending == 1)
        }
    }

    @Test(arguments: Backend.allCases)
    func `an entry may be decided and resolved in one batch`(backend: Backend) throws {
        try backend.run { store throws in
            let id = try store.accept(Sample.entry())
            try store.commit { batch in
                batch.decided = [DecidedEntry(id: id, changes: [Sample.change(nil)])]
                batch.resolutions = [
                    Resolution(change: ChangeReference(entry: id, index: 0), outcome: .applied)
                ]
            }
            #expect(try store.state(of: id) == .applied)
            #expect(try store.counts().inboxPending == 0)
        }
    }
}
