import CurlHTTPClient
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RequestTests {
    @Test(arguments: ["GET", "HEAD", "DELETE", "OPTIONS"])
    func `a request without a body carries no content length`(method: String) async throws {
        try await withClient { client, server in
            let request = ClientRequest(method: method, url: server.url("/a"))
            let response = try await client.send(request)
            #expect(response.status == 200)
            #expect(
                server.received.map(\.head) == [
                    "\(method) /a HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"
                        + "User-Agent: consent-bridge\r\n"
                ]
            )
        }
    }

    @Test(arguments: ["POST", "PUT", "PATCH"])
    func `a write without a body says that its length is 0`(method: String) async throws {
        try await withClient { client, server in
            _ = try await client.send(ClientRequest(method: method, url: server.url("/a")))
            #expect(
                server.received.map(\.head) == [
                    "\(method) /a HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"
                        + "User-Agent: consent-bridge\r\nContent-Length: 0\r\n"
                ]
            )
        }
    }

    @Test(arguments: ["POST", "PUT", "PATCH", "DELETE", "GET"])
    func `method, headers and body arrive exactly`(method: String) async throws {
        try await withClient { client, server in
            let body: [UInt8] = [0, 13, 10, 255, 0, 65]
            let request = ClientRequest(
                method: method,
                url: server.url("/v1/x?y=%2B&z"),
                headers: [.init("X-Key")!: "a: b;c", .init("X-Empty")!: "", .accept: "text/plain"],
                body: body
            )
            _ = try await client.send(request)
            #expect(
                server.received.map(\.head) == [
                    "\(method) /v1/x?y=%2B&z HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"
                        + "User-Agent: consent-bridge\r\nX-Key: a: b;c\r\nX-Empty:\r\n"
                        + "Accept: text/plain\r\nContent-Length: 6\r\n"
                ]
            )
            #expect(server.received.map(\.body) == [body])
        }
    }

    @Test func `the caller's own user agent, content type and length replace the client's`()
        async throws
    {
        try await withClient { client, server in
            let request = ClientRequest(
                method: "POST",
                url: server.url(),
                headers: [
                    .userAgent: "mine/1", .contentType: "application/json", .contentLength: "2",
                ],
                body: Array("{}".utf8)
            )
            _ = try await client.send(request)
            let lines = server.received[0].head.split(separator: "\r\n").dropFirst(2)
            #expect(
                Array(lines) == [
                    "User-Agent: mine/1", "Content-Type: application/json", "Content-Length: 2",
                ]
            )
        }
    }

    @Test(arguments: [
        "/entity/1/table/2/profile/emailAddress=jane%2Btag%40example.com?allowTest=true",
        "/a/../b/./c", "//double", "/%7e%7E/%2f", "/a;b=c,d/'()*!$&=:@", "/?", "/?q=a/../b",
    ])
    func `the path arrives as it is written`(path: String) async throws {
        try await withClient { client, server in
            let request = ClientRequest(method: "PATCH", url: server.url(path), body: [1])
            _ = try await client.send(request)
            #expect(server.received.map(\.requestLine) == ["PATCH \(path) HTTP/1.1"])
        }
    }

    @Test func `a large body arrives and comes back whole`() async throws {
        let server = TestServer { request, connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n")
            connection.send(request.body)
            return .keepOpen
        }
        try await withClient(to: server) { client, server in
            let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 8)) }
            let request = ClientRequest(method: "PUT", url: server.url(), body: body)
            let response = try await client.send(request)
            #expect(response.body == body)
            #expect(server.received[0].head.contains("Content-Length: 3000000\r\n"))
        }
    }

    @Test func `no header, body or cookie of a request leaks into the next`() async throws {
        let server = TestServer { _, connection in
            connection.send("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")
            return .keepOpen
        }
        try await withClient(to: server) { client, server in
            let first = ClientRequest(
                method: "POST",
                url: server.url("/1"),
                headers: [.authorization: "Bearer secret"],
                body: [1, 2, 3]
            )
            _ = try await client.send(first)
            _ = try await client.send(ClientRequest(method: "HEAD", url: server.url("/2")))
            _ = try await client.send(ClientRequest(method: "GET", url: server.url("/3")))
            let rest =
                "HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nUser-Agent: consent-bridge\r\n"
            #expect(
                server.received.dropFirst().map(\.head) == ["HEAD /2 \(rest)", "GET /3 \(rest)"]
            )
        }
    }

    @Test(arguments: [
        "", "example.com", "ftp://example.com/", "file:///etc/passwd", "http://", "http:///a",
        "https://?a", "http://user@example.com/", "http://a:b@example.com/", "http://[::1/",
        "http://example.com/a b", "http://example.com/\r\nX: y", "http://example.com/\u{0}",
        "http://example.com/é", "http://example.com/#f", "http://example.com:99999/",
    ])
    func `a URL that is not plain http is refused unsent`(url: String) async throws {
        try await withClient { client, _ in
            let error = await failure(of: client, sending: ClientRequest(method: "GET", url: url))
            guard case .invalidRequest(let reason) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(!reason.contains("example"))
            #expect(error?.requestMayHaveArrived == false)
        }
    }

    @Test(arguments: ["", "get", "GET /", "GET\r\n", "CONNECT", String(repeating: "A", count: 33)])
    func `a method that is no word is refused unsent`(method: String) async throws {
        try await withClient { client, server in
            let request = ClientRequest(method: method, url: server.url())
            let error = await failure(of: client, sending: request)
            #expect(error?.metricLabel == "invalid_request")
            #expect(server.connectionsCount == 0)
        }
    }

    @Test(
        arguments: [
            [.contentLength: "7"], [.transferEncoding: "chunked"], [.connection: "close"],
            [.expect: "100-continue"], [.upgrade: "h2c"],
        ] as [HTTPFields]
    )
    func `a header that would break the framing is refused unsent`(headers: HTTPFields)
        async throws
    {
        try await withClient { client, server in
            let request = ClientRequest(
                method: "POST",
                url: server.url(),
                headers: headers,
                body: [1]
            )
            let error = await failure(of: client, sending: request)
            #expect(error?.metricLabel == "invalid_request")
            #expect(server.connectionsCount == 0)
        }
    }

    @Test func `a line end in a header value never starts a header`() async throws {
        try await withClient { client, server in
            let request = ClientRequest(
                method: "GET",
                url: server.url(),
                headers: [.init("X-A")!: "1\r\nX-Injected: 2"]
            )
            _ = await failure(of: client, sending: request)
            #expect(!server.received.contains { $0.head.contains("\r\nX-Injected") })
        }
    }

    @Test func `a user agent that would start a header stops the client from starting`() {
        var configuration = ClientConfiguration()
        configuration.userAgent = "a\r\nX-Injected: b"
        #expect(throws: ClientError.invalidRequest("the user agent must be printable ASCII")) {
            try HTTPClient(configuration: configuration, logger: quiet)
        }
    }

    @Test func `a HEAD request with a body is refused unsent`() async throws {
        try await withClient { client, server in
            let request = ClientRequest(method: "HEAD", url: server.url(), body: [1])
            #expect(
                await failure(of: client, sending: request)
                    == .invalidRequest("a HEAD request has no body")
            )
        }
    }
}
