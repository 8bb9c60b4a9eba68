import CMicroHTTPD
import Glibc
import HTTPTypes
import Synchronization

/// One connection and the request that is on it.
// SAFETY: what is mutable is touched by libmicrohttpd's one thread only (the methods that its
// callbacks call), except the deadline (atomic) and the turn (locked). `raw` is used by another
// thread only to resume the connection, once per suspension: a suspended one is never freed.
final class Connection: @unchecked Sendable {
    /// What the next call of the handler is for.
    enum Phase {
        case head
        case body
        /// The body is thrown away; then this is answered.
        case discarding(Reply)
        case waiting
        case answered
    }

    let socket: Int32
    let deadline: Deadline
    /// Whether a request was answered in its first call, so that more of it may still come.
    private(set) var isRefused = false
    private let raw: OpaquePointer
    private let peer: String
    private let server: HTTPServer
    private let turn = Mutex(Turn.none)
    private var number: UInt64 = 0
    private var phase = Phase.head
    private var target = RequestTarget()
    private var request: ServerRequest?
    private var discardedBytes = 0
    /// The body that is being sent, if it goes on.
    private let stream = Mutex<ServerStream?>(nil)

    init(raw: OpaquePointer, socket: Int32, peer: String, server: HTTPServer) {
        self.raw = raw
        self.socket = socket
        self.peer = peer
        self.server = server
        deadline = Deadline(milliseconds: server.configuration.requestTimeoutMilliseconds)
    }

    /// A request line has come; nothing is decoded yet.
    func begin(target lent: UnsafePointer<CChar>) {
        if number > 0 {
            deadline.set(milliseconds: server.configuration.requestTimeoutMilliseconds)
        }
        number += 1
        phase = .head
        discardedBytes = 0
        target = RequestTarget(lent: lent)
        server.progress.exchangeBegan()
    }

    /// The handler was called: with the head, with a part of the body, or at the request's end.
    func advance(_ call: HandlerCall) -> MHD_Result {
        switch phase {
        case .head:
            return receiveHead(call)
        case .body:
            guard let part = call.takePart() else { return handOut() }
            return keep(part)
        case .discarding(let reply):
            guard let part = call.takePart() else {
                return queue(reply, closing: discardedBytes > 0)
            }
            return discard(part)
        case .waiting, .answered:
            guard let reply = takeAnswer() else { return .NO }
            return queue(reply)
        }
    }

    /// The exchange is over: the answer was sent, or the connection is lost.
    func complete() {
        turn.withLock { $0 = .none }
        stream.withLock { $0.take() }?.close()
        request = nil
        phase = .head
        deadline.setIdle(
            milliseconds: server.configuration.idleTimeoutMilliseconds,
            thenRequest: server.configuration.requestTimeoutMilliseconds
        )
        server.progress.exchangeEnded()
    }

    /// Answers the request with this number, if it is still open; from any thread.
    func answer(_ number: UInt64, with reply: Reply) {
        settle(with: reply) { $0.isOpen(for: number) }
    }

    /// Answers whatever request is open; from any thread.
    func answerAny(with reply: @autoclosure () -> Reply) {
        let number: UInt64? = turn.withLock {
            switch $0 {
            case .handing(let number), .waiting(let number): number
            case .none, .answered: nil
            }
        }
        if let number { answer(number, with: reply()) }
    }
}

// MARK: - On libmicrohttpd's thread

extension Connection {
    private func receiveHead(_ call: HandlerCall) -> MHD_Result {
        let reader = call.readHead(target: target, names: server.names)
        // An answer in the first call makes the library close the connection after it, so that
        // nothing which follows a refused head is taken for a request.
        if let problem = reader.problem { return refuse(.problem(problem)) }
        let length = reader.contentLength ?? 0
        guard length <= server.configuration.bodyBytesMax else {
            return refuse(.problem(.bodyTooLong))
        }
        let head = ServerRequest(
            method: String(cString: call.method),
            path: target.path,
            query: target.query,
            headers: reader.fields,
            body: [],
            peer: peer
        )
        if let refusal = server.reject(head) {
            guard length == 0, !reader.isChunked else { return refuse(refusal) }
            // Without a body the connection can be kept, if the answer waits for the next call.
            phase = .discarding(Reply(refusal))
            return .YES
        }
        request = head
        request?.body.reserveCapacity(length)
        phase = .body
        return .YES
    }

