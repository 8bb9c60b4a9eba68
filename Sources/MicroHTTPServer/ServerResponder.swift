import Synchronization

/// Answers one request, once, from any thread.
///
/// If it is dropped unanswered the client gets 500.
package final class ServerResponder: Sendable {
    private let connection: Connection
    private let turn: UInt64
    private let isAnswered = Atomic(false)

    init(_ connection: Connection, turn: UInt64) {
        self.connection = connection
        self.turn = turn
    }

    /// Sends the response.
    ///
    /// Never blocks. A second call is ignored, and so is one after the connection is gone.
    package func respond(_ response: ServerResponse) {
        guard !isAnswered.exchange(true, ordering: .relaxed) else { return }
        connection.answer(turn, with: Reply(response))
    }

    /// Begins a response whose body goes on: `text/event-stream` and the like.
    ///
    /// The status and the headers are the head's; its body is not sent. A second answer is ignored,
    /// as with ``respond(_:)``: its stream has ended.
    package func stream(_ head: ServerResponse) -> ServerStream {
        let stream = ServerStream()
        guard !isAnswered.exchange(true, ordering: .relaxed) else {
            stream.end()
            return stream
        }
        connection.answer(turn, with: Reply(head, streaming: stream))
        return stream
    }

    deinit {
        guard !isAnswered.load(ordering: .relaxed) else { return }
        connection.answer(turn, with: Reply(.problem(.unanswered)))
    }
}
