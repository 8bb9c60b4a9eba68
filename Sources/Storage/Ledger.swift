package import BridgeCore

/// The sums of rule S12: how many entries and deliveries there ever were, and where they stand.
///
/// They change in the transaction that changes the rows; what retention or erasure removes later
/// stays counted. A backend keeps one and adds what each transaction did.
package struct Ledger: Hashable, Sendable {
    /// Where an entry stands: ``InboxState`` with the two ways of waiting apart.
    package enum Stage: String, Sendable {
        case undecided
        case pending
        case applied
        case ignored
        case rejected

        package init(decided outcomes: some Sequence<Outcome?>) {
            self =
                switch InboxState(outcomes) {
                case .waiting: .pending
                case .applied: .applied
                case .ignored: .ignored
                case .rejected: .rejected
                }
        }

        /// Reads what the storages keep of an entry.
        package init(_ state: InboxState, isDecided: Bool) {
            self =
                switch state {
                case .waiting: isDecided ? .pending : .undecided
                case .applied: .applied
                case .ignored: .ignored
                case .rejected: .rejected
                }
        }
    }

    /// Sums by account: `inbox/accepted`, `inbox/STAGE`, `deliveries/planned` and
    /// `deliveries/PLATFORM/KIND/STATE`.
    package private(set) var sums: [String: Int]

    package init(_ sums: [String: Int] = [:]) {
        self.sums = sums
    }

    package mutating func accept(as stage: Stage) {
        sums[Self.accepted, default: 0] += 1
        sums[Self.account(of: stage), default: 0] += 1
    }

    package mutating func move(from old: Stage, to new: Stage) {
        guard old != new else { return }
        sums[Self.account(of: old), default: 0] -= 1
        sums[Self.account(of: new), default: 0] += 1
    }

    /// A delivery is stored; `old`: what was stored of it before.
    package mutating func move(
        from old: StoreCounts.DeliveryGroup?,
        to new: StoreCounts.DeliveryGroup
    ) {
        guard old != new else { return }
        if let old {
            sums[Self.account(of: old), default: 0] -= 1
        } else {
            sums[Self.planned, default: 0] += 1
        }
        sums[Self.account(of: new), default: 0] += 1
    }

    package func count(of stage: Stage) -> Int { sums[Self.account(of: stage)] ?? 0 }

    /// Entries that wait, for a decision or for a read.
    package var waitingEntries: Int { count(of: .undecided) + count(of: .pending) }

    /// Accepted entries less those that stand somewhere: 0 unless one was lost or doubled.
    package var inboxDifference: Int { 2 * (sums[Self.accepted] ?? 0) - sum(of: "inbox/") }

    /// Planned deliveries less those that stand somewhere: 0 unless one was lost or doubled.
    package var deliveriesDifference: Int {
        2 * (sums[Self.planned] ?? 0) - sum(of: "deliveries/")
    }

    package var deliveries: [StoreCounts.DeliveryGroup: Int] {
        var deliveries: [StoreCounts.DeliveryGroup: Int] = [:]
        for (account, sum) in sums where sum != 0 {
            let names = account.split(separator: "/")
            guard names.count == 4, let platform = PlatformName(rawValue: String(names[1])),
                let kind = DeliveryKind(rawValue: String(names[2]))
            else { continue }
            let group = StoreCounts.DeliveryGroup(
                platform: platform,
                kind: kind,
                state: String(names[3])
            )
            deliveries[group] = sum
        }
        return deliveries
    }

    /// What waits and what needs somebody, without the ages of it.
    package var counts: StoreCounts {
        var counts = StoreCounts()
        counts.inboxUndecided = count(of: .undecided)
        counts.inboxPending = count(of: .pending)
        counts.inboxDifference = inboxDifference
        counts.deliveriesDifference = deliveriesDifference
        counts.deliveries = deliveries.filter { group, _ in
            !["delivered", "superseded", "skipped"].contains(group.state)
        }
        return counts
    }

    private func sum(of ledger: String) -> Int {
        sums.reduce(0) { $1.key.hasPrefix(ledger) ? $0 + $1.value : $0 }
    }

    private static let accepted = "inbox/accepted"
    private static let planned = "deliveries/planned"

    private static func account(of stage: Stage) -> String { "inbox/\(stage.rawValue)" }

    private static func account(of group: StoreCounts.DeliveryGroup) -> String {
        "deliveries/\(group.platform.rawValue)/\(group.kind.rawValue)/\(group.state)"
    }
}

extension DeliveryRecord {
    /// Where the ledger counts it.
    package var group: StoreCounts.DeliveryGroup {
        StoreCounts.DeliveryGroup(platform: lane.platform, kind: kind, state: state.label)
    }
}
