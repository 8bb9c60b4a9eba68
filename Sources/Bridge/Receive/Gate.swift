import Synchronization

/// Who may send webhooks now: read by each request, replaced when the configuration is loaded
/// again.
package final class Gate: Sendable {
    private let current: Mutex<Admission>

    package init(_ admission: Admission) {
        current = Mutex(admission)
    }

    /// The rules of this moment.
    package var admission: Admission { current.withLock(\.self) }

    /// Requests that come from now on are judged by these rules.
    package func replace(_ admission: Admission) {
        current.withLock { $0 = admission }
    }
}
