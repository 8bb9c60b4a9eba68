import BridgeCore
import Storage
import Testing

@testable import Bridge

/// What counts as wrong.
@Suite struct AlertConditionsTests {
    private static let now = Timestamp(milliseconds: 1_795_000_000_000)
    private static let limit = Interval.seconds(300)

    private static func ago(_ seconds: Double) -> Timestamp {
        Timestamp(milliseconds: now.milliseconds - Int64(seconds * 1000))
    }

    private static func group(
        _ platform: PlatformName,
        _ kind: DeliveryKind,
        _ state: String
    ) -> StoreCounts.DeliveryGroup {
        StoreCounts.DeliveryGroup(platform: platform, kind: kind, state: state)
    }

    private static func conditions(
        _ fill: (inout AlertConditions, inout StoreCounts) -> Void
    ) -> AlertConditions {
        var counts = StoreCounts()
        var conditions = AlertConditions(counts: nil, bridge: BridgeLoop.Condition())
        fill(&conditions, &counts)
        conditions.counts = counts
        return conditions
    }

    private static func breaker(_ state: PlatformCondition.BreakerState) -> PlatformCondition {
        var condition = PlatformCondition()
        condition.breaker = state
        condition.reason = state == .closed ? nil : .failing
        return condition
    }

    /// Kinds, each with what it is about.
    private static func names(
        _ fill: (inout AlertConditions, inout StoreCounts) -> Void
    ) -> [String] {
        conditions(fill).alerts(at: now, withdrawalAfter: limit).map { alert in
            alert.name.kind.rawValue + (alert.name.about.map { " \($0)" } ?? "")
        }
    }

    @Test func `a bridge that works has no alert`() {
        #expect(Self.names { _, _ in } == [])
    }

    @Test(arguments: ["waiting", "in_flight", "overdue"])
    func `a withdrawal is late when it has waited longer than the limit`(state: String) {
        func names(after seconds: Double) -> [String] {
            Self.names { _, counts in
                counts.oldestWaiting[Self.group(.didomi, .withdrawal, state)] = Self.ago(seconds)
            }
        }
        #expect(names(after: 300) == [])
        #expect(names(after: 300.001) == ["withdrawal_late didomi"])
    }

    @Test func `a read that may end in a withdrawal is late as one, a grant never`() {
        let names = Self.names { _, counts in
            counts.oldestUrgentRead[.actito] = Self.ago(301)
            counts.oldestWaiting[Self.group(.actito, .read, "waiting")] = Self.ago(301)
            counts.oldestWaiting[Self.group(.didomi, .grant, "waiting")] = Self.ago(90_000)
            counts.oldestWaiting[Self.group(.didomi, .read, "waiting")] = Self.ago(90_000)
        }
        #expect(names == ["withdrawal_late actito"])
    }

    @Test func `each figure of the storage has its alert`() {
        let names = Self.names { _, counts in
            counts.oldestUndecided = Self.ago(301)
            counts.inboxDifference = -1
            counts.deliveriesDifference = 2
            counts.deliveries[Self.group(.actito, .withdrawal, "overdue")] = 1
            counts.deliveries[Self.group(.didomi, .grant, "dead")] = 1
            counts.deliveries[Self.group(.didomi, .grant, "held")] = 1
            counts.deliveries[Self.group(.didomi, .grant, "waiting")] = 9
        }
        #expect(
            names == [
                "webhook_undecided", "conservation_broken inbox", "conservation_broken deliveries",
                "dead_letters actito", "dead_letters didomi", "held_grants didomi",
            ]
        )
    }

    @Test func `each condition of the bridge has its alert`() {
        let place = AccessKey(integration: IntegrationName("shop"), platform: .actito)
        let names = Self.names { conditions, _ in
            conditions.bridge.platforms = [
                .actito: Self.breaker(.halfOpen), .didomi: Self.breaker(.closed),
            ]
            conditions.bridge.intakeTrouble = .space
            conditions.freeBytes = 99
            conditions.freeBytesLow = 100
            conditions.clockSkew = [.actito: .seconds(60), .didomi: .seconds(-60.001)]
            conditions.repairedTooOftenAt = Self.ago(3599)
            let finding = DriftFinding(place, "it has no \"X\"", hint: nil, since: Self.now)
            _ = conditions.drift.take(.seen([finding]), of: place, at: Self.now)
        }
        #expect(
            names == [
                "breaker_open actito", "drift", "storage_nearly_full", "not_accepting",
                "clock_skew didomi", "repaired_too_often",
            ]
        )
    }

    @Test func `what ended, or cannot be told, is no alert`() {
        let names = Self.names { conditions, _ in
            conditions.freeBytes = nil
            conditions.freeBytesLow = 100
            conditions.repairedTooOftenAt = Self.ago(3600)
        }
        #expect(names == [])
    }

    @Test func `a storage that cannot be read leaves what it says unjudged`() {
        var conditions = AlertConditions(counts: nil, bridge: BridgeLoop.Condition())
        conditions.bridge.platforms = [.didomi: Self.breaker(.open)]
        let alerts = conditions.alerts(at: Self.now, withdrawalAfter: Self.limit)
        #expect(alerts.map(\.name.kind) == [.breakerOpen])
        #expect(conditions.unjudged.contains(.withdrawalLate))
        #expect(!conditions.unjudged.contains(.breakerOpen))
        #expect(Self.conditions { _, _ in }.unjudged == [])
    }

    @Test func `summaries name the figures`() {
        let summaries = Self.conditions { conditions, counts in
            counts.oldestWaiting[Self.group(.actito, .withdrawal, "waiting")] = Self.ago(360)
            counts.deliveries[Self.group(.actito, .grant, "dead")] = 3
        }
        .alerts(at: Self.now, withdrawalAfter: Self.limit).map(\.summary)
        #expect(
            summaries == [
                "A withdrawal has been waiting for actito for 6 min.",
                "3 deliveries to actito were refused or tried too often.",
            ]
        )
    }

    @Test(arguments: [
        (0, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "119 min"), (7200, "2 h"),
        (172_799, "47 h"), (172_800, "2 days"),
    ])
    func `a time is told in its largest unit`(seconds: Double, text: String) {
        #expect(Interval.seconds(seconds).forPeople == text)
    }
}
