package import HTTPTypes

/// What to send, exactly as given: no byte of the URL, the headers or the body is rewritten.
package struct ClientRequest: Sendable {
    /// Upper-case letters, such as `PATCH`.
    package var method: String

    /// An absolute `http` or `https` URL, percent-encoded, without user name and fragment.
    package var url: String

    /// Headers besides `Host`, `User-Agent` and `Content-Length`, which the client adds.
    package var headers: HTTPFields

    /// The body; empty means none.
    package var body: [UInt8]

    /// Bounds the whole exchange; `nil` means the client's own time-out, below 1 means 1.
    package var timeoutMilliseconds: Int?

    package init(
        method: String,
        url: String,
        headers: HTTPFields = [:],
        body: [UInt8] = [],
        timeoutMilliseconds: Int? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutMilliseconds = timeoutMilliseconds
    }
}
