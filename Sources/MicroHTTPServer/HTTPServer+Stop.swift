import CMicroHTTPD
import Synchronization

extension HTTPServer {
    /// Accepts no more connections and closes each after its next answer.
    ///
    /// For a server that another one took over. A connection that is kept and silent stays open
    /// for its idle time, so that a request which is on its way is not lost; then
    /// ``stop(graceMilliseconds:)`` has nothing to wait for.
    package func retire() {
        lifecycle.withLock { lifecycle in
            guard case .running(let running) = lifecycle else { return }
            progress.drain()
            endStreams()
            running.doorkeeper.close()
            lifecycle = .retired(running)
        }
    }

    /// How long a retired server's connections may last, if all that is asked is answered at once.
    package var retirementMilliseconds: Int {
        configuration.idleTimeoutMilliseconds + 2 * configuration.requestTimeoutMilliseconds
    }

    /// Stops accepting, answers what was received, and returns when all is closed.
    ///
    /// Answers carry `Connection: close` from now on. When the grace is over, requests that are
    /// still open get 503. Safe to call twice, and on a server that never started. The blocking
    /// work is done on a thread of its own.
    package func stop(graceMilliseconds: Int) async {
        await withCheckedContinuation { continuation in
            switch beginStop(continuation) {
            case .done: continuation.resume()
            case .joined: break
            case .mine(let running): stop(running, graceMilliseconds: graceMilliseconds)
            }
        }
    }

    private enum StopRole {
        case done
        case joined
        case mine(Running)
    }

    private func beginStop(_ continuation: CheckedContinuation<Void, Never>) -> StopRole {
        lifecycle.withLock { lifecycle in
            switch lifecycle {
            case .new, .stopped:
                lifecycle = .stopped
                return .done
            case .stopping(let waiting):
                lifecycle = .stopping(waiting + [continuation])
                return .joined
            case .running(let running), .retired(let running):
                lifecycle = .stopping([continuation])
                return .mine(running)
            }
        }
    }

    private func stop(_ running: Running, graceMilliseconds: Int) {
        let work: @Sendable () -> Void = {
            self.close(running, until: Deadline.now() + Int64(clamping: max(0, graceMilliseconds)))
            self.endStop()
        }
        do {
            try PinnedThread(work).detach()
        } catch {
            // Without a thread it is better to block the caller than not to stop.
            work()
        }
    }

    private func close(_ running: Running, until time: Int64) {
        progress.drain()
        endStreams()
        running.doorkeeper.close()
        progress.waitForExchanges(until: time)
        // Refuse first and sweep second: a request is either refused or swept.
        progress.refuse()
        for connection in table.all() {
            connection.answerAny(with: Reply(.problem(.stopping)))
        }
        // `MHD_stop_daemon` aborts the process if a connection is suspended.
        progress.waitForSuspensions()
        progress.waitForExchanges(until: Deadline.now() + Limit.farewellMilliseconds)
        progress.waitForSuspensions()
        running.doorkeeper.end()
        running.door.join()
        MHD_stop_daemon(running.daemon)
        // SAFETY: the counterpart of `passRetained` in `run`; the library calls back no more.
        Unmanaged.passUnretained(self).release()
    }

    /// Bodies that go on end now; those that begin from now on end themselves.
    private func endStreams() {
        for connection in table.all() { connection.endStream() }
    }

    private func endStop() {
        let waiting = lifecycle.withLock { lifecycle in
            defer { lifecycle = .stopped }
            if case .stopping(let waiting) = lifecycle { return waiting }
            return []
        }
        for continuation in waiting { continuation.resume() }
    }
}
