import Dispatch
import HTTPTypes
import MicroHTTPServer
import Synchronization
import Testing

/// Bodies that go on.
@Suite(.timeLimit(.minutes(1)))
struct StreamTests {
    /// Keeps the streams of the requests that came.
    private final class Streams: Sendable {
        private let streams = Mutex<[ServerStream]>([])

        @Sendable func take(_ request: ServerRequest, _ responder: ServerResponder) {
            let head = ServerResponse(status: 200, headers: [.contentType: "text/event-stream"])
            let stream = responder.stream(head)
            streams.withLock { $0.append(stream) }
            stream.send(Array("first\n".utf8))
        }

        var last: ServerStream? { streams.withLock(\.last) }
    }

    @Test func `what is sent later arrives, in order, and the end ends it`() async throws {
        let streams = Streams()
        try await withServer(handle: streams.take) { port in
            let client = try RawClient(port: port)
            try client.send(RawClient.request("GET", "/"))
            #expect(try client.response()?.header("content-type") == "text/event-stream")
            #expect(try client.text(until: "first\n"))
            let stream = try #require(streams.last)
            for number in 0..<200 { #expect(stream.send(Array("part \(number)\n".utf8))) }
            #expect(try client.text(until: "part 199\n"))
            stream.end()
            #expect(try client.text(until: "\r\n0\r\n\r\n"))
            #expect(!stream.send(Array("late".utf8)))
        }
    }

    @Test func `parts from several threads that race with the reader all arrive`() async throws {
        let streams = Streams()
        try await withServer(handle: streams.take) { port in
            let client = try RawClient(port: port)
            try client.send(RawClient.request("GET", "/"))
            _ = try client.response()
            #expect(try client.text(until: "first\n"))
            let stream = try #require(streams.last)
            DispatchQueue.concurrentPerform(iterations: 2000) { _ in stream.send([0x78]) }
            stream.end()
            let text = String(decoding: try client.chunkedBytes(), as: UTF8.self)
            #expect(text.count { $0 == "x" } == 2000)
        }
    }

    @Test func `a waiting stream is not cut, and other requests go on`() async throws {
        let streams = Streams()
        try await withServer {
            $0.requestTimeoutMilliseconds = 50
        } handle: {
            request,
            responder in
            if request.path == "/stream" { return streams.take(request, responder) }
            echo(request, responder)
        } _: { port in
            let client = try RawClient(port: port)
            try client.send(RawClient.request("GET", "/stream"))
            _ = try client.response()
            #expect(try client.text(until: "first\n"))
            // An idle connection that is cut shows that the time for the stream would have passed.
            let idle = try RawClient(port: port)
            #expect(try idle.isClosed())
            let other = try RawClient(port: port)
            try other.send(RawClient.request(body: "hello"))
            #expect(try other.response()?.text == "hello")
            let stream = try #require(streams.last)
            stream.send(Array("second\n".utf8))
            #expect(try client.text(until: "second\n"))
        }
    }

    @Test func `a stop ends the streams that wait`() async throws {
        let streams = Streams()
        let server = makeServer(handle: streams.take)
        let port = try server.start()
        let client = try RawClient(port: port)
        try client.send(RawClient.request("GET", "/"))
        _ = try client.response()
        #expect(try client.text(until: "first\n"))
        await server.stop(graceMilliseconds: 30_000)
        #expect(try client.text(until: "\r\n0\r\n\r\n"))
        #expect(try #require(streams.last).send([0x78]) == false)
    }

    @Test func `whoever left is noticed at a later part`() async throws {
        let streams = Streams()
        try await withServer(handle: streams.take) { port in
            let client = try RawClient(port: port)
            try client.send(RawClient.request("GET", "/"))
            _ = try client.response()
            #expect(try client.text(until: "first\n"))
            client.abort()
            let stream = try #require(streams.last)
            while stream.send(Array("anybody?\n".utf8)) { await Task.yield() }
            // The server still serves.
            let other = try RawClient(port: port)
            try other.send(RawClient.request("GET", "/"))
            #expect(try other.response()?.status == 200)
        }
    }
}
