import BridgeCore
import HTTPTypes
import JSON

/// The answers of the webhook endpoints (`interface.md` section 4).
extension OutboundResponse {
    static func accepted(_ id: InboxID, _ status: String) -> Self {
        .json(200, ["id": .string(String(id.number)), "status": .string(status)])
    }

    /// The same body whatever was wrong.
    static var unauthorized: Self { unauthorized("Bearer") }

    /// A bearer token was sent that is not ours, or too old:
    /// <https://www.rfc-editor.org/rfc/rfc6750#section-3.1>.
    static var invalidToken: Self { unauthorized("Bearer error=\"invalid_token\"") }

    private static func unauthorized(_ challenge: String) -> Self {
        .problem(
            401,
            "Unauthorized",
            "The webhook carries no valid credential.",
            headers: [.wwwAuthenticate: challenge]
        )
    }

    static var addressNotAllowed: Self {
        .problem(403, "Forbidden", "Webhooks are not taken from this address.")
    }

    static var notFound: Self {
        .problem(404, "Not Found", "There is nothing at this path.")
    }

    static var ambiguousIntegration: Self {
        .problem(
            404,
            "Not Found",
            "Several integrations are configured: use /webhooks/actito/{integration}."
        )
    }

    static func methodNotAllowed(_ allowed: String) -> Self {
        .problem(
            405,
            "Method Not Allowed",
            "This path takes \(allowed).",
            headers: [.allow: allowed]
        )
    }

    static var unsupportedCoding: Self {
        .problem(415, "Unsupported Media Type", "Send the body without a Content-Encoding.")
    }

    static func notJSON(_ error: JSONSyntaxError) -> Self {
        .problem(400, "Bad Request", "The body is not JSON: \(error)")
    }

    static var notAnObject: Self {
        .problem(422, "Unprocessable Content", "The body is neither a JSON object nor an array.")
    }

    static var bulkTooLarge: Self {
        .problem(413, "Content Too Large", "A bulk webhook holds at most 10000 elements.")
    }

    static var storageUnavailable: Self {
        .problem(
            503,
            "Service Unavailable",
            "The webhook could not be stored; send it again.",
            headers: [.retryAfter: "5"]
        )
    }
}
