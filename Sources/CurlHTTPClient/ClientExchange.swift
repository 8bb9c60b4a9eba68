import Synchronization

/// A running exchange, by which its caller can give up.
package final class ClientExchange: Sendable {
    /// Unique within a client and higher than that of any earlier exchange.
    let number: UInt64
    private let mailbox: Mailbox
    private let cancelled = Atomic(false)

    init(mailbox: Mailbox) {
        self.mailbox = mailbox
        number = mailbox.nextNumber()
    }

    /// Whether somebody has given up; the loop asks before it begins.
    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// Ends the exchange with ``ClientError/cancelled``, unless it has ended already.
    ///
    /// Safe from any thread, at any time and any number of times.
    package func cancel() {
        let wasCancelled = cancelled.exchange(true, ordering: .acquiringAndReleasing)
        if !wasCancelled {
            mailbox.cancel(self)
        }
    }
}
