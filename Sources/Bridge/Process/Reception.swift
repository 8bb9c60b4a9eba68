package import BridgeCore
package import Storage

/// When webhooks could be received: what waited at a platform meanwhile is older than it seems (A4).
struct Reception {
    private(set) var interruptions: [Interruption] = []
    private var isInterrupted = true
    private var notedAt: Timestamp?

    /// When reception is to be noted again; nil: it is interrupted.
    var nextNoteAt: Timestamp? { isInterrupted ? nil : notedAt.map { $0 + Self.pause } }

    mutating func note(
        isReceiving: Bool,
        in store: any Store,
        at now: Timestamp
    ) throws(StoreError) {
        guard isReceiving else {
            isInterrupted = true
            return
        }
        if isInterrupted {
            interruptions = try store.resumeReception(at: now)
            isInterrupted = false
        } else {
            // A clock that was set back must not stop it.
            if let notedAt, notedAt <= now, now - notedAt < Self.pause { return }
            try store.noteReception(at: now)
        }
        notedAt = now
    }

    /// An interruption may seem longer by as much.
    private static let pause = Interval.seconds(30)
}

extension Processor {
    /// Notes whether webhooks are received now; at most one small commit in half a minute.
    package func noteReception(isReceiving: Bool, at now: Timestamp) throws(StoreError) {
        try reception.note(isReceiving: isReceiving, in: store, at: now)
    }
}