    private func refuse(_ response: ServerResponse) -> MHD_Result {
        isRefused = true
        return queue(Reply(response), closing: true)
    }

    private func keep(_ part: UnsafeRawBufferPointer) -> MHD_Result {
        let keptBytes = request?.body.count ?? 0
        guard part.count <= server.configuration.bodyBytesMax - keptBytes else {
            // Only a chunked body gets here. A client that is still sending would not see an
            // answer, so the rest is read first.
            request = nil
            discardedBytes = keptBytes
            phase = .discarding(Reply(.problem(.bodyTooLong)))
            return discard(part)
        }
        request?.body.append(contentsOf: part)
        return .YES
    }

    private func discard(_ part: UnsafeRawBufferPointer) -> MHD_Result {
        discardedBytes += part.count
        return discardedBytes > server.configuration.drainBytesMax ? .NO : .YES
    }

    private func handOut() -> MHD_Result {
        // Cut at this very moment: nobody would get the answer.
        guard let request = request.take(), deadline.clear() else { return .NO }
        let number = number
        let isServing = turn.withLock {
            // Read under the lock: the sweep of `HTTPServer.stop` either is seen or sees this.
            guard !server.progress.isRefusing else { return false }
            $0 = .handing(number)
            return true
        }
        guard isServing else { return queue(Reply(.problem(.stopping))) }
        server.handle(request, ServerResponder(self, turn: number))
        if let reply = takeAnswer() { return queue(reply) }
        return suspend()
    }

    /// Suspends first and allows resuming second: the other order lets a resume be lost.
    private func suspend() -> MHD_Result {
        phase = .waiting
        server.progress.suspensionBegan()
        MHD_suspend_connection(raw)
        let number = number
        let isAnswered = turn.withLock {
            guard case .handing = $0 else { return true }
            $0 = .waiting(number)
            return false
        }
        if isAnswered { resume() }
        return .YES
    }

    private func takeAnswer() -> Reply? {
        turn.withLock {
            guard case .answered(let reply) = $0 else { return nil }
            $0 = .none
            return reply
        }
    }

    private func queue(_ reply: Reply, closing: Bool = false) -> MHD_Result {
        if closing || server.progress.isDraining { reply.close() }
        deadline.set(milliseconds: server.configuration.requestTimeoutMilliseconds)
        phase = .answered
        if let stream = reply.stream {
            stream.begin(on: self)
            self.stream.withLock { $0 = stream }
            // Read after it is kept: the sweep of a stop either is seen or sees it.
            if server.progress.isDraining { stream.end() }
        }
        return reply.queue(on: raw)
    }

    /// The stream has nothing to send: the connection waits, as long as it takes.
    func suspendStream() {
        _ = deadline.clear()
        server.progress.suspensionBegan()
        MHD_suspend_connection(raw)
    }

    /// A part of the stream is about to be written: within the time of a request, or it is cut.
    func streamGoesOn() {
        deadline.set(milliseconds: server.configuration.requestTimeoutMilliseconds)
    }
}

// MARK: - On any thread

extension Connection {
    private func settle(with reply: Reply, if isOpen: (Turn) -> Bool) {
        let resumes = turn.withLock {
            guard isOpen($0) else { return false }
            let wasWaiting = if case .waiting = $0 { true } else { false }
            $0 = .answered(reply)
            return wasWaiting
        }
        if resumes { resume() }
    }

    func resumeStream() { resume() }

    /// Ends the body that goes on, if there is one.
    func endStream() { stream.withLock(\.self)?.end() }

    private func resume() {
        MHD_resume_connection(raw)
        // Only now may the server stop the library: the call above used it to its last line.
        server.progress.suspensionEnded()
    }
}
