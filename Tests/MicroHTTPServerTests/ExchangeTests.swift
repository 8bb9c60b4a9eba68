import Dispatch
import HTTPTypes
import MicroHTTPServer
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ExchangeTests {
    @Test func `a connection is kept for several requests`() async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            for body in ["one", "two", "three"] {
                try client.send(RawClient.request(body: body))
                let response = try #require(try client.response())
                #expect(response.status == 200)
                #expect(response.text == body)
                #expect(response.header("connection") == nil)
            }
        }
    }

    @Test func `requests that were sent in one go are answered in order`() async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            try client.send(["a", "b", "c"].map { RawClient.request(body: $0) }.joined())
            for body in ["a", "b", "c"] { #expect(try client.response()?.text == body) }
        }
    }

    @Test func `many connections are answered later from another thread`() async throws {
        let desk = Desk()
        try await withServer(handle: desk.take) { port in
            let clients = try (0..<200).map { _ in try RawClient(port: port) }
            for round in 1...3 {
                for (index, client) in clients.enumerated() {
                    try client.send(RawClient.request("GET", "/\(index)"))
                }
                try await desk.requests(round * clients.count)
                desk.answerAll("round \(round)")
                for client in clients { #expect(try client.response()?.text == "round \(round)") }
            }
            #expect(Set(desk.seen.map(\.path)).count == clients.count)
        }
    }

    @Test func `answers that race with the hand-over arrive`() async throws {
        let handle: @Sendable (ServerRequest, ServerResponder) -> Void = { request, responder in
            DispatchQueue.global().async { echo(request, responder) }
        }
        try await withServer(handle: handle) { port in
            let clients = try (0..<8).map { _ in try RawClient(port: port) }
            for round in 0..<250 {
                for client in clients { try client.send(RawClient.request(body: "r\(round)")) }
                for client in clients { #expect(try client.response()?.text == "r\(round)") }
            }
        }
    }

    @Test func `a request is delivered as it was sent`() async throws {
        let desk = Desk()
        try await withServer(handle: desk.take) { port in
            let client = try RawClient(port: port)
            let fields = ["X-Twice: 1", "x-tab:\ta\tb \t", "X-Empty:", "X-Twice: 2"]
            let target = "/a%2Fb%20c/?q=%C3%A9&x=a+b&y?z#f"
            try client.send(RawClient.request("PUT", target, fields: fields, body: "body"))
            try await desk.requests(1)
            let request = try #require(desk.seen.first)
            #expect(request.method == "PUT")
            #expect(request.path == "/a%2Fb%20c/")
            #expect(request.query == "q=%C3%A9&x=a+b&y?z#f")
            #expect(request.body == Array("body".utf8))
            #expect(request.peer == "127.0.0.1")
            let twice = try #require(HTTPField.Name("X-Twice"))
            #expect(request.headers[values: twice] == ["1", "2"])
            #expect(request.headers[try #require(HTTPField.Name("X-Tab"))] == "a\tb")
            #expect(request.headers[try #require(HTTPField.Name("X-Empty"))] == "")
            desk.answerAll()
            #expect(try client.response()?.status == 200)
        }
    }

    @Test(arguments: [
        ("http://example.org/a?b", "/a", "b"), ("http://example.org", "/", ""),
        ("https://example.org?q", "/", "q"), ("*", "*", ""), ("/?", "/", ""),
        ("/http://x", "/http://x", ""),
    ])
    func `each form of a target is understood`(
        target: String,
        path: String,
        query: String
    ) async throws {
        let handle: @Sendable (ServerRequest, ServerResponder) -> Void = { request, responder in
            let text = "\(request.path) \(request.query)"
            responder.respond(ServerResponse(status: 200, body: Array(text.utf8)))
        }
        try await withServer(handle: handle) { port in
            let client = try RawClient(port: port)
            try client.send(RawClient.request("OPTIONS", target))
            #expect(try client.response()?.text == "\(path) \(query)")
        }
    }

    @Test func `HEAD gets the length and no body`() async throws {
        let handle: @Sendable (ServerRequest, ServerResponder) -> Void = { _, responder in
            responder.respond(ServerResponse(status: 200, body: Array("hello".utf8)))
        }
        try await withServer(handle: handle) { port in
            let client = try RawClient(port: port)
            for _ in 0..<2 {
                try client.send(RawClient.request("HEAD"))
                let response = try #require(try client.response(toHead: true))
                #expect(response.status == 200)
                #expect(response.header("content-length") == "5")
            }
            try client.send(RawClient.request("GET"))
            #expect(try client.response()?.text == "hello")
        }
    }

    @Test func `a response carries its status and headers`() async throws {
        let handle: @Sendable (ServerRequest, ServerResponder) -> Void = { _, responder in
            let headers: HTTPFields = [
                .contentType: "text/plain", .retryAfter: "7", .contentLength: "999",
                .transferEncoding: "chunked",
            ]
            responder.respond(ServerResponse(status: 429, headers: headers, body: [0x61]))
        }
        try await withServer(handle: handle) { port in
            let client = try RawClient(port: port)
            try client.send(RawClient.request("GET"))
            let response = try #require(try client.response())
            #expect(response.status == 429)
            #expect(response.header("content-type") == "text/plain")
            #expect(response.header("retry-after") == "7")
            #expect(response.header("content-length") == "1")
            #expect(response.header("transfer-encoding") == nil)
            #expect(response.text == "a")
        }
    }

    @Test(arguments: [0, 100, 199, 600, 1000, -1])
    func `an impossible status is sent as 500`(status: Int) async throws {
        let handle: @Sendable (ServerRequest, ServerResponder) -> Void = { _, responder in
            responder.respond(ServerResponse(status: status))
        }
        try await withServer(handle: handle) { port in
            let client = try RawClient(port: port)
            try client.send(RawClient.request("GET"))
            #expect(try client.response()?.status == 500)
        }
    }

    @Test(arguments: [true, false])
    func `a dropped responder answers 500`(isLate: Bool) async throws {
        let handle: @Sendable (ServerRequest, ServerResponder) -> Void = { _, responder in
            if isLate { DispatchQueue.global().async { _ = responder } }
        }
        try await withServer(handle: handle) { port in
            let client = try RawClient(port: port)
            for _ in 0..<2 {
                try client.send(RawClient.request("GET"))
                let response = try #require(try client.response())
                #expect(response.status == 500)
                #expect(response.header("content-type") == "application/problem+json")
                #expect(response.text.contains(#""status":500"#))
            }
        }
    }

    @Test func `a second answer is ignored`() async throws {
        let desk = Desk()
        let handle: @Sendable (ServerRequest, ServerResponder) -> Void = { request, responder in
            desk.take(request, responder)
            responder.respond(ServerResponse(status: 200, body: Array("first".utf8)))
            responder.respond(ServerResponse(status: 201, body: Array("second".utf8)))
        }
        try await withServer(handle: handle) { port in
            let client = try RawClient(port: port)
            for _ in 0..<3 {
                try client.send(RawClient.request("GET"))
                #expect(try client.response()?.text == "first")
                for responder in desk.takeWaiting() {
                    responder.respond(ServerResponse(status: 202))
                }
            }
        }
    }

    @Test func `an answer after the client went away is ignored`() async throws {
        let desk = Desk()
        try await withServer(handle: desk.take) { port in
            for round in 1...20 {
                let client = try RawClient(port: port)
                try client.send(RawClient.request(body: "x"))
                try await desk.requests(round)
                client.abort()
            }
            let gone = desk.takeWaiting()
            for responder in gone { responder.respond(ServerResponse(status: 200)) }
            let client = try RawClient(port: port)
            try client.send(RawClient.request(body: "y"))
            try await desk.requests(21)
            for responder in gone { responder.respond(ServerResponse(status: 418)) }
            desk.answerAll("still here")
            #expect(try client.response()?.text == "still here")
        }
    }

    @Test func `HTTP 1.0 is answered and closed`() async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            try client.send("POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi")
            #expect(try client.response()?.text == "hi")
            #expect(try client.isClosed())
        }
    }
}
