/// Why there is no response.
///
/// ``requestMayHaveArrived`` tells whether the other side may have acted on the request. No text in
/// here holds a URL, a header value or a body.
package enum ClientError: Error, Equatable, Sendable {
    /// The request never left this machine: bad URL, scheme, method or header.
    case invalidRequest(String)

    /// The name, the connection or the TLS handshake failed, so the request was not sent.
    case cannotConnect(String)

    /// The connect time-out or the time-out of the whole exchange has passed.
    case timedOut(requestSent: Bool)

    /// The connection broke, or what came back was no HTTP response.
    case connectionBroken(requestSent: Bool, String)

    /// The headers or the body of the response exceed the limit, in bytes.
    case responseTooLarge(limit: Int)

    /// The caller gave up, or the client was shut down.
    case cancelled

    /// Unexpected; the raw `CURLcode`: <https://curl.se/libcurl/c/libcurl-errors.html>.
    case library(code: Int)

    /// Whether the other side may have received, and so acted on, the request.
    ///
    /// Conservative: `true` unless it is certain that no byte of the request was sent.
    package var requestMayHaveArrived: Bool {
        switch self {
        case .invalidRequest, .cannotConnect:
            false
        case .timedOut(let requestSent), .connectionBroken(let requestSent, _):
            requestSent
        case .responseTooLarge, .cancelled, .library:
            true
        }
    }

    /// A bounded name for metrics: never holds an associated value.
    package var metricLabel: String {
        switch self {
        case .invalidRequest: "invalid_request"
        case .cannotConnect: "cannot_connect"
        case .timedOut: "timed_out"
        case .connectionBroken: "connection_broken"
        case .responseTooLarge: "response_too_large"
        case .cancelled: "cancelled"
        case .library: "library"
        }
    }
}

extension ClientError: CustomStringConvertible {
    /// One line for a log, without a URL, header value or body.
    package var description: String {
        switch self {
        case .invalidRequest(let reason):
            "the request is invalid: \(reason)"
        case .cannotConnect(let reason):
            "cannot connect: \(reason)"
        case .timedOut(let requestSent):
            "timed out \(requestSent ? "after" : "before") the request was sent"
        case .connectionBroken(let requestSent, let reason):
            "connection broken \(requestSent ? "after" : "before") the request was sent: \(reason)"
        case .responseTooLarge(let limit):
            "the response exceeds the limit of \(limit) bytes"
        case .cancelled:
            "the exchange was cancelled"
        case .library(let code):
            "libcurl failed with code \(code)"
        }
    }
}
