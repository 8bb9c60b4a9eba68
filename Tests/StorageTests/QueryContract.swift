import BridgeCore
import Storage
import Testing

/// What people ask of each backend, in the words of `Storage/StoreQueries.swift`.
@Suite(.timeLimit(.minutes(1)))
struct QueryContract {
    // MARK: Inbox

    /// An inbox with an entry of each kind, by what it is called here.
    private static func fill(_ store: any Store) throws -> [String: InboxID] {
        var ids: [String: InboxID] = [:]
        func accept(
            _ name: String,
            _ outcomes: [Outcome?]? = nil,
            from platform: PlatformName = .didomi,
            for integrations: [String] = ["shop"]
        ) throws {
            var entry = Sample.entry(for: integrations.map(IntegrationName.init))
            entry.platform = platform
            let id = try store.accept(entry)
            ids[name] = id
            guard let outcomes else { return }
            let changes = outcomes.map { Sample.change($0) }
            try store.commit { $0.decided = [DecidedEntry(id: id, changes: changes)] }
        }
        try accept("applied", [.applied, .ignored(.stale)])
        try accept("undecided", from: .actito)
        try accept("stale", [.ignored(.stale), .ignored(.stale)], from: .actito)
        try accept("pending", [.ignored(.echo), nil])
        try accept("rejected", [.rejected(.undecodable)], for: ["magazine", "shop"])
        try accept("echo", [.ignored(.echo)], for: ["a%b"])
        try accept("echo too", [.ignored(.echo)], from: .actito, for: ["a_b", "magazine"])
        try accept("undecided too", for: ["axb"])
        try accept("capital", [.applied], for: ["Shop"])
        try accept("backslash", [.applied], for: [#"a\b"#])
        return ids
    }

    private static let filters: [(InboxFilter, [String])] = [
        (InboxFilter(state: .waiting), ["undecided", "pending", "undecided too"]),
        (InboxFilter(state: .applied), ["applied", "capital", "backslash"]),
        (InboxFilter(state: .rejected), ["rejected"]),
        (InboxFilter(state: .ignored), ["stale", "echo", "echo too"]),
        (InboxFilter(reason: "stale"), ["applied", "stale"]),
        (InboxFilter(reason: "echo"), ["pending", "echo", "echo too"]),
        (InboxFilter(reason: "undecodable"), ["rejected"]), (InboxFilter(reason: "nothing"), []),
        (InboxFilter(state: .ignored, reason: "stale"), ["stale"]),
        (InboxFilter(state: .waiting, reason: "echo"), ["pending"]),
        (InboxFilter(platform: .actito), ["undecided", "stale", "echo too"]),
        (InboxFilter(state: .waiting, platform: .actito), ["undecided"]),
        (InboxFilter(reason: "echo", platform: .didomi), ["pending", "echo"]),
        (
            InboxFilter(integration: IntegrationName("shop")),
            ["applied", "undecided", "stale", "pending", "rejected"]
        ),
        (InboxFilter(integration: IntegrationName("magazine")), ["rejected", "echo too"]),
        (InboxFilter(integration: IntegrationName("a%b")), ["echo"]),
        (InboxFilter(integration: IntegrationName("a_b")), ["echo too"]),
        (InboxFilter(integration: IntegrationName("Shop")), ["capital"]),
        (InboxFilter(integration: IntegrationName(#"a\b"#)), ["backslash"]),
        (InboxFilter(integration: IntegrationName("sho")), []),
        (InboxFilter(integration: IntegrationName("%")), []),
        (InboxFilter(reason: "echo", integration: IntegrationName("a_b")), ["echo too"]),
    ]

    @Test(arguments: Backend.allCases)
    func `each filter of the inbox finds what it says, the newest first`(backend: Backend) throws {
        try backend.run { store throws in
            let ids = try Self.fill(store)
            let all = try store.inbox(InboxFilter(), before: nil, limit: 100)
            #expect(all.map(\.entry.id) == ids.values.sorted(by: >))
            for (filter, names) in Self.filters {
                let expected = names.compactMap { ids[$0] }.sorted(by: >)
                let found = try store.inbox(filter, before: nil, limit: 100)
                #expect(found.map(\.entry.id) == expected, "\(filter)")
                // Page by page it is the same.
                var paged: [InboxID] = []
                for _ in 0...expected.count {
                    let page = try store.inbox(filter, before: paged.last, limit: 1)
                    paged += page.map(\.entry.id)
                }
                #expect(paged == expected, "\(filter)")
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `pages of the inbox have no gap and no repeat while entries arrive`(
        backend: Backend
    ) throws {
        try backend.run { store throws in
            let ids = try (0..<23).map { try store.accept(Sample.entry(at: Int64($0))) }
            var found: [InboxID] = []
            while let page = try Self.page(of: store, after: found.last) {
                #expect(page.count <= 5)
                found += page
                _ = try store.accept(Sample.entry())
                try store.commit {
                    $0.decided = [DecidedEntry(id: page[0], changes: [Sample.change(.applied)])]
                }
            }
            #expect(found == ids.reversed())
        }
    }

    private static func page(of store: any Store, after last: InboxID?) throws -> [InboxID]? {
        let page = try store.inbox(InboxFilter(), before: last, limit: 5).map(\.entry.id)
        return page.isEmpty ? nil : page
    }

    @Test(arguments: Backend.allCases)
    func `an entry is listed with its changes and with what it is evidence of`(
        backend: Backend
    ) throws {
        try backend.run { store throws in
            let bob = Subject.key(SubjectKey("bob@example.com"))
            let ids = try (0..<13).map { number in
                try store.accept(Sample.entry(payload: #"{"n":\#(number)}"#, at: number))
            }
            let changes = [
                Sample.change(.applied), Sample.change(.ignored(.stale), subject: bob),
                Sample.change(nil),
            ]
            try store.commit { batch in
                batch.decided = [
                    DecidedEntry(id: ids[3], changes: changes),
                    DecidedEntry(id: ids[0], changes: [Sample.change(.applied)]),
                ]
                // Entries 4 and 12 are their evidence.
                batch.deliveries = [
                    Sample.delivery(DeliveryID(2), .delivered),
                    Sample.delivery(DeliveryID(1), .dead(.refused), subject: bob),
                ]
            }
            let listing = try #require(try store.listing(of: ids[3]))
            #expect(listing.entry.id == ids[3])
            #expect(listing.entry.content.payload == Array(#"{"n":3}"#.utf8))
            #expect(listing.entry.content.receivedAt == Sample.at(3))
            #expect(listing.state == .waiting && listing.changes == changes)
            #expect(listing.deliveries == [1, 2].map { DeliveryID($0) })
            // 12 is not 1 and not 2.
            #expect(try store.listing(of: ids[0])?.deliveries == [])
            #expect(try store.listing(of: ids[12])?.state == .waiting)
            #expect(try store.listing(of: InboxID(99)) == nil)
            let listed = try store.inbox(InboxFilter(), before: ids[4], limit: 1)
            #expect(listed.map(\.changes) == [changes])
            #expect(listed.map(\.entry.content.payload) == [[]])
            #expect(listed.first?.deliveries == listing.deliveries)
        }
    }

    @Test(arguments: Backend.allCases)
    func `an entry of somebody whose key was found later leads to the deliveries of the key`(
        backend: Backend
    ) throws {
        let old = Subject.key(SubjectKey("claire@example.org"))
        try backend.run { store throws in
            let ids = try (0..<12).map { _ in try store.accept(Sample.entry()) }
            let key = try #require(Sample.claire.key)
            let link = KeyLink(
                integration: Sample.shop,
                old: SubjectKey("claire@example.org"),
                new: SubjectKey("c@example.org")
            )
            try store.commit { batch in
                // Known by its number first, and under a key that was joined twice.
                batch.decided = [
                    DecidedEntry(
                        id: ids[3],
                        changes: [Sample.change(.applied, subject: .profile(id: "12345"))]
                    ),
                    DecidedEntry(id: ids[11], changes: [Sample.change(.applied, subject: old)]),
                ]
                batch.snapshots = [Sample.fullSnapshot]
                batch.links = [link, KeyLink(integration: Sample.shop, old: link.new, new: key)]
                batch.deliveries = [Sample.delivery(DeliveryID(1), .delivered)]
            }
            #expect(try store.listing(of: ids[3])?.deliveries == [DeliveryID(1)])
            #expect(try store.listing(of: ids[11])?.deliveries == [DeliveryID(1)])
        }
    }

    @Test(arguments: Backend.allCases)
    func `a duplicate is listed as ignored, without payload`(backend: Backend) throws {
        try backend.run { store throws in
            _ = try store.append([
                Sample.entry(identity: "one", payload: "[1]"),
                Sample.entry(identity: "one", payload: "[1]"),
            ])
            let found = try store.inbox(InboxFilter(reason: "duplicate"), before: nil, limit: 9)
            #expect(found.map(\.state) == [.ignored])
            #expect(found.map(\.changes) == [[.duplicate]])
            let id = try #require(found.first?.entry.id)
            let listing = try #require(try store.listing(of: id))
            #expect(listing.entry.content.payload == [])
            #expect(listing.entry.content.integrations == [Sample.shop])
            #expect(listing.deliveries == [])
        }
    }

    // MARK: Deliveries

    private static func lane(
        _ integration: IntegrationName = Sample.shop,
        _ platform: PlatformName = .actito,
        _ subject: Subject = Sample.claire
    ) -> LaneKey {
        LaneKey(integration: integration, platform: platform, subject: subject)
    }

    private static func deliver(to store: any Store) throws -> [String: DeliveryID] {
        let bob = Subject.key(SubjectKey("bob@example.com"))
        let number = Subject.profile(id: "4")
        let made: [(name: String, state: DeliveryState, lane: LaneKey, at: Int64)] = [
            ("delivered", .delivered, lane(), 7), ("refused", .dead(.refused), lane(), 7),
            ("waiting", .waiting(until: Sample.at(9)), lane(Sample.shop, .didomi), 7),
            ("overdue", .overdue(until: Sample.at(9)), lane(Sample.shop, .actito, bob), 7),
            ("tired", .dead(.attemptsExhausted), lane(Sample.magazine), 7),
            ("conflict", .held(.conflict), lane(), 20), ("brake", .held(.brake), lane(), 30),
            ("nobody", .skipped(.profileNotFound), lane(Sample.shop, .actito, number), 7),
            ("flying", .inFlight, lane(), 30),
            ("overtaken", .superseded, lane(Sample.shop, .didomi), 7),
            ("dropped", .discarded, lane(Sample.magazine), 7),
        ]
        var ids: [String: DeliveryID] = [:]
        for (name, state, lane, seconds) in made {
            let id = try store.makeDeliveryID()
            var delivery = Sample.delivery(id, state)
            delivery.lane = lane
            delivery.createdAt = Sample.at(seconds)
            try store.commit { $0.deliveries = [delivery] }
            ids[name] = id
        }
        return ids
    }

    private static func filter(_ fill: (inout DeliveryFilter) -> Void) -> DeliveryFilter {
        var filter = DeliveryFilter()
        fill(&filter)
        return filter
    }

    private static let deliveryFilters: [(DeliveryFilter, [String])] = [
        (filter { $0.states = ["dead"] }, ["refused", "tired"]),
        (filter { $0.states = ["dead", "overdue"] }, ["refused", "overdue", "tired"]),
        (filter { $0.states = ["in_flight"] }, ["flying"]),
        (filter { $0.states = ["unheard of"] }, []),
        (filter { $0.platform = .didomi }, ["waiting", "overtaken"]),
        (filter { $0.integration = Sample.magazine }, ["tired", "dropped"]),
        (filter { $0.reason = "refused" }, ["refused"]),
        (filter { $0.reason = "brake" }, ["brake"]),
        (filter { $0.since = Sample.at(20) }, ["conflict", "brake", "flying"]),
        (filter { $0.since = Sample.at(21) }, ["brake", "flying"]),
        (filter { $0.subject = .key(SubjectKey("bob@example.com")) }, ["overdue"]),
        (filter { $0.subject = .key(SubjectKey("BOB@example.com")) }, []),
        (filter { $0.subject = .profile(id: "4") }, ["nobody"]),
        (
            filter {
                $0.states = ["dead"]
                $0.reason = "attempts_exhausted"
                $0.integration = Sample.magazine
                $0.platform = .actito
                $0.since = Sample.at(7)
                $0.subject = Sample.claire
            }, ["tired"]
        ),
        (
            filter {
                $0.states = ["held", "dead"]
                $0.since = Sample.at(30)
            }, ["brake"]
        ),
    ]

    @Test(arguments: Backend.allCases)
    func `each filter of deliveries finds what it says, the newest first`(backend: Backend) throws {
        try backend.run { store throws in
            let ids = try Self.deliver(to: store)
            let all = try store.deliveries(DeliveryFilter(), before: nil, limit: 100)
            #expect(all.map(\.id) == ids.values.sorted(by: >))
            #expect(try all == all.map { try store.delivery($0.id) })
            for (filter, names) in Self.deliveryFilters {
                let expected = names.compactMap { ids[$0] }.sorted(by: >)
                let found = try store.deliveries(filter, before: nil, limit: 100)
                #expect(found.map(\.id) == expected, "\(filter)")
                var paged: [DeliveryID] = []
                for _ in 0...expected.count {
                    paged += try store.deliveries(filter, before: paged.last, limit: 1).map(\.id)
                }
                #expect(paged == expected, "\(filter)")
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `pages of several states have no gap and no repeat`(backend: Backend) throws {
        try backend.run { store throws in
            let ids = try (0..<40).map { _ in try store.makeDeliveryID() }
            try store.commit { batch in
                batch.deliveries = ids.map { id in
                    let isOverdue = id.number.isMultiple(of: 3)
                    return Sample.delivery(
                        id,
                        isOverdue ? .overdue(until: Sample.at(1)) : .dead(.refused)
                    )
                }
            }
            let filter = Self.filter { $0.states = ["dead", "overdue"] }
            var found: [DeliveryID] = []
            while true {
                let page = try store.deliveries(filter, before: found.last, limit: 7).map(\.id)
                guard !page.isEmpty else { break }
                found += page
            }
            #expect(found == ids.reversed())
        }
    }

    // MARK: A person

    @Test(arguments: Backend.allCases)
    func `what was said of a person comes newest first, an entry's changes in order`(
        backend: Backend
    ) throws {
        try backend.run { store throws in
            let bob = Subject.key(SubjectKey("bob@example.com"))
            let number = Subject.profile(id: "claire@example.com")
            var elsewhere = Sample.change(.applied)
            elsewhere.integration = Sample.magazine
            let told: [[ChangeRecord]] = [
                [Sample.change(.applied), Sample.change(.applied, subject: bob)],
                [Sample.change(.ignored(.echo)), elsewhere, Sample.change(nil)],
                [Sample.change(.rejected(.undecodable), subject: number)],
            ]
            var ids: [InboxID] = []
            for changes in told {
                var entry = Sample.entry(at: Int64(ids.count))
                entry.platform = ids.isEmpty ? .didomi : .actito
                entry.type = ids.isEmpty ? "event.created" : "UPDATED_SUBSCRIPTION"
                ids.append(try store.accept(entry))
                try store.commit {
                    $0.decided = [DecidedEntry(id: ids[ids.count - 1], changes: changes)]
                }
            }
            let found = try store.changes(of: Sample.key, limit: 100)
            #expect(found.map(\.entry) == [ids[1], ids[1], ids[0]])
            #expect(found.map(\.change) == [told[1][0], told[1][2], told[0][0]])
            #expect(found.map(\.platform) == [.actito, .actito, .didomi])
            #expect(found.map(\.type).last == "event.created")
            #expect(found.map(\.receivedAt) == [1, 1, 0].map(Sample.at))
            #expect(try store.changes(of: Sample.key, limit: 2) == Array(found.prefix(2)))
            let magazine = SnapshotKey(integration: Sample.magazine, subject: Sample.claire)
            #expect(try store.changes(of: magazine, limit: 9).map(\.change) == [elsewhere])
        }
    }

    // MARK: Operators

    @Test(arguments: Backend.allCases)
    func `what operators did comes back whole, the newest first`(backend: Backend) throws {
        let retry = OperatorAction(
            .retry,
            by: "operator (jo)",
            at: Sample.at(1),
            delivery: DeliveryID(7),
            of: Sample.key
        )
        let discard = OperatorAction(
            .discard,
            by: "loopback",
            at: Sample.at(2),
            delivery: DeliveryID(8),
            of: Sample.key,
            reason: "wrong \u{e9}t\u{e9}'; --"
        )
        let link = OperatorAction(.link, by: "storage (jo)", at: Sample.at(3), of: Sample.key)
        let bare = OperatorAction(.retry, by: "", at: Sample.at(4))
        try backend.run { store throws in
            #expect(try store.operatorActions(before: nil, limit: 9).isEmpty)
            try store.commit { $0.actions = [retry, discard] }
            try store.commit { $0.actions = [link, bare] }
            let found = try store.operatorActions(before: nil, limit: 9)
            #expect(found.map(\.action) == [bare, link, discard, retry])
            var paged: [Int64] = []
            for _ in 0..<5 {
                paged += try store.operatorActions(before: paged.last, limit: 1).map(\.id)
            }
            #expect(paged == found.map(\.id) && Set(paged).count == 4)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a joined key keeps its link until it stands for somebody itself`(
        backend: Backend
    ) throws {
        func link(_ old: String, _ new: String, _ name: IntegrationName = Sample.shop) -> KeyLink {
            KeyLink(integration: name, old: SubjectKey(old), new: SubjectKey(new))
        }
        try backend.run { store throws in
            func links() throws -> Set<KeyLink> { Set(try store.keyLinks()) }
            #expect(try links().isEmpty)
            try store.commit { $0.links = [link("a", "b"), link("b", "c")] }
            #expect(try links() == [link("a", "b"), link("b", "c")])
            // Another integration has keys of its own.
            try store.commit { $0.links = [link("b", "a", Sample.magazine)] }
            #expect(try links().count == 3)
            // Back: the new key of each link has none.
            try store.commit { $0.links = [link("c", "b")] }
            #expect(
                try links() == [link("a", "b"), link("c", "b"), link("b", "a", Sample.magazine)]
            )
            // Replaced, and in one batch as if one after the other.
            try store.commit { $0.links = [link("a", "d"), link("d", "a"), link("e\u{0}", "e")] }
            #expect(
                try links() == [
                    link("d", "a"), link("c", "b"), link("e\u{0}", "e"),
                    link("b", "a", Sample.magazine),
                ]
            )
            #expect(try store.keyLinks().count == 4)
        }
    }
}
