import Foundation
import Glibc
import JSON

extension ConfigurationReader {
    /// An address to which secrets go: https, or http on this machine; without a slash at the end.
    ///
    /// No message shows it, since somebody may have put a password there.
    func url(_ node: JSONNode?, _ name: String, hint: String? = nil) -> String? {
        guard let text = string(node, name),
            let address = address(text, of: node?[name], name, AddressForm(hint: hint))
        else { return nil }
        var end = address.endIndex
        while address[..<end].hasSuffix("/") { end = address.index(before: end) }
        return String(address[..<end])
    }

    /// What an address may be, and what is said instead of that.
    struct AddressForm {
        var hint: String?
        var mayHaveQuery = false
    }

    /// The text if it is such an address.
    func address(
        _ text: String,
        of member: JSONNode?,
        _ name: String,
        _ allowed: AddressForm
    ) -> String? {
        func fail(_ what: String, _ own: String) -> String? {
            fault(member, "\"\(name)\" \(what)", hint: allowed.hint ?? own)
            return nil
        }
        let form = "write https://HOST or https://HOST/PATH"
        guard let parts = URLComponents(string: text, encodingInvalidCharacters: false) else {
            return fail("is no address", form)
        }
        guard let scheme = parts.scheme?.lowercased(), ["https", "http"].contains(scheme) else {
            return fail("does not begin with https://", form)
        }
        guard let host = parts.host, !host.isEmpty else { return fail("names no host", form) }
        if let port = parts.port, UInt16(exactly: port) == nil || port == 0 {
            return fail("has a port beyond 65535", form)
        }
        guard parts.user == nil, parts.password == nil else {
            return fail("holds a user name", "secrets have their own keys")
        }
        guard allowed.mayHaveQuery || parts.query == nil, parts.fragment == nil else {
            return fail("goes on after its path", form)
        }
        guard scheme == "https" || isLoopback(host) else {
            return fail(
                "does not begin with https://, and secrets go there",
                "http is for 127.0.0.1, [::1] and localhost"
            )
        }
        return text
    }

    /// The host to listen on: a literal address or `localhost`.
    func host(_ node: JSONNode?, _ name: String) -> String? {
        guard let host = string(node, name) else { return nil }
        guard host == "localhost" || isIPv4(host) || isIPv6(host) else {
            fault(
                node?[name],
                "\"\(name)\" is no IP address",
                hint: "such as \"127.0.0.1\", \"0.0.0.0\" for all addresses, or \"localhost\""
            )
            return nil
        }
        return host
    }
}

/// Whether only this machine can reach a host, or be reached by its name.
func isLoopback(_ host: String) -> Bool {
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    let host = isBracketed ? String(host.dropFirst().dropLast()) : host
    // Only as a literal: 127.example.com is somebody else.
    return host.lowercased() == "localhost" || host == "::1"
        || isIPv4(host) && host.hasPrefix("127.")
}

private func isIPv4(_ text: String) -> Bool {
    var address = in_addr()
    return inet_pton(AF_INET, text, &address) == 1
}

private func isIPv6(_ text: String) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET6, text, &address) == 1
}
