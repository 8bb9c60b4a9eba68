import Glibc
import Synchronization

/// One request as its bytes arrived.
struct ReceivedRequest: Sendable {
    /// Request line and headers with their line ends, without the empty line.
    var head: String
    var body: [UInt8]
    /// Which connection brought it, counted from 1.
    var connection: Int

    var requestLine: String { String(head.prefix { $0 != "\r\n" }) }
}

/// An HTTP/1.1 server on loopback that answers exactly the bytes a test asks for.
///
/// One thread accepts, and each connection has a thread of its own.
final class TestServer: Sendable {
    enum Next { case keepOpen, close }

    typealias Behaviour = @Sendable (ReceivedRequest, TestConnection) -> Next

    let port: UInt16
    /// Every request in the order of arrival.
    let arrivals: AsyncStream<ReceivedRequest>

    private struct State {
        var received: [ReceivedRequest] = []
        var open: Set<Int32> = []
        var connectionsCount = 0
        var isStopped = false
        /// Resumed when no connection is open.
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let listener: Int32
    private let arrival: AsyncStream<ReceivedRequest>.Continuation
    private let onConnect: (@Sendable (TestConnection) -> Next)?
    private let behaviour: Behaviour
    private let state = Mutex(State())

    /// Listens on a free port; `onConnect` runs before a connection's first request is read.
    init(
        _ behaviour: @escaping Behaviour = { _, connection in connection.answer() },
        onConnect: (@Sendable (TestConnection) -> Next)? = nil
    ) {
        (listener, port) = Self.listen()
        (arrivals, arrival) = AsyncStream.makeStream()
        self.onConnect = onConnect
        self.behaviour = behaviour
        Self.detach { [self] in acceptAll() }
    }

    var received: [ReceivedRequest] { state.withLock { $0.received } }
    var connectionsCount: Int { state.withLock { $0.connectionsCount } }

    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// Waits until the server has closed every connection.
    func waitUntilNoneIsOpen() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if !state.open.isEmpty { state.waiters.append(continuation) }
                return state.open.isEmpty
            }
            if isDone { continuation.resume() }
        }
    }

    /// Ends every connection and the threads.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// A port on which nobody listens.
    static func refusedPort() -> UInt16 {
        let (descriptor, port) = listen()
        close(descriptor)
        return port
    }

    private func acceptAll() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            let number: Int? = state.withLock { state in
                if state.isStopped { return nil }
                state.open.insert(descriptor)
                state.connectionsCount += 1
                return state.connectionsCount
            }
            guard let number else {
                close(descriptor)
                continue
            }
            Self.detach { [self] in serve(TestConnection(descriptor, number: number)) }
        }
        close(listener)
        arrival.finish()
    }

    private func serve(_ connection: TestConnection) {
        defer {
            // Under the lock, since `stop` must not shut down a descriptor that was given away.
            let waiters = state.withLock { state in
                close(connection.descriptor)
                state.open.remove(connection.descriptor)
                if !state.open.isEmpty { return [CheckedContinuation<Void, Never>]() }
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }
        if let onConnect, onConnect(connection) == .close { return }
        while let request = connection.readRequest() {
            state.withLock { $0.received.append(request) }
            arrival.yield(request)
            if behaviour(request, connection) == .close { return }
        }
    }

    private static func listen() -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                precondition(bind(descriptor, pointer, size) == 0, "bind")
                precondition(Glibc.listen(descriptor, 512) == 0, "listen")
                precondition(getsockname(descriptor, pointer, &size) == 0, "getsockname")
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
        return (descriptor, port)
    }

    /// Runs `work` on a thread of its own.
    private static func detach(_ work: @escaping @Sendable () -> Void) {
        final class Work: Sendable {
            let run: @Sendable () -> Void
            init(_ run: @escaping @Sendable () -> Void) { self.run = run }
        }
        var thread = pthread_t()
        // SAFETY: the thread begins once and takes the one reference that is kept here.
        let context = Unmanaged.passRetained(Work(work)).toOpaque()
        let failure = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run()
                return nil
            },
            context
        )
        precondition(failure == 0, "pthread_create")
        pthread_detach(thread)
    }
}

/// The server's side of one connection, used by one thread.
final class TestConnection {
    let descriptor: Int32
    /// Counted from 1 in the order of acceptance.
    let number: Int
    private var unread: [UInt8] = []

    init(_ descriptor: Int32, number: Int) {
        self.descriptor = descriptor
        self.number = number
    }

    /// Answers 200 with a body and keeps the connection open.
    func answer(_ body: String = "") -> TestServer.Next {
        send("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return .keepOpen
    }

    /// Writes everything; `false` once the client has gone.
    @discardableResult func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                return Glibc.send(
                    descriptor,
                    rest.baseAddress,
                    rest.count,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    /// Sends nothing more and waits until the client gives up: a stalled server.
    func stall() -> TestServer.Next {
        while fill() {}
        return .close
    }

    func readRequest() -> ReceivedRequest? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let range = unread.firstRange(of: end) {
                let head = String(decoding: unread[..<range.lowerBound], as: UTF8.self) + "\r\n"
                let length = Self.contentLength(head)
                while unread.count < range.upperBound + length {
                    guard fill() else { return nil }
                }
                let body = Array(unread[range.upperBound..<range.upperBound + length])
                unread.removeFirst(range.upperBound + length)
                return ReceivedRequest(head: head, body: body, connection: number)
            }
            guard fill() else { return nil }
        }
    }

    private static func contentLength(_ head: String) -> Int {
        for line in head.split(separator: "\r\n") where line.hasPrefix("Content-Length: ") {
            return Int(line.dropFirst("Content-Length: ".count)) ?? 0
        }
        return 0
    }

    /// Reads what has come, or waits for it; `false` at the end of the connection.
    private func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        unread.append(contentsOf: chunk[..<count])
        return true
    }
}
