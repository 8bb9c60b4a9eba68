import CurlHTTPClient
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ResponseTests {
    /// The response to `GET /` of a server that answers these bytes, then closes.
    private func response(
        to method: String = "GET",
        _ bytes: String,
        byteByByte: Bool = false
    ) async throws -> ClientResponse {
        let server = TestServer { _, connection in
            if byteByByte {
                for byte in bytes.utf8 { connection.send([byte]) }
            } else {
                connection.send(bytes)
            }
            return .close
        }
        return try await withClient(to: server) { client, server in
            try await client.send(ClientRequest(method: method, url: server.url()))
        }
    }

    @Test func `status, headers and body come back`() async throws {
        let response = try await response(
            "HTTP/1.1 418 I'm a teapot\r\nX-A:  1 \r\nx-a: 2\r\nX-Empty:\r\n"
                + "Content-Length: 3\r\n\r\nabc"
        )
        #expect(response.status == 418)
        #expect(response.headers[values: .init("X-A")!] == ["1", "2"])
        #expect(response.headers[.init("X-Empty")!]?.isEmpty == true)
        #expect(response.body == Array("abc".utf8))
    }

    @Test func `a dribbled response is put together`() async throws {
        let response = try await response(
            "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello",
            byteByByte: true
        )
        #expect(response.headers[.init("X-A")!] == "1")
        #expect(response.body == Array("hello".utf8))
    }

    @Test func `a chunked body is put together and its trailers are dropped`() async throws {
        let response = try await response(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n"
        )
        #expect(response.body == Array("abcde".utf8))
        #expect(response.headers[.init("X-Trailer")!] == nil)
    }

    @Test func `a body without length lasts until the connection ends`() async throws {
        let response = try await response("HTTP/1.0 200 OK\r\n\r\nuntil the end")
        #expect(response.body == Array("until the end".utf8))
    }

    @Test(arguments: [204, 304])
    func `a status without body has none`(status: Int) async throws {
        let response = try await response("HTTP/1.1 \(status) X\r\n\r\n")
        #expect(response.status == status)
        #expect(response.body.isEmpty)
    }

    @Test func `a HEAD response has no body, whatever length it names`() async throws {
        let response = try await response(
            to: "HEAD",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"
        )
        #expect(response.status == 200)
        #expect(response.headers[.contentLength] == "99999999")
        #expect(response.body.isEmpty)
    }

    @Test func `interim responses are skipped`() async throws {
        let response = try await response(
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n"
        )
        #expect(response.status == 200)
        #expect(response.headers.map(\.name) == [.init("X-A")!, .contentLength])
    }

    @Test func `a folded header counts as one line, one that is no header is skipped`() async throws
    {
        let response = try await response(
            "HTTP/1.1 200 OK\r\nX-A: 1\r\n  2\r\n"
                + ":status: 1\r\n: 2\r\nX B: 3\r\nContent-Length: 0\r\n\r\n"
        )
        #expect(response.headers[.init("X-A")!] == "1 2")
        #expect(response.headers.count == 2)
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is returned, not followed`(status: Int) async throws {
        let server = TestServer { _, connection in
            connection.send(
                "HTTP/1.1 \(status) X\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
            )
            return .keepOpen
        }
        try await withClient(to: server) { client, server in
            let response = try await client.send(ClientRequest(method: "GET", url: server.url()))
            #expect(response.status == status)
            #expect(response.headers[.location] == "/elsewhere")
            #expect(server.received.count == 1)
        }
    }

    @Test func `a demand for credentials is returned, not met`() async throws {
        let server = TestServer { _, connection in
            connection.send(
                "HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"
            )
            return .keepOpen
        }
        try await withClient(to: server) { client, server in
            let response = try await client.send(ClientRequest(method: "GET", url: server.url()))
            #expect(response.status == 401)
            #expect(server.received.count == 1)
        }
    }

    @Test func `a compressed body is left as it is`() async throws {
        let response = try await response(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"
        )
        #expect(response.body == Array("nope".utf8))
    }
}
