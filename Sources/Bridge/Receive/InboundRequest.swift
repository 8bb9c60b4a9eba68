package import HTTPTypes
import JSON

/// A request to the bridge, whatever server received it.
package struct InboundRequest: Sendable {
    package var method: String
    /// As sent: percent-encoded, without the query.
    package var path: String
    package var query: String
    package var headers: HTTPFields
    package var body: [UInt8]
    /// The numeric address at the other end of the connection, a proxy's perhaps; empty: unknown.
    package var peer: String

    package init(
        method: String,
        path: String,
        query: String = "",
        headers: HTTPFields = [:],
        body: [UInt8] = [],
        peer: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.peer = peer
    }
}

/// The bridge's answer.
package struct OutboundResponse: Sendable {
    package var status: Int
    package var headers: HTTPFields
    package var body: [UInt8]
    /// If the body goes on: called once with what sends its parts; nil ends it, and false says that
    /// nobody reads any more.
    package var follow: (@Sendable (_ send: @escaping @Sendable ([UInt8]?) -> Bool) -> Void)?

    package init(status: Int, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    static func json(_ status: Int, _ body: JSONValue, type: String = "application/json") -> Self {
        OutboundResponse(
            status: status,
            headers: [.contentType: type],
            body: body.serialized()
        )
    }

    /// An RFC 9457 problem.
    static func problem(
        _ status: Int,
        _ title: String,
        _ detail: String,
        headers: HTTPFields = [:]
    ) -> Self {
        var response = json(
            status,
            [
                "type": "about:blank", "title": .string(title),
                "status": .number(JSONNumber(status)), "detail": .string(detail),
            ],
            type: "application/problem+json"
        )
        for field in headers { response.headers.append(field) }
        return response
    }
}
