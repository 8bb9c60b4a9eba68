import CCurl
import Synchronization

typealias Completion = @Sendable (Result<ClientResponse, ClientError>) -> Void

/// An exchange on its way to the client's thread.
struct Submission: Sendable {
    let exchange: ClientExchange
    let request: ClientRequest
    let completion: Completion
}

/// Where any thread leaves work for the client's thread.
///
/// The only state that threads share; everything else belongs to the client's thread.
final class Mailbox: Sendable {
    /// What was left since the client's thread looked last.
    struct Mail {
        var submissions: [Submission] = []
        var cancellations: [ClientExchange] = []
        var isStopping = false
    }

    // SAFETY: the only use of the pointer is curl_multi_wakeup, which libcurl allows from any
    // thread while the handle lives: <https://curl.se/libcurl/c/curl_multi_wakeup.html>. It is
    // called under the lock under which `close` forgets the pointer, and only after `close` does
    // the loop free the handle.
    private struct Bell: @unchecked Sendable {
        let multi: UnsafeMutableRawPointer
    }

    private struct State {
        var mail = Mail()
        var bell: Bell?
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []

        /// Wakes the thread unless unread mail has done so already.
        func ring() {
            guard mail.submissions.isEmpty, mail.cancellations.isEmpty, let bell else { return }
            // Fails only when the wake-up is already pending.
            _ = curl_multi_wakeup(bell.multi)
        }
    }

    private let state = Mutex(State())
    private let number = Atomic<UInt64>(0)

    /// A number for the next exchange.
    func nextNumber() -> UInt64 {
        number.add(1, ordering: .relaxed).newValue
    }

    /// Tells the handle whose poll new mail interrupts.
    func open(waking multi: UnsafeMutableRawPointer) {
        let bell = Bell(multi: multi)
        state.withLock { $0.bell = bell }
    }

    /// Leaves an exchange for the thread; `false` when it takes none any more.
    func submit(_ submission: Submission) -> Bool {
        state.withLock { state in
            if state.mail.isStopping { return false }
            state.ring()
            state.mail.submissions.append(submission)
            return true
        }
    }

    /// Asks the thread to end an exchange; one that is unknown or over is ignored there.
    func cancel(_ exchange: ClientExchange) {
        state.withLock { state in
            if state.mail.isStopping { return }
            state.ring()
            state.mail.cancellations.append(exchange)
        }
    }

    /// Asks the thread to end.
    func stop() {
        state.withLock { state in
            state.ring()
            state.mail.isStopping = true
        }
    }

    /// Takes what was left; being asked to stop stays.
    func take() -> Mail {
        state.withLock { state in
            let mail = state.mail
            state.mail = Mail(isStopping: mail.isStopping)
            return mail
        }
    }

    /// Forgets the handle, which may be freed afterwards.
    func close() {
        state.withLock { $0.bell = nil }
    }

    /// Says that the thread has nothing left to do; its last act.
    func end() {
        let waiters = state.withLock { state in
            state.hasEnded = true
            let waiters = state.waiters
            state.waiters = []
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once ``end()`` was called.
    func waitUntilEnded() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waiters.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }
}
