import Glibc
import Synchronization

/// The one thread that runs a ``MultiLoop``.
final class ClientThread: Sendable {
    /// `nil` once the thread was joined or abandoned, which may happen only once.
    private let identifier: Mutex<pthread_t?>

    /// Starts the thread; the loop belongs to it from here on.
    init(running loop: sending MultiLoop) throws(ClientError) {
        // SAFETY: the retain is taken over by the thread, the only one that touches the loop from
        // here on; it is given back here only when no thread came to be.
        let context = Unmanaged.passRetained(loop)
        var identifier = pthread_t()
        let failure = Self.withSignalsBlocked {
            pthread_create(
                &identifier,
                nil,
                { context in
                    guard let context else { return nil }
                    // SAFETY: balances passRetained above.
                    Unmanaged<MultiLoop>.fromOpaque(context).takeRetainedValue().run()
                    return nil
                },
                context.toOpaque()
            )
        }
        guard failure == 0 else {
            context.release()
            throw .library(code: Int(failure))
        }
        self.identifier = Mutex(identifier)
    }

    /// Waits for the thread's end.
    func join() {
        if let identifier = takeIdentifier() { pthread_join(identifier, nil) }
    }

    /// Lets the thread end by itself.
    func abandon() {
        if let identifier = takeIdentifier() { pthread_detach(identifier) }
    }

    private func takeIdentifier() -> pthread_t? {
        identifier.withLock { identifier in
            defer { identifier = nil }
            return identifier
        }
    }

    /// Runs `body` while signals are blocked, which a thread created in it inherits.
    ///
    /// A signal to the process is then handled elsewhere, and a write to a closed connection cannot
    /// raise SIGPIPE: with CURLOPT_NOSIGNAL libcurl leaves that to us. Faults of the thread itself
    /// stay open, so that a crash is still reported.
    private static func withSignalsBlocked(_ body: () -> Int32) -> Int32 {
        var blocked = sigset_t()
        var previous = sigset_t()
        sigfillset(&blocked)
        for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT] {
            sigdelset(&blocked, fault)
        }
        pthread_sigmask(SIG_SETMASK, &blocked, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
        return body()
    }
}
