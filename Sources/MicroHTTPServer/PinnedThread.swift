import Glibc

/// A thread of our own, for work that blocks.
// SAFETY: `join` is called by one owner, once.
struct PinnedThread: @unchecked Sendable {
    private let raw: pthread_t

    /// Runs the body on a new thread.
    init(_ body: @escaping @Sendable () -> Void) throws(ServerError) {
        var thread = pthread_t()
        // SAFETY: the new thread takes back what is retained here; if there is none, we do.
        let work = Unmanaged.passRetained(Work(body))
        let failure = pthread_create(
            &thread,
            nil,
            { raw in
                guard let raw else { return nil }
                Unmanaged<Work>.fromOpaque(raw).takeRetainedValue().body()
                return nil
            },
            work.toOpaque()
        )
        guard failure == 0 else {
            work.release()
            throw .outOfResources(reason: String(cString: strerror(failure)))
        }
        raw = thread
    }

    /// Blocks until the body has returned.
    func join() {
        pthread_join(raw, nil)
    }

    /// Lets the thread end by itself.
    func detach() {
        pthread_detach(raw)
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }
}
