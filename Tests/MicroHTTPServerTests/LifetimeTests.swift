import Dispatch
import MicroHTTPServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LifetimeTests {
    @Test(arguments: ["POST / HT", "POST / HTTP/1.1\r\nHost: h\r\nX-Slow: ", ""])
    func `a slow drip is cut while another connection is served`(beginning: String) async throws {
        let desk = Desk()
        let handle: @Sendable (ServerRequest, ServerResponder) -> Void = { request, responder in
            desk.take(request, responder)
            echo(request, responder)
        }
        try await withServer({ $0.requestTimeoutMilliseconds = 300 }, handle: handle) { port in
            let slow = try RawClient(port: port)
            let quick = try RawClient(port: port)
            try slow.send(beginning)
            var isCut = false
            while !isCut {
                try quick.send(RawClient.request(body: "quick"))
                #expect(try quick.response()?.text == "quick")
                if !beginning.isEmpty {
                    do { try slow.send("x") } catch { isCut = true }
                } else {
                    isCut = try slow.isClosed()
                }
            }
            #expect(try slow.isClosed())
            #expect(desk.seen.allSatisfy { $0.body == Array("quick".utf8) })
        }
    }

    @Test func `a body that never ends is cut`() async throws {
        let desk = Desk()
        try await withServer({ $0.requestTimeoutMilliseconds = 200 }, handle: desk.take) { port in
            let client = try RawClient(port: port)
            try client.send(RawClient.request(fields: ["Content-Length: 9"]) + "abc")
            #expect(try client.isClosed())
            #expect(desk.seen.isEmpty)
        }
    }

    @Test func `an idle connection is closed by its own limit`() async throws {
        try await withServer({ $0.idleTimeoutMilliseconds = 200 }) { port in
            let client = try RawClient(port: port)
            try client.send(RawClient.request(body: "one"))
            #expect(try client.response()?.text == "one")
            #expect(try client.isClosed())
        }
    }

    @Test func `a kept connection has the request's time from the first byte`() async throws {
        let configure: (inout ServerConfiguration) -> Void = {
            $0.requestTimeoutMilliseconds = 300
            $0.idleTimeoutMilliseconds = 3_600_000
        }
        try await withServer(configure) { port in
            let client = try RawClient(port: port)
            try client.send(RawClient.request(body: "one"))
            #expect(try client.response()?.text == "one")
            // Only the request's limit can end this within the time of the test. The other
            // connection slows the drip down, else the request line would grow too long first.
            while (try? client.send("x")) != nil {
                let other = try RawClient(port: port)
                try other.send(RawClient.request(body: "other"))
                #expect(try other.response()?.text == "other")
            }
            #expect(try client.isClosed())
        }
    }

    @Test func `a connection that waits for our answer is not cut`() async throws {
        let desk = Desk()
        try await withServer({ $0.requestTimeoutMilliseconds = 100 }, handle: desk.take) { port in
            let waiting = try RawClient(port: port)
            try waiting.send(RawClient.request(body: "x"))
            try await desk.requests(1)
            // Three connections in a row live out the deadline, so it has passed for the first.
            for _ in 0..<3 { #expect(try RawClient(port: port).isClosed()) }
            desk.answerAll("patience")
            #expect(try waiting.response()?.text == "patience")
        }
    }

    @Test func `connections above the limit wait for room`() async throws {
        try await withServer({ $0.connectionsMax = 2 }) { port in
            var first: RawClient? = try RawClient(port: port)
            let second = try RawClient(port: port)
            let third = try RawClient(port: port)
            try second.send(RawClient.request(body: "second"))
            #expect(try second.response()?.text == "second")
            try first?.send(RawClient.request(body: "first"))
            #expect(try first?.response()?.text == "first")
            try third.send(RawClient.request(body: "third"))
            first = nil
            #expect(try third.response()?.text == "third")
        }
    }

    @Test func `connections of one address can be limited`() async throws {
        try await withServer({ $0.connectionsPerAddressMax = 1 }) { port in
            let first = try RawClient(port: port)
            try first.send(RawClient.request(body: "first"))
            #expect(try first.response()?.text == "first")
            #expect(try RawClient(port: port).isClosed())
            try first.send(RawClient.request(body: "again"))
            #expect(try first.response()?.text == "again")
        }
    }

    @Test func `localhost is the IPv4 loopback`() async throws {
        try await withServer({ $0.host = "localhost" }) { port in
            let client = try RawClient(port: port)
            try client.send(RawClient.request(body: "local"))
            #expect(try client.response()?.text == "local")
        }
    }

    @Test func `it listens on IPv6`() async throws {
        let desk = Desk()
        try await withServer({ $0.host = "::1" }, handle: desk.take) { port in
            let client = try RawClient(port: port, isVersion6: true)
            try client.send(RawClient.request(body: "six"))
            try await desk.requests(1)
            #expect(desk.seen.first?.peer == "::1")
            desk.answerAll("six")
            #expect(try client.response()?.text == "six")
        }
    }

    @Test func `an IPv4 peer of an IPv6 socket is named by its IPv4 address`() async throws {
        let desk = Desk()
        try await withServer({ $0.host = "::" }, handle: desk.take) { port in
            let client = try RawClient(port: port)
            try client.send(RawClient.request(body: "four"))
            try await desk.requests(1)
            #expect(desk.seen.first?.peer == "127.0.0.1")
            desk.answerAll()
            #expect(try client.response()?.status == 200)
        }
    }

    @Test func `a port in use is an error that says so`() async throws {
        try await withServer { port in
            let second = makeServer({ $0.port = port })
            let error = #expect(throws: ServerError.self) { _ = try second.start() }
            let text = "cannot listen on 127.0.0.1 port \(port): Address already in use"
            #expect(error?.description.hasPrefix(text) == true)
            await second.stop(graceMilliseconds: 0)
        }
    }

    @Test(arguments: ["example.org", "192.0.2.1", "", "1.2.3"])
    func `an address that is not ours is an error`(host: String) throws {
        let server = makeServer({ $0.host = host })
        #expect {
            _ = try server.start()
        } throws: { error in
            if case ServerError.cannotListen(host, 0, _) = error { true } else { false }
        }
    }

    @Test func `a server starts once`() async throws {
        let server = makeServer()
        _ = try server.start()
        #expect(throws: ServerError.alreadyStarted) { _ = try server.start() }
        await server.stop(graceMilliseconds: 0)
        #expect(throws: ServerError.alreadyStarted) { _ = try server.start() }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct StopTests {
    @Test func `stopping with nothing open returns and frees the port`() async throws {
        let server = makeServer({ $0.host = "127.0.0.2" })
        let port = try server.start()
        let idle = try RawClient(port: port, last: 2)
        try idle.send(RawClient.request(body: "x"))
        #expect(try idle.response()?.text == "x")
        async let first: Void = server.stop(graceMilliseconds: 10_000)
        async let second: Void = server.stop(graceMilliseconds: 10_000)
        _ = await (first, second)
        await server.stop(graceMilliseconds: 10_000)
        #expect(try idle.isClosed())
        // No other test uses this address, so nobody else has taken the port.
        #expect(throws: RawClient.Failure.self) { _ = try RawClient(port: port, last: 2) }
        let next = makeServer({
            $0.host = "127.0.0.2"
            $0.port = port
        })
        #expect(try next.start() == port)
        await next.stop(graceMilliseconds: 0)
    }

    @Test func `a server that never started can be stopped`() async {
        await makeServer().stop(graceMilliseconds: 1000)
    }

    @Test func `a request that is answered within the grace gets its answer`() async throws {
        let desk = Desk()
        let server = makeServer({ $0.host = "127.0.0.3" }, handle: desk.take)
        let port = try server.start()
        let clients = try (0..<50).map { _ in try RawClient(port: port, last: 3) }
        for client in clients { try client.send(RawClient.request(body: "x")) }
        try await desk.requests(clients.count)
        async let stopped: Void = server.stop(graceMilliseconds: 30_000)
        // Once no connection is taken any more, the stop has begun.
        while (try? RawClient(port: port, last: 3)) != nil {}
        desk.answerAll("in time")
        for client in clients {
            let response = try #require(try client.response())
            #expect(response.text == "in time")
            #expect(response.header("connection") == "close")
            #expect(try client.isClosed())
        }
        await stopped
    }

    @Test func `suspended requests get 503 after the grace, and late answers are ignored`()
        async throws
    {
        let desk = Desk()
        let server = makeServer(handle: desk.take)
        let port = try server.start()
        let clients = try (0..<50).map { _ in try RawClient(port: port) }
        for client in clients { try client.send(RawClient.request(body: "x")) }
        try await desk.requests(clients.count)
        await server.stop(graceMilliseconds: 50)
        for client in clients {
            let response = try #require(try client.response())
            #expect(response.status == 503)
            #expect(response.header("connection") == "close")
            #expect(response.header("content-type") == "application/problem+json")
            #expect(try client.isClosed())
        }
        for responder in desk.takeWaiting() { responder.respond(ServerResponse(status: 200)) }
    }

    @Test func `stopping races with answers, requests and new connections`() async throws {
        for round in 0..<20 {
            let handle: @Sendable (ServerRequest, ServerResponder) -> Void = { request, responder in
                DispatchQueue.global().async { echo(request, responder) }
            }
            let server = makeServer(handle: handle)
            let port = try server.start()
            let clients = try (0..<20).map { _ in try RawClient(port: port) }
            for client in clients { try client.send(RawClient.request(body: "x")) }
            async let stopped: Void = server.stop(graceMilliseconds: round % 2)
            for _ in 0..<5 { _ = try? RawClient(port: port).send(RawClient.request(body: "y")) }
            await stopped
            // Each was answered, refused, or cut before it was read; none hangs.
            for client in clients {
                if let response = try client.response() {
                    #expect([200, 503].contains(response.status))
                }
            }
        }
    }
}
