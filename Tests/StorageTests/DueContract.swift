import BridgeCore
import Storage
import Testing

/// What becomes due, who gained consent lately, and whom a consent event was about.
@Suite(.timeLimit(.minutes(1)))
struct DueContract {
    private static func person(_ name: String, wakesAt seconds: Int64?) -> Snapshot {
        let subject = Subject.key(SubjectKey("\(name)@example.com"))
        var snapshot = Snapshot(integration: Sample.shop, subject: subject)
        snapshot.profileMissingSince = Sample.at(0)
        snapshot.profileID = name
        snapshot.profileRetryAt = seconds.map(Sample.at)
        return snapshot
    }

    @Test(arguments: Backend.allCases)
    func `people are due at their time, the earliest first`(backend: Backend) throws {
        try backend.run { store throws in
            #expect(try store.nextDueAt() == nil)
            let (late, early) = (Self.person("a", wakesAt: 20), Self.person("b", wakesAt: 10))
            try store.commit { $0.snapshots = [late, early, Self.person("c", wakesAt: nil)] }
            #expect(try store.nextDueAt() == Sample.at(10))
            #expect(try store.dueSnapshots(until: Sample.at(9), limit: 9).isEmpty)
            let due = try store.dueSnapshots(until: Sample.at(20), limit: 9)
            #expect(due == [early.storageKey, late.storageKey])
            #expect(try store.dueSnapshots(until: Sample.at(20), limit: 1) == [early.storageKey])
            try store.commit { $0.snapshots = [Self.person("b", wakesAt: nil)] }
            #expect(try store.nextDueAt() == Sample.at(20))
        }
    }

    @Test(arguments: Backend.allCases)
    func `people who gained consent from Actito are known for the brake`(backend: Backend) throws {
        try backend.run { store throws in
            let choices: [(String, Choice, PlatformName, Int64)] = [
                ("a", .granted, .actito, 10), ("b", .granted, .didomi, 10),
                ("c", .denied, .actito, 10), ("d", .granted, .actito, 1),
            ]
            try store.commit { batch in
                batch.history = choices.map { name, choice, origin, seconds in
                    var entry = Sample.registered(choice, by: 1, at: seconds)
                    entry.origin = origin
                    return RegisterChange(
                        integration: Sample.shop,
                        subject: .key(SubjectKey("\(name)@example.com")),
                        field: Sample.email,
                        entry: entry
                    )
                }
            }
            let people = try store.peopleGranted(byActitoSince: Sample.at(5), in: Sample.shop)
            #expect(people == [.key(SubjectKey("a@example.com")): Sample.at(11)])
            let others = try store.peopleGranted(byActitoSince: Sample.at(5), in: Sample.magazine)
            #expect(others.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a person is found by the consent event of a webhook`(backend: Backend) throws {
        try backend.run { store throws in
            let identity = "didomi:event.created:e-1:2026-11-24T00:00:00Z:confirmed"
            let entry = try store.accept(Sample.entry(identity: identity))
            try store.commit {
                $0.decided = [DecidedEntry(id: entry, changes: [Sample.change(.applied)])]
            }
            let found = try store.subject(ofConsentEvent: "e-1", in: Sample.shop)
            #expect(found == Sample.claire)
            #expect(try store.subject(ofConsentEvent: "e-1", in: Sample.magazine) == nil)
            #expect(try store.subject(ofConsentEvent: "e-", in: Sample.shop) == nil)
            #expect(try store.subject(ofConsentEvent: "e-12", in: Sample.shop) == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func `the calls of the last minute are found by session`(_ backend: Backend) throws {
        try backend.run { store in
            let id = try store.makeDeliveryID()
            #expect(try store.callsBegun(since: Sample.at(0)).isEmpty)
            try store.commit { batch in
                batch.deliveries = [Sample.delivery(id, .delivered)]
                batch.attempts = [10, 20, 30].map { second in
                    AttemptRecord(
                        delivery: id,
                        sentAt: Sample.at(second),
                        endedAt: Sample.at(second + 5),
                        method: "PATCH",
                        url: "https://api.example.com/",
                        body: [],
                        status: 200,
                        verdict: "accepted"
                    )
                }
            }
            let session = AccessKey(integration: Sample.shop, platform: .actito)
            #expect(
                try store.callsBegun(since: Sample.at(20)) == [
                    session: [Sample.at(20), Sample.at(30)]
                ]
            )
        }
    }
}
