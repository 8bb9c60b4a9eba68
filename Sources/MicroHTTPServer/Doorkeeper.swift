import CMicroHTTPD
import Glibc
import Synchronization

/// Accepts connections, cuts those that are late and sees refused ones off, on its own thread.
// SAFETY: the daemon is used only between `run` and the end of its thread, which
// `HTTPServer.stop` awaits before it frees the daemon; all else is immutable or atomic.
final class Doorkeeper: @unchecked Sendable {
    private let daemon: OpaquePointer
    private let table: ConnectionTable
    private let connectionsMax: Int
    private let turnMilliseconds: Int64
    private let listening: ListeningSocket
    private let lingering: LingeringSockets
    private let wakeup: Wakeup
    /// Held while a connection is accepted, so that none is once `close` has returned.
    private let isClosing = Mutex(false)
    private let isEnding = Atomic(false)

    /// Takes the listening socket over.
    init(
        _ listening: ListeningSocket,
        daemon: OpaquePointer,
        server: HTTPServer
    ) {
        self.listening = listening
        self.daemon = daemon
        table = server.table
        lingering = server.lingering
        wakeup = server.doorbell
        let configuration = server.configuration
        connectionsMax = configuration.connectionsMax
        let shortest = min(
            configuration.requestTimeoutMilliseconds,
            configuration.idleTimeoutMilliseconds
        )
        // A deadline is kept to about an eighth, and never costs more than 100 looks a second.
        turnMilliseconds = Int64(min(max(shortest / 8, 10), 500))
    }

    /// Accepts nothing more and closes the listening socket; deadlines are kept on.
    func close() {
        isClosing.withLock { $0 = true }
        wakeup.raise()
    }

    /// Lets `run` return.
    func end() {
        isEnding.store(true, ordering: .releasing)
        wakeup.raise()
    }

    /// Works until `end` is called.
    func run() {
        var isOpen = true
        var isShort = false
        var nextLook = Deadline.now() + turnMilliseconds
        while !isEnding.load(ordering: .acquiring) {
            if isOpen, isClosing.withLock(\.self) {
                listening.close()
                isOpen = false
            }
            let accepts = isOpen && !isShort && table.heldCount < connectionsMax
            wait(for: accepts ? listening.descriptor : -1, until: nextLook)
            if accepts { isShort = !acceptWaiting() }
            let now = Deadline.now()
            lingering.drain(at: now)
            guard now >= nextLook else { continue }
            table.cutLate()
            nextLook = now + turnMilliseconds
            isShort = false
        }
        if isOpen { listening.close() }
        lingering.closeAll()
    }

    private func wait(for descriptor: Int32, until time: Int64) {
        var entries = [
            pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        entries += lingering.pollEntries
        poll(&entries, nfds_t(entries.count), Int32(clamping: max(0, time - Deadline.now())))
        if entries[0].revents != 0 { wakeup.clear() }
    }

    /// Accepts what waits; false if the system is short of descriptors or memory, so that trying
    /// again at once would only burn time.
    private func acceptWaiting() -> Bool {
        for _ in 0..<Limit.acceptsPerTurnMax where table.heldCount < connectionsMax {
            var address = SocketAddress()
            let accepted: Int32? = isClosing.withLock { isClosing in
                isClosing ? nil : address.accept(from: listening.descriptor)
            }
            guard let socket = accepted else { return true }
            guard socket >= 0 else { return ![EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(errno) }
            table.hold()
            // The library closes the socket if it refuses the connection.
            let isHeld = address.withPointer { MHD_add_connection(daemon, socket, $0, $1) }
            if isHeld == .NO { table.release() }
        }
        return true
    }
}
