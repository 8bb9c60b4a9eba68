package import HTTPTypes

/// What came back.
package struct ClientResponse: Sendable {
    /// The status code, such as 302; redirects are not followed.
    package var status: Int

    /// The headers of the final response as received; trailers are dropped.
    ///
    /// `Transfer-Encoding` may name `chunked` although ``body`` is already put together.
    package var headers: HTTPFields

    /// The body without chunk framing; a `Content-Encoding`, which nobody asked for, is kept.
    package var body: [UInt8]

    package init(status: Int, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
