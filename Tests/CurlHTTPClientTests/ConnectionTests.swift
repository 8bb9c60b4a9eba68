import CurlHTTPClient
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ConnectionTests {
    @Test func `requests one after the other share a connection`() async throws {
        try await withClient { client, server in
            for method in ["GET", "POST", "PATCH", "HEAD", "DELETE"] {
                _ = try await client.send(ClientRequest(method: method, url: server.url()))
            }
            #expect(server.received.map(\.connection) == [1, 1, 1, 1, 1])
        }
    }

    @Test func `500 exchanges at once are each answered once, with their own answer`()
        async throws
    {
        let server = TestServer { request, connection in
            connection.answer(String(decoding: request.body, as: UTF8.self))
        }
        try await withClient(to: server) { client, server in
            let completions = Completions(count: 500)
            for index in 0..<500 {
                let request = ClientRequest(
                    method: "POST",
                    url: server.url(),
                    body: Array("\(index)".utf8)
                )
                client.start(request, completion: completions.completion(index))
            }
            await completions.waitForAll()
            for (index, outcomes) in completions.all.enumerated() {
                #expect(outcomes.count == 1)
                let response = try outcomes[0].get()
                #expect(response.body == Array("\(index)".utf8))
            }
            #expect(server.received.count == 500)
            #expect(server.connectionsCount <= 32)
        }
    }

    @Test func `a host gets no more connections than allowed`() async throws {
        var configuration = ClientConfiguration()
        configuration.connectionsPerHostMax = 3
        try await withClient(to: TestServer(), configuration) { client, server in
            let completions = Completions(count: 50)
            for index in 0..<50 {
                let request = ClientRequest(method: "GET", url: server.url())
                client.start(request, completion: completions.completion(index))
            }
            await completions.waitForAll()
            #expect(completions.errors.allSatisfy { $0 == nil })
            #expect(server.connectionsCount <= 3)
        }
    }

    @Test func `connections in total are limited over all hosts, each of which gets its turn`()
        async throws
    {
        var configuration = ClientConfiguration()
        configuration.connectionsMax = 2
        configuration.connectionsPerHostMax = 2
        let inHand = Mutex((now: 0, max: 0))
        let server = TestServer { _, connection in
            inHand.withLock { $0 = ($0.now + 1, max($0.max, $0.now + 1)) }
            // What the client starts next, it starts after it has read this answer.
            inHand.withLock { $0.now -= 1 }
            return connection.answer()
        }
        try await withClient(to: server, configuration) { client, server in
            let hosts = ["127.0.0.1", "localhost", "LOCALHOST", "127.0.0.1", "[::ffff:127.0.0.1]"]
            let completions = Completions(count: 60)
            for index in 0..<60 {
                let url = "http://\(hosts[index % hosts.count]):\(server.port)/\(index)"
                let request = ClientRequest(method: "GET", url: url)
                client.start(request, completion: completions.completion(index))
            }
            await completions.waitForAll()
            #expect(completions.errors.allSatisfy { $0 == nil })
            #expect(server.received.count == 60)
            #expect(inHand.withLock(\.max) <= 2)
        }
    }

    @Test(arguments: ["GET", "POST"])
    func `a connection that its server has closed is replaced`(method: String) async throws {
        let server = TestServer { _, connection in
            _ = connection.answer()
            return .close
        }
        try await withClient(to: server) { client, server in
            for _ in 0..<3 {
                // Only a reader of the connection knows that it is closed; without this the close
                // may come after the next request, which is the case of the tests below.
                let response = try await client.send(
                    ClientRequest(method: method, url: server.url())
                )
                #expect(response.status == 200)
                await server.waitUntilNoneIsOpen()
            }
            #expect(server.received.map(\.connection) == [1, 2, 3])
        }
    }

    /// Answers the first request and hangs up on the second without a word.
    private func forgetful() -> TestServer {
        TestServer { request, connection in
            request.requestLine.contains("/second") && connection.number == 1
                ? .close : connection.answer()
        }
    }

    @Test(arguments: ["POST", "PATCH"])
    func `a write that a reused connection swallowed is not sent again`(method: String)
        async throws
    {
        try await withClient(to: forgetful()) { client, server in
            _ = try await client.send(ClientRequest(method: "GET", url: server.url("/first")))
            let second = ClientRequest(method: method, url: server.url("/second"), body: [1])
            let error = await failure(of: client, sending: second)
            #expect(error?.metricLabel == "connection_broken")
            #expect(error?.requestMayHaveArrived == true)
            let lines = server.received.map(\.requestLine)
            #expect(lines == ["GET /first HTTP/1.1", "\(method) /second HTTP/1.1"])
            // The client is as good as new.
            let third = ClientRequest(method: method, url: server.url("/third"), body: [1])
            let response = try await client.send(third)
            #expect(response.status == 200)
        }
    }

    @Test(arguments: ["GET", "PUT", "DELETE"])
    func `a repeatable request that a reused connection swallowed is sent again`(method: String)
        async throws
    {
        try await withClient(to: forgetful()) { client, server in
            _ = try await client.send(ClientRequest(method: "GET", url: server.url("/first")))
            let second = ClientRequest(method: method, url: server.url("/second"))
            let response = try await client.send(second)
            #expect(response.status == 200)
            #expect(server.received.map(\.connection) == [1, 1, 2])
        }
    }
}
