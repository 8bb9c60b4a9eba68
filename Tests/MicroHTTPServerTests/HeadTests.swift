import MicroHTTPServer
import Testing

/// Heads that RFC 9112 forbids and libmicrohttpd 0.9.75 accepts.
@Suite(.timeLimit(.minutes(1)))
struct HeadTests {
    struct Attack: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: String
    }

    static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
    static let start = "POST / HTTP/1.1\r\nHost: h\r\n"

    static let attacks: [Attack] = [
        Attack(
            testDescription: "length and transfer encoding",
            bytes: start + "Content-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        Attack(
            testDescription: "two lengths",
            bytes: start + "Content-Length: 4\r\nContent-Length: 2\r\n\r\nabcd"
        ),
        Attack(
            testDescription: "two equal lengths",
            bytes: start + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd"
        ),
        Attack(
            testDescription: "blank before the colon",
            bytes: start + "Content-Length : 4\r\n\r\nabcd"
        ),
        Attack(
            testDescription: "unknown transfer encoding",
            bytes: start + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"
        ),
        Attack(
            testDescription: "list of transfer encodings",
            bytes: start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
        ),
        Attack(
            testDescription: "two transfer encodings",
            bytes: start
                + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        Attack(
            testDescription: "transfer encoding with a blank after it",
            bytes: start + "Transfer-Encoding: chunked \r\n\r\n0\r\n\r\n"
        ),
        Attack(
            testDescription: "transfer encoding in HTTP/1.0",
            bytes: "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        Attack(
            testDescription: "no host",
            bytes: "GET / HTTP/1.1\r\nX: y\r\n\r\n"
        ),
        Attack(
            testDescription: "two hosts",
            bytes: "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"
        ),
        Attack(testDescription: "name that is no token", bytes: start + "X(: y\r\n\r\n"),
        Attack(testDescription: "empty name", bytes: start + ": y\r\n\r\n"),
        Attack(testDescription: "control character", bytes: start + "X: a\u{1}b\r\n\r\n"),
        Attack(testDescription: "bare CR in a value", bytes: start + "X: a\rb\r\n\r\n"),
        Attack(testDescription: "NUL in a value", bytes: start + "X: a\0b\r\n\r\n"),
        Attack(
            testDescription: "NULs that look like a line end",
            bytes: start + "X: a\0\0b\r\n\r\n"
        ),
        Attack(testDescription: "NUL at the end of a value", bytes: start + "X: a\0\r\n\r\n"),
        Attack(
            testDescription: "folded line that changes a name",
            bytes: start + "X-Forwarded-: 1.2.3.4\r\n For\r\n\r\n"
        ),
        Attack(testDescription: "folded blank line", bytes: start + "X: a\r\n \r\nY: b\r\n\r\n"),
        Attack(testDescription: "folded last line", bytes: start + "X: a\r\n \r\n\r\n"),
        Attack(testDescription: "bare LF after a field", bytes: start + "X: a\nY: b\r\n\r\n"),
        Attack(testDescription: "bare LF after the last field", bytes: start + "X: a\n\r\n"),
        Attack(testDescription: "bare LF at the end of the head", bytes: start + "X: a\r\n\n"),
        Attack(testDescription: "bare LFs", bytes: "GET / HTTP/1.1\nHost: h\n\n"),
        Attack(
            testDescription: "bare LF after the request line",
            bytes: "GET / HTTP/1.1\nHost: h\r\n\r\n"
        ),
        Attack(
            testDescription: "NUL in the target",
            bytes: "GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n"
        ),
        Attack(
            testDescription: "NUL in the method",
            bytes: "GE\0T / HTTP/1.1\r\nHost: h\r\n\r\n"
        ),
        Attack(
            testDescription: "blank in the target",
            bytes: "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"
        ),
        Attack(
            testDescription: "two blanks before the target",
            bytes: "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n"
        ),
        Attack(
            testDescription: "tab in the target",
            bytes: "GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n"
        ),
        Attack(
            testDescription: "raw UTF-8 in the target",
            bytes: "GET /é HTTP/1.1\r\nHost: h\r\n\r\n"
        ),
        Attack(
            testDescription: "101 fields",
            bytes: start + String(repeating: "X: y\r\n", count: 100) + "\r\n"
        ),
    ]

    @Test(arguments: attacks)
    func `a forbidden head is refused and nothing after it is served`(
        attack: Attack
    ) async throws {
        let desk = Desk()
        try await withServer(handle: desk.take) { port in
            let client = try RawClient(port: port)
            try client.send(attack.bytes + Self.smuggled)
            let response = try #require(try client.response())
            #expect(response.status == 400)
            #expect(response.header("content-type") == "application/problem+json")
            #expect(response.text.hasPrefix(#"{"type":"about:blank","title":"Bad Request""#))
            #expect(response.header("connection") == "close")
            #expect(try client.isClosed())
            #expect(desk.seen.isEmpty)
        }
    }

    @Test(arguments: attacks)
    func `a forbidden head is refused on a kept connection too`(attack: Attack) async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            try client.send(RawClient.request(body: "first"))
            #expect(try client.response()?.text == "first")
            try client.send(attack.bytes)
            #expect(try client.response()?.status == 400)
            #expect(try client.isClosed())
        }
    }

    @Test func `100 fields and a head of 32 KiB are accepted`() async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            let value = String(repeating: "v", count: 319)
            let fields = (0..<98).map { "X-Field-\($0): \(value)" }
            for _ in 0..<2 {
                let request = RawClient.request(fields: fields, body: "ok")
                #expect(request.utf8.count > 32_500)
                try client.send(request)
                #expect(try client.response()?.text == "ok")
            }
            try client.send(RawClient.request(fields: ["Cookie: a=b; c=d"], body: "ok"))
            #expect(try client.response()?.text == "ok")
        }
    }

    @Test func `a head may come in pieces`() async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            for _ in 0..<2 {
                let request = "\r\n" + RawClient.request(fields: ["X: y", "Z:"], body: "pieces")
                for byte in request.utf8 { try client.send([byte]) }
                #expect(try client.response()?.text == "pieces")
            }
        }
    }

    @Test func `a head that is far too large is refused`() async throws {
        let desk = Desk()
        try await withServer(handle: desk.take) { port in
            let client = try RawClient(port: port)
            let fields = ["X: " + String(repeating: "v", count: 60_000)]
            // The answer may be lost in the reset, as the rest is not read.
            try? client.send(RawClient.request(fields: fields))
            if let response = try client.response() { #expect(response.status == 431) }
            #expect(desk.seen.isEmpty)
        }
    }
}
