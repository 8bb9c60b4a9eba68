import CMicroHTTPD
import HTTPTypes

/// A response in libmicrohttpd's memory, released when it is dropped.
///
/// Made on the thread that answers, so that libmicrohttpd's thread has less to do.
// SAFETY: the pointer is ours alone until it is queued, and is written to by one thread at a time:
// by the initializer, then by libmicrohttpd's thread, which gets it through a lock.
final class Reply: @unchecked Sendable {
    /// Nil if there was no memory; the connection is closed then.
    private let raw: OpaquePointer?
    private let status: UInt32
    /// The body, if it goes on.
    let stream: ServerStream?

    init(_ response: ServerResponse) {
        let isBug = !(200...599).contains(response.status)
        let response = isBug ? .problem(.unanswered) : response
        status = UInt32(response.status)
        raw = response.body.withUnsafeBytes { body in
            MHD_create_response_from_buffer(
                body.count,
                // Never written to: the library copies it before this call returns.
                UnsafeMutableRawPointer(mutating: body.baseAddress),
                body.isEmpty ? .RESPMEM_PERSISTENT : .RESPMEM_MUST_COPY
            )
        }
        stream = nil
        addHeaders(of: response)
    }

    /// A response whose body comes from the stream; the body of `head` counts for nothing.
    init(_ head: ServerResponse, streaming stream: ServerStream) {
        status = UInt32(head.status)
        raw = stream.makeResponse()
        self.stream = stream
        addHeaders(of: head)
    }

    private func addHeaders(of response: ServerResponse) {
        for field in response.headers where !Self.isFraming(field.name) {
            _ = MHD_add_response_header(raw, field.name.rawName, field.value)
        }
    }

    deinit {
        if let raw { MHD_destroy_response(raw) }
    }

    /// Makes the connection close after this reply.
    func close() {
        _ = MHD_add_response_header(raw, "Connection", "close")
    }

    /// Hands the reply over; called on libmicrohttpd's thread, from a callback.
    ///
    /// Contract: `MHD_queue_response` in <https://www.gnu.org/software/libmicrohttpd/manual/>.
    func queue(on connection: OpaquePointer) -> MHD_Result {
        guard let raw else { return .NO }
        return MHD_queue_response(connection, status, raw)
    }

    /// The fields that tell where the message ends are the library's.
    private static func isFraming(_ name: HTTPField.Name) -> Bool {
        name == .contentLength || name == .transferEncoding
    }
}
