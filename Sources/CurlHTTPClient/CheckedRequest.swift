import HTTPTypes

/// A request that libcurl can send exactly as it is.
struct CheckedRequest {
    let method: String
    let url: String
    let headers: HTTPFields
    let body: [UInt8]
    let timeoutMilliseconds: Int?
    /// Scheme, host and port in lower case: what shares connections.
    let origin: String

    /// Headers that frame the message or steer the connection, which only the client can know.
    private static let reserved: [HTTPField.Name] = [
        .connection, .transferEncoding, .te, .trailer, .upgrade, .expect,
    ]

    private static let authorityEnds = Array("/?#".utf8)

    /// Longer than any registered method: <https://www.iana.org/assignments/http-methods>.
    private static let methodBytesMax = 32

    /// - Throws: ``ClientError/invalidRequest(_:)`` with a reason that repeats no value.
    init(_ request: ClientRequest) throws(ClientError) {
        try Self.check(method: request.method)
        origin = try Self.origin(of: request.url)
        if request.method == "HEAD" && !request.body.isEmpty {
            throw .invalidRequest("a HEAD request has no body")
        }
        method = request.method
        url = request.url
        headers = try Self.checked(request.headers, bodyCount: request.body.count)
        body = request.body
        timeoutMilliseconds = request.timeoutMilliseconds
    }

    /// Whether the request says how long its body is, even if there is none (RFC 9110, 8.6).
    var sendsContentLength: Bool {
        !body.isEmpty || method == "POST" || method == "PUT" || method == "PATCH"
    }

    /// Whether sending it twice means the same as sending it once (RFC 9110, 9.2.2).
    var isIdempotent: Bool {
        switch method {
        case "GET", "HEAD", "OPTIONS", "PUT", "DELETE": true
        default: false
        }
    }

    private static func check(method: String) throws(ClientError) {
        let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
        guard !method.isEmpty, method.utf8.count <= methodBytesMax,
            method.utf8.allSatisfy(letters.contains), method != "CONNECT"
        else {
            throw .invalidRequest("the method must be upper-case letters and not CONNECT")
        }
    }

    /// Checks a URL and returns what stands before its path.
    private static func origin(of url: String) throws(ClientError) -> String {
        // Spaces, controls and bytes beyond ASCII would be sent as they are, so they are refused.
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .invalidRequest("the URL holds a character that must be percent-encoded")
        }
        let bytes = url.utf8
        // As bytes, not characters: this runs for each request, on the client's thread.
        let lowercased = bytes.prefix("https://".utf8.count).map { $0 | 0x20 }
        guard
            let scheme = ["https://", "http://"].first(where: { lowercased.starts(with: $0.utf8) })
        else {
            throw .invalidRequest("the URL's scheme must be http or https")
        }
        let authority = bytes.dropFirst(scheme.utf8.count).prefix { !authorityEnds.contains($0) }
        if authority.isEmpty {
            throw .invalidRequest("the URL has no host")
        }
        if authority.contains(UInt8(ascii: "@")) {
            throw .invalidRequest("the URL must not hold a user name or password")
        }
        // libcurl would cut it off, and with it the rest of a path whose `#` was not encoded.
        if bytes.contains(UInt8(ascii: "#")) {
            throw .invalidRequest("the URL must not hold a fragment")
        }
        return scheme + String(Substring(authority)).lowercased()
    }

    private static func checked(
        _ headers: HTTPFields,
        bodyCount: Int
    ) throws(ClientError) -> HTTPFields {
        for field in headers {
            // HTTPTypes turns such bytes into spaces; this guards against another way in.
            let isSafe = field.withUnsafeBytesOfValue { value in
                value.allSatisfy { $0 != 0x0D && $0 != 0x0A && $0 != 0 }
            }
            guard isSafe else {
                throw .invalidRequest("a header value holds CR, LF or NUL")
            }
            guard !reserved.contains(field.name) else {
                throw .invalidRequest("the client sets the header \(field.name) itself")
            }
        }
        guard let length = headers[.contentLength] else { return headers }
        guard length == String(bodyCount) else {
            throw .invalidRequest("the header content-length differs from the body")
        }
        var rest = headers
        rest[.contentLength] = nil
        return rest
    }
}
