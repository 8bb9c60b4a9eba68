import Glibc
import Synchronization

/// The connections that are open.
final class ConnectionTable: Sendable {
    private let connections = Mutex<[ObjectIdentifier: Connection]>([:])
    /// Those above and those that were accepted but not yet begun.
    private let held = Atomic(0)

    var heldCount: Int { held.load(ordering: .acquiring) }

    /// A connection was accepted.
    func hold() {
        held.add(1, ordering: .acquiringAndReleasing)
    }

    /// A connection that was accepted is gone; returns how many are left.
    @discardableResult
    func release() -> Int {
        held.subtract(1, ordering: .acquiringAndReleasing).newValue
    }

    func insert(_ connection: Connection) {
        connections.withLock { $0[ObjectIdentifier(connection)] = connection }
    }

    /// Called before the socket is closed.
    func remove(_ connection: Connection) {
        _ = connections.withLock { $0.removeValue(forKey: ObjectIdentifier(connection)) }
    }

    /// Cuts the connections that are late.
    ///
    /// The lock is held over `shutdown`, so that none of the sockets can be closed and its number
    /// given to another connection in between.
    func cutLate() {
        let now = Deadline.now()
        connections.withLock { connections in
            for connection in connections.values {
                connection.deadline.noticeFirstByte(on: connection.socket, at: now)
                if connection.deadline.isPast(now) { shutdown(connection.socket, Int32(SHUT_RDWR)) }
            }
        }
    }

    /// The connections of this moment.
    func all() -> [Connection] {
        connections.withLock { Array($0.values) }
    }
}
