import CurlHTTPClient
import MicroHTTPServer
import Testing

/// One server hands its listening socket to the next.
@Suite(.timeLimit(.minutes(1)))
struct TakeOverTests {
    @Test
    func `connections made before, while and after a server is replaced are all answered`()
        async throws
    {
        var current = server("0")
        let port = try current.start()
        for round in 1...20 {
            var clients = [try RawClient(port: port), try RawClient(port: port)]
            let next = server("\(round)")
            #expect(try next.start(takingOver: current) == port)
            clients += [try RawClient(port: port), try RawClient(port: port)]
            current.retire()
            clients += [try RawClient(port: port), try RawClient(port: port)]
            for client in clients { try client.send(RawClient.request("GET")) }
            for client in clients { #expect(try client.response()?.status == 200) }
            await current.stop(graceMilliseconds: 2000)
            let last = try RawClient(port: port)
            try last.send(RawClient.request("GET"))
            #expect(try last.response()?.text == "\(round)")
            current = next
        }
        await current.stop(graceMilliseconds: 2000)
        #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }
    }

    @Test
    func `the old server finishes what it began and closes each connection after its answer`()
        async throws
    {
        let desk = Desk()
        let old = makeServer(handle: desk.take)
        let port = try old.start()
        let (waiting, kept) = (try RawClient(port: port), try RawClient(port: port))
        try kept.send(RawClient.request("GET"))
        try await desk.requests(1)
        desk.answerAll("first")
        #expect(try kept.response()?.text == "first")
        try waiting.send(RawClient.request("GET"))
        try await desk.requests(2)

        let new = server("new")
        _ = try new.start(takingOver: old)
        old.retire()
        let fresh = try RawClient(port: port)
        try fresh.send(RawClient.request("GET"))
        #expect(try fresh.response()?.text == "new")
        // A connection that was kept may be used for one more request.
        try kept.send(RawClient.request("GET"))
        try await desk.requests(3)
        desk.answerAll("last")
        for client in [waiting, kept] {
            let response = try client.response()
            #expect(response?.text == "last")
            #expect(response?.header("connection")?.lowercased() == "close")
            #expect(try client.isClosed())
        }
        await old.stop(graceMilliseconds: 2000)
        try fresh.send(RawClient.request("GET"))
        #expect(try fresh.response()?.text == "new")
        await new.stop(graceMilliseconds: 2000)
    }

    @Test
    func `a new certificate and a new limit count for new connections`() async throws {
        let certificates = try TestCertificates()
        try certificates.make("one")
        try certificates.make("two")
        let (one, two) = (try certificates.certificate("one"), try certificates.certificate("two"))
        let old = server("old") { $0.certificate = one }
        let port = try old.start()
        #expect(try await certificates.get(port, trusting: "one") == "old")
        await #expect(throws: ClientError.self) {
            try await certificates.get(port, trusting: "two")
        }
        let new = server("new") {
            $0.certificate = two
            $0.bodyBytesMax = 3
        }
        try await certificates.withClient(trusting: "one") { client in
            let request = ClientRequest(
                method: "POST",
                url: "https://127.0.0.1:\(port)/",
                body: Array("four".utf8)
            )
            #expect(try await client.send(request).status == 200)
            _ = try new.start(takingOver: old)
            old.retire()
            // Its connection is still the old server's, then it meets the new certificate.
            #expect(try await client.send(request).status == 200)
            await #expect(throws: ClientError.self) { try await client.send(request) }
        }
        try await certificates.withClient(trusting: "two") { client in
            let url = "https://127.0.0.1:\(port)/"
            let long = ClientRequest(method: "POST", url: url, body: Array("four".utf8))
            let response = try await client.send(long)
            #expect(response.status == 413)
        }
        await old.stop(graceMilliseconds: 2000)
        #expect(try await certificates.get(port, trusting: "two") == "new")
        await new.stop(graceMilliseconds: 2000)
    }

    @Test
    func `only a server that listens can be taken over`() async throws {
        let old = server("old")
        #expect(throws: ServerError.notRunning) { try server("a").start(takingOver: old) }
        _ = try old.start()
        old.retire()
        #expect(throws: ServerError.notRunning) { try server("b").start(takingOver: old) }
        await old.stop(graceMilliseconds: 0)
        #expect(throws: ServerError.notRunning) { try server("c").start(takingOver: old) }
    }

    /// A server whose every answer is its name.
    private func server(
        _ name: String,
        _ configure: (inout ServerConfiguration) -> Void = { _ in }
    ) -> HTTPServer {
        makeServer(
            configure,
            handle: { _, responder in
                responder.respond(ServerResponse(status: 200, body: Array(name.utf8)))
            }
        )
    }
}
