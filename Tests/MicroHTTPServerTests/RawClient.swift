import Glibc

/// A client that sends bytes as told, right or wrong, over one blocking socket.
final class RawClient {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    struct Failure: Error {
        var reason: String
    }

    struct Response {
        var status: Int
        var head: String
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        func header(_ name: String) -> String? {
            let prefix = name.lowercased() + ":"
            let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(prefix) }
            return line.map { $0.dropFirst(prefix.count).drop { $0 == " " } }.map(String.init)
        }
    }

    /// Connects to `::1`, or to 127.0.0.`last`.
    init(port: UInt16, isVersion6: Bool = false, last: UInt32 = 1) throws {
        descriptor = socket(isVersion6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 40, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        let result: Int32
        if isVersion6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = in6addr_loopback
            result = Self.connect(descriptor, &address, MemoryLayout<sockaddr_in6>.size)
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = (0x7F00_0000 | last).bigEndian
            result = Self.connect(descriptor, &address, MemoryLayout<sockaddr_in>.size)
        }
        guard result == 0 else { throw Failure(reason: String(cString: strerror(errno))) }
    }

    private static func connect(_ socket: Int32, _ address: UnsafeRawPointer, _ size: Int) -> Int32
    {
        Glibc.connect(socket, address.assumingMemoryBound(to: sockaddr.self), socklen_t(size))
    }

    deinit { close(descriptor) }

    /// Closes at once, with a reset if anything is unread.
    func abort() {
        var option = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, size)
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(reason: String(cString: strerror(errno))) }
            sent += count
        }
    }

    /// Reads one response whose length is declared; nil if the server closed instead.
    func response(toHead isHead: Bool = false) throws -> Response? {
        let separator = Array("\r\n\r\n".utf8)
        while true {
            if let end = index(of: separator) {
                let head = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeFirst(end + separator.count)
                guard let status = Int(head.split(separator: " ")[1]) else {
                    throw Failure(reason: "no status in \(head)")
                }
                var response = Response(status: status, head: head, body: [])
                let length = response.header("content-length").flatMap(Int.init) ?? 0
                if isHead || length == 0 { return response }
                while buffer.count < length {
                    guard try receive() else { throw Failure(reason: "cut in the body") }
                }
                response.body = Array(buffer[..<length])
                buffer.removeFirst(length)
                return response
            }
            guard try receive() else { return nil }
        }
    }

    /// Whether the server closes without sending anything more.
    func isClosed() throws -> Bool {
        guard buffer.isEmpty else { return false }
        return try !receive()
    }

    /// Reads until a text has come; false if the server closes before.
    func text(until text: String) throws -> Bool {
        let wanted = Array(text.utf8)
        while index(of: wanted) == nil {
            guard try receive() else { return false }
        }
        return true
    }

    /// The rest of a chunked body, up to its last chunk, without the lengths.
    func chunkedBytes() throws -> [UInt8] {
        guard try text(until: "0\r\n\r\n") else { throw Failure(reason: "cut in the body") }
        var (bytes, rest): ([UInt8], ArraySlice<UInt8>) = ([], buffer[...])
        while let lineEnd = rest.firstIndex(of: 0x0D),
            let count = Int(String(decoding: rest[..<lineEnd], as: UTF8.self), radix: 16),
            count > 0
        {
            let part = rest.dropFirst(lineEnd - rest.startIndex + 2)
            bytes += part.prefix(count)
            rest = part.dropFirst(count + 2)
        }
        return bytes
    }

    /// Everything that comes until the server closes.
    func bytesUntilClose() throws -> [UInt8] {
        while try receive() {}
        return buffer
    }

    private func index(of separator: [UInt8]) -> Int? {
        guard buffer.count >= separator.count else { return nil }
        return (0...(buffer.count - separator.count)).first {
            buffer[$0..<($0 + separator.count)].elementsEqual(separator)
        }
    }

    /// False at the end of the stream, which a reset is too.
    private func receive() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count < 0, errno == ECONNRESET { return false }
        guard count >= 0 else { throw Failure(reason: String(cString: strerror(errno))) }
        buffer += chunk[..<count]
        return count > 0
    }
}

extension RawClient {
    /// A request with a Host field, the given fields, and the body with its length.
    static func request(
        _ method: String = "POST",
        _ target: String = "/",
        fields: [String] = [],
        body: String = ""
    ) -> String {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: example.org"] + fields
        if !body.isEmpty { lines.append("Content-Length: \(body.utf8.count)") }
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
    }
}
