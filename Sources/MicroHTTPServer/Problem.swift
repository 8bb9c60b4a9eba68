import HTTPTypes

/// Why the server itself refuses a request.
enum Problem: Equatable {
    case requestLine
    case fieldName
    case fieldValue
    case fieldsTooMany
    case headLayout
    case host
    case contentLength
    case transferEncoding
    case bothLengths
    case bodyTooLong
    case unanswered
    case stopping

    var status: Int {
        switch self {
        case .requestLine, .fieldName, .fieldValue, .fieldsTooMany, .headLayout, .host,
            .contentLength, .transferEncoding, .bothLengths:
            400
        case .bodyTooLong: 413
        case .unanswered: 500
        case .stopping: 503
        }
    }

    private var title: String {
        switch status {
        case 400: "Bad Request"
        case 413: "Content Too Large"
        case 500: "Internal Server Error"
        default: "Service Unavailable"
        }
    }

    private var detail: String {
        switch self {
        case .requestLine: "The request line holds a character that must be percent-encoded."
        case .fieldName: "The name of a header field is not a token."
        case .fieldValue: "The value of a header field holds a control character."
        case .fieldsTooMany: "There are more than \(Limit.fieldsMax) header fields."
        case .headLayout: "Header lines must end with CR LF, hold no NUL and not be folded."
        case .host: "There must be exactly one Host field."
        case .contentLength: "There must be at most one Content-Length field."
        case .transferEncoding: "The only transfer encoding is one 'chunked', in HTTP/1.1."
        case .bothLengths: "Content-Length and Transfer-Encoding exclude each other."
        case .bodyTooLong: "The body is longer than this server accepts."
        case .unanswered: "The request was not answered because of an internal fault."
        case .stopping: "The server is stopping; send the request again."
        }
    }

    /// The problem as JSON; no text above holds a character that must be escaped.
    ///
    /// Contract: <https://www.rfc-editor.org/rfc/rfc9457>.
    var body: [UInt8] {
        Array(
            #"{"type":"about:blank","title":"\#(title)","status":\#(status),"detail":"\#(detail)"}"#
                .utf8
        )
    }
}

extension ServerResponse {
    /// What the client is told about the problem.
    static func problem(_ problem: Problem) -> Self {
        Self(
            status: problem.status,
            headers: [.contentType: "application/problem+json"],
            body: problem.body
        )
    }
}
