/// The limits of an ``HTTPClient``; nothing in here can turn the verification of certificates off.
package struct ClientConfiguration: Sendable, Equatable {
    /// Bounds name resolution, connecting and the TLS handshake together.
    package var connectTimeoutMilliseconds = 10_000

    /// Bounds a whole exchange, the wait for a free connection included.
    package var requestTimeoutMilliseconds = 75_000

    /// A platform's answers are a few kilobytes; this bounds the memory that one exchange can take.
    package var responseBytesMax = 4 * 1024 * 1024

    /// Bounds status lines and headers together, interim responses and trailers included.
    package var responseHeaderBytesMax = 64 * 1024

    /// Connections of the client, in use or kept for the next request.
    package var connectionsMax = 64

    /// Connections to one host; further requests to it wait for a free one.
    package var connectionsPerHostMax = 32

    /// The value of `User-Agent` for requests that do not bring their own.
    package var userAgent = "consent-bridge"

    /// A PEM file of authorities to trust besides those of the system, for a private CA.
    package var certificateAuthoritiesFile: String?

    package init() {}
}
