import CMicroHTTPD
import Glibc
import Logging

// What libmicrohttpd calls on its thread. A callback only finds its object and hands over.
// SAFETY: `owner` is the server that `run` retained until the daemon is stopped. The context of a
// socket is its connection, retained from the first notification to the last; the context of a
// request is the same connection, unretained, since a request ends before its connection.

extension HTTPServer {
    /// Starts the library's thread; it has no listening socket, the doorkeeper brings connections.
    func startDaemon(owner: UnsafeMutableRawPointer) -> OpaquePointer? {
        var flags: [MHD_FLAG] = [
            MHD_USE_EPOLL_INTERNAL_THREAD, MHD_ALLOW_SUSPEND_RESUME, MHD_USE_ITC,
            MHD_USE_ERROR_LOG, MHD_USE_NO_LISTEN_SOCKET,
        ]
        if configuration.certificate != nil { flags.append(MHD_USE_TLS) }
        var settings = cmhd_settings()
        settings.flags = flags.reduce(0) { $0 | $1.rawValue }
        settings.connections_max =
            UInt32(clamping: configuration.connectionsMax) &+ UInt32(Limit.connectionsSpare)
        settings.connections_per_address_max =
            UInt32(clamping: configuration.connectionsPerAddressMax)
        // In 0.9.75 it adds two refusals, for one of which the library writes a broken answer
        // (its head twice); ours cover both. Later versions refuse more if told to be strict.
        settings.strictness = HeadLayout.isKnown ? 0 : 1
        settings.connection_memory_bytes = Limit.connectionMemoryBytes
        settings.handler = advanceRequest
        settings.logger = logReport
        settings.request_line = beginRequest
        settings.completed = completeRequest
        settings.connection = noteConnection
        settings.owner = owner
        guard let certificate = configuration.certificate else { return cmhd_start(&settings) }
        return certificate.start(&settings)
    }

    fileprivate func opened(_ raw: OpaquePointer) -> Connection? {
        guard let socket = cmhd_info(raw, .CONNECTION_INFO_CONNECTION_FD)?.pointee.connect_fd else {
            return nil
        }
        let lent = cmhd_info(raw, .CONNECTION_INFO_CLIENT_ADDRESS)?.pointee.client_addr
        let connection = Connection(
            raw: raw,
            socket: socket,
            peer: lent.map { SocketAddress(lent: $0).host } ?? "",
            server: self
        )
        table.insert(connection)
        return connection
    }

    fileprivate func closed(_ connection: Connection) {
        table.remove(connection)
        // The doorkeeper does not look at the door while there is no room.
        let hasRoomAgain = table.release() == configuration.connectionsMax - 1
        let lingers = connection.isRefused && lingering.keep(connection.socket)
        if hasRoomAgain || lingers { doorbell.raise() }
    }
}

private func server(_ owner: UnsafeMutableRawPointer?) -> HTTPServer? {
    owner.map { Unmanaged<HTTPServer>.fromOpaque($0).takeUnretainedValue() }
}

private func connection(_ context: UnsafeMutableRawPointer?) -> Connection? {
    context.map { Unmanaged<Connection>.fromOpaque($0).takeUnretainedValue() }
}

private func noteConnection(
    owner: UnsafeMutableRawPointer?,
    raw: OpaquePointer?,
    context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    notification: MHD_ConnectionNotificationCode
) {
    guard let server = server(owner), let raw, let context else { return }
    // SAFETY: libmicrohttpd calls once when a connection has begun and once when it has ended, the
    // one after the other, so the reference that is kept here is given back exactly once.
    if notification == .CONNECTION_NOTIFY_STARTED {
        context.pointee = server.opened(raw).map { Unmanaged.passRetained($0).toOpaque() }
    } else if let lent = context.pointee {
        server.closed(Unmanaged<Connection>.fromOpaque(lent).takeRetainedValue())
        context.pointee = nil
    }
}

/// What is returned becomes the context of the request.
private func beginRequest(
    owner: UnsafeMutableRawPointer?,
    target: UnsafePointer<CChar>?,
    raw: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let raw,
        let context = cmhd_info(raw, .CONNECTION_INFO_SOCKET_CONTEXT)?.pointee.socket_context,
        let connection = connection(context)
    else { return nil }
    if let target { connection.begin(target: target) }
    return context
}

private func advanceRequest(
    owner: UnsafeMutableRawPointer?,
    raw: OpaquePointer?,
    url: UnsafePointer<CChar>?,
    method: UnsafePointer<CChar>?,
    version: UnsafePointer<CChar>?,
    part: UnsafePointer<CChar>?,
    partBytes: UnsafeMutablePointer<Int>?,
    context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let connection = connection(context?.pointee), let raw, let method, let version,
        let partBytes
    else { return .NO }
    return connection.advance(
        HandlerCall(
            connection: raw,
            method: method,
            version: version,
            part: part,
            partBytes: partBytes
        )
    )
}

private func completeRequest(
    owner: UnsafeMutableRawPointer?,
    raw: OpaquePointer?,
    context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    reason: MHD_RequestTerminationCode
) {
    connection(context?.pointee)?.complete()
}

/// The arguments of a report may quote a request, so only its format is logged.
private func logReport(
    owner: UnsafeMutableRawPointer?,
    format: UnsafePointer<CChar>?,
    arguments: CVaListPointer?
) {
    guard let server = server(owner), server.logger.logLevel <= .debug, let format else { return }
    let text = String(cString: format).split(separator: "\n").joined(separator: " ")
    server.logger.debug("libmicrohttpd reports", metadata: ["report": "\(text)"])
}
