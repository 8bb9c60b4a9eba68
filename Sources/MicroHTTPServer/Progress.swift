import Synchronization

/// What is still under way, and how far a stop has come.
///
/// `stop` waits on these counts. A count and the flag it is compared with are sequentially
/// consistent: whoever ends the last exchange sees the flag, or `stop` sees the count.
final class Progress: Sendable {
    private let exchanges = Atomic(0)
    private let suspensions = Atomic(0)
    private let draining = Atomic(false)
    private let refusing = Atomic(false)
    private let quiet = Wakeup()

    /// Whether connections close after their answer.
    var isDraining: Bool { draining.load(ordering: .sequentiallyConsistent) }

    /// Whether requests are refused.
    var isRefusing: Bool { refusing.load(ordering: .sequentiallyConsistent) }

    /// Closes each connection after its answer from now on.
    func drain() {
        draining.store(true, ordering: .sequentiallyConsistent)
    }

    /// Refuses each request from now on.
    func refuse() {
        refusing.store(true, ordering: .sequentiallyConsistent)
    }

    /// A request line was read.
    func exchangeBegan() {
        exchanges.add(1, ordering: .sequentiallyConsistent)
    }

    /// An answer was written, or its connection is lost.
    func exchangeEnded() {
        exchanges.subtract(1, ordering: .sequentiallyConsistent)
        wakeWhenDraining()
    }

    /// A connection is about to be suspended.
    func suspensionBegan() {
        suspensions.add(1, ordering: .sequentiallyConsistent)
    }

    /// A connection was resumed, and whoever did it is out of the library again.
    func suspensionEnded() {
        suspensions.subtract(1, ordering: .sequentiallyConsistent)
        wakeWhenDraining()
    }

    /// Blocks until no exchange is open or the time has come.
    func waitForExchanges(until time: Int64) {
        while exchanges.load(ordering: .sequentiallyConsistent) > 0 {
            let left = time - Deadline.now()
            guard left > 0 else { return }
            quiet.wait(milliseconds: left)
        }
    }

    /// Blocks until no connection is suspended.
    ///
    /// Each is answered by then, so this takes no longer than the calls that resume them.
    func waitForSuspensions() {
        while suspensions.load(ordering: .sequentiallyConsistent) > 0 {
            quiet.wait(milliseconds: 100)
        }
    }

    private func wakeWhenDraining() {
        if isDraining { quiet.raise() }
    }
}
