import BridgeCore
import CurlHTTPClient
import Foundation
import JSON
import Logging
import MicroHTTPServer

/// Reads a configuration file and says everything that is wrong with it at once.
///
/// A file that holds one integration object as Didomi prints it is a complete configuration.
func loadConfiguration(
    path: String,
    environment: [String: String]
) throws(ConfigurationFaults) -> Configuration {
    guard let bytes = FileManager.default.contents(atPath: path).map(Array.init) else {
        throw ConfigurationFaults(
            file: path,
            faults: [
                ConfigurationFault(what: "the file cannot be read", hint: "is the path right?")
            ]
        )
    }
    let document: JSONDocument
    do {
        document = try JSONDocument(parsing: bytes, dialect: .json5)
    } catch {
        throw ConfigurationFaults(
            file: path,
            faults: [
                ConfigurationFault(
                    position: error.position(in: bytes, dialect: .json5),
                    what: "\(error)",
                    hint: error.hint
                )
            ]
        )
    }
    let reader = ConfigurationReader(environment: environment)
    let configuration = reader.configuration(document.root)
    guard reader.faults.isEmpty else {
        throw ConfigurationFaults(file: path, faults: reader.faults)
    }
    return configuration
}

extension ConfigurationReader {
    fileprivate func configuration(_ root: JSONNode) -> Configuration {
        var configuration = Configuration()
        let isPrintedObject = root["type_id"] != nil
        if !isPrintedObject {
            check(
                root,
                knows: [
                    "server", "storage", "retention", "oauth", "delivery", "drift", "alerts",
                    "brake", "log", "integrations",
                ]
            )
            for name in ["retention", "drift", "alerts", "brake"] where root[name] != nil {
                fault(root[name], "\"\(name)\" is not supported yet", hint: "leave it out")
            }
            server(root["server"], &configuration)
            serverSecurity(root["server"], &configuration)
            oauth(root["oauth"], &configuration)
            storage(root["storage"], &configuration)
            delivery(root["delivery"], &configuration)
            log(root["log"], &configuration)
        }
        let window = Interval.seconds(number(root["delivery"], "echo_window_seconds") ?? 900)
        let integrations = isPrintedObject ? [root] : root["integrations"]?.elements ?? []
        if integrations.isEmpty {
            fault(root["integrations"] ?? root, "there is no integration", hint: "see the README")
        }
        configuration.integrations = integrations.compactMap {
            integration($0, window: window, isLoopback: isLoopback(configuration.listening.host))
        }
        let names = configuration.integrations.map(\.settings.name)
        if Set(names).count < names.count {
            fault(
                root["integrations"],
                "two integrations have one name",
                hint: "give each a \"name\""
            )
        }
        return configuration
    }

    private func server(_ node: JSONNode?, _ configuration: inout Configuration) {
        check(
            node,
            knows: [
                "host", "port", "public_url", "tls", "trusted_proxies", "max_body_bytes",
                "max_connections", "max_connections_per_address", "request_timeout_seconds",
                "idle_timeout_seconds", "shutdown_grace_seconds", "max_backlog", "min_free_bytes",
                "admin_token", "viewer_tokens", "admin",
            ]
        )
        for name in [
            "max_backlog", "admin_token", "viewer_tokens", "admin",
        ]
        where node?[name].map({ !$0.value.isNull && $0.value != [] && $0.value != 0 }) ?? false {
            fault(node?[name], "\"\(name)\" is not supported yet", hint: "leave it out")
        }
        if let host = string(node, "host") { configuration.listening.host = host }
        if let port = integer(node, "port") {
            if let port = UInt16(exactly: port) {
                configuration.listening.port = port
            } else {
                fault(node?["port"], "a port is at most 65535")
            }
        } else {
            configuration.listening.port = 8080
        }
        if let bytes = integer(node, "max_body_bytes") {
            configuration.listening.bodyBytesMax = bytes
        }
        if let count = integer(node, "max_connections") {
            configuration.listening.connectionsMax = count
        }
        if let count = integer(node, "max_connections_per_address") {
            configuration.listening.connectionsPerAddressMax = count
        }
        if let seconds = number(node, "request_timeout_seconds") {
            configuration.listening.requestTimeoutMilliseconds = Int(seconds * 1000)
        }
        if let seconds = number(node, "idle_timeout_seconds") {
            configuration.listening.idleTimeoutMilliseconds = Int(seconds * 1000)
        }
        if let seconds = number(node, "shutdown_grace_seconds") {
            configuration.shutdownGrace = .seconds(seconds)
        }
    }

    private func storage(_ node: JSONNode?, _ configuration: inout Configuration) {
        check(node, knows: ["url", "encryption_keys"])
        if let keys = node?["encryption_keys"], keys.value != [] {
            fault(keys, "\"encryption_keys\" is not supported yet", hint: "leave it out")
        }
        guard let url = string(node, "url") else { return }
        if let path = url.removingPrefix("sqlite:") {
            configuration.storagePath = path
        } else {
            fault(node?["url"], "only \"sqlite:PATH\" is supported yet")
        }
    }

    private func delivery(_ node: JSONNode?, _ configuration: inout Configuration) {
        check(
            node,
            knows: [
                "max_attempts", "base_delay_seconds", "max_delay_seconds",
                "request_timeout_seconds", "connect_timeout_seconds", "withdrawal_share",
                "echo_window_seconds", "breaker",
            ]
        )
        if let count = integer(node, "max_attempts") {
            configuration.policy.retry.attemptsMax = count
        }
        if let seconds = number(node, "base_delay_seconds") {
            configuration.policy.retry.delayBase = .seconds(seconds)
        }
        if let seconds = number(node, "max_delay_seconds") {
            configuration.policy.retry.delayMax = .seconds(seconds)
        }
        if let share = number(node, "withdrawal_share") {
            if share <= 1 {
                configuration.policy.withdrawalShare = share
            } else {
                fault(node?["withdrawal_share"], "a share is from 0 to 1")
            }
        }
        if let seconds = number(node, "request_timeout_seconds") {
            configuration.client.requestTimeoutMilliseconds = Int(seconds * 1000)
        }
        if let seconds = number(node, "connect_timeout_seconds") {
            configuration.client.connectTimeoutMilliseconds = Int(seconds * 1000)
        }
    }

    private func log(_ node: JSONNode?, _ configuration: inout Configuration) {
        check(node, knows: ["level", "format"])
        if let text = string(node, "level") {
            if let level = Logger.Level(rawValue: text) {
                configuration.logLevel = level
            } else {
                fault(node?["level"], "no such level", hint: "debug, info, warning or error")
            }
        }
        if let text = string(node, "format") {
            if let format = Configuration.LogFormat(rawValue: text) {
                configuration.logFormat = format
            } else {
                fault(node?["format"], "no such format", hint: "json or text")
            }
        }
    }

    private func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
