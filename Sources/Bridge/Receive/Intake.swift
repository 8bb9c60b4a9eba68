import BridgeCore
import Storage

/// When webhooks are not taken although the storage works.
package struct IntakeLimits: Sendable {
    /// Inbox entries that may wait; 0: any number.
    package var backlogMax: Int
    /// Free space that has to be left; 0: none.
    package var freeBytesMin: Int64
    /// The free space where the storage is; nil: it cannot be told, which stops nothing.
    package var freeBytes: @Sendable () -> Int64?

    package init(
        backlogMax: Int = 0,
        freeBytesMin: Int64 = 0,
        freeBytes: @escaping @Sendable () -> Int64? = { nil }
    ) {
        self.backlogMax = backlogMax
        self.freeBytesMin = freeBytesMin
        self.freeBytes = freeBytes
    }

    /// Free space below which somebody should make room: four times what has to be left, and
    /// enough to act before webhooks are refused even if that is little or nothing.
    package var freeBytesLow: Int64 {
        max(freeBytesMin, Self.freeBytesMinForLow).multipliedClamping(by: 4)
    }

    private static let freeBytesMinForLow: Int64 = 67_108_864
}

extension Int64 {
    /// The product, or the largest number if it is larger.
    fileprivate func multipliedClamping(by factor: Int64) -> Int64 {
        let (product, isTooMuch) = multipliedReportingOverflow(by: factor)
        return isTooMuch ? .max : product
    }
}

/// Why webhooks get a 503.
package enum IntakeTrouble: String, Sendable {
    /// The last commit failed.
    case storage = "the storage takes no commit"
    case space = "less space is free than server.min_free_bytes"
    case backlog = "more entries wait than server.max_backlog"
}

/// Decides whether webhooks may be stored, on the loop's thread.
///
/// While there is trouble it looks again once a second by itself, so that the bridge accepts again
/// without anybody sending anything.
struct Intake {
    var limits: IntakeLimits
    private(set) var trouble: IntakeTrouble?
    private var lastLook: Timestamp?

    init(limits: IntakeLimits) {
        self.limits = limits
    }

    /// A commit failed.
    mutating func fail(at now: Timestamp) {
        trouble = .storage
        lastLook = now
    }

    /// When trouble is to be looked at again; nil: there is none.
    var nextLookAt: Timestamp? { trouble == nil ? nil : lastLook.map { $0 + Self.pause } }

    /// Looks at the disk, and whether a storage that failed works again, at most once a second.
    mutating func look(at store: any Store, now: Timestamp) {
        // A clock that was set back must not keep a trouble alive.
        if let lastLook, lastLook <= now, now - lastLook < Self.pause { return }
        guard trouble != nil || limits.freeBytesMin > 0 else { return }
        lastLook = now
        if trouble == .storage {
            guard (try? store.proveWritable()) != nil else { return }
        }
        trouble = isSpaceShort ? .space : isBacklogFull(store) ? .backlog : nil
    }

    private func isBacklogFull(_ store: any Store) -> Bool {
        guard limits.backlogMax > 0, let ledger = try? store.ledger() else { return false }
        return ledger.waitingEntries >= limits.backlogMax
    }

    /// How many of some webhooks may be stored now.
    mutating func room(
        for count: Int,
        in store: any Store,
        now: Timestamp
    ) throws(StoreError) -> Int {
        look(at: store, now: now)
        guard trouble == nil || trouble == .backlog else { return 0 }
        guard limits.backlogMax > 0 else { return count }
        let room = max(0, limits.backlogMax - (try store.ledger().waitingEntries))
        trouble = room < count ? .backlog : nil
        if trouble != nil { lastLook = now }
        return min(room, count)
    }

    private var isSpaceShort: Bool {
        limits.freeBytesMin > 0 && limits.freeBytes().map { $0 < limits.freeBytesMin } ?? false
    }

    private static let pause = Interval.seconds(1)
}
