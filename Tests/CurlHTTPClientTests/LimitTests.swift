import CurlHTTPClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LimitTests {
    private static let limited: ClientConfiguration = {
        var configuration = ClientConfiguration()
        configuration.responseBytesMax = 1_000
        configuration.responseHeaderBytesMax = 2_000
        return configuration
    }()

    /// Something endless: what is sent once, then again and again.
    struct Endless: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var start: String
        var again: String
        var limit: Int
    }

    @Test(arguments: [
        Endless(
            testDescription: "headers",
            start: "HTTP/1.1 200 OK\r\n",
            again: "X-A: b\r\n",
            limit: 2_000
        ),
        Endless(
            testDescription: "one header",
            start: "HTTP/1.1 200 OK\r\nX-A: ",
            again: "bbbbbbbb",
            limit: 2_000
        ),
        Endless(
            testDescription: "interim responses",
            start: "",
            again: "HTTP/1.1 103 Early Hints\r\n\r\n",
            limit: 2_000
        ),
        Endless(
            testDescription: "trailers",
            start: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            again: "X-A: b\r\n",
            limit: 2_000
        ),
        Endless(
            testDescription: "a body until the end",
            start: "HTTP/1.1 200 OK\r\n\r\n",
            again: "b",
            limit: 1_000
        ),
        Endless(
            testDescription: "a body that names its length",
            start: "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",
            again: "b",
            limit: 1_000
        ),
        Endless(
            testDescription: "chunks",
            start: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            again: "1\r\nb\r\n",
            limit: 1_000
        ),
    ])
    func `an endless response ends at its limit`(endless: Endless) async throws {
        let server = TestServer { _, connection in
            connection.send(endless.start)
            while connection.send(String(repeating: endless.again, count: 100)) {}
            return .close
        }
        try await withClient(to: server, Self.limited) { client, server in
            let request = ClientRequest(method: "POST", url: server.url(), body: [1])
            let error = await failure(of: client, sending: request)
            #expect(error == .responseTooLarge(limit: endless.limit))
            #expect(error?.requestMayHaveArrived == true)
            #expect(server.received.count == 1)
        }
    }

    @Test func `a response at its limit is whole, one byte more is too large`() async throws {
        let server = TestServer { request, connection in
            connection.answer(
                String(repeating: "b", count: request.requestLine.contains("more") ? 1_001 : 1_000)
            )
        }
        try await withClient(to: server, Self.limited) { client, server in
            let fits = ClientRequest(method: "GET", url: server.url("/fits"))
            let response = try await client.send(fits)
            #expect(response.body.count == 1_000)
            let more = ClientRequest(method: "GET", url: server.url("/more"))
            #expect(await failure(of: client, sending: more) == .responseTooLarge(limit: 1_000))
        }
    }
}
