import BridgeCore
import JSON
import MicroHTTPServer

extension ConfigurationReader {
    /// `server`: where the bridge listens and what it bears.
    func server(_ node: JSONNode?, _ configuration: inout Configuration) {
        check(node, knows: Self.serverKeys)
        if let host = host(node, "host") { configuration.listening.host = host }
        if let port = integer(node, "port", in: 0...Int(UInt16.max)) {
            configuration.listening.port = UInt16(port)
        }
        serverLimits(node, &configuration.listening)
        if let seconds = number(node, "shutdown_grace_seconds", in: 0...Self.dayInSeconds) {
            configuration.shutdownGrace = .seconds(seconds)
        }
        if let count = integer(node, "max_backlog") { configuration.backlogMax = count }
        if let bytes = integer(node, "min_free_bytes") { configuration.freeBytesMin = Int64(bytes) }
        // Read by features that come later; checked already, so that a file does not rot.
        _ = url(node, "public_url")
        admin(node, &configuration)
    }

    /// Who may use the admin API, and where.
    private func admin(_ node: JSONNode?, _ configuration: inout Configuration) {
        let admin = node?["admin_token"].flatMap { $0.value.isNull ? nil : $0 }
        configuration.adminToken = secret(admin, "admin_token")
        configuration.viewerTokens = optionalSecrets(node, "viewer_tokens")
        guard let place = node?["admin"], !place.value.isNull else { return }
        check(place, knows: ["host", "port"])
        var listening = configuration.listening
        listening.host = host(place, "host") ?? "127.0.0.1"
        let port = required(integer(place, "port", in: 0...Int(UInt16.max)), place, "port")
        listening.port = UInt16(port ?? 0)
        configuration.adminListening = listening
    }

    private func serverLimits(_ node: JSONNode?, _ listening: inout ServerConfiguration) {
        if let bytes = integer(node, "max_body_bytes") {
            listening.bodyBytesMax = bytes == 0 ? .max : bytes
        }
        if let count = integer(node, "max_connections", in: 0...Self.connectionsMax) {
            listening.connectionsMax = count == 0 ? Self.connectionsMax : count
        }
        let perAddress = integer(
            node,
            "max_connections_per_address",
            in: 0...Self.connectionsMax
        )
        if let perAddress { listening.connectionsPerAddressMax = perAddress }
        if let milliseconds = timeout(node, "request_timeout_seconds") {
            listening.requestTimeoutMilliseconds = milliseconds
        }
        if let milliseconds = timeout(node, "idle_timeout_seconds") {
            listening.idleTimeoutMilliseconds = milliseconds
        }
    }

    /// A time-out in milliseconds; 0 stands for the longest one, a day.
    func timeout(_ node: JSONNode?, _ name: String) -> Int? {
        number(node, name, in: 0...Self.dayInSeconds).map { seconds in
            // Rounded up, since a time-out of no millisecond would be none.
            seconds == 0 ? Self.dayInMilliseconds : Int((seconds * 1000).rounded(.up))
        }
    }

    /// No exchange and no pause of ours has a reason to last longer.
    static let dayInSeconds = 86_400.0
    private static let dayInMilliseconds = 86_400_000

    /// More than a process has sockets.
    private static let connectionsMax = 1_000_000

    private static let serverKeys = [
        "host", "port", "public_url", "tls", "trusted_proxies", "max_body_bytes",
        "max_connections", "max_connections_per_address", "request_timeout_seconds",
        "idle_timeout_seconds", "shutdown_grace_seconds", "max_backlog", "min_free_bytes",
        "admin_token", "viewer_tokens", "admin",
    ]
}
