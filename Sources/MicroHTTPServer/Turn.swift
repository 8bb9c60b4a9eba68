/// Whose turn it is on a connection: the state that libmicrohttpd's thread and the answering
/// thread share, under the connection's lock.
enum Turn {
    /// No request waits for an answer.
    case none

    /// The request with this number is being handed out on libmicrohttpd's thread; the connection
    /// is not suspended yet, so an answer must not resume it.
    case handing(UInt64)

    /// The connection is suspended until this request is answered.
    case waiting(UInt64)

    /// The answer is there; libmicrohttpd's thread sends it.
    case answered(Reply)

    /// Whether the request with this number may still be answered.
    func isOpen(for number: UInt64) -> Bool {
        switch self {
        case .handing(let current), .waiting(let current): current == number
        case .none, .answered: false
        }
    }
}
