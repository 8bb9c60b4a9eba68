import CurlHTTPClient
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1)))
struct FailureTests {
    private static let post = { @Sendable (server: TestServer) in
        ClientRequest(method: "POST", url: server.url("/?secret"), body: [1, 2, 3])
    }

    @Test func `a refused connection sent nothing`() async throws {
        try await withClient { client, _ in
            let url = "http://127.0.0.1:\(TestServer.refusedPort())/?secret"
            let error = await failure(of: client, sending: ClientRequest(method: "GET", url: url))
            #expect(error?.metricLabel == "cannot_connect")
            #expect(error?.requestMayHaveArrived == false)
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test func `a name that does not exist sent nothing`() async throws {
        try await withClient { client, _ in
            let request = ClientRequest(method: "GET", url: "http://no-such-host.invalid/")
            let error = await failure(of: client, sending: request)
            #expect(error?.requestMayHaveArrived == false)
        }
    }

    @Test func `a server that never finishes the handshake times out before the request`()
        async throws
    {
        let server = TestServer(onConnect: { $0.stall() })
        var configuration = ClientConfiguration()
        configuration.connectTimeoutMilliseconds = 100
        try await withClient(to: server, configuration) { client, server in
            let url = "https://127.0.0.1:\(server.port)/"
            let error = await failure(of: client, sending: ClientRequest(method: "GET", url: url))
            #expect(error == .timedOut(requestSent: false))
            #expect(error?.requestMayHaveArrived == false)
        }
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"])
    func `a server that stalls times out after the request`(start: String) async throws {
        let server = TestServer { _, connection in
            connection.send(start)
            return connection.stall()
        }
        var configuration = ClientConfiguration()
        configuration.requestTimeoutMilliseconds = 1_000
        try await withClient(to: server, configuration) { client, server in
            let error = await failure(of: client, sending: Self.post(server))
            #expect(error == .timedOut(requestSent: true))
            #expect(error?.requestMayHaveArrived == true)
        }
    }

    @Test func `a request's own time-out replaces the client's`() async throws {
        let server = TestServer { _, connection in connection.stall() }
        try await withClient(to: server) { client, server in
            var request = Self.post(server)
            request.timeoutMilliseconds = 1_000
            #expect(await failure(of: client, sending: request) == .timedOut(requestSent: true))
            request.timeoutMilliseconds = -1
            #expect(await failure(of: client, sending: request)?.metricLabel == "timed_out")
        }
    }

    @Test func `the wait for a free connection counts, and it sent nothing`() async throws {
        let server = TestServer { _, connection in connection.stall() }
        var configuration = ClientConfiguration()
        configuration.connectionsPerHostMax = 1
        try await withClient(to: server, configuration) { client, server in
            let completions = Completions(count: 1)
            client.start(Self.post(server), completion: completions.completion(0))
            _ = await server.nextRequest()
            var waiting = Self.post(server)
            waiting.timeoutMilliseconds = 100
            #expect(await failure(of: client, sending: waiting) == .timedOut(requestSent: false))
            #expect(server.received.count == 1)
            #expect(completions.errors.isEmpty)
        }
    }

    @Test func `the wait for a free connection does not count as connecting`() async throws {
        let server = TestServer { request, connection in
            request.requestLine.contains("/stall") ? connection.stall() : connection.answer()
        }
        var configuration = ClientConfiguration()
        configuration.connectionsPerHostMax = 1
        configuration.connectTimeoutMilliseconds = 200
        try await withClient(to: server, configuration) { client, server in
            let stalled = ClientRequest(
                method: "GET",
                url: server.url("/stall"),
                timeoutMilliseconds: 500
            )
            let completions = Completions(count: 1)
            client.start(stalled, completion: completions.completion(0))
            let response = try await client.send(ClientRequest(method: "GET", url: server.url()))
            #expect(response.status == 200)
            #expect(completions.errors == [.timedOut(requestSent: true)])
        }
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\nX-A", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "SSH-2.0-OpenSSH_9\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n",
    ])
    func `a server that breaks off may have acted`(start: String) async throws {
        let server = TestServer { _, connection in
            connection.send(start)
            return .close
        }
        try await withClient(to: server) { client, server in
            let error = await failure(of: client, sending: Self.post(server))
            #expect(error?.metricLabel == "connection_broken")
            #expect(error?.requestMayHaveArrived == true)
            #expect(error?.description.contains("secret") == false)
            #expect(server.received.count == 1)
        }
    }

    @Test func `http_proxy and its like are ignored`() async {
        await #expect(processExitsWith: .success) {
            let proxy = TestServer { _, connection in connection.answer("proxy") }
            for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
                setenv(name, "http://127.0.0.1:\(proxy.port)", 1)
            }
            try await withClient { client, server in
                let response = try await client.send(
                    ClientRequest(method: "GET", url: server.url())
                )
                precondition(response.body.isEmpty)
                precondition(server.received.count == 1)
                precondition(proxy.connectionsCount == 0)
            }
        }
    }
}
