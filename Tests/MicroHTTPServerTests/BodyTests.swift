import HTTPTypes
import MicroHTTPServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BodyTests {
    @Test(arguments: [1, 23_000, 24_576, 65_536, 1_048_576])
    func `a body of any permitted size arrives whole`(count: Int) async throws {
        let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ ($0 >> 8)) }
        try await withServer { port in
            let client = try RawClient(port: port)
            for _ in 0..<2 {
                let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(count)\r\n\r\n"
                try client.send(Array(head.utf8) + body)
                #expect(try client.response()?.body == body)
            }
        }
    }

    @Test(arguments: [1, 7, 4096, 100_000])
    func `a chunked body arrives whole`(chunk: Int) async throws {
        let body = (0..<(chunk * 9 + 5)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try await withServer { port in
            let client = try RawClient(port: port)
            for _ in 0..<2 {
                try client.send(Self.chunked(body, by: chunk))
                #expect(try client.response()?.body == body)
            }
        }
    }

    @Test func `trailers of a chunked body are dropped`() async throws {
        let desk = Desk()
        try await withServer(handle: desk.take) { port in
            let client = try RawClient(port: port)
            let fields = ["Transfer-Encoding: Chunked"]
            try client.send(RawClient.request(fields: fields) + "1\r\na\r\n0\r\nX-T: 1\r\n\r\n")
            try await desk.requests(1)
            #expect(desk.seen.first?.body == [0x61])
            #expect(desk.seen.first?.headers.contains { $0.name.rawName == "X-T" } == false)
            desk.answerAll()
            #expect(try client.response()?.status == 200)
        }
    }

    @Test func `a declared length over the limit is refused before the body`() async throws {
        let desk = Desk()
        try await withServer({ $0.bodyBytesMax = 1000 }, handle: desk.take) { port in
            for length in ["1001", "9223372036854775807", "9223372036854775808"] {
                let client = try RawClient(port: port)
                try client.send(RawClient.request(fields: ["Content-Length: \(length)"]))
                let response = try #require(try client.response())
                #expect(response.status == 413)
                #expect(response.header("content-type") == "application/problem+json")
                #expect(response.text.contains(#""title":"Content Too Large""#))
                #expect(response.header("connection") == "close")
                #expect(try client.isClosed())
            }
            #expect(desk.seen.isEmpty)
        }
    }

    @Test func `a client that sends a long body without looking still gets its 413`() async throws {
        try await withServer { port in
            for _ in 0..<5 {
                let client = try RawClient(port: port)
                let head = RawClient.request(fields: ["Content-Length: 6000000"])
                try client.send(Array(head.utf8) + [UInt8](repeating: 0x61, count: 6_000_000))
                #expect(try client.response()?.status == 413)
                #expect(try client.isClosed())
            }
        }
    }

    @Test func `a refused client that sends without end is cut off`() async throws {
        try await withServer({ $0.bodyBytesMax = 1000 }) { port in
            let client = try RawClient(port: port)
            try client.send(RawClient.request(fields: ["Content-Length: 9000000000"]))
            #expect(try client.response()?.status == 413)
            let part = [UInt8](repeating: 0x61, count: 10_000)
            while (try? client.send(part)) != nil {}
        }
    }

    @Test func `a body of exactly the limit is accepted`() async throws {
        try await withServer({ $0.bodyBytesMax = 1000 }) { port in
            let client = try RawClient(port: port)
            let body = String(repeating: "x", count: 1000)
            try client.send(RawClient.request(body: body))
            #expect(try client.response()?.text == body)
            try client.send(Self.chunked(Array(body.utf8), by: 300))
            #expect(try client.response()?.text == body)
        }
    }

    @Test func `a chunked body over the limit is refused after it is read`() async throws {
        let desk = Desk()
        try await withServer({ $0.bodyBytesMax = 1000 }, handle: desk.take) { port in
            let client = try RawClient(port: port)
            try client.send(Self.chunked([UInt8](repeating: 0x61, count: 5000), by: 999))
            let response = try #require(try client.response())
            #expect(response.status == 413)
            #expect(response.header("connection") == "close")
            #expect(try client.isClosed())
            #expect(desk.seen.isEmpty)
        }
    }

    @Test func `an endless chunked body is cut`() async throws {
        let desk = Desk()
        try await withServer({ $0.bodyBytesMax = 1000 }, handle: desk.take) { port in
            let client = try RawClient(port: port)
            // The rest of it is never sent, so only the bound can end this.
            try client.send(RawClient.request(fields: ["Transfer-Encoding: chunked"]))
            try client.send("FFFFFF\r\n" + String(repeating: "x", count: 20_000))
            #expect(try client.isClosed())
            #expect(desk.seen.isEmpty)
        }
    }

    @Test func `a client that expects 100 is told to continue`() async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            let fields = ["Expect: 100-continue", "Content-Length: 5"]
            try client.send(RawClient.request(fields: fields))
            #expect(try client.response()?.status == 100)
            try client.send("hello")
            #expect(try client.response()?.text == "hello")
        }
    }

    @Test func `a client that expects 100 is refused at once if the body is too long`() async throws
    {
        try await withServer({ $0.bodyBytesMax = 4 }) { port in
            let client = try RawClient(port: port)
            let fields = ["Expect: 100-continue", "Content-Length: 5"]
            try client.send(RawClient.request(fields: fields))
            #expect(try client.response()?.status == 413)
            #expect(try client.isClosed())
        }
    }

    @Test func `reject refuses by the head before the body is sent`() async throws {
        let desk = Desk()
        let reject: @Sendable (ServerRequest) -> ServerResponse? = { request in
            request.path == "/no" && request.body.isEmpty ? ServerResponse(status: 404) : nil
        }
        try await withServer(reject: reject, handle: desk.take) { port in
            let client = try RawClient(port: port)
            try client.send(RawClient.request("POST", "/no", fields: ["Content-Length: 9"]))
            let response = try #require(try client.response())
            #expect(response.status == 404)
            #expect(response.header("connection") == "close")
            #expect(try client.isClosed())
            #expect(desk.seen.isEmpty)
        }
    }

    @Test func `reject keeps the connection if there is no body`() async throws {
        let reject: @Sendable (ServerRequest) -> ServerResponse? = { request in
            request.path == "/no" ? ServerResponse(status: 404) : nil
        }
        try await withServer(reject: reject) { port in
            let client = try RawClient(port: port)
            for _ in 0..<2 {
                try client.send(RawClient.request("GET", "/no"))
                #expect(try client.response()?.status == 404)
                try client.send(RawClient.request("GET", "/yes"))
                #expect(try client.response()?.status == 200)
            }
        }
    }

    static func chunked(_ body: [UInt8], by size: Int) -> [UInt8] {
        let head = RawClient.request(fields: ["Transfer-Encoding: chunked"])
        var bytes = Array(head.utf8)
        var rest = body[...]
        while !rest.isEmpty {
            let chunk = rest.prefix(size)
            bytes += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10]
            rest = rest.dropFirst(size)
        }
        return bytes + Array("0\r\n\r\n".utf8)
    }
}
