import Bridge
import BridgeCore
import JSON
import MicroHTTPServer
import WebhookTokens

/// How the tokens of webhooks are made (`oauth`).
struct TokenConfiguration: Sendable {
    var tokenLifetime = Interval.seconds(3600)
    var grace = Interval.seconds(300)
    /// The first signs, all verify; empty: one that the storage keeps.
    var signingKeys: [SigningKey] = []
}

extension ConfigurationReader {
    /// `server.tls` and `server.trusted_proxies`.
    func serverSecurity(_ node: JSONNode?, _ configuration: inout Configuration) {
        configuration.listening.certificate = certificate(node?["tls"])
        // Only this machine reaches a loopback address.
        if let host = configuration.adminListening?.host, !isLoopback(host) {
            configuration.adminListening?.certificate = configuration.listening.certificate
        }
        configuration.trustedProxies = addressRanges(node, "trusted_proxies")
    }

    /// `oauth`: lifetime and keys of the tokens that Didomi's webhooks carry.
    func oauth(_ node: JSONNode?, _ configuration: inout Configuration) {
        check(node, knows: ["token_lifetime_seconds", "grace_seconds", "signing_keys"])
        if let seconds = number(node, "token_lifetime_seconds") {
            if Self.lifetimeRange.contains(seconds) {
                configuration.oauth.tokenLifetime = .seconds(seconds)
            } else {
                fault(
                    node?["token_lifetime_seconds"],
                    "a token lives from 1 second to 30 days",
                    hint: "3600 is usual"
                )
            }
        }
        if let seconds = number(node, "grace_seconds", in: 0...Self.dayInSeconds) {
            configuration.oauth.grace = .seconds(seconds)
        }
        guard let keys = node?["signing_keys"], !keys.value.isNull else { return }
        guard let elements = keys.elements else {
            return fault(keys, "\"signing_keys\" is not a list", hint: "write [ \"…\" ]")
        }
        configuration.oauth.signingKeys = elements.compactMap { element in
            guard let text = secret(element, "signing_keys") else { return nil }
            let key = SigningKey(Array(text.utf8))
            if key == nil {
                fault(
                    element,
                    "a signing key has at least \(SigningKey.bytesMin) bytes",
                    hint: "make one with `openssl rand -base64 32`"
                )
            }
            return key
        }
    }

    /// A list of addresses and networks; empty if it is absent.
    func addressRanges(_ node: JSONNode?, _ name: String) -> [AddressRange] {
        guard let list = node?[name], !list.value.isNull else { return [] }
        guard let elements = list.elements else {
            fault(list, "\"\(name)\" is not a list", hint: "write [ \"192.0.2.0/24\" ]")
            return []
        }
        return elements.compactMap { element in
            let range = element.value.string.flatMap { AddressRange($0) }
            if range == nil {
                fault(
                    element,
                    "this is no address and no network",
                    hint: "such as \"192.0.2.7\", \"192.0.2.0/24\" or \"2001:db8::/32\""
                )
            }
            return range
        }
    }

    private func certificate(_ node: JSONNode?) -> ServerCertificate? {
        guard let node, !node.value.isNull else { return nil }
        check(node, knows: ["certificate_file", "private_key_file"])
        let certificateFile = required(string(node, "certificate_file"), node, "certificate_file")
        let keyFile = required(string(node, "private_key_file"), node, "private_key_file")
        guard let certificateFile, let keyFile else { return nil }
        do {
            return try ServerCertificate(
                certificateFile: certificateFile,
                privateKeyFile: keyFile
            )
        } catch {
            let isAboutCertificate =
                if case .unusableCertificate(certificateFile, _) = error { true } else { false }
            fault(
                node[isAboutCertificate ? "certificate_file" : "private_key_file"],
                error.description
            )
            return nil
        }
    }

    /// Shorter is asked for at each webhook, longer is no longer a token but a password.
    private static let lifetimeRange = 1.0...2_592_000
}
