package import HTTPTypes

/// One request, complete with its body.
package struct ServerRequest: Sendable {
    /// The method as sent, such as `POST`.
    package var method: String

    /// The path as sent, still percent-encoded, without the query.
    package var path: String

    /// The query as sent, without `?`; empty if there is none.
    package var query: String

    /// The header fields in the order in which they were sent.
    package var headers: HTTPFields

    /// The body; empty while only the head is known.
    package var body: [UInt8]

    /// The numeric address of the peer without a port, such as `127.0.0.1` or `::1`.
    package var peer: String
}

/// What a request is answered with.
package struct ServerResponse: Sendable {
    /// A status from 200 to 599; another one is a bug of the caller and is sent as 500.
    package var status: Int

    /// The header fields; `Content-Length` and `Transfer-Encoding` are the server's and ignored.
    package var headers: HTTPFields

    /// The body; not sent for `HEAD`, 204 and 304.
    package var body: [UInt8]

    /// Makes a response.
    package init(status: Int, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
