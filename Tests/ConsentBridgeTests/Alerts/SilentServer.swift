import Foundation

/// Takes a connection and never answers.
final class SilentServer: Sendable {
    struct Failure: Error {}

    let url: String
    private let socket: Int32
    private let connections: AsyncStream<Int32>

    init() throws {
        let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(socket, pointer, length) == 0 && listen(socket, 8) == 0
                    && getsockname(socket, pointer, &length) == 0
            }
        }
        guard isListening else { throw Failure() }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/hook"
        self.socket = socket
        let (stream, input) = AsyncStream.makeStream(of: Int32.self)
        connections = stream
        Thread.detachNewThread {
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0 else { return }
                input.yield(connection)
            }
        }
    }

    /// Waits for the first connection; the test's time limit ends a vain wait.
    func connected() async {
        for await _ in connections { return }
    }

    func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }
}
