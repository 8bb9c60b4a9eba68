import Glibc

/// A socket that listens on one address.
///
/// It is ours and not libmicrohttpd's, for three reasons: the library binds 0.0.0.0 unless told
/// otherwise, it does not say why it cannot bind, and `MHD_quiesce_daemon` of 0.9.75 can abort
/// the process when it races with the library's thread (both take the socket out of epoll).
///
/// Its owner closes it, once.
struct ListeningSocket {
    let descriptor: Int32
    let port: UInt16

    init(host: String, port: UInt16) throws(ServerError) {
        guard var address = SocketAddress(host: host, port: port) else {
            let reason = "it is neither an IPv4 nor an IPv6 address nor 'localhost'"
            throw .cannotListen(host: host, port: port, reason: reason)
        }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.family, kind, 0)
        var enabled: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // So that a restart does not have to wait for the connections of the last process.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &enabled, size)
        let isListening =
            descriptor >= 0
            && address.withPointer { Glibc.bind(descriptor, $0, $1) } == 0
            && Glibc.listen(descriptor, Limit.backlogMax) == 0
            && address.readName(of: descriptor)
        guard isListening else {
            let reason = String(cString: strerror(errno))
            if descriptor >= 0 { _ = Glibc.close(descriptor) }
            throw .cannotListen(host: host, port: port, reason: reason)
        }
        self.descriptor = descriptor
        self.port = address.port
    }

    private init(descriptor: Int32, port: UInt16) {
        self.descriptor = descriptor
        self.port = port
    }

    /// The same socket under another descriptor, so that two owners can close it each for itself;
    /// it listens until both have.
    func duplicate() throws(ServerError) -> Self {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw .outOfResources(reason: String(cString: strerror(errno))) }
        return Self(descriptor: copy, port: port)
    }

    /// Gives the port back, if no duplicate is left.
    func close() {
        _ = Glibc.close(descriptor)
    }
}

/// An IPv4 or IPv6 address with a port.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private var count = socklen_t(MemoryLayout<sockaddr_storage>.size)

    /// Room for any address, to be filled by the system.
    init() {}

    /// A copy of what is lent.
    init(lent: UnsafePointer<sockaddr>) {
        let family = Int32(lent.pointee.sa_family)
        count = socklen_t(
            family == AF_INET6
                ? MemoryLayout<sockaddr_in6>.size
                : MemoryLayout<sockaddr_in>.size
        )
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: lent, count: Int(count)))
        }
    }

    /// Nil if the host is no literal and not `localhost`; names are not looked up.
    init?(host: String, port: UInt16) {
        let host = host == "localhost" ? "127.0.0.1" : host
        var version4 = sockaddr_in()
        var version6 = sockaddr_in6()
        if inet_pton(AF_INET, host, &version4.sin_addr) == 1 {
            version4.sin_family = sa_family_t(AF_INET)
            version4.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &storage) {
                $0.storeBytes(of: version4, as: sockaddr_in.self)
            }
            count = socklen_t(MemoryLayout<sockaddr_in>.size)
        } else if inet_pton(AF_INET6, host, &version6.sin6_addr) == 1 {
            version6.sin6_family = sa_family_t(AF_INET6)
            version6.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &storage) {
                $0.storeBytes(of: version6, as: sockaddr_in6.self)
            }
            count = socklen_t(MemoryLayout<sockaddr_in6>.size)
        } else {
            return nil
        }
    }

    var family: Int32 { Int32(storage.ss_family) }

    var port: UInt16 {
        withUnsafeBytes(of: storage) {
            // At the same place in both kinds.
            UInt16(bigEndian: $0.load(as: sockaddr_in.self).sin_port)
        }
    }

    /// The address as text without the port; an IPv4 address that came through an IPv6 socket is
    /// written as IPv4.
    var host: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        withUnsafeBytes(of: storage) { bytes in
            if family == AF_INET6 {
                var address = bytes.load(as: sockaddr_in6.self).sin6_addr
                inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
            } else {
                var address = bytes.load(as: sockaddr_in.self).sin_addr
                inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
            }
        }
        let host = text.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
        let mapped = "::ffff:"
        return host.hasPrefix(mapped) && host.contains(".")
            ? String(host.dropFirst(mapped.count)) : host
    }

    /// Lends the address to a system call.
    mutating func withPointer<Result>(
        _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        let count = count
        return withUnsafeMutableBytes(of: &storage) {
            // SAFETY: the storage is made to be seen as any kind of address.
            body($0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: sockaddr.self), count)
        }
    }

    /// Reads the address that a socket is bound to.
    mutating func readName(of descriptor: Int32) -> Bool {
        var count = socklen_t(MemoryLayout<sockaddr_storage>.size)
        defer { self.count = count }
        return withPointer { pointer, _ in getsockname(descriptor, pointer, &count) } == 0
    }

    /// Accepts a connection and reads its peer; negative if there is none.
    mutating func accept(from descriptor: Int32) -> Int32 {
        var count = socklen_t(MemoryLayout<sockaddr_storage>.size)
        defer { self.count = count }
        let accepted = withPointer { pointer, _ in Glibc.accept(descriptor, pointer, &count) }
        // `accept4` is not in Swift's Glibc; libmicrohttpd makes the socket non-blocking itself.
        if accepted >= 0 { _ = fcntl(accepted, F_SETFD, FD_CLOEXEC) }
        return accepted
    }
}
