import CurlHTTPClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CancellationTests {
    private let stalling = TestServer { _, connection in connection.stall() }

    @Test func `a task cancelled before it sends sends nothing`() async throws {
        try await withClient { client, server in
            let request = ClientRequest(method: "POST", url: server.url(), body: [1])
            let error = await withTaskGroup(of: ClientError?.self) { group in
                group.addTask {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return await failure(of: client, sending: request)
                }
                return await group.next()!
            }
            #expect(error == .cancelled)
            #expect(server.connectionsCount == 0)
        }
    }

    @Test func `a task cancelled while it waits ends its exchange`() async throws {
        try await withClient(to: stalling) { client, server in
            let request = ClientRequest(method: "POST", url: server.url(), body: [1])
            let error = await withTaskGroup(of: ClientError?.self) { group in
                group.addTask { await failure(of: client, sending: request) }
                _ = await server.nextRequest()
                group.cancelAll()
                return await group.next()!
            }
            #expect(error == .cancelled)
            #expect(error?.requestMayHaveArrived == true)
            // The stalled server sees the end of the connection, too.
            await server.waitUntilNoneIsOpen()
        }
    }

    @Test func `cancelling twice, or after the end, changes nothing`() async throws {
        try await withClient { client, server in
            let completions = Completions(count: 1)
            let request = ClientRequest(method: "GET", url: server.url())
            let exchange = client.start(request, completion: completions.completion(0))
            await completions.waitForAll()
            exchange.cancel()
            exchange.cancel()
            let response = try await client.send(request)
            #expect(response.status == 200)
            #expect(completions.errors == [nil])
        }
    }

    @Test func `an exchange that waits for a connection can be cancelled`() async throws {
        var configuration = ClientConfiguration()
        configuration.connectionsPerHostMax = 1
        try await withClient(to: stalling, configuration) { client, server in
            let completions = Completions(count: 2)
            let request = ClientRequest(method: "GET", url: server.url())
            let first = client.start(request, completion: completions.completion(0))
            _ = await server.nextRequest()
            let second = client.start(request, completion: completions.completion(1))
            second.cancel()
            first.cancel()
            await completions.waitForAll()
            #expect(completions.errors == [.cancelled, .cancelled])
            #expect(server.received.count == 1)
        }
    }

    @Test func `exchanges cancelled from many tasks at any time end once each`() async throws {
        try await withClient { client, server in
            let completions = Completions(count: 400)
            await withTaskGroup { group in
                for index in 0..<400 {
                    let request = ClientRequest(method: "GET", url: server.url("/\(index)"))
                    let exchange = client.start(request, completion: completions.completion(index))
                    for _ in 0..<index % 3 {
                        group.addTask { exchange.cancel() }
                    }
                }
            }
            await completions.waitForAll()
            // What follows comes after every late call there could be.
            _ = try await client.send(ClientRequest(method: "GET", url: server.url("/last")))
            for outcomes in completions.all { #expect(outcomes.count == 1) }
            #expect(completions.errors.allSatisfy { $0 == nil || $0 == .cancelled })
        }
    }

    @Test func `a completion may start and cancel other exchanges`() async throws {
        try await withClient { client, server in
            let completions = Completions(count: 2)
            let request = ClientRequest(method: "GET", url: server.url())
            client.start(request) { outcome in
                completions.completion(0)(outcome)
                client.start(request, completion: completions.completion(1)).cancel()
            }
            await completions.waitForAll()
            #expect(completions.errors == [nil, .cancelled])
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ShutdownTests {
    private let stalling = TestServer { _, connection in connection.stall() }

    @Test func `shutdown cancels running, waiting and new exchanges, each once`() async throws {
        let client = try HTTPClient(configuration: ClientConfiguration(), logger: quiet)
        defer { stalling.stop() }
        let completions = Completions(count: 101)
        let request = ClientRequest(method: "POST", url: stalling.url(), body: [1])
        for index in 0..<50 {
            client.start(request, completion: completions.completion(index))
        }
        _ = await stalling.nextRequest()
        for index in 50..<100 {
            client.start(request, completion: completions.completion(index))
        }
        await client.shutdown()
        client.start(request, completion: completions.completion(100)).cancel()
        for outcomes in completions.all { #expect(outcomes.count == 1) }
        #expect(completions.errors.allSatisfy { $0 == .cancelled })
        #expect(await failure(of: client, sending: request) == .cancelled)
        // The connections are closed, the thread has ended.
        await stalling.waitUntilNoneIsOpen()
    }

    @Test func `shutdown may be called again, also at the same time`() async throws {
        let client = try HTTPClient(configuration: ClientConfiguration(), logger: quiet)
        await withTaskGroup { group in
            for _ in 0..<8 { group.addTask { await client.shutdown() } }
        }
        await client.shutdown()
    }

    @Test func `a client that nobody holds ends its exchanges`() async throws {
        defer { stalling.stop() }
        let completions = Completions(count: 1)
        try await startAndForget(completions)
        await completions.waitForAll()
        #expect(completions.errors == [.cancelled])
        await stalling.waitUntilNoneIsOpen()
    }

    private func startAndForget(_ completions: Completions) async throws {
        let client = try HTTPClient(configuration: ClientConfiguration(), logger: quiet)
        let request = ClientRequest(method: "GET", url: stalling.url())
        client.start(request, completion: completions.completion(0))
        _ = await stalling.nextRequest()
    }
}
